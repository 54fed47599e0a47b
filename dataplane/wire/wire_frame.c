#include "wire_frame.h"

#include <stddef.h>

#include "wire_error.h"

enum {
	CLIENT = 1 << WIRE_FROM_CLIENT,
	SERVER = 1 << WIRE_FROM_SERVER,
	SERVER_5 = 1 << 2, /* the server too, in MQTT 5 */
	DUP_31 = 1 << 3, /* 3.1 sends them again with DUP set (3.1: 2.1, 4.2) */
};

static const struct {
	const char *name;
	uint8_t flags; /* what the low four bits must be */
	uint8_t how;
} types[16] = {
	[WIRE_CONNECT] = {"CONNECT", 0, CLIENT},
	[WIRE_CONNACK] = {"CONNACK", 0, SERVER},
	[WIRE_PUBLISH] = {"PUBLISH", 0, CLIENT | SERVER},
	[WIRE_PUBACK] = {"PUBACK", 0, CLIENT | SERVER},
	[WIRE_PUBREC] = {"PUBREC", 0, CLIENT | SERVER},
	[WIRE_PUBREL] = {"PUBREL", 2, CLIENT | SERVER | DUP_31},
	[WIRE_PUBCOMP] = {"PUBCOMP", 0, CLIENT | SERVER},
	[WIRE_SUBSCRIBE] = {"SUBSCRIBE", 2, CLIENT | DUP_31},
	[WIRE_SUBACK] = {"SUBACK", 0, SERVER},
	[WIRE_UNSUBSCRIBE] = {"UNSUBSCRIBE", 2, CLIENT | DUP_31},
	[WIRE_UNSUBACK] = {"UNSUBACK", 0, SERVER},
	[WIRE_PINGREQ] = {"PINGREQ", 0, CLIENT},
	[WIRE_PINGRESP] = {"PINGRESP", 0, SERVER},
	[WIRE_DISCONNECT] = {"DISCONNECT", 0, CLIENT | SERVER_5},
	[WIRE_AUTH] = {"AUTH", 0, CLIENT | SERVER},
};

int wire_frame_peek(const uint8_t *buf, size_t bytes, struct wire_frame *out)
{
	uint32_t body_bytes = 0;
	size_t at = 1;

	if (bytes == 0)
		return 0;
	if (buf[0] >> 4 == 0)
		return -WIRE_E_TYPE;
	for (unsigned shift = 0;; shift += 7) {
		if (at == bytes)
			return 0;
		uint8_t byte = buf[at++];

		body_bytes |= (uint32_t)(byte & 0x7F) << shift;
		if ((byte & 0x80) == 0) {
			if (byte == 0 && shift > 0)
				return -WIRE_E_LENGTH;
			break;
		}
		if (at == WIRE_HEADER_MAX)
			return -WIRE_E_LENGTH;
	}
	*out = (struct wire_frame){
		.type = buf[0] >> 4,
		.flags = buf[0] & 0x0F,
		.header_bytes = (uint8_t)at,
		.body_bytes = body_bytes,
	};
	return (int)(at + body_bytes);
}

static int publish_flags_check(uint8_t flags)
{
	unsigned qos = flags >> 1 & 3U;

	if (qos == 3)
		return -WIRE_E_PUBLISH_QOS;
	return qos == 0 && (flags & 8) != 0 ? -WIRE_E_PUBLISH_DUP : 0;
}

int wire_frame_check(const struct wire_frame *frame, struct wire_rules rules)
{
	uint8_t how = types[frame->type & 0x0F].how;
	uint8_t flags = frame->flags;

	if (how == 0 || (frame->type == WIRE_AUTH && rules.version != WIRE_V5))
		return -WIRE_E_TYPE;
	if ((how & 1 << rules.from) == 0 && ((how & SERVER_5) == 0 || rules.version != WIRE_V5))
		return -WIRE_E_DIRECTION;
	if (frame->type == WIRE_PUBLISH)
		return publish_flags_check(flags);
	if ((how & DUP_31) != 0 && rules.version == WIRE_V31)
		flags &= 7;
	return flags == types[frame->type].flags ? 0 : -WIRE_E_FLAGS;
}

const char *wire_type_name(unsigned type)
{
	return type < 16 && types[type].name != NULL ? types[type].name : "unknown";
}
