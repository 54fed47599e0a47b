#ifndef UPDATE_NET_H
#define UPDATE_NET_H

#include <stddef.h>
#include <sys/types.h>

#include "update_fault.h"
#include "update_url.h"

/*
 * A connection to a server: TCP, with TLS 1.2 or 1.3 when the address asks for it.
 *
 * Layer:     update (mbedTLS)
 * Thread:    one; blocks, but not for ever
 * Ownership: update_net_open allocates, update_net_close frees
 */

enum { UPDATE_CONNECT_SECONDS = 10, UPDATE_SILENCE_SECONDS = 30 };

struct update_net;

/*
 * Connects. `ca_path` names the certificates (PEM) by which a TLS server is known; NULL: it is not verified. *out is
 * set on success. Errors: name, connection, TLS, each in the fault's text.
 */
int update_net_open(struct update_net **out, const struct update_url *url, const char *ca_path,
	struct update_fault *fault) __attribute__((warn_unused_result));

/* Up to `room` bytes; 0 when the server has ended. */
ssize_t update_net_read(struct update_net *net, void *out, size_t room, struct update_fault *fault)
	__attribute__((warn_unused_result));
int update_net_write(struct update_net *net, const void *data, size_t bytes,
	struct update_fault *fault) __attribute__((warn_unused_result));

void update_net_close(struct update_net *net);

#endif
