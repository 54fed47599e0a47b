#include <string.h>

#include "wire_error.h"
#include "wire_packet.h"
#include "wire_priv.h"
#include "wire_reason.h"
#include "wire_topic.h"

enum {
	BRIDGE = 0x80, /* of the protocol level: what bridges of other brokers set */
	CLIENT_ID_MAX_31 = 23, /* 3.1: 3.1 */
	SESSION_PRESENT = 1,
	CODE_V3_MAX = 5,
};

/* The connect flags (3.1.2.3). */
enum {
	FLAG_RESERVED = 0x01,
	FLAG_CLEAN = 0x02,
	FLAG_WILL = 0x04,
	FLAG_WILL_QOS = 0x18,
	FLAG_WILL_RETAIN = 0x20,
	FLAG_PASSWORD = 0x40,
	FLAG_USERNAME = 0x80,
};

static bool is_name(struct wire_str name, const char *want, size_t want_bytes)
{
	return name.bytes == want_bytes && memcmp(name.data, want, want_bytes) == 0;
}

/* 3.1.2.1, 3.1.2.2. A level that we don't know is answered in the nearest version that has answers. */
static void read_version(struct wire_connect *out, struct wire_reader *r)
{
	struct wire_str name = wire_read_binary(r);
	uint8_t byte = wire_read_u8(r);
	uint8_t level = byte & (uint8_t)~BRIDGE;

	if (r->error != 0)
		return;
	out->is_bridge = (byte & BRIDGE) != 0;
	if (is_name(name, "MQIsdp", 6)) {
		out->version = WIRE_V31;
		if (level != WIRE_V31)
			wire_reader_fail(r, WIRE_E_PROTOCOL_LEVEL);
	} else if (is_name(name, "MQTT", 4)) {
		out->version = level > WIRE_V311 ? WIRE_V5 : WIRE_V311;
		if (level != out->version)
			wire_reader_fail(r, WIRE_E_PROTOCOL_LEVEL);
	} else {
		wire_reader_fail(r, WIRE_E_PROTOCOL_NAME);
	}
}

static enum wire_error flags_check(uint8_t flags, uint8_t version)
{
	if (version != WIRE_V5 && (flags & (FLAG_USERNAME | FLAG_PASSWORD)) == FLAG_PASSWORD)
		return WIRE_E_PASSWORD_ALONE;
	if ((flags & FLAG_WILL) != 0 && (flags & FLAG_WILL_QOS) == FLAG_WILL_QOS)
		return WIRE_E_WILL_QOS;
	if (version == WIRE_V31) /* leaves bit 0 and a will's bits without a will undefined */
		return WIRE_E_NONE;
	if ((flags & FLAG_RESERVED) != 0)
		return WIRE_E_CONNECT_FLAGS;
	if ((flags & FLAG_WILL) == 0 && (flags & (FLAG_WILL_QOS | FLAG_WILL_RETAIN)) != 0)
		return WIRE_E_WILL_FLAGS;
	return WIRE_E_NONE;
}

static void read_flags(struct wire_connect *out, struct wire_reader *r)
{
	uint8_t flags = wire_read_u8(r);
	enum wire_error error = flags_check(flags, out->version);

	out->clean_start = (flags & FLAG_CLEAN) != 0;
	out->has_will = (flags & FLAG_WILL) != 0;
	if (out->has_will) {
		out->will_qos = (flags & FLAG_WILL_QOS) >> 3;
		out->will_retain = (flags & FLAG_WILL_RETAIN) != 0;
	}
	out->has_username = (flags & FLAG_USERNAME) != 0;
	out->has_password = (flags & FLAG_PASSWORD) != 0;
	if (error != WIRE_E_NONE)
		wire_reader_fail(r, error);
}

static void read_client_id(struct wire_connect *out, struct wire_reader *r, uint8_t lenient)
{
	out->client_id = wire_read_text(r, lenient);
	if (r->error != 0)
		return;
	bool is_refused = false;
	if (out->version == WIRE_V311) {
		is_refused = out->client_id.bytes == 0 && !out->clean_start;
	} else if (out->version == WIRE_V31) {
		uint32_t characters = 0;

		for (uint32_t i = 0; i < out->client_id.bytes; i++)
			characters += (out->client_id.data[i] & 0xC0) != 0x80;
		is_refused = characters == 0 ||
			     (characters > CLIENT_ID_MAX_31 && (lenient & WIRE_LENIENT_ID) == 0);
	}
	if (is_refused)
		wire_reader_fail(r, WIRE_E_CLIENT_ID);
}

