#ifndef CONN_PRIV_H
#define CONN_PRIV_H

#include "base_list.h"
#include "base_mem.h"
#include "conn.h"
#include "conn_hub.h"
#include "conn_state.h"
#include "conn_wheel.h"
#include "topic_index.h"
#include "wire_encode.h"
#include "wire_frame.h"
#include "wire_packet.h"

/*
 * Inside of conn: what the hub and a connection consist of.
 *
 * Layer:  conn (base, wire, topic, rule)
 * Thread: single
 */

enum {
	CONN_SCRATCH_BYTES = 8192, /* packets up to this size are encoded in one piece */
	CONN_FAN_BYTES =
		2048, /* QoS 0 packets up to this size are encoded once for all receivers */
	CONN_ACKS_MAX_BYTES =
		16384, /* answers that the client does not read; then it is not read either */
	CONN_BUFFER_MIN_BYTES = 256,
	CONN_LINGER_FILTERS = 128, /* in one record of live_subs */
	CONN_LINGER_FILTER_BYTES = 8192,
	CONN_RESYNC_BATCH = 64, /* connections in one step */
};

/* One application message that is held by windows and queues. topic, props, payload follow each other. */
struct conn_msg {
	uint32_t refs;
	uint32_t expiry_s;
	uint64_t publisher;
	uint64_t born_ms;
	uint32_t payload_bytes;
	uint32_t props_bytes;
	uint16_t topic_bytes;
	uint8_t qos;
	bool retain;
	uint8_t bytes[];
};

/* A message on its way to one client. */
struct conn_parcel {
	struct base_list node;
	struct conn_msg *msg; /* NULL once it is RELEASED */
	uint16_t packet_id;
	uint8_t state; /* enum conn_delivery_state */
	uint8_t qos;
	bool retain, dup;
	bool is_counted; /* takes one of the client's Receive Maximum */
	uint8_t ids_len;
	uint32_t ids[];
};

/* Packet identifiers, each with a pointer or without. Open addressing; 0 = empty. */
struct conn_ids {
	uint16_t *keys;
	void **values; /* NULL for a set */
	uint32_t cap, len;
};

/* What is on its way to the client: made when the first message or congestion comes. */
struct conn_out {
	struct base_list window; /* sent, not acknowledged */
	struct base_list resend; /* sent by an earlier connection, not yet by this one */
	struct base_list queue; /* not sent */
	struct base_list held; /* not to be sent before control has caught up */
	struct conn_ids by_id; /* parcels of window and resend */
	size_t queue_bytes; /* of queue and held */
	uint32_t queue_len;
	uint16_t in_flight; /* parcels that are counted against the Receive Maximum */

	/* The packet that the transport has taken a part of. */
	uint8_t *head;
	uint32_t head_bytes, head_at;
	struct conn_msg *msg;
	uint32_t msg_at;

	/* Answers that found no space. */
	uint8_t *acks;
	uint32_t acks_bytes, acks_at, acks_cap;
	uint64_t progress_ms; /* when the transport took something, or had to begin to */
	bool is_stalled; /* the queue waits for space */
};

/* What the CONNECT said, for as long as the session may have to be told to control again. */
struct conn_identity {
	uint32_t will_props_bytes, will_payload_bytes;
	uint32_t will_delay_s, will_expiry_s;
	uint32_t asked_expiry_s;
	uint16_t client_id_bytes, username_bytes, will_topic_bytes;
	uint8_t will_qos;
	bool has_username, has_will, will_retain, clean_start, wants_response_info;
	uint8_t bytes[]; /* client id, username, will topic, will props, will payload */
};

struct conn_secret {
	uint16_t bytes;
	uint8_t data[];
};

/* One subscription, as the client wrote it. */
struct conn_sub {
	struct conn_sub *next;
	uint32_t hash;
	uint32_t subscription_id;
	uint16_t bytes;
	uint8_t options;
	char text[];
};

struct conn_subs {
	uint32_t len, buckets_len;
	struct conn_sub *buckets[];
};

