#ifndef CONN_CONTROL_H
#define CONN_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conn_counter.h"
#include "wire_props.h"

/*
 * What connections tell the control process, and in which words. The worker puts each call into one
 * record of the ring; the records (abi_record.h) and these structs mirror each other.
 *
 * Layer:     conn (base, wire, topic, rule)
 * Thread:    single, the worker's
 * Ownership: all that is pointed to is borrowed for the duration of the call
 *
 * A connection is named by a 64-bit number, generation << 32 | slot, never 0. A number that is no
 * longer in use is not found, so late answers do no harm.
 */

enum {
	/*
	 * What `room` is asked for counts this much for the fixed part of each record, and for that
	 * of each filter; the worker's structs, ring head and padding are not larger.
	 */
	CONN_RECORD_HEAD_BYTES = 192,
	CONN_FILTER_HEAD_BYTES = 16,
	CONN_SUBSCRIPTION_IDS_MAX = 8, /* that one delivery carries */
};

/* connect: as the client asks. live (resync): as it is in force. */
struct conn_connect {
	uint64_t conn;
	uint64_t session; /* live: as conn_grant gave it; else 0 */
	uint64_t connected_ms;
	uint32_t session_expiry_s; /* UINT32_MAX = never; v3: UINT32_MAX without Clean Session */
	uint32_t will_delay_s;
	uint32_t will_expiry_s; /* 0 = none */
	uint32_t max_packet_bytes; /* the client's limit; 0 = none */
	uint16_t listener;
	uint16_t keepalive_s;
	uint16_t receive_max;
	uint16_t topic_alias_max;
	uint16_t peer_port;
	uint8_t version; /* enum wire_version */
	uint8_t will_qos;
	bool clean_start, has_will, will_retain, has_username, has_password, is_bridge;
	bool wants_response_info; /* Request Response Information was 1 */
	bool is_assigned; /* live: control made the client id */
	bool is_parked; /* live: gone from the network, `closed` follows */
	uint8_t peer_addr[16]; /* IPv6, or IPv4 mapped (::ffff:a.b.c.d) */
	struct wire_str client_id, username, password, will_topic;
	struct wire_str will_props; /* forwardable properties as on the wire, without the length */
	struct wire_str will_payload;
};

/* One filter of a SUBSCRIBE or UNSUBSCRIBE, or of the answer to it. */
struct conn_filter {
	struct wire_str text; /* $share/... included */
	uint32_t subscription_id; /* of live_subs and conn_sub_restore; else 0 */
	uint8_t options; /* subscription options as on the wire */
	uint8_t reason; /* asked: 0 = decide, >= 0x80 = refused already; answered: the code */
};

struct conn_subscribe {
	uint64_t conn;
	uint32_t subscription_id; /* 0 = none */
	uint16_t packet_id;
	uint16_t filter_len;
	const struct conn_filter *filters;
};

/* One application message. */
struct conn_message {
	uint64_t publisher; /* its connection; 0 = control */
	uint64_t born_ms;
	uint32_t expiry_s; /* Message Expiry Interval at born_ms; UINT32_MAX = none */
	uint8_t qos;
	bool retain; /* as the publisher set it */
	struct wire_str topic;
	struct wire_str props; /* forwardable properties as on the wire, without the length */
	struct wire_str payload;
};

/* The same numbers as enum abi_inflight_state. */
enum conn_delivery_state {
	CONN_DELIVERY_QUEUED = 0, /* not sent yet; packet_id 0 */
	CONN_DELIVERY_PUBLISHED = 1, /* PUBLISH sent, no PUBACK or PUBREC yet */
	CONN_DELIVERY_RELEASED = 2, /* PUBREL sent (no message), no PUBCOMP yet */
	CONN_DELIVERY_RECEIVED = 3, /* QoS 2 identifier taken from the client, no PUBREL yet */
};

/* How one receiver gets a message. */
struct conn_delivery {
	uint64_t conn;
	uint16_t packet_id;
	uint8_t state; /* enum conn_delivery_state */
	uint8_t qos; /* for this receiver */
	bool retain; /* RETAIN for this receiver */
	uint8_t subscription_id_len;
	uint32_t subscription_ids[CONN_SUBSCRIPTION_IDS_MAX];
};

struct conn_closed {
	uint64_t conn;
	uint64_t session; /* 0 = never granted */
	uint32_t session_expiry_s;
	enum conn_shutdown shutdown;
	bool will_dropped; /* DISCONNECT 0x00 */
	bool expiry_set; /* DISCONNECT carried a Session Expiry Interval */
	bool is_parked; /* topic entries are kept until conn_release */
};

struct conn_control {
	/*
	 * Whether `records` records of together `bytes` bytes fit now. Always asked before the
	 * calls below, which then must not fail. Less than asked for may be used.
	 */
	bool (*room)(void *context, unsigned records, size_t bytes);

	void (*connect)(void *context, const struct conn_connect *connect);
	void (*subscribe)(void *context, const struct conn_subscribe *subscribe);
	void (*unsubscribe)(void *context, const struct conn_subscribe *unsubscribe);
	void (*retain)(void *context, const struct conn_message *message);
	void (*interest)(void *context, const struct conn_message *message);
	/* `filter` is "$share/group/filter". */
	void (*shared)(void *context, struct wire_str filter, const struct conn_message *message);
	/* `message` is NULL in the states that have none. */
	void (*inflight)(void *context, const struct conn_delivery *delivery,
		const struct conn_message *message);
	void (*queued)(void *context, const struct conn_delivery *delivery,
		const struct conn_message *message);
	void (*closed)(void *context, const struct conn_closed *closed);
	void (*restored)(void *context, uint64_t conn);
	/* Resync only: */
	void (*live)(void *context, const struct conn_connect *connect);
	void (*live_subs)(void *context, const struct conn_subscribe *subscribe);

	/*
	 * A line for the log (enum base_log_level); rate limited here. May be lost when there is no
	 * room.
	 */
	void (*log)(void *context, int level, const char *text, size_t bytes);
};

#endif
