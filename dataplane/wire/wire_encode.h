#ifndef WIRE_ENCODE_H
#define WIRE_ENCODE_H

#include <stddef.h>
#include <stdint.h>

#include "wire_packet.h"

/*
 * Encoding of every MQTT packet, of both directions.
 *
 * Layer:     wire (C library only)
 * Thread:    any; no state
 * Ownership: reads its arguments, writes the caller's buffer; bytes of it beyond the result may be
 * touched Results:   the bytes written (> 0), or a negative error: -WIRE_E_BUFFER when `size` is
 * too small,
 *            -WIRE_E_TOO_LARGE above a limit, -WIRE_E_ARGUMENT, -WIRE_E_REASON,
 *            -WIRE_E_PROPERTY_PLACE for what the version or the packet cannot carry. `version` is
 *            an enum wire_version.
 *
 * How properties are given: see struct wire_props. On 3.x they are left out.
 *
 * `max_packet_bytes` is the receiver's Maximum Packet Size, 0 for none. To stay within it, user
 * properties are left out, and then the reason string too (3.2.2-19, 3.2.2-20 and the like); if
 * that does not do, the result is -WIRE_E_TOO_LARGE. Whoever honours Request Problem Information =
 * 0 gives neither (3.1.2-29).
 */

/* Writes `connect->version`; with is_bridge the level has bit 0x80. */
int wire_connect_encode(uint8_t *buf, size_t size, const struct wire_connect *connect)
	__attribute__((warn_unused_result));

/* On 3.x a reason of MQTT 5 becomes the return code that wire_connack_code_v3 names. */
int wire_connack_encode(uint8_t *buf, size_t size, uint8_t version,
	const struct wire_connack *connack, size_t max_packet_bytes)
	__attribute__((warn_unused_result));

/* What goes before the payload of a PUBLISH. */
struct wire_publish_out {
	uint8_t version;
	uint8_t qos;
	bool dup, retain;
	uint16_t packet_id; /* not 0 with QoS 1 and 2 */
	struct wire_str topic; /* may be empty with an alias */
	uint32_t payload_bytes;
	/* MQTT 5 only: */
	bool has_expiry;
	uint32_t expiry_s;
	uint16_t topic_alias; /* 0: none */
	uint16_t subscription_ids_len;
	const uint32_t *subscription_ids;
	struct wire_str forward; /* from wire_props_forward or wire_props_encode */
};

/*
 * wire_publish_header_bytes: what the header will take, 0 when the packet would exceed the
 * protocol's limit. The packet has payload_bytes more. wire_publish_header_encode writes that many,
 * or returns an error.
 */
size_t wire_publish_header_bytes(const struct wire_publish_out *publish);
int wire_publish_header_encode(uint8_t *buf, size_t size, const struct wire_publish_out *publish)
	__attribute__((warn_unused_result));

/*
 * Where in an encoded header the packet identifier stands (QoS 1 and 2), so that one header serves
 * several receivers.
 */
size_t wire_publish_id_offset(const uint8_t *header);

/* Shortest form: reason and properties are left out when the reason is 0 and there are no properties. */
int wire_ack_encode(uint8_t *buf, size_t size, uint8_t version, const struct wire_ack *ack,
	size_t max_packet_bytes) __attribute__((warn_unused_result));

struct wire_subscription {
	struct wire_str filter;
	uint8_t qos;
	bool no_local, retain_as_published; /* these: MQTT 5 only */
	uint8_t retain_handling;
};
int wire_subscribe_encode(uint8_t *buf, size_t size, uint8_t version, uint16_t packet_id,
	const struct wire_props *props, const struct wire_subscription *subscriptions,
	size_t subscriptions_len) __attribute__((warn_unused_result));
int wire_unsubscribe_encode(uint8_t *buf, size_t size, uint8_t version, uint16_t packet_id,
	const struct wire_props *props, const struct wire_str *filters, size_t filters_len)
	__attribute__((warn_unused_result));

/*
 * `suback->codes` are reasons of MQTT 5. On 3.1.1 each failure becomes 0x80. 3.1 knows no failure:
 * -WIRE_E_REASON; grant a lower QoS or close. UNSUBACK of 3.x has no codes; they are left out.
 */
int wire_suback_encode(uint8_t *buf, size_t size, uint8_t version, const struct wire_suback *suback,
	size_t max_packet_bytes) __attribute__((warn_unused_result));
int wire_unsuback_encode(uint8_t *buf, size_t size, uint8_t version,
	const struct wire_suback *unsuback, size_t max_packet_bytes)
	__attribute__((warn_unused_result));

/* On 3.x only clients send DISCONNECT; reason and properties are left out. */
int wire_disconnect_encode(uint8_t *buf, size_t size, uint8_t version,
	const struct wire_disconnect *disconnect, size_t max_packet_bytes)
	__attribute__((warn_unused_result));

/* MQTT 5 only. */
int wire_auth_encode(uint8_t *buf, size_t size, const struct wire_disconnect *auth,
	size_t max_packet_bytes) __attribute__((warn_unused_result));

/* WIRE_PINGREQ or WIRE_PINGRESP: two bytes. */
int wire_ping_encode(uint8_t *buf, size_t size, enum wire_type type)
	__attribute__((warn_unused_result));

/*
 * The properties alone, without a length, for `forward` above: as a client publishes them, or a
 * broker its own message. Only what PUBLISH may carry. Returns bytes >= 0 or an error.
 */
int wire_props_encode(uint8_t *buf, size_t size, const struct wire_props *props)
	__attribute__((warn_unused_result));

#endif
