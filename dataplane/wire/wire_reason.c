#include "wire_reason.h"

#include <stddef.h>

enum {
	IN_CONNACK = 1 << 0,
	IN_PUBACK = 1 << 1, /* and PUBREC */
	IN_PUBREL = 1 << 2, /* and PUBCOMP */
	IN_SUBACK = 1 << 3,
	IN_UNSUBACK = 1 << 4,
	IN_DISCONNECT_C = 1 << 5,
	IN_DISCONNECT_S = 1 << 6,
	IN_AUTH_C = 1 << 7,
	IN_AUTH_S = 1 << 8,
};

static const struct {
	const char *text;
	uint16_t packets;
} reasons[256] = {
#define WIRE_REASON(code, name, line, where) [code] = {.text = (line), .packets = (where)},
#include "wire_reason.def"
#undef WIRE_REASON
};

/* clang-format off */
static const uint16_t carriers[2][16] = {
	[WIRE_FROM_CLIENT] = {
		[WIRE_PUBACK] = IN_PUBACK, [WIRE_PUBREC] = IN_PUBACK,
		[WIRE_PUBREL] = IN_PUBREL, [WIRE_PUBCOMP] = IN_PUBREL,
		[WIRE_DISCONNECT] = IN_DISCONNECT_C, [WIRE_AUTH] = IN_AUTH_C,
	},
	[WIRE_FROM_SERVER] = {
		[WIRE_CONNACK] = IN_CONNACK,
		[WIRE_PUBACK] = IN_PUBACK, [WIRE_PUBREC] = IN_PUBACK,
		[WIRE_PUBREL] = IN_PUBREL, [WIRE_PUBCOMP] = IN_PUBREL,
		[WIRE_SUBACK] = IN_SUBACK, [WIRE_UNSUBACK] = IN_UNSUBACK,
		[WIRE_DISCONNECT] = IN_DISCONNECT_S, [WIRE_AUTH] = IN_AUTH_S,
	},
};
/* clang-format on */

const char *wire_reason_name(uint8_t reason)
{
	return reasons[reason].text != NULL ? reasons[reason].text : "unknown reason";
}

bool wire_reason_is_allowed(enum wire_type type, enum wire_from from, uint8_t reason)
{
	return (reasons[reason].packets & carriers[from][type]) != 0;
}

enum {
	V3_BAD_VERSION = 1,
	V3_IDENTIFIER = 2,
	V3_UNAVAILABLE = 3,
	V3_CREDENTIALS = 4,
	V3_NOT_AUTHORIZED = 5,
};

uint8_t wire_connack_code_v3(uint8_t reason)
{
	if (reason <= V3_NOT_AUTHORIZED)
		return reason;
	switch (reason) {
	case WIRE_REASON_UNSPECIFIED:
	case WIRE_REASON_MALFORMED:
	case WIRE_REASON_PROTOCOL_ERROR:
	case WIRE_REASON_IMPLEMENTATION:
	case WIRE_REASON_PROTOCOL_VERSION:
		return V3_BAD_VERSION;
	case WIRE_REASON_CLIENT_ID:
		return V3_IDENTIFIER;
	case WIRE_REASON_BAD_CREDENTIALS:
		return V3_CREDENTIALS;
	case WIRE_REASON_NOT_AUTHORIZED:
	case WIRE_REASON_BANNED:
	case WIRE_REASON_AUTH_METHOD:
		return V3_NOT_AUTHORIZED;
	default:
		return V3_UNAVAILABLE;
	}
}

const char *wire_connack_name_v3(uint8_t code)
{
	static const char *const names[] = {
		"accepted",
		"unacceptable protocol version",
		"identifier rejected",
		"server unavailable",
		"bad user name or password",
		"not authorized",
	};

	return code < sizeof(names) / sizeof(names[0]) ? names[code] : "unknown return code";
}