/* A packet that comes in pieces. */
struct conn_buffer {
	uint32_t used, cap;
	uint8_t data[];
};

struct conn_aliases;
struct conn_verdict;
struct rule_table;

struct conn {
	struct conn_hub *hub;
	const struct conn_transport *transport;
	void *io; /* NULL: the network connection is gone */
	uint64_t id;
	uint64_t session;
	uint64_t since_ms; /* OPENED: of the connection; later: of the CONNECT */
	uint64_t seen_ms; /* last input */
	struct conn_timer timer;
	struct base_list flush; /* linked: written to in this burst */
	struct base_list blocked; /* linked: waits for room in the ring */
	struct conn_identity *identity;
	struct conn_secret *password; /* until control has answered */
	struct conn_buffer *buffer;
	struct conn_out *out;
	struct conn_subs *subs;
	struct conn_aliases *aliases;
	struct conn_verdict *verdict;
	struct conn_ids received; /* QoS 2, PUBREL not here yet */
	uint32_t match_round, match_at; /* where hub->matches has it, when the round is the hub's */
	uint32_t keepalive_ms; /* 0 = none */
	uint32_t session_expiry_s;
	uint32_t max_packet_bytes; /* the client's; 0 = none */
	uint32_t max_input_bytes;
	uint32_t packet_bytes; /* of the packet that waits for an answer */
	uint32_t skip_bytes; /* answered already, to be taken off the stream */
	uint32_t await_subscription_id;
	uint16_t await_id;
	uint16_t keepalive_s; /* as the client asked */
	uint16_t peer_receive_max, peer_alias_max;
	uint16_t receive_max, alias_max; /* ours, as CONNACK said */
	uint16_t restored_ids; /* of `received`: from an earlier connection */
	uint16_t next_id;
	uint16_t listener, peer_port;
	uint8_t peer_addr[16];
	uint8_t state; /* enum conn_state */
	uint8_t version;
	uint8_t shutdown; /* enum conn_shutdown: the first reason */
	uint8_t awaits; /* WIRE_SUBSCRIBE, WIRE_UNSUBSCRIBE: control's answer is due; 0 */
	uint8_t phase; /* LEAVING: enum conn_phase */
	bool is_bridge, is_assigned;
	bool wants_problem_info;
	bool said_hello; /* a CONNACK with success was sent */
	bool is_paused; /* the transport holds input */
	bool in_input; /* conn_input is on the stack */
	bool owes_restored; /* RESTORE_END has come, but the ring had no room */
	bool will_dropped, expiry_set;
	struct base_list *handed; /* LEAVING: the last node that control has */
	uint32_t handed_ids;
};

/* What a match found for one connection. */
struct conn_match {
	struct conn *conn;
	uint8_t qos;
	bool retain; /* Retain As Published */
	uint8_t ids_len;
	uint32_t ids[CONN_SUBSCRIPTION_IDS_MAX];
};

struct conn_shared_match {
	struct conn_shared_match *next;
	uint32_t filter_bytes;
	char filter[]; /* "$share/group/filter" */
};

struct conn_slot {
	struct conn *conn; /* NULL = free */
	uint32_t generation;
	uint32_t next_free;
};

enum { CONN_CHUNK_SLOTS = 1024, CONN_CHUNKS_MAX = 16384 };

struct conn_hub {
	struct conn_hub_params params;
	struct conn_counters counters;
	struct conn_config config;
	uint64_t now_ms;
	struct conn_wheel wheel;
	struct topic_index *index;
	const struct rule_table *rules; /* NULL: none yet */
	void *rules_copy;
	uint32_t rules_generation;
	struct base_list flush, blocked, dead;
	struct conn_slot *chunks[CONN_CHUNKS_MAX];
	uint32_t slots_len, slots_free; /* slots_free: first of a chain, UINT32_MAX = none */
	uint32_t connections; /* slots in use */
	uint32_t networked, live, parked;
	uint64_t subscriptions, interests;
	struct conn_subs *interest;
	bool is_unblocking;
	bool is_resyncing;
	uint32_t resync_at; /* the slot to be told next */
	uint32_t resync_subs; /* subscriptions of it that were told */
	bool resync_has_begun; /* it has been told, but for the other subscriptions */
	uint64_t log_from_ms;
	uint32_t log_lines, log_suppressed;

