#ifndef FAKE_LINK_H
#define FAKE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack_frame.h"
#include "stack_stack.h"

/*
 * A link in memory in place of the port: frames of clients go in, the stack's own are recorded. Address
 * resolution is answered at once by one router, behind which all clients are.
 */

enum { FAKE_FRAME_SIZE = 1600 };

struct fake_segment {
	struct stack_frame frame;
	uint32_t seq, ack;
	uint16_t window;
	size_t payload_bytes;
	uint8_t payload[FAKE_FRAME_SIZE];
	bool checksum_is_right;
};

/* A client's end of one connection: what its next segment says. */
struct fake_client {
	uint8_t family;
	uint32_t number; /* gives address and port */
	uint16_t port; /* 0: from the number */
	uint32_t seq, ack;
	uint16_t window;
};

extern struct fake_segment fake_last; /* the last TCP segment that the stack sent */
extern unsigned fake_sent; /* TCP segments since the test set it to zero */
extern unsigned fake_others; /* other frames, not counting address resolution */
extern bool fake_ip_known, fake_l4_known; /* the link vouches for the frames that it brings */
extern unsigned fake_fail; /* so many of the next frames find no buffer */

#define FAKE_LISTEN_PORT 1883

/* Nothing recorded, no failures. */
void fake_link_reset(void);

/* A segment of the client, with right checksums; its sequence number moves on. */
void fake_send(struct stack *stack, struct fake_client *client, unsigned flags, const void *payload,
	size_t bytes);

/* Builds the same segment without sending it. Returns its size. */
size_t fake_build(const struct fake_client *client, unsigned flags, const void *payload,
	size_t bytes, uint8_t frame[FAKE_FRAME_SIZE]);

/* Any frame. */
void fake_inject(struct stack *stack, const uint8_t *frame, size_t bytes);

/* Both checksums of a frame are right. */
bool fake_is_sealed(const struct stack_frame *frame, const uint8_t *data);

/* The checksums of a frame that a test has changed. */
void fake_seal(uint8_t *frame, size_t bytes);

/* SYN, SYN-ACK, ACK. */
void fake_connect(struct stack *stack, struct fake_client *client);

/* The client has seen the last segment: its next one acknowledges it. */
void fake_see(struct fake_client *client);

#endif
