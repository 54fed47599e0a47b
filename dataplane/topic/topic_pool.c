#include <errno.h>
#include <string.h>

#include "base_mem.h"
#include "topic_priv.h"

/* Lies in a free record, which is at least that large. */
struct free_record {
	uint32_t mark;
	uint32_t next;
};

void topic_pool_init(struct topic_pool *pool, uint32_t record_bytes)
{
	*pool = (struct topic_pool){.len = 1, .record_bytes = record_bytes};
}

void topic_pool_fini(struct topic_pool *pool, struct topic_heap heap)
{
	for (uint32_t i = 0; i < pool->chunk_cap; i++)
		base_mem_free(heap.mem, heap.mem_class, pool->chunks[i]);
	base_mem_free(heap.mem, heap.mem_class, pool->chunks);
	*pool = (struct topic_pool){.len = 1, .record_bytes = pool->record_bytes};
}

static int grow_directory(struct topic_pool *pool, struct topic_heap heap)
{
	uint32_t cap = pool->chunk_cap == 0 ? 8 : pool->chunk_cap * 2;
	char **chunks = base_mem_calloc(heap.mem, heap.mem_class, cap * sizeof(*chunks));

	if (chunks == NULL)
		return -ENOMEM;
	if (pool->chunks != NULL)
		memcpy(chunks, pool->chunks, pool->chunk_cap * sizeof(*chunks));
	base_mem_free(heap.mem, heap.mem_class, pool->chunks);
	pool->chunks = chunks;
	pool->chunk_cap = cap;
	return 0;
}

/* Makes sure that the number `len` has a place. */
static int reserve(struct topic_pool *pool, struct topic_heap heap)
{
	uint32_t chunk = pool->len >> TOPIC_POOL_SHIFT;

	if (pool->len >= TOPIC_REF_MAX)
		return -ENOMEM;
	if (chunk >= pool->chunk_cap && grow_directory(pool, heap) < 0)
		return -ENOMEM;
	if (pool->chunks[chunk] == NULL)
		pool->chunks[chunk] = base_mem_alloc(
			heap.mem, heap.mem_class, (size_t)TOPIC_POOL_CHUNK * pool->record_bytes);
	return pool->chunks[chunk] == NULL ? -ENOMEM : 0;
}

uint32_t topic_pool_take(struct topic_pool *pool, struct topic_heap heap)
{
	uint32_t ref = pool->free;
	struct free_record *record;

	if (ref != TOPIC_REF_NONE) {
		record = topic_pool_at(pool, ref, pool->record_bytes);
		pool->free = record->next;
	} else {
		if (reserve(pool, heap) < 0)
			return TOPIC_REF_NONE;
		ref = pool->len++;
	}
	memset(topic_pool_at(pool, ref, pool->record_bytes), 0, pool->record_bytes);
	return ref;
}

void topic_pool_give(struct topic_pool *pool, uint32_t ref)
{
	struct free_record *record = topic_pool_at(pool, ref, pool->record_bytes);

	record->mark = TOPIC_POOL_FREE;
	record->next = pool->free;
	pool->free = ref;
}

int topic_label_set(union topic_label *label, struct topic_heap heap, struct topic_text text)
{
	char *to = label->inside;

	if (text.bytes > TOPIC_INSIDE_BYTES) {
		to = base_mem_alloc(heap.mem, heap.mem_class, text.bytes);
		if (to == NULL)
			return -ENOMEM;
		label->outside = to;
	}
	memcpy(to, text.data, text.bytes);
	return 0;
}

void topic_label_fini(union topic_label *label, uint16_t bytes, struct topic_heap heap)
{
	if (bytes > TOPIC_INSIDE_BYTES)
		base_mem_free(heap.mem, heap.mem_class, label->outside);
}

bool topic_text_is_too_long(struct topic_text text)
{
	struct topic_text level;
	unsigned levels = 0;

	if (text.bytes > UINT16_MAX)
		return true;
	while (topic_level_next(&text, &level))
		if (++levels > TOPIC_LEVELS_MAX)
			return true;
	return false;
}
