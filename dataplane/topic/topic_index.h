#ifndef TOPIC_INDEX_H
#define TOPIC_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "topic_text.h"

/*
 * The topic index: topic filters in, the subscribers of a topic name out (MQTT 4.7, 4.8).
 *
 * Layer:     topic (base only; pure)
 * Thread:    single; each worker, and control, has one of its own
 * Ownership: the index copies what it is given; memory comes from the heap and class named at the
 *            start. Memory of removed filters is used again; the index's end gives it back.
 * Cost:      a match costs one probe for the whole topic, and one for each trie node that matches
 *            so far: what does not match costs nothing. Insert and remove do a bounded amount of
 *            work, also when the table of filters grows; only a list of very many subscribers is
 *            copied when it doubles.
 * Memory:    32 bytes a node and some 16 a level of text; a filter with one subscriber and no
 *            subscription identifier needs no more. Measured: 130 bytes for each of 1,000,000
 *            filters "ex/N/+/t", 65 for "ex/N/z/t".
 *
 * A filter without wildcards is found by its whole text; one with wildcards level by level. Both
 * live in one table of edges (parent node, text) -> node, seeded, in which the texts are compared.
 * The caller checks the syntax before (wire_filter_parse).
 */

struct base_mem;
struct topic_index;

struct topic_entry {
	uint32_t subscriber; /* the caller's number */
	uint32_t subscription_id; /* MQTT 5; 0 = none */
	uint8_t options; /* subscription options as on the wire */
};

/* A shared group of which a member is being picked; valid during the call. */
struct topic_group_ref {
	struct topic_text name;
	uint32_t node; /* of the filter: for topic_index_filter_text */
};

struct topic_visitor {
	/*
	 * The `len` (> 0) subscribers of one matching filter; valid during the call, in which the
	 * index must not be changed.
	 */
	void (*entries)(void *context, const struct topic_entry *entries, uint32_t len);
	/*
	 * One member of a group of a matching filter: true takes it, false asks for the next one.
	 * Each member is offered at most once, beginning behind the one that took the last message.
	 */
	bool (*shared)(void *context, const struct topic_entry *entry,
		const struct topic_group_ref *group);
};

struct topic_figures {
	uint64_t filters; /* (filter, group) pairs with at least one subscriber */
	uint64_t entries; /* subscriptions */
	uint64_t nodes;
	uint64_t visited; /* nodes that matches have looked at, in all */
	uint32_t visited_max; /* by the one match that looked at most */
};

/*
 * `last_resort` is the subscriber of each group that is offered when no other member took the
 * message. NULL when there is no memory.
 */
struct topic_index *topic_index_new(
	struct base_mem *mem, unsigned mem_class, uint64_t seed, uint32_t last_resort);
void topic_index_free(struct topic_index *index);

/*
 * Enters `entry` for `filter` (without a share prefix), in group `group` when its data is not NULL.
 * A subscriber stands once for a filter and group. Returns 1 when it was new, 0 when it replaced
 * what stood there, -ENOMEM or -EINVAL (more than TOPIC_LEVELS_MAX levels, or than 65,535 bytes)
 * with the index unchanged.
 */
int topic_index_insert(struct topic_index *index, struct topic_text filter, struct topic_text group,
	const struct topic_entry *entry) __attribute__((warn_unused_result));

/* Removes the subscriber; returns whether it stood there. */
bool topic_index_remove(struct topic_index *index, struct topic_text filter,
	struct topic_text group, uint32_t subscriber);

/* Whether the subscriber stands there. */
bool topic_index_has(const struct topic_index *index, struct topic_text filter,
	struct topic_text group, uint32_t subscriber);

/* Shows every match of a topic name to the visitor. */
void topic_index_match(struct topic_index *index, struct topic_text topic,
	const struct topic_visitor *visitor, void *context);

/*
 * Begins to load what a match of this name probes first, for a burst of names: all are prefetched,
 * then all are matched. Worth it when the index is larger than the caches.
 */
void topic_index_prefetch(const struct topic_index *index, struct topic_text topic);

/* The filter of a node, without a share prefix: its bytes, or -ENOSPC when `size` is too small. */
int topic_index_filter_text(const struct topic_index *index, uint32_t node, char *text, size_t size)
	__attribute__((warn_unused_result));

/*
 * Looks at up to `max` (> 0) nodes from `cursor` on, 0 at first, and calls `each` for those that
 * are filters (once for the plain subscribers, once for each group), so that a step is bounded.
 * Returns the cursor to go on with, 0 at the end. Filters that come or go meanwhile may be missed;
 * the others are shown once.
 */
uint32_t topic_index_walk(const struct topic_index *index, uint32_t cursor, uint32_t max,
	void (*each)(
		void *context, struct topic_text filter, struct topic_text group, uint32_t entries),
	void *context);

void topic_index_figures(const struct topic_index *index, struct topic_figures *figures);

#endif
