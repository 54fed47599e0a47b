#ifndef SESSION_PRIV_H
#define SESSION_PRIV_H

#include "base_list.h"
#include "kit_map.h"
#include "kit_mem.h"
#include "kit_message.h"
#include "kit_timer.h"
#include "link_send.h"
#include "session.h"
#include "session_query.h"
#include "session_state.h"

/*
 * What the files of session share.
 *
 * Layer:     session
 * Thread:    control's loop
 * Ownership: a session owns its subscriptions, queue, will and pending CONNECT; a filter lives as long as one
 *            subscription names it
 */

/* One message that waits in control for one session. */
struct session_queued {
	struct base_list node;
	struct kit_message *message; /* NULL for states without one */
	struct link_delivery delivery;
};

/*
 * Messages in order. What a worker hands back was sent to it before what still waits here: it enters
 * behind `handed`, not at the end.
 */
struct session_queue {
	struct base_list list;
	struct base_list *handed; /* the last one handed back, or the list's head */
	uint32_t len;
	size_t bytes;
};

/* A filter that at least one session subscribes to; the text is interned. */
struct session_filter {
	struct kit_map_node node; /* in core->filters, by text */
	struct base_list members; /* subscriptions of sessions whose matches go through us */
	uint32_t members_len;
	uint32_t number; /* in the index */
	uint32_t subscriptions;
	bool is_shared, is_indexed;
	uint16_t bytes;
	char text[]; /* NUL-terminated */
};

struct session_subscription {
	struct kit_map_node node; /* in session->subscriptions, by filter */
	struct base_list member; /* in filter->members while the session is indexed */
	struct session *session;
	struct session_filter *filter;
	uint32_t id; /* Subscription Identifier; 0 = none */
	uint8_t options;
};

/* A CONNECT that waits: for the old connection to close, or for the workers' lists of live connections. */
struct session_pending {
	struct kit_map_node node; /* in core->pending, by connection */
	struct base_list held; /* in core->held, or not linked */
	struct session *session; /* that it waits for; NULL while in core->held */
	size_t bytes;
	struct link_connect connect; /* its texts follow the struct */
};

/* What a message has matched of one session so far: overlapping subscriptions give one copy. */
struct session_match {
	uint64_t round;
	uint8_t qos;
	bool retain_as_published;
	uint8_t id_len;
	uint32_t ids[LINK_SUBSCRIPTION_IDS_MAX];
};

struct session {
	struct kit_map_node by_client, by_conn;
	struct base_list job; /* in core->jobs while SENDING */
	struct base_list lost; /* in a list of those whose worker died */
	struct session_core *core;
	enum session_state state;
	bool is_mapped; /* in core->by_conn */
	bool is_indexed; /* its subscriptions are members of their filters */
	bool is_doomed; /* ends when its connection closes */
	bool is_assigned, is_bridge, clean_start, drop_logged;
	uint8_t version;
	uint16_t keepalive_s, peer_port, listener, client_id_bytes, username_bytes;
	uint8_t peer_addr[16];
	uint64_t id;
	struct link_conn conn;
	uint32_t expiry_s, will_delay_s;
	uint64_t connected_ms;
	uint64_t created_wall_ms, connected_wall_ms, disconnected_wall_ms;
	char *client_id, *username; /* NUL-terminated; username may be NULL */
	struct kit_message *will;
	struct kit_timer expiry_timer, will_timer;
	struct session_pending *pending;
	struct kit_map subscriptions;
	struct session_queue window, queue;
	uint32_t awaiting_rel_len;
	uint64_t delivered, enqueued, dropped;
	struct session_match match;
};

/* Retained messages for one new subscription, still to be sent. */
struct session_retained {
	struct base_list node;
	struct session *session;
	struct link_conn conn;
	struct retain_cursor *cursor;
	uint32_t subscription_id;
	uint8_t qos;
	uint16_t bytes;
	char filter[];
};

struct session_core {
	struct session_config config;
	struct link *link;
	struct retain *retain;
	const struct session_observer *observer;
	void *observer_arg;
	const char *watched; /* control's own topic, or NULL */
	session_watch_fn *watch;
	void *watch_arg;
	uint64_t now_ms;
	uint64_t hash_seed, next_id, match_round;
	struct kit_map by_client, by_conn, pending, filters;
	struct base_list held, jobs, retained_jobs;
	struct kit_timers timers;
	struct session_index *index;
	struct session **matched; /* scratch of the router */
	size_t matched_room, matched_len;
	size_t queued_bytes;
	uint64_t queued_messages;
	bool is_shutting_down, no_match_denies;
	const struct rule_table *rules; /* NULL = everything is allowed */
	struct session_counters counters;
	struct session_stats stats;
};

