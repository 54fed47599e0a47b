#ifndef CONN_H
#define CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conn_control.h"
#include "conn_counter.h"
#include "conn_transport.h"

/*
 * One MQTT connection: what its transport and the control process tell it.
 *
 * Layer:     conn (base, wire, topic, rule)
 * Thread:    single, the worker's
 * Ownership: a connection belongs to its hub. The transport holds the pointer from conn_open until
 *            the connection calls close or abort, or until it has called conn_lost; then it must
 *            forget it.
 * Errors:    none: whatever a client or control sends ends in an answer, a closed connection or a
 *            counter
 */

struct conn;
struct conn_hub;

struct conn_peer {
	uint8_t addr[16]; /* IPv6, or IPv4 mapped (::ffff:a.b.c.d) */
	uint16_t port;
};

/*
 * A client has connected to `listener` (< CONN_LISTENERS_MAX). NULL when there is no memory or the
 * hub is full: then the transport refuses it.
 */
struct conn *conn_open(struct conn_hub *hub, const struct conn_transport *transport, void *io,
	uint16_t listener, const struct conn_peer *peer) __attribute__((warn_unused_result));

/*
 * `bytes` bytes of the stream, in order. Returns how many were consumed: less than `bytes` pauses
 * the stream, until the connection calls transport->resume. The result does not matter when the
 * connection has closed or aborted its transport inside.
 */
size_t conn_input(struct conn *conn, const uint8_t *data, size_t bytes);

void conn_writable(struct conn *conn); /* transport->space has grown */
void conn_peer_ended(struct conn *conn); /* end of stream; the connection closes its transport */

/* The transport is gone: CLOSED after a reset, ETIMEDOUT, SSL_ERROR, WS_ERROR, ... */
void conn_lost(struct conn *conn, enum conn_shutdown reason);

/*
 * Ends a connection from within the worker: DISCONNECT with `reason` (>= 0x80), when the version
 * has that.
 */
void conn_end(struct conn *conn, uint8_t reason, enum conn_shutdown shutdown);

/* 0x8B to everyone; new connections are refused by their transports. */
void conn_end_all(struct conn_hub *hub, uint8_t reason, enum conn_shutdown shutdown);

/*
 * Answers and orders of control, in the order in which it gave them. A number (`conn`,
 * `id`) that is not in use: nothing happens.
 */
struct conn_grant {
	uint64_t conn;
	uint64_t session;
	uint32_t session_expiry_s; /* in force */
	bool session_present;
	bool restores; /* conn_sub_restore ... conn_restore_end follow */
	struct wire_str assigned_id; /* absent unless control made the client id */
};
void conn_grant(struct conn_hub *hub, const struct conn_grant *grant);

/* `reason` is an MQTT 5 code, mapped for 3.x; `text` becomes the Reason String. */
void conn_refuse(struct conn_hub *hub, uint64_t id, uint8_t reason, enum conn_shutdown shutdown,
	struct wire_str text);
void conn_disconnect(struct conn_hub *hub, uint64_t id, uint8_t reason, enum conn_shutdown shutdown,
	struct wire_str text);

void conn_suback(struct conn_hub *hub, const struct conn_subscribe *suback);
void conn_unsuback(struct conn_hub *hub, const struct conn_subscribe *unsuback);

void conn_sub_restore(struct conn_hub *hub, const struct conn_subscribe *subs);
void conn_inflight_restore(struct conn_hub *hub, const struct conn_delivery *delivery,
	const struct conn_message *message);
void conn_deliver(struct conn_hub *hub, const struct conn_delivery *delivery,
	const struct conn_message *message);
void conn_restore_end(struct conn_hub *hub, uint64_t id);
void conn_caught_up(struct conn_hub *hub, uint64_t id);
void conn_release(struct conn_hub *hub, uint64_t id);

#endif
