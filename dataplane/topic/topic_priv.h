#ifndef TOPIC_PRIV_H
#define TOPIC_PRIV_H

#include "topic_index.h"

/*
 * Inside of the topic index: the hash table, lists of subscribers, and nodes.
 *
 * Layer:  topic
 * Thread: single
 */

struct topic_heap {
	struct base_mem *mem;
	unsigned mem_class;
};

/*
 * Open addressing with 8-byte slots. The owner compares: a slot holds 32 bits of hash, by which it also finds
 * its home, and a reference. It grows by moving some slots of the old array on each insert.
 */
struct topic_slot {
	uint32_t hash;
	uint32_t ref; /* 0 = empty */
};

struct topic_table {
	struct topic_slot *slots, *old;
	uint32_t mask, old_mask; /* sizes less 1 */
	uint32_t used; /* in both */
	uint32_t moved; /* slots of `old` that are empty for good */
};

enum { TOPIC_REF_NONE = 0, TOPIC_REF_MAX = 0xfffffff0u };

/* Whether `ref` has the key that is looked for. */
typedef bool topic_is_same(const void *owner, uint32_t ref, const void *key);

int topic_table_init(struct topic_table *table, struct topic_heap heap)
	__attribute__((warn_unused_result));
void topic_table_fini(struct topic_table *table, struct topic_heap heap);
uint32_t topic_table_find(const struct topic_table *table, uint32_t hash, topic_is_same *is_same,
	const void *owner, const void *key);
/* The key must not be there. -ENOMEM when the table is full and cannot grow. */
int topic_table_insert(struct topic_table *table, struct topic_heap heap, uint32_t hash,
	uint32_t ref) __attribute__((warn_unused_result));
/* Removes, or changes to `to`, the slot with this hash and ref, which must be there. */
void topic_table_remove(struct topic_table *table, uint32_t hash, uint32_t ref);
void topic_table_update(struct topic_table *table, uint32_t hash, uint32_t ref, uint32_t to);

/* Subscribers of one filter: one within, many outside, and very many with a table by subscriber. */
struct topic_many;
struct topic_list {
	uint32_t len;
	uint32_t is_outside; /* the entries are in `many`, not in `one` */
	union {
		struct topic_entry one;
		struct topic_many *many;
	} u;
};

const struct topic_entry *topic_list_entries(const struct topic_list *list);
/* As topic_index_insert. */
int topic_list_insert(struct topic_list *list, struct topic_heap heap,
	const struct topic_entry *entry) __attribute__((warn_unused_result));
bool topic_list_remove(struct topic_list *list, struct topic_heap heap, uint32_t subscriber);
bool topic_list_has(const struct topic_list *list, uint32_t subscriber);
void topic_list_fini(struct topic_list *list, struct topic_heap heap);

struct topic_group {
	struct topic_group *next;
	struct topic_list members;
	uint32_t turn; /* where the next pick begins */
	uint16_t name_bytes;
	char name[];
};

enum { TOPIC_INLINE_BYTES = 14 };

/* One cache line. A node's number is never 0. */
struct topic_node {
	uint32_t parent; /* TOPIC_PARENT_... or a node */
	uint32_t plus, pound; /* children for the wildcards; 0 = none */
	uint32_t children; /* other children: edges in the table */
	struct topic_list list;
	struct topic_group *groups;
	uint16_t text_bytes;
	char text[TOPIC_INLINE_BYTES]; /* or, when longer, a pointer in its last bytes */
};

enum {
	TOPIC_PARENT_EXACT = 0, /* the text is a whole filter without wildcards */
	TOPIC_ROOT = 1,
	TOPIC_PARENT_FREE = 0xffffffff,
	TOPIC_CHUNK_LEN = 1024,
};

struct topic_index {
	struct topic_heap heap;
	uint64_t seed;
	uint32_t last_resort;
	uint32_t node_len; /* handed out so far, with node 0 */
	uint32_t free_node; /* chain through `plus`; 0 = none */
	uint32_t chunk_cap;
	struct topic_node **chunks;
	struct topic_table edges;
	struct topic_figures figures;
};

static inline struct topic_node *topic_node_at(const struct topic_index *index, uint32_t node)
{
	return &index->chunks[node / TOPIC_CHUNK_LEN][node % TOPIC_CHUNK_LEN];
}

struct topic_text topic_node_text(const struct topic_node *node);
uint64_t topic_text_hash(const struct topic_index *index, struct topic_text text);
/* The child of `parent` by a text whose hash is known; 0 when there is none. */
uint32_t topic_node_find(const struct topic_index *index, uint32_t parent, struct topic_text text,
	uint64_t text_hash);
/* The node of a filter; 0 when there is none. */
uint32_t topic_node_lookup(const struct topic_index *index, struct topic_text filter);
/* The same, made when it is not there; 0 when there is no memory. */
uint32_t topic_node_make(struct topic_index *index, struct topic_text filter);
/* Frees the node and its parents as far as nothing needs them. */
void topic_node_prune(struct topic_index *index, uint32_t node);

/* Takes the first level off `rest`; false when nothing is left. `rest->data` is NULL at the end. */
bool topic_level_next(struct topic_text *rest, struct topic_text *level);

#endif
