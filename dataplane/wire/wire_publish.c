#include <string.h>

#include "wire_error.h"
#include "wire_packet.h"
#include "wire_priv.h"
#include "wire_topic.h"

/* 3.3.2.1: a name, or none when an alias stands for it, which only the properties can tell. */
static void topic_check(
	struct wire_reader *r, const struct wire_publish *publish, struct wire_rules rules)
{
	int error = 0;

	if (r->error != 0)
		return;
	if (publish->topic.bytes > 0 || rules.version != WIRE_V5)
		error = wire_topic_check(publish->topic, rules.lenient, 0);
	if (error != 0)
		wire_reader_fail(r, (enum wire_error) - error);
}

/* `r` is at the topic; it may end before the header does. */
static void read_header(struct wire_publish *out, struct wire_reader *r, struct wire_rules rules)
{
	out->topic = wire_read_binary(r);
	topic_check(r, out, rules);
	if (out->qos > 0)
		out->packet_id = wire_read_id(r);
	if (rules.version != WIRE_V5)
		return;
	wire_read_props(r, &out->props, WIRE_IN_PUBLISH, rules);
	if (r->error == 0 && out->topic.bytes == 0 &&
		!wire_props_has(&out->props, WIRE_PROP_TOPIC_ALIAS))
		wire_reader_fail(r, WIRE_E_TOPIC_MISSING);
}

int wire_publish_header_decode(
	struct wire_publish *out, struct wire_rules rules, const uint8_t *packet, size_t bytes)
{
	struct wire_frame frame;
	int packet_bytes = wire_frame_peek(packet, bytes, &frame);

	if (packet_bytes <= 0)
		return packet_bytes;
	int error = wire_frame_check(&frame, rules);
	if (error != 0)
		return error;
	if (frame.type != WIRE_PUBLISH)
		return -WIRE_E_UNEXPECTED;
	memset(out, 0, sizeof(*out));
	out->dup = (frame.flags & 8) != 0;
	out->qos = frame.flags >> 1 & 3;
	out->retain = (frame.flags & 1) != 0;
	bool is_whole = bytes >= (size_t)packet_bytes;
	struct wire_reader r = {
		.at = packet + frame.header_bytes,
		.end = packet + (is_whole ? (size_t)packet_bytes : bytes),
	};
	read_header(out, &r, rules);
	if (r.error != 0)
		return r.error == -WIRE_E_SHORT && !is_whole ? 0 : r.error;
	out->header_bytes = (uint32_t)(r.at - packet);
	out->payload_bytes = (uint32_t)packet_bytes - out->header_bytes;
	return (int)out->header_bytes;
}

int wire_publish_decode(
	struct wire_publish *out, struct wire_rules rules, const uint8_t *packet, size_t bytes)
{
	int header_bytes = wire_publish_header_decode(out, rules, packet, bytes);

	if (header_bytes <= 0)
		return header_bytes;
	if (bytes - (size_t)header_bytes < out->payload_bytes)
		return 0;
	out->payload = packet + header_bytes;
	return header_bytes + (int)out->payload_bytes;
}
