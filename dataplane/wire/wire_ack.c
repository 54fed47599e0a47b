#include <string.h>

#include "wire_error.h"
#include "wire_packet.h"
#include "wire_priv.h"
#include "wire_reason.h"

static void reason_check(
	struct wire_reader *r, enum wire_type type, struct wire_rules rules, uint8_t reason)
{
	if (r->error == 0 && !wire_reason_is_allowed(type, (enum wire_from)rules.from, reason))
		wire_reader_fail(r, WIRE_E_REASON);
}

int wire_ack_decode(
	struct wire_ack *out, struct wire_rules rules, const uint8_t *packet, size_t bytes)
{
	struct wire_reader r;
	unsigned type = bytes > 0 ? packet[0] >> 4 : WIRE_PUBACK;

	if (type < WIRE_PUBACK || type > WIRE_PUBCOMP)
		type = WIRE_PUBACK; /* so that opening it says what is wrong */
	memset(out, 0, sizeof(*out));
	int packet_bytes = wire_packet_open(&r, (enum wire_type)type, rules, packet, bytes);
	if (packet_bytes <= 0)
		return packet_bytes;
	out->type = (uint8_t)type;
	out->packet_id = wire_read_id(&r);
	/* 3.4.2.1: reason and properties may be left out, in this order from the end. */
	if (rules.version == WIRE_V5 && r.at != r.end) {
		out->reason = wire_read_u8(&r);
		reason_check(&r, (enum wire_type)type, rules, out->reason);
		if (r.at != r.end)
			wire_read_props(&r, &out->props, WIRE_IN_ACK, rules);
	}
	return wire_packet_close(&r, packet_bytes);
}

int wire_disconnect_decode(
	struct wire_disconnect *out, struct wire_rules rules, const uint8_t *packet, size_t bytes)
{
	struct wire_reader r;

	memset(out, 0, sizeof(*out));
	int packet_bytes = wire_packet_open(&r, WIRE_DISCONNECT, rules, packet, bytes);
	if (packet_bytes <= 0 || rules.version != WIRE_V5)
		return packet_bytes <= 0 ? packet_bytes : wire_packet_close(&r, packet_bytes);
	if (r.at != r.end)
		out->reason = wire_read_u8(&r);
	reason_check(&r, WIRE_DISCONNECT, rules, out->reason);
	if (r.at != r.end)
		wire_read_props(&r, &out->props, WIRE_IN_DISCONNECT, rules);
	return wire_packet_close(&r, packet_bytes);
}

int wire_auth_decode(
	struct wire_disconnect *out, struct wire_rules rules, const uint8_t *packet, size_t bytes)
{
	struct wire_reader r;

	memset(out, 0, sizeof(*out));
	int packet_bytes = wire_packet_open(&r, WIRE_AUTH, rules, packet, bytes);
	if (packet_bytes <= 0)
		return packet_bytes;
	if (r.at == r.end) { /* 3.15.2.1: success without properties */
		reason_check(&r, WIRE_AUTH, rules, out->reason);
		return wire_packet_close(&r, packet_bytes);
	}
	out->reason = wire_read_u8(&r);
	reason_check(&r, WIRE_AUTH, rules, out->reason);
	wire_read_props(&r, &out->props, WIRE_IN_AUTH, rules);
	if (r.error == 0 && !wire_props_has(&out->props, WIRE_PROP_AUTH_METHOD))
		wire_reader_fail(&r, WIRE_E_AUTH_METHOD);
	return wire_packet_close(&r, packet_bytes);
}

int wire_ping_decode(struct wire_rules rules, const uint8_t *packet, size_t bytes)
{
	struct wire_reader r;
	enum wire_type type = rules.from == WIRE_FROM_CLIENT ? WIRE_PINGREQ : WIRE_PINGRESP;
	int packet_bytes = wire_packet_open(&r, type, rules, packet, bytes);

	return packet_bytes <= 0 ? packet_bytes : wire_packet_close(&r, packet_bytes);
}
