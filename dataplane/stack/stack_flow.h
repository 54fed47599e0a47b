#ifndef STACK_FLOW_H
#define STACK_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack_addr.h"

/*
 * One TCP connection, as its user sees it.
 *
 * Layer:     stack
 * Thread:    single, the worker's
 * Ownership: a flow belongs to the stack. The user holds it from `accepted` until it calls stack_flow_close or
 *            stack_flow_abort, or until `closed` is called: whichever comes first ends the flow for the user,
 *            and no callback for it comes after.
 *
 * Every function here may be called from inside every callback, for the same flow or for another one.
 * `closed` and `received` of another flow are never called from inside a callback, except by
 * stack_flow_resume for the flow that it names.
 *
 * What is written from inside `received` leaves in the segment that acknowledges the data.
 */

struct stack_flow;

enum stack_close {
	STACK_CLOSE_FIN, /* the peer ended its half, all data was delivered (only without `ended`) */
	STACK_CLOSE_RESET, /* RST from the peer */
	STACK_CLOSE_TIMEOUT, /* no acknowledgement of data for the user timeout */
	STACK_CLOSE_LOCAL, /* stack_flow_close or stack_flow_abort: counted, never reported */
	STACK_CLOSE_MEMORY, /* the stack had no memory for it */
	STACK_CLOSE_SHUTDOWN, /* stack_free */
	STACK_CLOSES,
};

struct stack_handler {
	/*
	 * A connection is established. Returns the user's pointer for it, which the other callbacks get; NULL
	 * refuses the connection with RST, and nothing more is called. The user may write here.
	 */
	void *(*accepted)(void *context, struct stack_flow *flow, uint32_t listener_id,
		const struct stack_addr *peer, const struct stack_addr *local);

	/*
	 * `bytes` (> 0) contiguous bytes of the stream, in order. Returns how many were consumed. Less than
	 * `bytes` pauses the flow: the rest stays with the stack, which keeps the window shut by as much and
	 * calls again (starting with that rest) only after stack_flow_resume. The return value does not matter when the flow was
	 * closed or aborted inside.
	 */
	size_t (*received)(void *user, const uint8_t *data, size_t bytes);

	/*
	 * The peer has ended its half and all data was consumed; the user may still write, and must close or
	 * abort the flow at some time. May be NULL: then the stack closes the flow at once and calls `closed`
	 * with STACK_CLOSE_FIN.
	 */
	void (*ended)(void *user);

	/* The peer has acknowledged data, so stack_flow_space has grown. */
	void (*writable)(void *user);

	/* The flow is gone. At most once, and not after stack_flow_close or stack_flow_abort. */
	void (*closed)(void *user, enum stack_close reason);
};

/* Bytes that stack_flow_write takes at present; 0 after the flow's end was sent. */
size_t stack_flow_space(const struct stack_flow *flow);

/*
 * Queues a copy of `bytes` bytes, as many of them as there is room and memory for, and returns that number.
 * Nothing leaves before stack_flow_flush, or the end of the callback when it is the flow's own `received`.
 * `more` says that further bytes of the same message follow at once (no PSH).
 */
size_t stack_flow_write(struct stack_flow *flow, const void *data, size_t bytes, bool more)
	__attribute__((warn_unused_result));

/* Sends what is queued and fits the windows; once for each flow that was written to, after a burst. */
void stack_flow_flush(struct stack_flow *flow);

/* After a pause: delivers what is held, before it returns; called inside the flow's own `received`, right after it. */
void stack_flow_resume(struct stack_flow *flow);

/*
 * Ends the flow: what is queued is still sent, then FIN. Data that the peer still sends is thrown away for a
 * short time, so that a final message of ours is not lost to a RST. The user must not use the flow any more.
 */
void stack_flow_close(struct stack_flow *flow);

/* Ends the flow with RST; what is queued is lost. The user must not use the flow any more. */
void stack_flow_abort(struct stack_flow *flow);

size_t stack_flow_unsent(const struct stack_flow *flow); /* bytes queued, not yet sent */
size_t stack_flow_unacked(const struct stack_flow *flow); /* bytes sent, not yet acknowledged */

#endif
