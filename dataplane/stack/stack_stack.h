#ifndef STACK_STACK_H
#define STACK_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack_addr.h"
#include "stack_flow.h"

/*
 * TCP/IP for the worker: lwIP over one port.
 *
 * Layer:     stack (base, port, lwIP)
 * Thread:    single, the worker's
 * Lifetime:  one stack at a time in a process, as lwIP keeps its state in globals
 * Memory:    from the worker's heap; lwIP gets NULL when a class is at its limit, and then drops what it was
 *            doing (counted by the heap)
 *
 * The worker's loop:  packets = stack_poll_rx(stack);
 *                     stack_poll_timers(stack, base_time_ms());
 *                     ... stack_flow_flush for each flow that was written to ...
 *                     stack_flush(stack);
 */

struct base_mem;
struct port;
struct stack;

enum { STACK_ERROR_SIZE = 256 };

struct stack_config {
	struct base_mem *mem;
	unsigned mem_class_flow; /* connections: control blocks, flows, the bucket table */
	unsigned mem_class_packet; /* segments and packets that are queued or out of order */
	struct port *port;

	struct stack_addr ipv4, gateway4; /* family NONE: none */
	struct stack_addr ipv6, gateway6; /* besides the link-local address */
	uint8_t prefix4_bits, prefix6_bits;
	bool dhcp; /* takes ipv4 from a DHCP server */

	uint32_t tick_ms; /* timer tick: longest delay of an ACK; half the unit of retransmission */
	uint32_t msl_ms; /* TIME_WAIT lasts twice as long */
	uint32_t user_timeout_ms; /* unacknowledged data ends a connection after so long */
	uint32_t max_connections; /* in any state but LISTEN */
	uint32_t max_half_open; /* of them, not yet established */

	const struct stack_handler *handler; /* used, not copied */
	void *context; /* for stack_handler.accepted */
};

struct stack_counters {
	uint64_t rx_packets, rx_bytes; /* frames of the port */
	uint64_t tx_packets, tx_bytes;
	uint64_t rx_bad_checksum;
	uint64_t rx_malformed; /* headers that contradict the frame's length */
	uint64_t rx_dropped; /* by lwIP: not for us, unknown protocol, no memory */
	uint64_t rx_no_memory; /* no heap for the copy that stands in for a port's buffer */
	uint64_t tx_no_buffer; /* frames that found no packet buffer */
	uint64_t accepted;
	uint64_t refused; /* by stack_handler.accepted */
	uint64_t closed[STACK_CLOSES]; /* by reason */
	uint64_t retransmits; /* segments sent again */
	uint64_t syn_limit_connections; /* SYN dropped: max_connections */
	uint64_t syn_limit_half_open; /* SYN dropped: max_half_open */
	uint64_t syn_no_memory; /* SYN dropped: no memory for the connection */
	uint64_t timer_visits; /* buckets that the timers looked at */
	uint32_t connections; /* now, in any state but LISTEN */
	uint32_t half_open; /* now */
};

/*
 * Starts the stack. NULL on failure, with the reason in `error` (STACK_ERROR_SIZE bytes).
 */
struct stack *stack_new(const struct stack_config *config, char *error)
	__attribute__((warn_unused_result));

/* Resets all connections (closed(STACK_CLOSE_SHUTDOWN) for those that a user holds) and frees everything. */
void stack_free(struct stack *stack);

/*
 * Listens on `addr` (family NONE: every address of both families) and addr->port. `listener_id` is what
 * `accepted` gets; it is unique. Returns 0, -EADDRINUSE, -EEXIST or -ENOMEM.
 */
int stack_listen(struct stack *stack, const struct stack_addr *addr, uint32_t listener_id)
	__attribute__((warn_unused_result));

/* Ends listening; connections stay. Unknown ids do no harm. */
void stack_unlisten(struct stack *stack, uint32_t listener_id);

/* Receives one burst and handles it; callbacks run inside. Returns the number of frames. */
unsigned stack_poll_rx(struct stack *stack);

/*
 * Runs what is due at `now_ms` (monotonic); callbacks run inside. Cheap when nothing is due: call it every
 * poll, at least once before the first packet.
 */
void stack_poll_timers(struct stack *stack, uint64_t now_ms);

/* Milliseconds from `now_ms` until stack_poll_timers has something to do: the longest sleep of an idle loop. */
uint32_t stack_timer_wait_ms(const struct stack *stack, uint64_t now_ms);

/* Hands all frames to the device. Once a poll, after the last stack_flow_flush. */
void stack_flush(struct stack *stack);

/* The IPv4 address in use (DHCP's, when that gave one); family NONE while there is none. */
void stack_address4(const struct stack *stack, struct stack_addr *addr);

const struct stack_counters *stack_counters(struct stack *stack);

#endif
