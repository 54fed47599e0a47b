#ifndef ABI_RECORD_H
#define ABI_RECORD_H

#include <stdint.h>

/*
 * What the worker and control say to each other: the bodies of the records of both rings.
 *
 * Layer:     abi (base only)
 * Thread:    a record is written by the ring's producer and read by its consumer
 * Ownership: a record lies in the ring and is valid until the consumer advances; copy what must last
 * Format:    fixed-width fields in host order, then the variable parts, in the order in which the
 *            `_bytes` fields of the struct name them, without padding between them. The sum is checked
 *            by the reader (abi_record_check) before any part is used.
 *
 * A connection is named by `conn`, which the worker chooses (slot and generation) and control only
 * repeats; a session by `session`, which control chooses.
 *
 * How a persistent session moves without loss, repetition or reordering:
 *
 *   leaving    the worker parks the connection: its topic entries stay, but from the first of these
 *              records on what matches them goes to control as W_INTEREST. It sends W_INFLIGHT and
 *              W_QUEUED (oldest first), then W_CLOSED. On the first of them control enters the
 *              filters in its own index and sends C_INTEREST_ADD for each, on W_CLOSED C_RELEASE;
 *              on that the worker removes the parked entries. A message that matches both kinds is
 *              forwarded once.
 *   returning  control sends C_GRANT (ABI_GRANT_RESTORE), C_SUB_RESTORE, C_INFLIGHT, C_DELIVER (the
 *              backlog) and C_RESTORE_END. Until then the worker treats the connection as parked. On C_RESTORE_END
 *              it turns the entries live, holds back what now matches locally, and sends
 *              W_RESTORED. Control still had the session in its index up to that record, and has sent what
 *              it received as C_DELIVER; now it removes filters and interest and sends C_CAUGHT_UP, and
 *              the worker lets the held messages flow. Between C_RESTORE_END and W_RESTORED control sends no
 *              C_DISCONNECT: what it still received belongs before what the worker holds.
 *
 * How lives begin: whoever starts says HELLO with its own new epoch and 0 for the peer's; the peer
 * answers with its own HELLO that repeats the epoch. A newcomer discards every record up to that
 * answer. Control then sends C_CONFIG, C_ACL, all interest entries and C_READY. A worker that
 * had live connections answers a new control with W_HELLO, then W_LIVE and W_LIVE_SUBS for each
 * connection, the unanswered W_CONNECTs once more, what parked connections hold, then W_RESYNC_END.
 */

enum abi_record_kind {
#define ABI_RECORD(name, number, body, help) ABI_##name = number,
#include "abi_record.def"
#undef ABI_RECORD
};

struct abi_hello {
	uint64_t epoch; /* the sender's */
	uint64_t peer_epoch; /* the newest that the sender has seen of the other side; 0 = none */
	uint32_t worker; /* index of the worker that the ring belongs to */
	uint32_t pid; /* the sender's */
};

enum abi_connect_flag {
	ABI_CONNECT_CLEAN_START = 1 << 0,
	ABI_CONNECT_WILL = 1 << 1,
	ABI_CONNECT_WILL_RETAIN = 1 << 2,
	ABI_CONNECT_USERNAME = 1 << 3,
	ABI_CONNECT_PASSWORD = 1 << 4,
	ABI_CONNECT_BRIDGE = 1 << 5, /* bit 7 of the protocol level */
	ABI_CONNECT_IPV6 = 1 << 6, /* of the peer's address */
	ABI_CONNECT_RESPONSE_INFO = 1 << 7, /* Request Response Information was 1 */
	ABI_CONNECT_PARKED =
		1 << 8, /* W_LIVE only: the connection is parked, W_CLOSED will follow */
};