	/* Of the message that is being routed. */
	uint32_t match_round;
	struct conn_match *matches;
	uint32_t matches_len, matches_cap;
	struct conn_shared_match *shared; /* groups of which control has the member */
	bool to_control;

	uint8_t scratch[CONN_SCRATCH_BYTES]; /* packets that are being encoded */
	uint8_t props[CONN_SCRATCH_BYTES]; /* properties of the message that is being routed */
	uint8_t fan[2][2][CONN_FAN_BYTES]; /* QoS 0 packets by version and RETAIN */
	uint32_t fan_bytes[2][2];
};

/* Counters have one writer: load and store, without a locked instruction. */
static inline uint64_t conn_value(const _Atomic uint64_t *value)
{
	return atomic_load_explicit(value, memory_order_relaxed);
}

static inline void conn_value_add(_Atomic uint64_t *value, uint64_t n)
{
	atomic_store_explicit(value, conn_value(value) + n, memory_order_relaxed);
}

static inline void conn_value_max(_Atomic uint64_t *value, uint64_t at_least)
{
	if (conn_value(value) < at_least)
		atomic_store_explicit(value, at_least, memory_order_relaxed);
}

static inline void conn_count_add(struct conn_hub *hub, enum conn_counter counter, uint64_t n)
{
	conn_value_add(hub->counters.values[counter], n);
}

static inline void conn_count(struct conn_hub *hub, enum conn_counter counter)
{
	conn_count_add(hub, counter, 1);
}

static inline void conn_gauge(struct conn_hub *hub, enum conn_counter counter, uint64_t to)
{
	atomic_store_explicit(hub->counters.values[counter], to, memory_order_relaxed);
}

/* The heap: a failure is counted. */
void *conn_alloc(struct conn_hub *hub, unsigned mem_class, size_t bytes)
	__attribute__((warn_unused_result));

static inline void conn_free(struct conn_hub *hub, unsigned mem_class, void *ptr)
{
	base_mem_free(hub->params.mem, mem_class, ptr);
}

static inline struct wire_str conn_str(const void *data, size_t bytes)
{
	return (struct wire_str){.data = data, .bytes = (uint32_t)bytes};
}

static inline bool conn_is_gone(const struct conn *conn)
{
	return conn->io == NULL;
}

/* conn_hub.c */
struct conn *conn_by_slot(const struct conn_hub *hub, uint32_t slot);
struct conn *conn_by_id(const struct conn_hub *hub, uint64_t id);
struct conn *conn_slot_take(struct conn_hub *hub);
void conn_slot_give(struct conn *conn); /* freed in the next conn_hub_flush */
static inline uint32_t conn_slot(const struct conn *conn)
{
	return (uint32_t)conn->id;
}
/* Whether control may be told now; if not, the connection is put on the blocked list (conn may be NULL). */
bool conn_room(struct conn_hub *hub, struct conn *conn, unsigned records, size_t bytes)
	__attribute__((warn_unused_result));
void conn_block(struct conn *conn); /* its turn comes with conn_hub_unblock */
static inline const struct conn_control *conn_ops(const struct conn_hub *hub)
{
	return hub->params.control;
}

/* What control says with an event: `grant` with GRANT and GRANT_RESTORE, the rest with REFUSE and DISCONNECT. */
struct conn_order {
	const struct conn_grant *grant;
	struct wire_str text;
	enum conn_shutdown shutdown;
	uint8_t reason;
};

/* conn_life.c: the one place where states change. */
void conn_event(struct conn *conn, enum conn_event event, const struct conn_order *order);
void conn_unblocked(struct conn *conn);
/* Our end of the network connection: DISCONNECT when that is possible at once, and close. */
void conn_stop(struct conn *conn, uint8_t reason, enum conn_shutdown shutdown);
void conn_stop_text(
	struct conn *conn, uint8_t reason, enum conn_shutdown shutdown, struct wire_str text);
