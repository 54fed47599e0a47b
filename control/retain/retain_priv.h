#ifndef RETAIN_PRIV_H
#define RETAIN_PRIV_H

#include "kit_map.h"
#include "retain.h"

/*
 * What the files of retain share.
 *
 * Layer:     retain
 * Thread:    control's loop
 */

struct retain_entry {
	struct kit_map_node node; /* in retain->topics */
	struct kit_message *message;
};

struct retain {
	struct retain_config config;
	struct kit_map topics;
	uint64_t hash_seed;
	uint64_t count_max;
	uint64_t sweep; /* where the search for expired messages goes on */
	uint64_t sweep_now_ms;
	size_t bytes;
	unsigned cursors;
	struct retain_counters counters;
};

struct retain_entry *retain_find(const struct retain *retain, const char *topic, size_t bytes);
static inline struct retain_entry *retain_entry_of(struct kit_map_node *node)
{
	return (struct retain_entry *)(void *)((char *)node - offsetof(struct retain_entry, node));
}

#endif
