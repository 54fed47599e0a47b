#ifndef TOPIC_STORE_H
#define TOPIC_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base_list.h"
#include "topic_text.h"

/*
 * The inverse of the topic index: topic names in, the names that a filter selects out. Each name
 * carries one pointer of the caller (a retained message).
 *
 * Layer:     topic (base only; pure)
 * Thread:    single
 * Ownership: the store copies names and never looks at values; memory comes from the heap and class
 *            named at the start
 * Cost:      a name costs one probe for each of its levels; a selection costs the part of the name
 *            tree that the filter selects: '+' and '#' walk children, a plain level is one probe.
 *            Memory of removed names is used again, and given back when the store is freed.
 *
 * The caller checks the syntax of names and filters before (wire_topic_check, wire_filter_parse).
 */

struct base_mem;
struct topic_store;

/* A selection that is under way; memory of the caller, its fields are the store's. */
struct topic_store_cursor {
	struct base_list link;
	struct topic_store *store;
	struct topic_text filter;
	uint32_t node; /* to be looked at next; 0 = the end */
	uint32_t depth; /* its level, from 0 on */
	uint32_t level_len;
	uint32_t open_depth; /* of the '#'; UINT32_MAX: none */
	uint32_t starts[TOPIC_LEVELS_MAX + 1]; /* of the filter's levels, and of one behind */
};

/* Is shown the value of a selected name; false stops the walk before this name. */
typedef bool topic_store_visit(void *context, void *value);

/* NULL when there is no memory. */
struct topic_store *topic_store_new(struct base_mem *mem, unsigned mem_class, uint64_t seed);
/* All cursors must have been closed. Values are left alone. NULL is allowed. */
void topic_store_free(struct topic_store *store);

/*
 * Sets the value (not NULL) of a name. Returns 1 when the name is new, 0 when it replaced the value
 * that `old` (may be NULL) then holds, -ENOMEM or -EINVAL (more than TOPIC_LEVELS_MAX levels or
 * 65,535 bytes) with the store unchanged.
 */
int topic_store_set(struct topic_store *store, struct topic_text name, void *value, void **old)
	__attribute__((warn_unused_result));

/* The value of a name, or NULL. */
void *topic_store_get(const struct topic_store *store, struct topic_text name);

/* Removes a name; its value, or NULL when there was none. */
void *topic_store_remove(struct topic_store *store, struct topic_text name);

/*
 * Begins to select the names that match `filter` (without a share prefix), whose bytes the cursor
 * borrows until it is closed. A leading wildcard does not select names that begin with '$'
 * (4.7.2-1). Returns 0, or -EINVAL for a filter above the limits of a name; then there is nothing
 * to close.
 */
int topic_store_open(struct topic_store *store, struct topic_store_cursor *cursor,
	struct topic_text filter) __attribute__((warn_unused_result));
void topic_store_close(struct topic_store_cursor *cursor);

/*
 * Looks at up to `max` names and parts of names and shows those that are selected. True when the
 * end is reached. After a visit that answered false the same name is shown again next time. The
 * store may change between two steps, and a visit may remove the name that it is shown: names that
 * stay all the time are shown once, names that come or go meanwhile may be missed.
 */
bool topic_store_step(
	struct topic_store_cursor *cursor, uint32_t max, topic_store_visit *visit, void *context);

/* All at once, until a visit answers false. 0, or -EINVAL as topic_store_open. */
int topic_store_match(struct topic_store *store, struct topic_text filter, topic_store_visit *visit,
	void *context) __attribute__((warn_unused_result));

uint64_t topic_store_len(const struct topic_store *store); /* names */

#endif
