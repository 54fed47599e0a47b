#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base_assert.h"
#include "kit_arena.h"
#include "session_priv.h"
#include "topic_index.h"

/*
 * Which filters match a topic: the workers' own index, with interned filters as its subscribers. A filter
 * is entered once, however many of its subscribers are with us; the index knows it by a number.
 */

enum { NO_SUBSCRIBER = UINT32_MAX };

struct session_index {
	struct topic_index *topics;
	struct kit_arena arena; /* of `topics` */
	struct session_filter **filters; /* by number */
	uint32_t *free_numbers;
	uint32_t filter_room, filter_len, free_len;
};

struct session_index *session_index_new(size_t bytes, uint64_t seed)
{
	struct session_index *index = kit_mem_alloc(KIT_MEM_SUBSCRIPTIONS, sizeof(*index));

	if (index == NULL)
		return NULL;
	if (kit_arena_open(&index->arena, bytes) == 0)
		index->topics = topic_index_new(
			index->arena.mem, KIT_ARENA_CLASS, seed, (uint32_t)NO_SUBSCRIBER);
	if (index->topics == NULL) {
		session_index_free(index);
		return NULL;
	}
	return index;
}

void session_index_free(struct session_index *index)
{
	if (index == NULL)
		return;
	kit_arena_close(&index->arena);
	kit_mem_free(KIT_MEM_SUBSCRIPTIONS, index->filters,
		index->filter_room * sizeof(*index->filters));
	kit_mem_free(KIT_MEM_SUBSCRIPTIONS, index->free_numbers,
		index->filter_room * sizeof(*index->free_numbers));
	kit_mem_free(KIT_MEM_SUBSCRIPTIONS, index, sizeof(*index));
}

static void *grown(void *old, size_t old_bytes, size_t bytes)
{
	void *fresh = kit_mem_alloc(KIT_MEM_SUBSCRIPTIONS, bytes);

	if (fresh != NULL && old_bytes > 0)
		memcpy(fresh, old, old_bytes);
	if (fresh != NULL)
		kit_mem_free(KIT_MEM_SUBSCRIPTIONS, old, old_bytes);
	return fresh;
}

static bool numbers_grow(struct session_index *index)
{
	uint32_t room = index->filter_room ? index->filter_room * 2 : 64;
	uint32_t *numbers = kit_mem_alloc(KIT_MEM_SUBSCRIPTIONS, room * sizeof(*numbers));
	void *filters;

	if (numbers == NULL)
		return false;
	filters = grown(index->filters, index->filter_room * sizeof(*index->filters),
		room * sizeof(*index->filters));
	if (filters == NULL) {
		kit_mem_free(KIT_MEM_SUBSCRIPTIONS, numbers, room * sizeof(*numbers));
		return false;
	}
	index->filters = filters;
	/* Grows only when no number is free, so that there is nothing to copy. */
	kit_mem_free(KIT_MEM_SUBSCRIPTIONS, index->free_numbers,
		index->filter_room * sizeof(*index->free_numbers));
	index->free_numbers = numbers;
	index->filter_room = room;
	return true;
}

static bool number_take(struct session_index *index, uint32_t *number)
{
	if (index->free_len > 0) {
		*number = index->free_numbers[--index->free_len];
		return true;
	}
	if (index->filter_len == index->filter_room && !numbers_grow(index))
		return false;
	*number = index->filter_len++;
	return true;
}

int session_index_add(struct session_index *index, struct session_filter *filter)
{
	struct topic_text text = {filter->text, filter->bytes}, no_group = {NULL, 0};
	struct topic_entry entry = {0};
	int rc;

	if (!number_take(index, &entry.subscriber))
		return -ENOMEM;
	rc = topic_index_insert(index->topics, text, no_group, &entry);
	if (rc < 0) {
		index->free_numbers[index->free_len++] = entry.subscriber;
		return rc;
	}
	index->filters[entry.subscriber] = filter;
	filter->number = entry.subscriber;
	return 0;
}

void session_index_del(struct session_index *index, struct session_filter *filter)
{
	struct topic_text text = {filter->text, filter->bytes}, no_group = {NULL, 0};
	bool stood = topic_index_remove(index->topics, text, no_group, filter->number);

	BASE_ASSERT(stood);
	index->free_numbers[index->free_len++] = filter->number;
}

struct matching {
	const struct session_index *index;
	void (*each)(void *arg, struct session_filter *filter);
	void *arg;
};

static void on_entries(void *context, const struct topic_entry *entries, uint32_t len)
{
	const struct matching *matching = context;

	for (uint32_t i = 0; i < len; i++)
		matching->each(matching->arg, matching->index->filters[entries[i].subscriber]);
}

static bool on_shared(
	void *context, const struct topic_entry *entry, const struct topic_group_ref *group)
{
	(void)context;
	(void)entry;
	(void)group;
	return true; /* shared filters are not entered here */
}

void session_index_match(struct session_index *index, const char *topic, uint16_t topic_bytes,
	void (*each)(void *arg, struct session_filter *filter), void *arg)
{
	static const struct topic_visitor visitor = {.entries = on_entries, .shared = on_shared};
	struct matching matching = {.index = index, .each = each, .arg = arg};

	topic_index_match(
		index->topics, (struct topic_text){topic, topic_bytes}, &visitor, &matching);
}

size_t session_index_used(const struct session_index *index)
{
	return kit_arena_used(&index->arena);
}
