#ifndef CLIENT_H
#define CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire_encode.h"
#include "wire_error.h"
#include "wire_packet.h"

/*
 * A small blocking MQTT client over a kernel socket, for tests that must see and send the very packets.
 *
 * Layer:     tests (wire)
 * Thread:    single
 * Ownership: what client_next returns lies in the client's buffer until the next call
 * Errors:    -1 with a line on standard error; every wait is bounded (CLIENT_WAIT_MS)
 */

enum { CLIENT_WAIT_MS = 15000 };

struct client {
	int fd;
	uint8_t version;
	uint16_t next_id;
	uint8_t *buffer;
	size_t size, have, used; /* `used` bytes at the start belong to the packet last returned */
};

/* Opens a TCP connection to `host` (numeric) and `port`, and sends nothing yet. */
int client_open(struct client *c, const char *host, uint16_t port)
	__attribute__((warn_unused_result));

/* CONNECT with `connect`, and its CONNACK. Returns the reason code, or -1. */
int client_connect(struct client *c, const struct wire_connect *connect, bool *session_present)
	__attribute__((warn_unused_result));

/* Open and connect to SLUICE_HOST with a client id: clean start or not; session expiry for MQTT 5. Returns the
 * reason code, or -1. */
int client_start(struct client *c, uint8_t version, const char *client_id, bool clean_start,
	uint32_t session_expiry_s) __attribute__((warn_unused_result));

int client_send(struct client *c, const void *data, size_t bytes)
	__attribute__((warn_unused_result));

/*
 * The next whole packet: its bytes (> 0) and its start in `packet`; 0 when the peer has closed; -1 on an
 * error or when `wait_ms` is over (then errno is EAGAIN).
 */
int client_next(struct client *c, const uint8_t **packet, int wait_ms)
	__attribute__((warn_unused_result));

/* The next packet must have this type. Same results. */
int client_expect(struct client *c, enum wire_type type, const uint8_t **packet)
	__attribute__((warn_unused_result));

/* SUBSCRIBE to one filter; returns the SUBACK's code or -1. PUBLISHes in between are an error. */
int client_subscribe(struct client *c, const char *filter, uint8_t qos)
	__attribute__((warn_unused_result));

/* PUBLISH and, for QoS 1 and 2, the whole handshake. Returns the last reason code or -1. */
int client_publish(struct client *c, const char *topic, const void *payload, size_t bytes,
	uint8_t qos, bool retain) __attribute__((warn_unused_result));

/* The next packet must be a PUBLISH; answers PUBACK or PUBREC (PUBREL is left to the test). Returns the packet's bytes or -1. */
int client_receive(struct client *c, struct wire_publish *publish)
	__attribute__((warn_unused_result));

/* True when the peer closes (FIN or RST) within the wait, whatever comes before. */
bool client_is_closed_by_peer(struct client *c);

/* DISCONNECT and close. */
void client_stop(struct client *c);

/* Close without DISCONNECT: `reset` sends RST instead of FIN. */
void client_abort(struct client *c, bool reset);

#endif
