#include <errno.h>
#include <string.h>

#include "base_assert.h"
#include "base_mem.h"
#include "topic_priv.h"

/*
 * Of their seven slots, four are used on average: with five, so many buckets have others behind
 * them that no memory is saved. Below two, buckets are joined again.
 */
enum { START_BUCKETS = 2, FILL = 4, FILL_LOW = 2 };

static struct topic_bucket *bucket_at(const struct topic_table *table, uint32_t at)
{
	return &table->segments[at >> TOPIC_SEGMENT_SHIFT][at & (TOPIC_SEGMENT - 1)];
}

int topic_table_init(struct topic_table *table, struct topic_heap heap)
{
	memset(table, 0, sizeof(*table));
	table->segments = base_mem_calloc(heap.mem, heap.mem_class, sizeof(struct topic_bucket *));
	if (table->segments == NULL)
		return -ENOMEM;
	table->segments[0] = base_mem_calloc(
		heap.mem, heap.mem_class, START_BUCKETS * sizeof(struct topic_bucket));
	if (table->segments[0] == NULL) {
		base_mem_free(heap.mem, heap.mem_class, table->segments);
		table->segments = NULL;
		return -ENOMEM;
	}
	table->segment_cap = 1;
	table->first_cap = table->bucket_len = START_BUCKETS;
	table->mask = START_BUCKETS - 1;
	return 0;
}

static void free_chain(struct topic_bucket *bucket, struct topic_heap heap)
{
	while (bucket != NULL) {
		struct topic_bucket *next = bucket->next;

		base_mem_free(heap.mem, heap.mem_class, bucket);
		bucket = next;
	}
}

void topic_table_fini(struct topic_table *table, struct topic_heap heap)
{
	for (uint32_t i = 0; i < table->bucket_len; i++)
		free_chain(bucket_at(table, i)->next, heap);
	for (uint32_t i = 0; i < table->segment_cap; i++)
		base_mem_free(heap.mem, heap.mem_class, table->segments[i]);
	base_mem_free(heap.mem, heap.mem_class, table->segments);
	memset(table, 0, sizeof(*table));
}

/* Replaces an array of `old_bytes` by a larger one, cleared behind what it holds. */
static void *grown(void *old, size_t old_bytes, size_t bytes, struct topic_heap heap)
{
	char *fresh = base_mem_calloc(heap.mem, heap.mem_class, bytes);

	if (fresh == NULL)
		return NULL;
	memcpy(fresh, old, old_bytes);
	base_mem_free(heap.mem, heap.mem_class, old);
	return fresh;
}

/* Room for one bucket more: the first segment doubles until it is whole, then others follow. */
static int reserve(struct topic_table *table, struct topic_heap heap)
{
	uint32_t segment = table->bucket_len >> TOPIC_SEGMENT_SHIFT;
	void *fresh;

	if (table->bucket_len < table->first_cap)
		return 0;
	if (table->first_cap < TOPIC_SEGMENT) {
		size_t bytes = table->first_cap * sizeof(struct topic_bucket);

		fresh = grown(table->segments[0], bytes, bytes * 2, heap);
		if (fresh == NULL)
			return -ENOMEM;
		table->segments[0] = fresh;
		table->first_cap *= 2;
		return 0;
	}
	if (segment >= table->segment_cap) {
		size_t bytes = table->segment_cap * sizeof(struct topic_bucket *);

		fresh = grown(table->segments, bytes, bytes * 2, heap);
		if (fresh == NULL)
			return -ENOMEM;
		table->segments = fresh;
		table->segment_cap *= 2;
	}
	if (table->segments[segment] == NULL)
		table->segments[segment] = base_mem_calloc(
			heap.mem, heap.mem_class, TOPIC_SEGMENT * sizeof(struct topic_bucket));
	return table->segments[segment] == NULL ? -ENOMEM : 0;
}

static int put(struct topic_bucket *bucket, struct topic_heap heap, uint32_t hash, uint32_t ref)
{
	for (;; bucket = bucket->next) {
		for (unsigned i = 0; i < TOPIC_BUCKET_SLOTS; i++)
			if (bucket->ref[i] == TOPIC_REF_NONE) {
				bucket->hash[i] = hash;
				bucket->ref[i] = ref;
				return 0;
			}
		if (bucket->next == NULL) {
			bucket->next =
				base_mem_calloc(heap.mem, heap.mem_class, sizeof(*bucket->next));
			if (bucket->next == NULL)
				return -ENOMEM;
		}
	}
}

/*
 * Closes the gap at a slot of the chain that begins at `head` with the chain's last one, whose
 * bucket goes when it is empty. Returns whether that was `bucket`.
 */
static bool take_out(
	struct topic_bucket *head, struct topic_bucket *bucket, unsigned at, struct topic_heap heap)
{
	struct topic_bucket *last = head, *before = NULL;
	unsigned i = TOPIC_BUCKET_SLOTS - 1;

	for (; last->next != NULL; last = last->next)
		before = last;
	while (last->ref[i] == TOPIC_REF_NONE)
		i--;
	bucket->hash[at] = last->hash[i];
	bucket->ref[at] = last->ref[i];
	last->ref[i] = TOPIC_REF_NONE;
	if (i > 0 || before == NULL)
		return false;
	before->next = NULL;
	base_mem_free(heap.mem, heap.mem_class, last);
	return bucket == last;
}

/* Copies to `to` the entries whose bucket is `at` by the wider mask; with a mask of 0, all. */
static int copy_half(const struct topic_bucket *from, struct topic_bucket *to, uint32_t wide_mask,
	uint32_t at, struct topic_heap heap)
{
	for (; from != NULL; from = from->next)
		for (unsigned i = 0; i < TOPIC_BUCKET_SLOTS; i++)
			if (from->ref[i] != TOPIC_REF_NONE && (from->hash[i] & wide_mask) == at &&
				put(to, heap, from->hash[i], from->ref[i]) < 0)
				return -ENOMEM;
	return 0;
}