struct abi_connect {
	uint64_t conn;
	uint64_t session; /* W_LIVE: as C_GRANT gave it; else 0 */
	uint64_t connected_ms; /* CLOCK_MONOTONIC */
	uint32_t
		session_expiry_s; /* as asked (W_CONNECT) or in force (W_LIVE); UINT32_MAX = never; v3: 0 or UINT32_MAX */
	uint32_t will_delay_s;
	uint32_t will_expiry_s; /* message expiry of the will; 0 = none */
	uint32_t max_packet_bytes; /* the client's limit; 0 = none */
	uint16_t listener;
	uint16_t flags; /* enum abi_connect_flag */
	uint16_t keepalive_s;
	uint16_t receive_max;
	uint16_t topic_alias_max;
	uint16_t peer_port;
	uint8_t version; /* protocol level: 3, 4, 5 */
	uint8_t will_qos;
	uint8_t assigned; /* 1 = the client id was made by control (W_LIVE) */
	uint8_t reserved;
	uint8_t peer_addr[16]; /* IPv6, or IPv4 mapped */
	uint16_t client_id_bytes;
	uint16_t username_bytes;
	uint16_t password_bytes;
	uint16_t will_topic_bytes;
	uint32_t will_props_bytes; /* forwardable properties, as on the wire, without the length */
	uint32_t will_payload_bytes;
};

/*
 * One SUBSCRIBE or UNSUBSCRIBE. `filters` holds `filter_len` times: struct abi_filter_head, then the
 * filter's text, as the client wrote it ($share/... included).
 */
struct abi_subscribe {
	uint64_t conn;
	uint32_t subscription_id; /* 0 = none */
	uint16_t packet_id;
	uint16_t filter_len;
	uint32_t filters_bytes;
	uint32_t reserved;
};

struct abi_filter_head {
	uint16_t text_bytes;
	uint8_t options; /* subscription options as on the wire */
	uint8_t reason; /* W_SUBSCRIBE: 0 = decide, >= 0x80 = refused already. C_: the answer */
	uint32_t subscription_id; /* C_SUB_RESTORE and W_LIVE_SUBS: of this filter; else 0 */
};

enum abi_message_flag {
	ABI_MESSAGE_RETAIN = 1 << 0, /* RETAIN as the publisher set it */
};

/* One application message. `props` are the forwardable properties as on the wire, without the length. */
struct abi_message {
	uint64_t conn; /* of the publisher; 0 = control */
	uint64_t born_ms; /* CLOCK_MONOTONIC, when the broker took it */
	uint32_t expiry_s; /* Message Expiry Interval at born_ms; UINT32_MAX = none */
	uint8_t qos;
	uint8_t flags; /* enum abi_message_flag */
	uint16_t topic_bytes;
	uint32_t props_bytes;
	uint32_t payload_bytes;
};

/* `filter` is "$share/group/filter" as one string; the rest as in abi_message. */
struct abi_shared {
	struct abi_message message;
	uint16_t filter_bytes; /* after the message's parts */
	uint16_t reserved[3];
};

enum abi_inflight_state {
	ABI_INFLIGHT_QUEUED = 0, /* not sent yet; packet_id 0 */
	ABI_INFLIGHT_PUBLISHED = 1, /* PUBLISH sent, no PUBACK or PUBREC yet */
	ABI_INFLIGHT_RELEASED = 2, /* PUBREL sent (no message), no PUBCOMP yet */
	ABI_INFLIGHT_RECEIVED =
		3, /* QoS 2 identifier taken from the client, no PUBREL yet (no message) */
};

/* How one receiver gets a message: the head of abi_inflight and abi_deliver. */
struct abi_delivery {
	uint64_t conn;
	uint16_t packet_id;
	uint8_t state; /* enum abi_inflight_state */
	uint8_t qos; /* for this receiver */
	uint8_t retain; /* RETAIN for this receiver */
	uint8_t subscription_id_len;
	uint16_t reserved;
	uint32_t subscription_ids[8]; /* the first subscription_id_len are set */
};

/* W_INFLIGHT, W_QUEUED, C_INFLIGHT. The message is empty (topic_bytes 0) for states without one. */
struct abi_inflight {
	struct abi_delivery delivery;
	struct abi_message message; /* variable parts follow */
};

struct abi_deliver {
	struct abi_delivery delivery;
	struct abi_message message; /* variable parts follow */
};

