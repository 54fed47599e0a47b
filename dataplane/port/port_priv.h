#ifndef PORT_PRIV_H
#define PORT_PRIV_H

#include <poll.h>

#include <rte_mbuf.h>

#include "port_port.h"

/* The port inside: port_eal.c starts DPDK, port_device.c the device, port_io.c moves packets. */

enum {
	PORT_WAIT_MAX = 4, /* descriptors of port_wait_add */
	PORT_RX_RING = 1024,
	PORT_TX_RING = 1024,
};

struct port {
	uint16_t id; /* DPDK's */
	uint16_t gathered_len;
	struct rte_mbuf *gathered[PORT_BURST_MAX]; /* by port_tx_put */
	struct rte_mempool *pool;
	struct port_info info;
	struct port_stats stats; /* what we count ourselves */
	enum port_kind kind;
	struct pollfd
		wait[1 + PORT_WAIT_MAX]; /* the receive queue's, then those of port_wait_add */
	unsigned wait_len;
};

/* Starts DPDK with the arguments that follow from `config`. Returns 0 or a negative errno with `error` written. */
int port_eal_start(const struct port_config *config, bool *has_hugepages, char *error)
	__attribute__((warn_unused_result));

/* Bytes of a packet buffer without DPDK's and our descriptors. */
unsigned port_buffer_bytes(const struct port_config *config);

/* Finds and starts the one device. Returns 0 or a negative errno with `error` written. */
int port_device_start(struct port *port, const struct port_config *config, char *error)
	__attribute__((warn_unused_result));
void port_device_stop(struct port *port);

/* Writes an error text and returns -code. */
int port_fail(char *error, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
