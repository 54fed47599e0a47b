#ifndef KIT_MAP_H
#define KIT_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kit_mem.h"

/*
 * Intrusive hash table: chains of nodes that lie inside the caller's objects.
 *
 * Layer:     kit (base only)
 * Thread:    single
 * Ownership: the table owns its array of heads; the nodes belong to the caller
 * Cost:      O(1); the array doubles when there are more nodes than heads
 *
 * The caller computes the hash (seeded: base_hash.h) and compares keys while it walks a chain with
 * KIT_MAP_CHAIN.
 */

struct kit_map_node {
	struct kit_map_node *next;
	uint64_t hash;
};

struct kit_map {
	struct kit_map_node **heads;
	size_t head_len; /* a power of two, or 0 before the first insert */
	size_t len;
	enum kit_mem_class class_id;
};

void kit_map_init(struct kit_map *map, enum kit_mem_class class_id);
void kit_map_fini(struct kit_map *map); /* the nodes are left alone */

/* Takes the first array of heads, after which kit_map_insert cannot fail. -ENOMEM when there is none. */
int kit_map_reserve(struct kit_map *map) __attribute__((warn_unused_result));

/* -ENOMEM when the first array of heads cannot be had; a failed later growth only makes chains longer. */
int kit_map_insert(struct kit_map *map, struct kit_map_node *node, uint64_t hash)
	__attribute__((warn_unused_result));

/* `node` must be in the table. */
void kit_map_remove(struct kit_map *map, struct kit_map_node *node);

/* First node of the chain of `hash`, or NULL; compare node->hash, then the key. */
static inline struct kit_map_node *kit_map_chain(const struct kit_map *map, uint64_t hash)
{
	return map->head_len ? map->heads[hash & (map->head_len - 1)] : NULL;
}

#define KIT_MAP_CHAIN(it, map, hash_)                                                              \
	for ((it) = kit_map_chain(map, hash_); (it); (it) = (it)->next)

/* The node after `node` in no particular order, or the first for NULL; NULL at the end. */
struct kit_map_node *kit_map_next(const struct kit_map *map, const struct kit_map_node *node);

/*
 * Walks a part of the table: calls `each` for about `max` nodes from `cursor` on (0 = the beginning) and returns where to go
 * on, or 0 at the end. Nodes that stay in the table over the whole walk are seen once, also when the
 * table grows between two parts. `each` may remove the node that it was given.
 */
uint64_t kit_map_scan(const struct kit_map *map, uint64_t cursor, size_t max,
	void (*each)(void *arg, struct kit_map_node *node), void *arg);

#endif
