#ifndef RETAIN_PRIV_H
#define RETAIN_PRIV_H

#include "base_list.h"
#include "kit_arena.h"
#include "retain.h"
#include "topic_store.h"

/*
 * What the files of retain share.
 *
 * Layer:     retain
 * Thread:    control's loop
 */

struct retain_entry {
	struct base_list all; /* in retain->entries */
	struct base_list expiring; /* in retain->expiring, when the message has an expiry */
	struct kit_message *message;
};

struct retain {
	struct retain_config config;
	struct topic_store *topics; /* topic to struct retain_entry */
	struct kit_arena arena; /* of `topics` */
	struct base_list entries, expiring;
	uint64_t count_max;
	size_t bytes;
	unsigned cursors;
	struct retain_counters counters;
};

#endif
