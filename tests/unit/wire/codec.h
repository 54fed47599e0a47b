#ifndef CODEC_H
#define CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "wire_encode.h"
#include "wire_packet.h"

/*
 * Any packet through one door, for tests and the fuzz target: decode, say in a line what was found,
 * encode again.
 */
struct codec {
	struct wire_rules rules;
	uint8_t type;
	union {
		struct wire_connect connect;
		struct wire_connack connack;
		struct wire_publish publish;
		struct wire_ack ack;
		struct wire_subscribe subscribe;
		struct wire_suback suback;
		struct wire_disconnect disconnect;
	} as;
};

/* As the decoder of the packet's type returns. */
int codec_decode(struct codec *out, struct wire_rules rules, const uint8_t *packet, size_t bytes);

/* Writes the packet again from what was decoded, payload included. Returns bytes or an error. */
int codec_encode(uint8_t *buf, size_t size, const struct codec *codec);

/* "PUBACK id=7 reason=10 {REASON_STRING=x}". Returns the bytes of the text; ends the program if it is cut. */
size_t codec_print(char *text, size_t size, const struct codec *codec);

/*
 * Bytes from text: hexadecimal digits, 'characters', and lengths counted for the reader: [...] puts
 * one byte of length before its content (below 128), <...> puts two. "10[ <'MQTT'> 04 02 003c <'a'>
 * ]" is a CONNECT. Returns the number of bytes; ends the program on other characters.
 */
size_t codec_bytes(uint8_t *out, size_t size, const char *text);

#endif
