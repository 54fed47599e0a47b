#ifndef WIRE_PACKET_H
#define WIRE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire_frame.h"
#include "wire_props.h"

/*
 * Decoding of every MQTT packet, of both directions.
 *
 * Layer:     wire (C library only)
 * Thread:    any; no state
 * Ownership: what is decoded borrows the packet's bytes
 * Results:   a decoder takes a packet from its first byte. It returns the bytes of the packet (>
 * 0), 0 when
 *            `bytes` ends before the packet does, or an error of wire_error.h. Bytes after the
 *            packet are not looked at.
 * Failure:   `out` is undefined, but for struct wire_connect (see there).
 *
 * On 3.1 and 3.1.1 properties are empty, and reasons are 0 where the packet has none.
 */

struct wire_connect {
	uint8_t version; /* enum wire_version; 0 as long as it is not known */
	bool is_bridge; /* the protocol level had bit 0x80 */
	bool clean_start;
	bool has_will, has_username, has_password;
	bool will_retain;
	uint8_t will_qos;
	uint16_t keepalive_s;
	struct wire_str client_id; /* may be empty: then the server assigns one */
	struct wire_str will_topic, will_payload;
	struct wire_str username, password;
	struct wire_props props;
	struct wire_props will_props;
};

/*
 * Decodes CONNECT (3.1); `rules.version` is not looked at. On failure `out->version` says in which
 * version an answer would be written; wire_connect_refusal says whether one is due.
 */
int wire_connect_decode(struct wire_connect *out, struct wire_rules rules, const uint8_t *packet,
	size_t bytes) __attribute__((warn_unused_result));

/*
 * What to answer to a CONNECT that wire_connect_decode refused with `error`: the reason for a
 * CONNACK in version `connect->version` (wire_connack_encode), after which the connection is
 * closed; or -1: close it without a word (3.1.1: 3.1.2-1, 3.1.4-1; all versions: the version was
 * not reached).
 */
int wire_connect_refusal(const struct wire_connect *connect, int error);

struct wire_connack {
	bool session_present;
	uint8_t reason; /* decoded from 3.x: the return code 0 to 5 */
	struct wire_props props;
};
int wire_connack_decode(struct wire_connack *out, struct wire_rules rules, const uint8_t *packet,
	size_t bytes) __attribute__((warn_unused_result));

struct wire_publish {
	bool dup, retain;
	uint8_t qos;
	uint16_t packet_id; /* 0 with QoS 0 */
	struct wire_str topic; /* empty only with a topic alias */
	struct wire_props props;
	uint32_t header_bytes; /* from the packet's start to its payload */
	uint32_t payload_bytes;
	const uint8_t *payload; /* wire_publish_decode only */
};
int wire_publish_decode(struct wire_publish *out, struct wire_rules rules, const uint8_t *packet,
	size_t bytes) __attribute__((warn_unused_result));

/*
 * The same before the payload is there: returns header_bytes as soon as all before the payload is
 * within `bytes`; packet bytes are header_bytes + payload_bytes. Sets `payload` to NULL.
 */
int wire_publish_header_decode(struct wire_publish *out, struct wire_rules rules,
	const uint8_t *packet, size_t bytes) __attribute__((warn_unused_result));

/* PUBACK, PUBREC, PUBREL and PUBCOMP. */
struct wire_ack {
	uint8_t type; /* enum wire_type */
	uint16_t packet_id;
	uint8_t reason;
	struct wire_props props;
};
int wire_ack_decode(struct wire_ack *out, struct wire_rules rules, const uint8_t *packet,
	size_t bytes) __attribute__((warn_unused_result));

/* The filters of a SUBSCRIBE or UNSUBSCRIBE, not yet read; wire_filter_next advances it. */
struct wire_filters {
	struct wire_str rest;
	uint8_t version;
	bool has_options; /* SUBSCRIBE */
};

struct wire_subscribe {
	uint16_t packet_id;
	uint32_t filter_count; /* > 0 */
	struct wire_filters filters;
	struct wire_props props;
};

/*
 * The whole packet is validated, strings and options of all filters included; whether a filter's
 * syntax is right is told filter by filter, as it is answered in SUBACK and UNSUBACK (4.7.1).
 */
int wire_subscribe_decode(struct wire_subscribe *out, struct wire_rules rules,
	const uint8_t *packet, size_t bytes) __attribute__((warn_unused_result));
int wire_unsubscribe_decode(struct wire_subscribe *out, struct wire_rules rules,
	const uint8_t *packet, size_t bytes) __attribute__((warn_unused_result));

struct wire_filter {
	struct wire_str text; /* as it was sent: what UNSUBSCRIBE compares */
	int error; /* 0, or the syntax error of wire_filter_parse; then only `text` and options count */
	struct wire_str share; /* the share name; absent (data NULL) when not shared */
	struct wire_str filter; /* `text` without $share/{name}/ */
	uint32_t levels; /* of `filter` */
	bool has_wildcard;
	uint8_t qos; /* SUBSCRIBE only, as all that follows */
	bool no_local, retain_as_published;
	uint8_t retain_handling; /* 0 on 3.x */
};

/* Takes the next filter. False at the end. */
bool wire_filter_next(struct wire_filters *filters, struct wire_filter *out);

/* SUBACK and UNSUBACK: one code for each filter, in order. An UNSUBACK of 3.x has none. */
struct wire_suback {
	uint16_t packet_id;
	struct wire_str codes;
	struct wire_props props;
};
int wire_suback_decode(struct wire_suback *out, struct wire_rules rules, const uint8_t *packet,
	size_t bytes) __attribute__((warn_unused_result));
int wire_unsuback_decode(struct wire_suback *out, struct wire_rules rules, const uint8_t *packet,
	size_t bytes) __attribute__((warn_unused_result));

/* DISCONNECT and AUTH. */
struct wire_disconnect {
	uint8_t reason;
	struct wire_props props;
};
int wire_disconnect_decode(struct wire_disconnect *out, struct wire_rules rules,
	const uint8_t *packet, size_t bytes) __attribute__((warn_unused_result));
int wire_auth_decode(struct wire_disconnect *out, struct wire_rules rules, const uint8_t *packet,
	size_t bytes) __attribute__((warn_unused_result));

/* PINGREQ and PINGRESP. */
int wire_ping_decode(struct wire_rules rules, const uint8_t *packet, size_t bytes)
	__attribute__((warn_unused_result));

#endif
