#ifndef LINK_EVENT_H
#define LINK_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "kit_message.h"

/*
 * What workers tell control, as plain structs: the handler's calls and their arguments.
 *
 * Layer:     link (base and kit; no type of the region appears here)
 * Thread:    control's loop
 * Ownership: every pointer borrows from the ring until the call returns
 *
 * A connection is named by its worker and the worker's 64-bit number (struct link_conn). What a number means
 * is the worker's affair; it is never used twice for two connections of one worker's life.
 */

#define LINK_EXPIRY_NEVER UINT32_MAX

struct link_conn {
	uint64_t id;
	uint32_t worker;
};

struct link_text {
	const char *text; /* not NUL-terminated */
	uint32_t bytes;
};

struct link_connect {
	struct link_conn conn;
	uint64_t session; /* live connections: the session that it was granted; else 0 */
	uint64_t connected_ms;
	uint32_t session_expiry_s; /* as asked (v3: 0 or LINK_EXPIRY_NEVER); live: in force */
	uint32_t will_delay_s;
	uint32_t will_expiry_s; /* 0 = none */
	uint16_t listener;
	uint16_t keepalive_s;
	uint16_t receive_max;
	uint16_t peer_port;
	uint8_t version; /* protocol level: 3, 4, 5 */
	uint8_t will_qos;
	bool clean_start, has_will, will_retain, has_username, has_password, is_bridge;
	bool is_assigned; /* live connections: control made the client id */
	bool is_parked; /* live connections: it is closing; its hand-over follows */
	uint8_t peer_addr[16]; /* IPv6, or IPv4 mapped */
	struct link_text client_id, username, password, will_topic, will_props, will_payload;
};

/* One filter of a SUBSCRIBE or UNSUBSCRIBE. Text as the client wrote it, "$share/..." included. */
struct link_filter {
	struct link_text filter;
	uint32_t subscription_id; /* live and restored subscriptions; else 0 */
	uint8_t options; /* subscription options as on the wire */
	uint8_t reason; /* from a worker: 0 = decide, >= 0x80 = refused already; to a worker: the answer */
	bool wants_retained; /* the handler's own note; not sent */
};

struct link_subscribe {
	struct link_conn conn;
	uint32_t subscription_id; /* 0 = none */
	uint16_t packet_id;
	uint16_t filter_len;
	struct link_filter *filters;
};

enum link_delivery_state {
	LINK_DELIVERY_QUEUED, /* not sent to the client yet; no packet id */
	LINK_DELIVERY_PUBLISHED, /* PUBLISH sent, no PUBACK or PUBREC yet */
	LINK_DELIVERY_RELEASED, /* PUBREL sent (no message), no PUBCOMP yet */
	LINK_DELIVERY_RECEIVED, /* QoS 2 identifier taken from the client, no PUBREL yet (no message) */
};

enum { LINK_SUBSCRIPTION_IDS_MAX = 8 };

/* How one receiver gets a message. */
struct link_delivery {
	enum link_delivery_state state;
	uint16_t packet_id;
	uint8_t qos; /* for this receiver */
	bool retain; /* RETAIN for this receiver */
	uint8_t subscription_id_len;
	uint32_t subscription_ids[LINK_SUBSCRIPTION_IDS_MAX];
};

struct link_closed {
	struct link_conn conn;
	uint64_t session; /* 0 = never granted */
	uint32_t session_expiry_s;
	const char *reason; /* name of the shutdown reason: "normal", "keepalive_timeout", ... */
	bool will_dropped; /* DISCONNECT 0x00 */
	bool expiry_set; /* DISCONNECT carried a Session Expiry Interval */
	bool is_parked; /* the worker keeps the topic entries until link_release */
};

/*
 * The receiver of events. Every member must be set. The calls come from link_turn only, never from
 * within a sending function.
 */
struct link_handler {
	/* The worker has its limits and rules; send all interest now. Its listeners open after this call. */
	void (*worker_up)(void *arg, uint32_t worker);
	/* The process is gone, or a new life of it began: nothing that it held exists any more. */
	void (*worker_lost)(void *arg, uint32_t worker);
	/* All live connections of a worker that outlived the former control have been told. */
	void (*resync_end)(void *arg, uint32_t worker);
	void (*connect)(void *arg, const struct link_connect *connect);
	void (*live)(void *arg, const struct link_connect *connect);
	void (*live_subscriptions)(void *arg, const struct link_subscribe *subscribe);
	/* The handler fills `reason` of each filter in place and may pass the struct on to link_suback. */
	void (*subscribe)(void *arg, struct link_subscribe *subscribe);
	void (*unsubscribe)(void *arg, struct link_subscribe *unsubscribe);
	void (*retain)(void *arg, const struct kit_message_view *message);
	void (*interest)(void *arg, uint32_t worker, const struct kit_message_view *message);
	void (*shared)(void *arg, uint32_t worker, struct link_text filter,
		const struct kit_message_view *message);
	/* `message` is NULL for states without one. */
	void (*handover)(void *arg, struct link_conn conn, const struct link_delivery *delivery,
		const struct kit_message_view *message);
	void (*closed)(void *arg, const struct link_closed *closed);
	void (*restored)(void *arg, struct link_conn conn);
};

#endif
