#ifndef UPDATE_TLS_H
#define UPDATE_TLS_H

#include <stddef.h>
#include <sys/types.h>

#include "update_fault.h"

/*
 * TLS as a client, on a connected socket.
 *
 * Layer:     update (mbedTLS)
 * Thread:    one; blocks up to the socket's time limit
 * Ownership: update_tls_open allocates, update_tls_close frees; the socket stays the caller's
 */

struct update_tls;

/* Shakes hands. With `ca_path` (PEM) the server must prove that it is `host`; NULL: it need not. -EPROTO, -EKEYREJECTED. */
int update_tls_open(struct update_tls **out, int fd, const char *host, const char *ca_path,
	struct update_fault *fault) __attribute__((warn_unused_result));

/* Bytes, 0 when the server has said that it ends, or a negative errno. */
ssize_t update_tls_read(struct update_tls *tls, void *out, size_t room);
ssize_t update_tls_write(struct update_tls *tls, const void *data, size_t bytes);

void update_tls_close(struct update_tls *tls); /* NULL is allowed */

#endif
