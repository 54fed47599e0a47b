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
	CONN_RESYNC_FILTERS = 128, /* in one record of live_subs */
	CONN_RESYNC_FILTER_BYTES = 8192,
	CONN_RESYNC_BATCH = 64, /* connections in one step */
};

/*
 * One application message that is held by windows and queues. topic, props, payload follow each
 * other.
 */
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
	size_t blocked_bytes; /* ... for so much */
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
	bool is_controls; /* control has the session's filters: what matches is for it */
	bool owes_restored; /* RESTORE_END has come, but the ring had no room */
	bool will_dropped, expiry_set;
	struct base_list *handed; /* LEAVING: the last node that control has */
	uint32_t handed_ids;
	uint32_t settled_generation; /* of the rules of which the next two are known; 0 = none */
	bool is_settled; /* it may publish every topic, or none */
	uint8_t settled_verdict; /* enum rule_verdict */
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

#include "conn_call_priv.h"

#endif