enum abi_closed_flag {
	ABI_CLOSED_WILL_DROPPED = 1 << 0, /* DISCONNECT 0x00 */
	ABI_CLOSED_EXPIRY_SET = 1 << 1, /* DISCONNECT carried a Session Expiry Interval */
	ABI_CLOSED_PARKED = 1 << 2, /* topic entries are kept until C_RELEASE */
};

struct abi_closed {
	uint64_t conn;
	uint64_t session; /* 0 = never granted */
	uint32_t session_expiry_s;
	uint16_t shutdown; /* enum abi_shutdown */
	uint16_t flags; /* enum abi_closed_flag */
};

struct abi_conn {
	uint64_t conn;
};

struct abi_log {
	uint32_t level; /* enum base_log_level */
	uint32_t text_bytes;
};

/* Limits that the worker enforces; the key in conf/sluice.conf is in the comment. */
struct abi_config {
	uint32_t max_packet_bytes; /* mqtt.max_packet_size */
	uint32_t idle_timeout_ms; /* mqtt.idle_timeout */
	uint32_t connect_timeout_ms; /* control's answer to CONNECT: then 0x88 */
	uint32_t max_queue_len; /* mqtt.max_mqueue_len; 0 = no limit but memory */
	uint32_t max_queue_bytes; /* mqtt.max_mqueue_bytes; 0 = no limit but memory */
	uint32_t send_timeout_ms; /* a reader that takes nothing for so long is closed */
	uint16_t max_inflight; /* mqtt.max_inflight */
	uint16_t receive_max; /* mqtt.max_awaiting_rel: our Receive Maximum */
	uint16_t topic_alias_max; /* mqtt.max_topic_alias */
	uint16_t max_topic_levels; /* mqtt.max_topic_levels */
	uint16_t server_keepalive_s; /* mqtt.server_keepalive; 0 = the client's own */
	uint16_t keepalive_percent; /* mqtt.keepalive_multiplier * 100 */
	uint16_t max_client_id_bytes; /* mqtt.max_clientid_len */
	uint8_t max_qos; /* mqtt.max_qos_allowed */
	uint8_t retain_available;
	uint8_t wildcard_available;
	uint8_t shared_available;
	uint8_t queue_qos0; /* mqtt.mqueue_store_qos0 */
	uint8_t acl_deny_disconnect; /* authorization.deny_action = disconnect */
	uint8_t acl_no_match_deny; /* authorization.no_match = deny */
	uint8_t ignore_loop_deliver; /* mqtt.ignore_loop_deliver: No Local for v3 */
	uint8_t log_level; /* log.level: enum base_log_level */
	uint8_t reserved;
};

struct abi_blob {
	uint32_t blob_bytes;
	uint32_t reserved;
};

struct abi_filter {
	uint16_t text_bytes; /* $share/group/filter for a shared one */
	uint16_t reserved[3];
};

enum abi_grant_flag {
	ABI_GRANT_SESSION_PRESENT = 1 << 0,
	ABI_GRANT_RESTORE = 1 << 1, /* restore records and C_RESTORE_END follow */
	ABI_GRANT_ASSIGNED_ID = 1 << 2, /* client_id was made by control */
};

struct abi_grant {
	uint64_t conn;
	uint64_t session;
	uint32_t session_expiry_s; /* in force */
	uint16_t flags; /* enum abi_grant_flag */
	uint16_t client_id_bytes; /* 0 unless assigned */
};

struct abi_refuse {
	uint64_t conn;
	uint8_t reason; /* MQTT 5 reason code; the worker maps it for v3 */
	uint8_t reserved;
	uint16_t shutdown; /* enum abi_shutdown: counted under this name */
	uint16_t text_bytes; /* Reason String; 0 = none */
	uint16_t reserved2;
};

/*
 * Whether a record of `kind` with `bytes` bytes at `body` is whole: a known kind, a body at least as large as its
 * struct, and variable parts that fit. Returns 0 or -EBADMSG.
 */
int abi_record_check(uint16_t kind, const void *body, uint32_t bytes);

#endif
