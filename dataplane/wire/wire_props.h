#ifndef WIRE_PROPS_H
#define WIRE_PROPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Property blocks of MQTT 5 (2.2.2). The list is wire_property.def.
 *
 * Layer:     wire (C library only)
 * Thread:    any; no state
 * Ownership: slices point into the packet that was decoded and live as long as its bytes
 */

/* Borrowed bytes. An absent string has data NULL; an empty one need not. */
struct wire_str {
	const uint8_t *data;
	uint32_t bytes;
};

enum wire_property {
#define WIRE_PROPERTY(id, name, member, type, range, packets) WIRE_PROP_##name = (id),
#include "wire_property.def"
#undef WIRE_PROPERTY
};

/*
 * A validated block. A member counts only when its bit is set (wire_props_has); all others are
 * zero. User properties, and the subscription identifiers of a PUBLISH after the first, are read
 * from `raw` in order with wire_props_next.
 *
 * Encoders write the members whose bits are set, and then from `raw` only its user properties and,
 * where SUBSCRIPTION_ID is not set, its subscription identifiers; other properties in `raw` are
 * passed over. So a decoded block may be changed and encoded again, and one made from nothing has
 * `raw` empty or filled by wire_props_user_append.
 */
struct wire_props {
	uint64_t present; /* bit n: the property with identifier n is there */
	struct wire_str raw; /* the block without its length */

	struct wire_str content_type, response_topic, correlation_data;
	struct wire_str assigned_client_id, response_info, server_reference, reason_string;
	struct wire_str auth_method, auth_data;
	uint32_t message_expiry_s, session_expiry_s, will_delay_s;
	uint32_t subscription_id, maximum_packet_bytes;
	uint16_t server_keepalive_s, receive_maximum, topic_alias_maximum, topic_alias;
	uint8_t payload_format, request_problem, request_response, maximum_qos;
	uint8_t retain_available, wildcard_available, subscription_id_available, shared_available;
};

static inline bool wire_props_has(const struct wire_props *props, enum wire_property id)
{
	return (props->present >> (unsigned)id & 1) != 0;
}

static inline void wire_props_mark(struct wire_props *props, enum wire_property id)
{
	props->present |= (uint64_t)1 << (unsigned)id;
}

/* One property of a block. */
struct wire_prop {
	uint8_t id; /* enum wire_property */
	uint32_t number; /* of the integer types */
	struct wire_str key; /* of a user property */
	struct wire_str value; /* of a string, binary data or user property */
};

/*
 * Takes the first property off `rest`, which starts as a copy of a validated block. False at the
 * end (and at the first malformed byte, which a validated block does not have).
 */
bool wire_props_next(struct wire_str *rest, struct wire_prop *out);

/*
 * Writes the properties of a PUBLISH or a will that a broker passes on unaltered and in order
 * (3.3.2.3: payload format, content type, response topic, correlation data, user properties), not
 * those that belong to one hop or change (topic alias, subscription identifiers, message expiry,
 * will delay). `raw` is a validated block. Returns the bytes, never more than raw.bytes;
 * -WIRE_E_BUFFER when `size` is too small.
 */
int wire_props_forward(uint8_t *buf, size_t size, struct wire_str raw)
	__attribute__((warn_unused_result));

/*
 * Appends a user property to a raw block of `bytes` bytes in `buf`. Returns the new length of the
 * block, or -WIRE_E_BUFFER, -WIRE_E_ARGUMENT (a string above 65535 bytes).
 */
int wire_props_user_append(uint8_t *buf, size_t size, size_t bytes, struct wire_str key,
	struct wire_str value) __attribute__((warn_unused_result));

const char *wire_property_name(unsigned id); /* "TOPIC_ALIAS"; "unknown" */

#endif