/* Bytes that cannot be: a log line, and conn_stop with what wire says of `error`. */
void conn_fault(struct conn *conn, int error);
/* The end of the network connection, without a DISCONNECT. */
void conn_net_end(struct conn *conn, enum conn_shutdown shutdown, bool has_transport);
void conn_discard(struct conn *conn); /* all of it, without a word to anyone */
enum conn_shutdown conn_shutdown_of(int error);

/* conn_leave.c */
void conn_leave(struct conn *conn);
void conn_leave_again(struct conn *conn);
void conn_leave_step(struct conn *conn); /* goes on as far as there is room */
bool conn_is_kept(const struct conn *conn);

/* conn_timer.c */
void conn_clock(struct conn *conn); /* looks at all deadlines anew */

/* conn_input.c: what became of a packet. */
enum conn_taken {
	CONN_TAKEN,
	CONN_WAIT, /* it stays in front, until conn_resume */
};
void conn_resume(struct conn *conn); /* goes on reading, if nothing stands against it */
void conn_answered(struct conn *conn); /* the packet that waited for control is done */
void conn_buffer_drop(struct conn *conn);

/* conn_connect.c */
enum conn_taken conn_on_connect(struct conn *conn, const uint8_t *packet, size_t bytes);
void conn_connack(struct conn *conn, const struct conn_grant *grant);
/* CONNACK with a failure, and close. */
void conn_reject(
	struct conn *conn, uint8_t reason, enum conn_shutdown shutdown, struct wire_str text);
void conn_connect_fill(const struct conn *conn, struct conn_connect *out);
size_t conn_connect_bytes(const struct conn *conn);
void conn_identity_drop(struct conn *conn);
void conn_password_drop(struct conn *conn);

/* conn_publish.c, conn_ack.c, conn_subscribe.c */
enum conn_taken conn_on_publish(struct conn *conn, const uint8_t *packet, size_t bytes);
void conn_on_ack(struct conn *conn, const uint8_t *packet, size_t bytes);
enum conn_taken conn_on_subscribe(
	struct conn *conn, uint8_t type, const uint8_t *packet, size_t bytes);

/* conn_alias.c: the topic of an alias, absent when it is unknown. 0, or a negative wire error. */
int conn_alias_set(struct conn *conn, uint16_t alias, struct wire_str topic)
	__attribute__((warn_unused_result));
struct wire_str conn_alias_get(const struct conn *conn, uint16_t alias);
void conn_alias_drop(struct conn *conn);

/* conn_acl.c */
bool conn_acl_publish(struct conn *conn, struct wire_str topic, uint8_t qos, bool retain);
bool conn_acl_subscribe(struct conn *conn, struct wire_str filter, uint8_t qos);
void conn_acl_drop(struct conn *conn);
void conn_rules_free(struct conn_hub *hub);

/* conn_subs.c: what the connection has subscribed to, here and in the index. */
int conn_sub_set(struct conn *conn, struct wire_str text, uint8_t options, uint32_t id)
	__attribute__((warn_unused_result)); /* 0 or -ENOMEM, -EINVAL */
bool conn_sub_del(struct conn *conn, struct wire_str text);
void conn_subs_drop(struct conn *conn);
/* After `sub`, or the first for NULL; NULL at the end. */
const struct conn_sub *conn_sub_next(const struct conn *conn, const struct conn_sub *sub);
/* Filter and group of "$share/group/filter" or a plain filter; false for what is no filter. */
bool conn_filter_split(struct wire_str text, struct topic_text *filter, struct topic_text *group);

/* conn_ids.c: false or -ENOMEM only for lack of memory. */
int conn_ids_put(struct conn *conn, struct conn_ids *ids, bool has_values, uint16_t id, void *value)
	__attribute__((warn_unused_result));
bool conn_ids_has(const struct conn_ids *ids, uint16_t id);
void *conn_ids_get(const struct conn_ids *ids, uint16_t id);
bool conn_ids_del(struct conn_ids *ids, uint16_t id);
void conn_ids_drop(struct conn *conn, struct conn_ids *ids);