/* ---- session_table.c: who there is ---- */
struct session *session_new(struct session_core *core, struct link_text client_id);
void session_free(struct session *session);
struct session *session_by_client(struct session_core *core, const char *id, size_t bytes);
struct session *session_by_conn(struct session_core *core, struct link_conn conn);
struct session_pending *session_pending_by_conn(struct session_core *core, struct link_conn conn);
struct session_pending *session_pending_new(
	struct session_core *core, const struct link_connect *connect);
void session_pending_free(struct session_core *core, struct session_pending *pending);
void session_map_conn(struct session *session, struct link_conn conn);
void session_unmap_conn(struct session *session);
static inline bool session_has_conn(const struct session *session)
{
	return session->state != SESSION_OFFLINE && session->state != SESSION_GONE;
}

/* ---- session_life.c: the events ---- */
/* `connect` is the CONNECT at hand for RESUME and CLEAN, else NULL. May free the session. */
void session_event(
	struct session *session, enum session_event event, const struct link_connect *connect);
/* Takes over what a CONNECT says; does not answer it. */
void session_attach(struct session *session, const struct link_connect *connect);
void session_close(struct session *session, const char *reason, bool will_dropped);
void session_closed(struct session_core *core, const struct link_closed *closed);

/* ---- session_connect.c ---- */
void session_connect(struct session_core *core, const struct link_connect *connect);
void session_connect_decide(struct session_core *core, const struct link_connect *connect);
void session_connect_fresh(struct session_core *core, const struct link_connect *connect);
void session_connect_grant(
	struct session *session, const struct link_connect *connect, bool present);
/* Decides on a CONNECT that waited, and frees it. */
void session_pending_run(struct session_core *core, struct session_pending *pending);
void session_held_run(struct session_core *core);

/* ---- session_filter.c: subscriptions ---- */
/* NULL when there is no memory. */
struct session_subscription *session_subscription_set(
	struct session *session, struct link_text text, uint8_t options, uint32_t id, bool *is_new);
struct session_subscription *session_subscription_find(
	struct session *session, struct link_text text);
void session_subscription_free(struct session_subscription *subscription);
void session_subscriptions_free(struct session *session);
struct session_filter *session_filter_find(struct session_core *core, struct link_text text);
void session_index_enter(struct session *session);
void session_index_leave(struct session *session);
void session_interest_tell(struct session_core *core, uint32_t worker);
struct link_text session_watched(const struct session_core *core); /* 0 bytes = nothing */
bool session_filter_is_shared(struct link_text filter);

/* ---- session_index.c: which filters match a topic ---- */
struct session_index *session_index_new(size_t bytes, uint64_t seed);
void session_index_free(struct session_index *index);
int session_index_add(struct session_index *index, struct session_filter *filter);
void session_index_del(struct session_index *index, struct session_filter *filter);
void session_index_match(struct session_index *index, const char *topic, uint16_t topic_bytes,
	void (*each)(void *arg, struct session_filter *filter), void *arg);
size_t session_index_used(const struct session_index *index);

/* ---- session_queue.c ---- */
void session_queue_init(struct session_queue *queue);
void session_queue_clear(struct session *session, struct session_queue *queue);
/* Appends what matched; drops the oldest when the queue is full. */
void session_queue_push(
	struct session *session, struct kit_message *message, const struct link_delivery *delivery);
void session_queue_handover(struct session *session, const struct link_delivery *delivery,
	const struct kit_message_view *view);
void session_queue_pop(
	struct session *session, struct session_queue *queue, struct session_queued *queued);

/* ---- session_restore.c: bulk work ---- */
void session_restore_begin(struct session *session);
bool session_restore_turn(struct session_core *core);

/* ---- session_subscribe.c, session_retained.c ---- */
void session_subscribe(struct session_core *core, struct link_subscribe *subscribe);
void session_unsubscribe(struct session_core *core, struct link_subscribe *unsubscribe);
void session_retained_begin(
	struct session *session, const struct session_subscription *subscription);
void session_retained_forget(struct session *session);
bool session_retained_turn(struct session_core *core);

/* ---- session_route.c ---- */
void session_route(struct session_core *core, uint32_t worker, const struct kit_message_view *view);
void session_route_shared(
	struct session_core *core, struct link_text text, const struct kit_message_view *view);

/* ---- session_will.c ---- */
/* False when there is no memory for it. */
bool session_will_set(struct session *session, const struct link_connect *connect);
void session_will_drop(struct session *session);
void session_will_publish(struct session *session);
void session_will_start(struct session *session);

/* ---- session_resync.c ---- */
void session_live(struct session_core *core, const struct link_connect *connect);
void session_live_subscriptions(struct session_core *core, const struct link_subscribe *subscribe);
void session_worker_lost(struct session_core *core, uint32_t worker);

/* ---- session_query.c ---- */
void session_view_fill(const struct session *session, struct session_view *out);

static inline void session_stat_up(uint64_t *count, uint64_t *max)
{
	if (++*count > *max)
		*max = *count;
}

#endif