static void drop_half(
	struct topic_bucket *head, uint32_t wide_mask, uint32_t at, struct topic_heap heap)
{
	struct topic_bucket *bucket = head;
	unsigned i = 0;

	while (bucket != NULL) {
		if (i == TOPIC_BUCKET_SLOTS || bucket->ref[i] == TOPIC_REF_NONE) {
			bucket = bucket->next;
			i = 0;
		} else if ((bucket->hash[i] & wide_mask) != at) {
			i++;
		} else if (take_out(head, bucket, i, heap)) {
			return;
		}
	}
}

/* Adds one bucket, and moves to it what is its own. */
static int split(struct topic_table *table, struct topic_heap heap)
{
	uint32_t at = table->bucket_len, wide_mask;
	struct topic_bucket *from, *to;

	if (at >= TOPIC_REF_MAX / 2 || reserve(table, heap) < 0)
		return -ENOMEM;
	if (at > (table->mask << 1 | 1))
		table->mask = table->mask << 1 | 1;
	wide_mask = table->mask << 1 | 1;
	from = bucket_at(table, at & table->mask);
	to = bucket_at(table, at);
	if (copy_half(from, to, wide_mask, at, heap) < 0) {
		free_chain(to->next, heap);
		memset(to, 0, sizeof(*to));
		return -ENOMEM;
	}
	drop_half(from, wide_mask, at, heap);
	table->bucket_len++;
	return 0;
}

static uint32_t chain_len(const struct topic_bucket *bucket)
{
	uint32_t len = 0;

	for (; bucket != NULL; bucket = bucket->next)
		for (unsigned i = 0; i < TOPIC_BUCKET_SLOTS; i++)
			len += bucket->ref[i] != TOPIC_REF_NONE;
	return len;
}

/* Makes room for `len` entries more in a chain, by one bucket if that is enough. */
static int reserve_chain(struct topic_bucket *bucket, struct topic_heap heap, uint32_t len)
{
	uint32_t slots = TOPIC_BUCKET_SLOTS;

	len += chain_len(bucket);
	for (; bucket->next != NULL; bucket = bucket->next)
		slots += TOPIC_BUCKET_SLOTS;
	if (len <= slots)
		return 0;
	if (len <= slots + TOPIC_BUCKET_SLOTS)
		bucket->next = base_mem_calloc(heap.mem, heap.mem_class, sizeof(*bucket->next));
	return bucket->next == NULL ? -ENOMEM : 0;
}

/* Takes back the last split. Without memory for the longer chain the table stays as it is. */
static void join(struct topic_table *table, struct topic_heap heap)
{
	uint32_t at = table->bucket_len - 1;
	uint32_t mask = at > table->mask ? table->mask : table->mask >> 1;
	struct topic_bucket *from = bucket_at(table, at), *to = bucket_at(table, at & mask);

	if (reserve_chain(to, heap, chain_len(from)) < 0)
		return;
	if (copy_half(from, to, 0, 0, heap) < 0)
		BASE_ASSERT(!"there is room");
	free_chain(from->next, heap);
	memset(from, 0, sizeof(*from));
	table->mask = mask;
	table->bucket_len = at;
	if (at % TOPIC_SEGMENT == 0) {
		base_mem_free(heap.mem, heap.mem_class, table->segments[at / TOPIC_SEGMENT]);
		table->segments[at / TOPIC_SEGMENT] = NULL;
	}
}

/* Without memory for a split the chains become longer; from two buckets each on, no further. */
static bool is_overfull(const struct topic_table *table)
{
	return table->used / 2 >= (uint64_t)table->bucket_len * TOPIC_BUCKET_SLOTS;
}

int topic_table_insert(
	struct topic_table *table, struct topic_heap heap, uint32_t hash, uint32_t ref)
{
	if (table->used >= (uint64_t)table->bucket_len * FILL && split(table, heap) < 0 &&
		is_overfull(table))
		return -ENOMEM;
	if (put(topic_table_bucket(table, hash), heap, hash, ref) < 0)
		return -ENOMEM;
	table->used++;
	return 0;
}

/* Finds the slot, which must be there; returns its bucket. */
static struct topic_bucket *slot_of(
	struct topic_bucket *bucket, uint32_t hash, uint32_t ref, unsigned *at)
{
	for (; bucket != NULL; bucket = bucket->next)
		for (unsigned i = 0; i < TOPIC_BUCKET_SLOTS; i++)
			if (bucket->ref[i] == ref && bucket->hash[i] == hash) {
				*at = i;
				return bucket;
			}
	BASE_ASSERT(bucket != NULL);
	return NULL;
}

void topic_table_remove(
	struct topic_table *table, struct topic_heap heap, uint32_t hash, uint32_t ref)
{
	struct topic_bucket *head = topic_table_bucket(table, hash), *bucket;
	unsigned at = 0;

	bucket = slot_of(head, hash, ref, &at);
	take_out(head, bucket, at, heap);
	table->used--;
	if (table->bucket_len > START_BUCKETS &&
		table->used < (uint64_t)table->bucket_len * FILL_LOW)
		join(table, heap);
}

void topic_table_update(struct topic_table *table, uint32_t hash, uint32_t ref, uint32_t to)
{
	unsigned at = 0;
	struct topic_bucket *bucket = slot_of(topic_table_bucket(table, hash), hash, ref, &at);

	bucket->ref[at] = to;
}
