#ifndef UPDATE_NET_PRIV_H
#define UPDATE_NET_PRIV_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Bytes of a socket with a time limit, for the connection and for TLS on it.
 *
 * Layer:  update
 * Thread: one; blocks up to the socket's limit
 */

/* Bytes, 0 at the end (receive only), or a negative errno; -ETIMEDOUT. */
ssize_t update_net_receive(int fd, void *out, size_t room);
ssize_t update_net_send(int fd, const void *data, size_t bytes);

#endif
