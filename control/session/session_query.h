#ifndef SESSION_QUERY_H
#define SESSION_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link_event.h"

/*
 * What the management interfaces may ask about sessions.
 *
 * Layer:     session
 * Thread:    control's loop
 * Ownership: a view borrows from the session until the call that filled it returns or, for
 *            session_find, until the next call into the session module
 */

struct session_core;

struct session_view {
	uint64_t id;
	const char *client_id; /* NUL-terminated; client_id_bytes without the NUL */
	uint32_t client_id_bytes;
	const char *username; /* NULL = none */
	const char *state; /* "live", "offline", ... */
	bool is_connected, clean_start, is_assigned, is_bridge;
	uint8_t version;
	uint16_t keepalive_s, peer_port, listener;
	uint8_t peer_addr[16]; /* IPv6, or IPv4 mapped */
	uint32_t worker;
	uint32_t session_expiry_s;
	uint32_t subscription_len;
	uint32_t inflight_len; /* held by control: 0 while the worker has them */
	uint32_t awaiting_rel_len; /* likewise */
	uint32_t queue_len;
	size_t queue_bytes;
	uint64_t delivered, enqueued, dropped; /* by control */
	uint64_t created_wall_ms, connected_wall_ms;
	uint64_t disconnected_wall_ms; /* 0 while connected */
	uint64_t expires_ms; /* monotonic clock; UINT64_MAX = never, or connected */
};

struct session_subscription_view {
	const char *client_id; /* NUL-terminated */
	const char *filter; /* NUL-terminated, "$share/..." included */
	uint32_t subscription_id;
	uint8_t qos, retain_handling;
	bool no_local, retain_as_published;
};

#define SESSION_COUNTERS                                                                           \
	SESSION_COUNTER(created, "session.created")                                                \
	SESSION_COUNTER(resumed, "session.resumed")                                                \
	SESSION_COUNTER(takenover, "session.takenover")                                            \
	SESSION_COUNTER(discarded, "session.discarded")                                            \
	SESSION_COUNTER(terminated, "session.terminated")                                          \
	SESSION_COUNTER(connect, "client.connect")                                                 \
	SESSION_COUNTER(connected, "client.connected")                                             \
	SESSION_COUNTER(disconnected, "client.disconnected")                                       \
	SESSION_COUNTER(subscribe, "client.subscribe")                                             \
	SESSION_COUNTER(unsubscribe, "client.unsubscribe")                                         \
	SESSION_COUNTER(refused, "client.refused")                                                 \
	SESSION_COUNTER(wills, "messages.wills")                                                   \
	SESSION_COUNTER(wills_denied, "messages.wills.denied")                                     \
	SESSION_COUNTER(queued, "messages.queued")                                                 \
	SESSION_COUNTER(dropped_full, "delivery.dropped.queue_full")                               \
	SESSION_COUNTER(dropped_expired, "delivery.dropped.expired")                               \
	SESSION_COUNTER(dropped_qos0, "delivery.dropped.qos0_msg")                                 \
	SESSION_COUNTER(dropped_no_member, "delivery.dropped.no_shared_member")                    \
	SESSION_COUNTER(dropped_memory, "delivery.dropped.no_memory")

struct session_counters {
#define SESSION_COUNTER(field, name) uint64_t field;
	SESSION_COUNTERS
#undef SESSION_COUNTER
};

struct session_stats {
	uint64_t connections, connections_max; /* connected now, and the most since the start */
	uint64_t sessions, sessions_max;
	uint64_t subscriptions, subscriptions_max;
	uint64_t shared_subscriptions, shared_subscriptions_max;
	uint64_t subscribers, subscribers_max; /* sessions with a subscription */
	uint64_t topics, topics_max; /* distinct filters */
	uint64_t queued_messages, queued_bytes;
	uint64_t wills_waiting;
	size_t index_bytes; /* used of the topic index's arena */
};

/*
 * Walks in parts: `cursor` is 0 at first, then what the call before returned; 0 ends the walk. A part has about `max`
 * entries. What is there over the whole walk is seen once. `each` must not change sessions.
 */
typedef void session_view_fn(void *arg, const struct session_view *view);
typedef void session_subscription_fn(void *arg, const struct session_subscription_view *view);
typedef void session_topic_fn(void *arg, const char *filter, uint32_t subscribers);

uint64_t session_scan(
	struct session_core *core, uint64_t cursor, size_t max, session_view_fn *each, void *arg);
/*
 * Of one client, or of all for NULL. When the table of sessions doubles meanwhile, those of one session may be seen
 * twice.
 */
uint64_t session_scan_subscriptions(struct session_core *core, const char *client_id,
	uint32_t client_id_bytes, uint64_t cursor, size_t max, session_subscription_fn *each,
	void *arg);
/* Distinct filters and how many sessions hold each. */
uint64_t session_scan_topics(
	struct session_core *core, uint64_t cursor, size_t max, session_topic_fn *each, void *arg);

bool session_find(struct session_core *core, const char *client_id, uint32_t client_id_bytes,
	struct session_view *out);

void session_stats(const struct session_core *core, struct session_stats *out);
const struct session_counters *session_counters(const struct session_core *core);
/* Calls `each` for every counter by name. */
void session_each_counter(const struct session_core *core,
	void (*each)(void *, const char *name, uint64_t value), void *arg);

#endif
