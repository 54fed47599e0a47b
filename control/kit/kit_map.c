#include "kit_map.h"

#include <errno.h>

#include "base_assert.h"

enum { FIRST_HEADS = 8 };

void kit_map_init(struct kit_map *map, enum kit_mem_class class_id)
{
	*map = (struct kit_map){.class_id = class_id};
}

void kit_map_fini(struct kit_map *map)
{
	kit_mem_free(map->class_id, map->heads, map->head_len * sizeof(*map->heads));
	map->heads = NULL;
	map->head_len = map->len = 0;
}

static void push(struct kit_map_node **heads, size_t head_len, struct kit_map_node *node)
{
	struct kit_map_node **head = &heads[node->hash & (head_len - 1)];

	node->next = *head;
	*head = node;
}

static void grow(struct kit_map *map, size_t head_len)
{
	struct kit_map_node **heads = kit_mem_alloc(map->class_id, head_len * sizeof(*heads));

	if (heads == NULL)
		return;
	for (size_t i = 0; i < map->head_len; i++) {
		struct kit_map_node *node = map->heads[i], *next;

		for (; node; node = next) {
			next = node->next;
			push(heads, head_len, node);
		}
	}
	kit_mem_free(map->class_id, map->heads, map->head_len * sizeof(*heads));
	map->heads = heads;
	map->head_len = head_len;
}

int kit_map_reserve(struct kit_map *map)
{
	if (map->head_len == 0)
		grow(map, FIRST_HEADS);
	return map->head_len ? 0 : -ENOMEM;
}

int kit_map_insert(struct kit_map *map, struct kit_map_node *node, uint64_t hash)
{
	if (map->len >= map->head_len)
		grow(map, map->head_len ? map->head_len * 2 : FIRST_HEADS);
	if (map->head_len == 0)
		return -ENOMEM;
	node->hash = hash;
	push(map->heads, map->head_len, node);
	map->len++;
	return 0;
}

void kit_map_remove(struct kit_map *map, struct kit_map_node *node)
{
	struct kit_map_node **link;

	BASE_ASSERT(map->len > 0);
	link = &map->heads[node->hash & (map->head_len - 1)];
	while (*link != node) {
		BASE_ASSERT(*link != NULL);
		link = &(*link)->next;
	}
	*link = node->next;
	node->next = NULL;
	map->len--;
}

struct kit_map_node *kit_map_next(const struct kit_map *map, const struct kit_map_node *node)
{
	size_t i = 0;

	if (node != NULL) {
		if (node->next != NULL)
			return node->next;
		i = (node->hash & (map->head_len - 1)) + 1;
	}
	for (; i < map->head_len; i++)
		if (map->heads[i] != NULL)
			return map->heads[i];
	return NULL;
}

static uint64_t reverse(uint64_t bits)
{
	uint64_t out = 0;

	for (unsigned i = 0; i < 64; i++, bits >>= 1)
		out = out << 1 | (bits & 1);
	return out;
}

/*
 * Counts from the top bit of the head's number down: when the table doubles, head h splits into h and h + old length, which
 * lie on the same side of the cursor as h did.
 */
static uint64_t next_head(uint64_t head, uint64_t mask)
{
	return reverse(reverse(head | ~mask) + 1) & mask;
}

uint64_t kit_map_scan(const struct kit_map *map, uint64_t cursor, size_t max,
	void (*each)(void *arg, struct kit_map_node *node), void *arg)
{
	uint64_t mask = map->head_len - 1;
	size_t seen = 0;

	if (map->head_len == 0)
		return 0;
	do {
		struct kit_map_node *node = map->heads[cursor & mask], *next;

		for (; node != NULL; node = next, seen++) {
			next = node->next;
			each(arg, node);
		}
		cursor = next_head(cursor & mask, mask);
		seen += cursor % 16 == 0; /* empty heads cost something too */
	} while (cursor != 0 && seen < max);
	return cursor;
}