static void read_will(struct wire_connect *out, struct wire_reader *r, struct wire_rules rules)
{
	if (out->version == WIRE_V5)
		wire_read_props(r, &out->will_props, WIRE_IN_WILL, rules);
	out->will_topic = wire_read_binary(r);
	if (r->error == 0) {
		int error = wire_topic_check(out->will_topic, rules.lenient, 0);

		if (error == -WIRE_E_TOPIC_EMPTY || error == -WIRE_E_TOPIC_WILDCARD)
			error = -WIRE_E_WILL_TOPIC;
		if (error != 0)
			wire_reader_fail(r, (enum wire_error) - error);
	}
	out->will_payload = wire_read_binary(r);
}

/* 3.1 (section 3.1): the remaining length goes before the flags, so either may be missing at the end. */
static void read_credentials(struct wire_connect *out, struct wire_reader *r, uint8_t lenient)
{
	bool may_miss = out->version == WIRE_V31;

	if (out->has_username && may_miss && r->at == r->end)
		out->has_username = false;
	if (out->has_username)
		out->username = wire_read_text(r, lenient);
	if (out->has_password && may_miss && r->at == r->end)
		out->has_password = false;
	if (out->has_password)
		out->password = wire_read_binary(r);
}

int wire_connect_decode(
	struct wire_connect *out, struct wire_rules rules, const uint8_t *packet, size_t bytes)
{
	struct wire_reader r;

	memset(out, 0, sizeof(*out));
	int packet_bytes = wire_packet_open(&r, WIRE_CONNECT, rules, packet, bytes);
	if (packet_bytes <= 0)
		return packet_bytes;
	read_version(out, &r);
	if (r.error != 0)
		return r.error;
	read_flags(out, &r);
	out->keepalive_s = wire_read_u16(&r);
	if (out->version == WIRE_V5)
		wire_read_props(&r, &out->props, WIRE_IN_CONNECT, rules);
	read_client_id(out, &r, rules.lenient);
	if (out->has_will)
		read_will(out, &r, rules);
	read_credentials(out, &r, rules.lenient);
	return wire_packet_close(&r, packet_bytes);
}

int wire_connect_refusal(const struct wire_connect *connect, int error)
{
	uint8_t reason = wire_error_reason(error);

	if (connect->version == 0)
		return -1;
	if (error != -WIRE_E_PROTOCOL_LEVEL && error != -WIRE_E_CLIENT_ID &&
		connect->version != WIRE_V5)
		return -1;
	return wire_reason_is_allowed(WIRE_CONNACK, WIRE_FROM_SERVER, reason)
		       ? reason
		       : (int)WIRE_REASON_MALFORMED;
}

/* 3.1 has no session present flag; what stands in its place is not looked at. */
static enum wire_error connack_check(
	const struct wire_connack *connack, uint8_t flags, uint8_t version)
{
	if (version != WIRE_V31 && (flags & ~SESSION_PRESENT) != 0)
		return WIRE_E_ACK_FLAGS;
	if (version == WIRE_V5
			? !wire_reason_is_allowed(WIRE_CONNACK, WIRE_FROM_SERVER, connack->reason)
			: connack->reason > CODE_V3_MAX)
		return WIRE_E_REASON;
	if (connack->session_present && connack->reason != 0)
		return WIRE_E_SESSION_PRESENT;
	return WIRE_E_NONE;
}

int wire_connack_decode(
	struct wire_connack *out, struct wire_rules rules, const uint8_t *packet, size_t bytes)
{
	struct wire_reader r;

	memset(out, 0, sizeof(*out));
	int packet_bytes = wire_packet_open(&r, WIRE_CONNACK, rules, packet, bytes);
	if (packet_bytes <= 0)
		return packet_bytes;
	uint8_t flags = wire_read_u8(&r);
	out->session_present = rules.version != WIRE_V31 && (flags & SESSION_PRESENT) != 0;
	out->reason = wire_read_u8(&r);
	enum wire_error error = connack_check(out, flags, rules.version);
	if (error != WIRE_E_NONE)
		wire_reader_fail(&r, error);
	if (rules.version == WIRE_V5)
		wire_read_props(&r, &out->props, WIRE_IN_CONNACK, rules);
	return wire_packet_close(&r, packet_bytes);
}
