#ifndef STACK_FRAME_H
#define STACK_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Ethernet frames as bytes: where the headers are, whether lengths and checksums are right, and which
 * connection a segment belongs to.
 *
 * Layer:  stack (base)
 * Thread: any; pure
 *
 * The connection table needs the 4-tuple before lwIP sees the packet. What lwIP would hand to TCP has
 * to be recognised as TCP here, else it is looked for in the wrong bucket: such packets count as malformed.
 */

struct stack_frame {
	uint8_t family; /* enum stack_family; NONE: neither IPv4 nor IPv6 (ARP) */
	uint8_t protocol; /* of layer 4; 0 when there is none to look at (a fragment) */
	uint8_t tcp_flags;
	uint16_t l3_offset, l4_offset;
	uint16_t l4_bytes; /* with its header */
	uint16_t
		checksum_offset; /* of layer 4's field, from the start of the frame; 0: it has none */
	uint16_t source_port, destination_port; /* TCP; host order */
	uint32_t sequence; /* TCP */
};

enum { /* bits of stack_frame.tcp_flags */
	STACK_FRAME_FIN = 0x01,
	STACK_FRAME_SYN = 0x02,
	STACK_FRAME_RST = 0x04,
	STACK_FRAME_PSH = 0x08,
	STACK_FRAME_ACK = 0x10,
};

enum { STACK_FRAME_HEADER_BYTES = 14 }; /* Ethernet */

/* Finds the headers. Returns 0, or -EBADMSG when they contradict the length of the frame. */
int stack_frame_parse(struct stack_frame *frame, const uint8_t *data, size_t bytes)
	__attribute__((warn_unused_result));

/* The checksum of the IPv4 header is right, or there is none to look at. */
bool stack_frame_ip_checksum_is_right(const struct stack_frame *frame, const uint8_t *data);

/* That of layer 4 is right, or there is none to look at. UDP may have none on IPv4. */
bool stack_frame_l4_checksum_is_right(const struct stack_frame *frame, const uint8_t *data);

/* Who writes the checksums of a frame to be sent. */
struct stack_frame_offload {
	bool ipv4, tcp, udp; /* the device */
};

/*
 * Writes the checksums that the device does not; where it does, the sum of the pseudo-header that it expects in the
 * field. The fields hold zero before.
 */
void stack_frame_checksum_write(
	const struct stack_frame *frame, uint8_t *data, const struct stack_frame_offload *offload);

/* Hash of the 4-tuple of a TCP frame. */
uint64_t stack_frame_hash(
	const struct stack_frame *frame, const uint8_t *data, const uint64_t seed[2]);

#endif
