#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The fixed header of MQTT packets: where a packet ends, before anything in it is looked at.
 *
 * Layer:     wire (C library only)
 * Thread:    any; no state
 * Ownership: borrows the input; nothing is kept
 * Errors:    negative values of wire_error.h
 */

enum wire_type {
	WIRE_CONNECT = 1,
	WIRE_CONNACK,
	WIRE_PUBLISH,
	WIRE_PUBACK,
	WIRE_PUBREC,
	WIRE_PUBREL,
	WIRE_PUBCOMP,
	WIRE_SUBSCRIBE,
	WIRE_SUBACK,
	WIRE_UNSUBSCRIBE,
	WIRE_UNSUBACK,
	WIRE_PINGREQ,
	WIRE_PINGRESP,
	WIRE_DISCONNECT,
	WIRE_AUTH, /* MQTT 5 only */
};

enum wire_version { WIRE_V31 = 3, WIRE_V311 = 4, WIRE_V5 = 5 }; /* as the protocol level says */
enum wire_from { WIRE_FROM_CLIENT, WIRE_FROM_SERVER }; /* who sent what is decoded */

enum {
	WIRE_HEADER_MAX = 5,
	WIRE_REMAINING_MAX = 268435455, /* 2.1.4: four bytes of seven bits */
	WIRE_STRING_MAX = 65535,
};

/* Where the standards leave a choice, or daily life asks for one, decoding is strict unless told. */
enum {
	WIRE_LENIENT_TEXT = 1 << 0, /* allows control characters and non-characters (1.5.4) */
	WIRE_LENIENT_ID = 1 << 1, /* 3.1 client identifiers may be longer than 23 characters */
};

/* By what a connection's packets are judged. A CONNECT says its version itself. */
struct wire_rules {
	uint8_t version; /* enum wire_version */
	uint8_t from; /* enum wire_from */
	uint8_t lenient; /* WIRE_LENIENT_... */
};

struct wire_frame {
	uint8_t type; /* enum wire_type */
	uint8_t flags; /* low four bits of the first byte */
	uint8_t header_bytes; /* 2 to 5 */
	uint32_t body_bytes; /* remaining length */
};

/*
 * Reads the fixed header at `buf`. Returns the bytes of the whole packet, header included, as soon
 * as they are known (the packet may well be longer than `bytes`); 0 when more bytes are needed to
 * know; or -WIRE_E_TYPE (type 0), -WIRE_E_LENGTH (1.5.5). `out` is written only when the result is
 * > 0.
 */
int wire_frame_peek(const uint8_t *buf, size_t bytes, struct wire_frame *out)
	__attribute__((warn_unused_result));

/*
 * Whether this packet may come at all: the type exists in the version, this side may send it, and
 * the flags are right (2.1.3; for PUBLISH also 3.3.1-2 and 3.3.1-4). Decoders check it too; call it
 * early to refuse a large packet before its bytes are stored. Returns 0 or an error.
 */
int wire_frame_check(const struct wire_frame *frame, struct wire_rules rules)
	__attribute__((warn_unused_result));

const char *wire_type_name(unsigned type); /* "PUBLISH"; "type 0" and other values: "unknown" */

#endif
