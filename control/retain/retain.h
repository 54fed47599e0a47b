#ifndef RETAIN_H
#define RETAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kit_message.h"

/*
 * Retained messages: at most one for each topic (MQTT 5, 3.3.1.3), in memory.
 *
 * Layer:     retain (base, topic, kit)
 * Thread:    control's loop
 * Ownership: the store holds a reference to each message; a cursor borrows the filter's text from its caller
 */

struct retain;
struct retain_cursor;

struct retain_config {
	uint64_t max_messages; /* retainer.max_retained_messages; 0 = no limit but max_bytes */
	size_t max_bytes; /* budget of all messages */
	uint32_t max_payload_bytes; /* retainer.max_payload_size */
	uint32_t
		expiry_s; /* retainer.msg_expiry_interval: for messages without their own; KIT_EXPIRY_NONE = none */
	size_t index_bytes; /* retainer.topic_index_bytes: arena of the topics; not changed later */
};

enum retain_result {
	RETAIN_STORED,
	RETAIN_REPLACED,
	RETAIN_REMOVED, /* empty payload, there was one */
	RETAIN_NOTHING, /* empty payload, there was none */
	RETAIN_FULL, /* a limit, or no memory for the topic: the message is not kept; an older one of that topic is removed */
	RETAIN_TOO_LARGE, /* payload above max_payload_bytes; likewise */
};

struct retain_counters {
	uint64_t stored, replaced, removed, expired, refused_full, refused_too_large;
};

struct retain *retain_new(const struct retain_config *config) __attribute__((warn_unused_result));
void retain_free(struct retain *retain); /* all cursors must have been closed */

void retain_configure(struct retain *retain, const struct retain_config *config);

/* Stores, replaces or (empty payload) removes the message of the view's topic. */
enum retain_result retain_put(
	struct retain *retain, const struct kit_message_view *view, uint64_t now_ms);

/* Removes expired messages, `max` topics looked at; call regularly. */
void retain_sweep(struct retain *retain, uint64_t now_ms, unsigned max);

/*
 * Calls `each` for every message whose topic matches `filter`, until `each` answers false, in which case the cursor
 * goes on with that same message next time. Messages stored or removed between two steps may or may not be seen.
 */
struct retain_cursor *retain_cursor_new(struct retain *retain, const char *filter,
	uint16_t filter_bytes) __attribute__((warn_unused_result));
/*
 * Looks at up to `max` topics and parts of topics, of those only that the filter selects. True when the end is reached.
 */
bool retain_cursor_step(struct retain_cursor *cursor, uint64_t now_ms, unsigned max,
	bool (*each)(void *arg, struct kit_message *message), void *arg);
void retain_cursor_free(struct retain_cursor *cursor);

uint64_t retain_count(const struct retain *retain);
uint64_t retain_count_max(const struct retain *retain); /* the highest since the start */
size_t retain_bytes(const struct retain *retain);
size_t retain_index_bytes(const struct retain *retain); /* used of the topics' arena */
const struct retain_counters *retain_counters(const struct retain *retain);

#endif