/* conn_msg.c */
struct conn_msg *conn_msg_new(struct conn_hub *hub, const struct conn_message *message)
	__attribute__((warn_unused_result)); /* with one reference; NULL without memory */
static inline struct conn_msg *conn_msg_get(struct conn_msg *msg)
{
	msg->refs++;
	return msg;
}
void conn_msg_put(struct conn_hub *hub, struct conn_msg *msg);
void conn_msg_view(const struct conn_msg *msg, struct conn_message *out);
static inline size_t conn_message_bytes(const struct conn_message *message)
{
	return (size_t)message->topic.bytes + message->props.bytes + message->payload.bytes;
}
/* What is left of the Message Expiry Interval in `left_s`; false when it has passed. */
bool conn_message_lives(uint64_t born_ms, uint32_t expiry_s, uint64_t now_ms, uint32_t *left_s);

/* conn_route.c: what became of a message. */
enum conn_routed {
	CONN_ROUTED,
	CONN_ROUTED_NOBODY, /* nobody wants it */
	CONN_ROUTED_TOO_LARGE, /* control wants it, and no record can be so large */
	CONN_ROUTED_BLOCKED, /* the ring has no room: nothing was done */
};
enum conn_routed conn_route(
	struct conn_hub *hub, struct conn *publisher, const struct conn_message *message);
void conn_match_drop(struct conn_hub *hub); /* what the last match has left */

/* conn_queue.c: parcels. */
struct conn_how { /* one receiver gets a message */
	const uint32_t *ids;
	uint8_t ids_len;
	uint8_t qos;
	bool retain;
	bool is_held; /* behind what control still sends */
};
/* `*made` is the message itself as soon as one receiver needs it; the caller puts it back at the end. */
void conn_queue_put(struct conn *conn, const struct conn_message *message, struct conn_msg **made,
	const struct conn_how *how);
struct conn_out *conn_out_need(struct conn *conn); /* NULL without memory */
struct conn_parcel *conn_parcel_new(struct conn *conn, struct conn_msg *msg,
	const struct conn_how *how) __attribute__((warn_unused_result));
void conn_parcel_free(struct conn *conn, struct conn_parcel *parcel); /* linked or not */
void conn_release_parcel(struct conn *conn, struct conn_parcel *parcel); /* PUBREC has come */
void conn_window_del(struct conn *conn, struct conn_parcel *parcel); /* acknowledged: gone */
void conn_held_flow(struct conn *conn);
void conn_out_drop(struct conn *conn); /* all of it */
bool conn_queue_is_empty(const struct conn *conn); /* nothing to send */
/*
 * Takes the next parcel that may be sent: one with QoS 1 or 2 is in the window after, one with QoS 0 is the caller's.
 * NULL when there is none.
 */
struct conn_parcel *conn_queue_next(struct conn *conn);
void conn_drop_count(struct conn_hub *hub, enum conn_counter why);

/* conn_out.c: bytes. The connection may be gone after each of these. */
void conn_send(struct conn *conn, enum wire_type type, const uint8_t *packet, size_t bytes);
void conn_ack(struct conn *conn, enum wire_type type, uint16_t packet_id, uint8_t reason);
/* A whole PUBLISH with QoS 0, if nothing is before it and there is space for all of it. */
bool conn_send_try(struct conn *conn, const uint8_t *packet, size_t bytes);
void conn_pump(struct conn *conn); /* sends what may be sent */
void conn_pump_acks(struct conn *conn); /* the same, but begins no PUBLISH */
bool conn_is_congested(const struct conn *conn); /* bytes wait for space */
bool conn_acks_are_full(const struct conn *conn);
void conn_bytes_drop(struct conn *conn); /* what a dead network connection leaves */
/* The PUBLISH for a parcel as it would be sent now; `ids` are the parcel's. */
void conn_publish_fill(const struct conn *conn, const struct conn_message *message,
	const struct conn_how *how, struct wire_publish_out *out);

/* conn_log.c */
void conn_log(struct conn *conn, int level, const char *what, const char *why);

#endif
