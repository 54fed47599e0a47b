#include <errno.h>
#include <string.h>

#include "base_hash.h"
#include "base_mem.h"
#include "topic_index_priv.h"

enum { MANY_START = 4, TABLE_FROM = 32, TABLE_BELOW = 16 };

/*
 * The list's entries outside of its node. The table, above TABLE_FROM entries, holds positions + 1
 * by subscriber.
 */
struct topic_many {
	struct topic_table table; /* slots NULL: none */
	uint32_t cap;
	struct topic_entry entries[];
};

static bool is_many(const struct topic_list *list)
{
	return list->is_outside != 0;
}

const struct topic_entry *topic_list_entries(const struct topic_list *list)
{
	return is_many(list) ? list->u.many->entries : &list->u.one;
}

/* Subscribers are the caller's numbers, not a stranger's choice: no seed is needed. */
static uint32_t hash_of(uint32_t subscriber)
{
	return (uint32_t)base_hash_u64(subscriber, 0);
}

static bool is_same_subscriber(const void *owner, uint32_t ref, const void *key)
{
	const struct topic_many *many = owner;

	return many->entries[ref - 1].subscriber == *(const uint32_t *)key;
}

/* The position of the subscriber, or the length when it is not there. */
static uint32_t position(const struct topic_list *list, uint32_t subscriber)
{
	const struct topic_entry *entries = topic_list_entries(list);

	if (is_many(list) && list->u.many->table.segments != NULL) {
		uint32_t ref = topic_table_find(&list->u.many->table, hash_of(subscriber),
			is_same_subscriber, list->u.many, &subscriber);

		return ref == TOPIC_REF_NONE ? list->len : ref - 1;
	}
	for (uint32_t i = 0; i < list->len; i++)
		if (entries[i].subscriber == subscriber)
			return i;
	return list->len;
}

bool topic_list_has(const struct topic_list *list, uint32_t subscriber)
{
	return position(list, subscriber) < list->len;
}

/* Moves the entries to a place for `cap` of them. */
static int move(struct topic_list *list, struct topic_heap heap, uint32_t cap)
{
	struct topic_many *many = base_mem_alloc(
		heap.mem, heap.mem_class, sizeof(*many) + (size_t)cap * sizeof(struct topic_entry));

	if (many == NULL)
		return -ENOMEM;
	memset(&many->table, 0, sizeof(many->table));
	memcpy(many->entries, topic_list_entries(list), list->len * sizeof(struct topic_entry));
	many->cap = cap;
	if (is_many(list)) {
		many->table = list->u.many->table;
		base_mem_free(heap.mem, heap.mem_class, list->u.many);
	}
	list->u.many = many;
	list->is_outside = 1;
	return 0;
}

/* Makes room for one entry more. */
static int reserve(struct topic_list *list, struct topic_heap heap)
{
	if (!is_many(list))
		return list->len == 0 ? 0 : move(list, heap, MANY_START);
	if (list->len < list->u.many->cap)
		return 0;
	return list->u.many->cap > UINT32_MAX / 2 ? -ENOMEM
						  : move(list, heap, list->u.many->cap * 2);
}

/*
 * Enters all entries in a new table. A list that went on without one would be searched entry by
 * entry.
 */
static int make_table(struct topic_list *list, struct topic_heap heap)
{
	struct topic_many *many = list->u.many;
	struct topic_table table;

	if (topic_table_init(&table, heap) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < list->len; i++)
		if (topic_table_insert(&table, heap, hash_of(many->entries[i].subscriber), i + 1) <
			0) {
			topic_table_fini(&table, heap);
			return -ENOMEM;
		}
	many->table = table;
	return 0;
}

int topic_list_insert(
	struct topic_list *list, struct topic_heap heap, const struct topic_entry *entry)
{
	uint32_t at = position(list, entry->subscriber);
	struct topic_many *many;

	if (at < list->len) {
		if (is_many(list))
			list->u.many->entries[at] = *entry;
		else
			list->u.one = *entry;
		return 0;
	}
	if (reserve(list, heap) < 0)
		return -ENOMEM;
	if (!is_many(list)) {
		list->u.one = *entry;
		list->len = 1;
		return 1;
	}
	many = list->u.many;
	if (many->table.segments == NULL && list->len >= TABLE_FROM && make_table(list, heap) < 0)
		return -ENOMEM;
	if (many->table.segments != NULL &&
		topic_table_insert(&many->table, heap, hash_of(entry->subscriber), at + 1) < 0)
		return -ENOMEM;
	many->entries[list->len++] = *entry;
	return 1;
}

/* Gives up what a list that became shorter does not need; without memory it stays as it is. */
static void shrink(struct topic_list *list, struct topic_heap heap)
{
	struct topic_many *many = list->u.many;
	struct topic_entry last = many->entries[0];

	if (list->len <= TABLE_BELOW && many->table.segments != NULL)
		topic_table_fini(&many->table, heap);
	if (list->len <= 1) {
		uint32_t len = list->len;

		topic_list_fini(list, heap);
		list->len = len;
		list->u.one = last;
	} else if (many->cap > MANY_START && list->len <= many->cap / 4) {
		(void)!move(list, heap, many->cap / 2);
	}
}

/* The last entry takes the place of the one that goes. */
bool topic_list_remove(struct topic_list *list, struct topic_heap heap, uint32_t subscriber)
{
	uint32_t at = position(list, subscriber), last = list->len - 1;
	struct topic_many *many;

	if (at >= list->len)
		return false;
	list->len--;
	if (!is_many(list))
		return true;
	many = list->u.many;
	if (many->table.segments != NULL) {
		topic_table_remove(&many->table, heap, hash_of(subscriber), at + 1);
		if (at != last)
			topic_table_update(&many->table, hash_of(many->entries[last].subscriber),
				last + 1, at + 1);
	}
	many->entries[at] = many->entries[last];
	shrink(list, heap);
	return true;
}

void topic_list_fini(struct topic_list *list, struct topic_heap heap)
{
	if (is_many(list)) {
		topic_table_fini(&list->u.many->table, heap);
		base_mem_free(heap.mem, heap.mem_class, list->u.many);
	}
	memset(list, 0, sizeof(*list));
}
