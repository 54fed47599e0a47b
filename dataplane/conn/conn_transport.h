#ifndef CONN_TRANSPORT_H
#define CONN_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a connection's bytes go through: TCP, and later TLS and WebSocket on top of it.
 *
 * Layer:     conn (base, wire, topic, rule)
 * Thread:    single, the worker's
 * Ownership: the connection holds `io` from conn_open until it calls close or abort, or until
 *            conn_lost: after either it never uses `io` again, and the transport calls nothing for
 *            it any more
 *
 * The functions may be called from inside conn_input and the other inbound functions, and from
 * outside.
 */

struct conn_transport {
	/* Bytes that `write` takes at present. */
	size_t (*space)(void *io);

	/*
	 * Queues a copy of `data`; returns how many bytes were taken, fewer than `space` said only
	 * when memory is short. `more`: further bytes of the same packet follow at once.
	 */
	size_t (*write)(void *io, const uint8_t *data, size_t bytes, bool more);

	/* Sends what is queued. Called once for each connection that was written to in a burst. */
	void (*flush)(void *io);

	void (*close)(void *io); /* what is queued still goes out */
	void (*abort)(void *io); /* what is queued is lost */

	/*
	 * After conn_input consumed less than it was given: offer the rest again, by conn_input,
	 * before this returns or soon after. Does no harm when nothing is held.
	 */
	void (*resume)(void *io);
};

#endif
