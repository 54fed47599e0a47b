#ifndef TOPIC_PRIV_H
#define TOPIC_PRIV_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "topic_text.h"

/*
 * What the topic index and the name store are made of: pools of records, texts of levels, and the
 * hash table of edges. (topic_index_priv.h: the index.)
 *
 * Layer:  topic
 * Thread: single
 */

struct base_mem;

struct topic_heap {
	struct base_mem *mem;
	unsigned mem_class;
};

/*
 * Records of one size, known by number; they never move. The number 0 is never given out. A free
 * record begins with TOPIC_POOL_FREE.
 */
enum { TOPIC_POOL_SHIFT = 9, TOPIC_POOL_CHUNK = 1 << TOPIC_POOL_SHIFT };
enum { TOPIC_REF_NONE = 0, TOPIC_POOL_FREE = 0xffffffff, TOPIC_REF_MAX = 0xffff0000 };

struct topic_pool {
	char **chunks;
	uint32_t chunk_cap;
	uint32_t len; /* numbers given out so far, with 0 */
	uint32_t free; /* the first free number below len */
	uint32_t record_bytes;
};

static inline void *topic_pool_at(const struct topic_pool *pool, uint32_t ref, size_t record_bytes)
{
	return pool->chunks[ref >> TOPIC_POOL_SHIFT] +
	       (ref & (TOPIC_POOL_CHUNK - 1)) * record_bytes;
}

void topic_pool_init(struct topic_pool *pool, uint32_t record_bytes);
void topic_pool_fini(struct topic_pool *pool, struct topic_heap heap);
/* A cleared record; 0 when there is no memory. */
uint32_t topic_pool_take(struct topic_pool *pool, struct topic_heap heap);
void topic_pool_give(struct topic_pool *pool, uint32_t ref);

/* The text of one level, or of a whole filter: within the record when it is short. */
enum { TOPIC_INSIDE_BYTES = 8 };

union topic_label {
	char inside[TOPIC_INSIDE_BYTES];
	char *outside;
};

static inline struct topic_text topic_label_text(const union topic_label *label, uint16_t bytes)
{
	return (struct topic_text){
		bytes <= TOPIC_INSIDE_BYTES ? label->inside : label->outside, bytes};
}

int topic_label_set(union topic_label *label, struct topic_heap heap, struct topic_text text)
	__attribute__((warn_unused_result));
void topic_label_fini(union topic_label *label, uint16_t bytes, struct topic_heap heap);

static inline bool topic_text_is_same(struct topic_text a, struct topic_text b)
{
	return a.bytes == b.bytes && memcmp(a.data, b.data, a.bytes) == 0;
}

static inline bool topic_level_is(struct topic_text level, char c)
{
	return level.bytes == 1 && level.data[0] == c;
}

/* Takes the first level off `rest`; false when none is left. `rest->data` is NULL at the end. */
static inline bool topic_level_next(struct topic_text *rest, struct topic_text *level)
{
	const char *slash;

	if (rest->data == NULL)
		return false;
	*level = *rest;
	slash = memchr(rest->data, '/', rest->bytes);
	if (slash == NULL) {
		rest->data = NULL;
		return true;
	}
	level->bytes = (size_t)(slash - rest->data);
	rest->bytes -= level->bytes + 1;
	rest->data = slash + 1;
	return true;
}

/* Whether the text is longer, or has more levels, than the index and the store take. */
bool topic_text_is_too_long(struct topic_text text);

/*
 * Hash table by linear hashing: buckets of one cache line, with more of them chained behind when
 * they are full. It grows by splitting one bucket at a time, and shrinks by joining two, so that no
 * change stalls and no old copy lies beside the new one. The owner compares: a slot holds 32 bits
 * of hash, by which it also finds its bucket, and a reference to the owner's record.
 */
enum { TOPIC_BUCKET_SLOTS = 7, TOPIC_SEGMENT_SHIFT = 9, TOPIC_SEGMENT = 1 << TOPIC_SEGMENT_SHIFT };

struct topic_bucket {
	uint32_t hash[TOPIC_BUCKET_SLOTS];
	uint32_t ref[TOPIC_BUCKET_SLOTS]; /* TOPIC_REF_NONE: an empty slot; they are the last */
	struct topic_bucket *next;
};

struct topic_table {
	struct topic_bucket **segments;
	uint32_t segment_cap;
	uint32_t first_cap; /* buckets that the first segment has room for */
	uint32_t bucket_len;
	uint32_t mask; /* 2^n - 1; mask + 1 <= bucket_len <= 2 * (mask + 1) */
	uint32_t used;
};

int topic_table_init(struct topic_table *table, struct topic_heap heap)
	__attribute__((warn_unused_result));
void topic_table_fini(struct topic_table *table, struct topic_heap heap);
/* The key must not be there. -ENOMEM with the table unchanged. */
int topic_table_insert(struct topic_table *table, struct topic_heap heap, uint32_t hash,
	uint32_t ref) __attribute__((warn_unused_result));
/* Removes, or changes to `to`, the slot with this hash and ref, which must be there. */
void topic_table_remove(
	struct topic_table *table, struct topic_heap heap, uint32_t hash, uint32_t ref);
void topic_table_update(struct topic_table *table, uint32_t hash, uint32_t ref, uint32_t to);

static inline struct topic_bucket *topic_table_bucket(
	const struct topic_table *table, uint32_t hash)
{
	uint32_t at = hash & (table->mask << 1 | 1);

	if (at >= table->bucket_len)
		at &= table->mask;
	return &table->segments[at >> TOPIC_SEGMENT_SHIFT][at & (TOPIC_SEGMENT - 1)];
}

/* Whether `ref` has the key that is looked for. */
typedef bool topic_is_same(const void *owner, uint32_t ref, const void *key);

/*
 * The slots with that hash, as bits. Which slot of its bucket a hash is in is a matter of chance
 * that no branch predictor would guess, so all are compared, without branches.
 */
static inline unsigned topic_bucket_hits(const struct topic_bucket *bucket, uint32_t hash)
{
	const uint32_t *h = bucket->hash;

	_Static_assert(TOPIC_BUCKET_SLOTS == 7, "one term a slot");
	return (unsigned)(h[0] == hash) | (unsigned)(h[1] == hash) << 1 |
	       (unsigned)(h[2] == hash) << 2 | (unsigned)(h[3] == hash) << 3 |
	       (unsigned)(h[4] == hash) << 4 | (unsigned)(h[5] == hash) << 5 |
	       (unsigned)(h[6] == hash) << 6;
}

/* Inline, so that the comparison is too. */
static inline uint32_t topic_table_find(const struct topic_table *table, uint32_t hash,
	topic_is_same *is_same, const void *owner, const void *key)
{
	const struct topic_bucket *bucket = topic_table_bucket(table, hash);

	do {
		unsigned hits = topic_bucket_hits(bucket, hash);

		for (; hits != 0; hits &= hits - 1) {
			uint32_t ref = bucket->ref[__builtin_ctz(hits)];

			if (ref != TOPIC_REF_NONE && is_same(owner, ref, key))
				return ref;
		}
		bucket = bucket->next;
	} while (bucket != NULL);
	return TOPIC_REF_NONE;
}

#endif
