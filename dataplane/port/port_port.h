#ifndef PORT_PORT_H
#define PORT_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The worker's network port: one DPDK ethernet device with one receive and one transmit queue.
 *
 * Layer:     port (base, DPDK)
 * Thread:    single, the worker's
 * Ownership: packet buffers belong to the port's pool; who gets one from port_rx_burst or port_tx_alloc frees
 *            it or gives it to port_tx_put
 * Lifetime:  one port a process, as DPDK starts once a process
 */

struct rte_mbuf;
struct port;

enum port_kind {
	PORT_TAP, /* an interface of the kernel, made in the current network namespace */
	PORT_AF_PACKET, /* raw packets of an interface that is there */
	PORT_AF_XDP, /* the same, past most of the kernel */
	PORT_MEMIF, /* shared memory with another DPDK or VPP program */
	PORT_PCI, /* a network card bound to vfio-pci or virtio */
};

enum port_hugepages {
	PORT_HUGEPAGES_AUTO, /* when the kernel has enough of them free */
	PORT_HUGEPAGES_ON,
	PORT_HUGEPAGES_OFF,
};

enum {
	PORT_BURST_MAX = 64,
	PORT_MAC_BYTES = 6,
	PORT_ERROR_SIZE = 512,
	PORT_PRIVATE_BYTES = 64, /* of each packet buffer, for the stack */
};

struct port_config {
	enum port_kind kind;
	const char *device; /* interface; memif: path of the socket; pci: address */
	const char *
		options; /* further device arguments of DPDK, "" for none; memif: "role=client" or "role=server" */
	unsigned core; /* CPU that the calling thread is pinned to */
	unsigned mbufs; /* packet buffers */
	unsigned mtu; /* bytes of an IP packet */
	enum port_hugepages hugepages;
	const char *file_prefix; /* name of DPDK's run-time files; one a process */
	bool verbose; /* DPDK's own messages */
};

/* What the device turned out to be; does not change. */
struct port_info {
	const char *driver;
	uint8_t mac[PORT_MAC_BYTES];
	uint16_t mtu;
	unsigned mbufs; /* packet buffers */
	bool rx_checksum; /* the device marks packets whose IPv4, TCP or UDP checksum is wrong */
	bool tx_checksum_ipv4; /* it fills checksums in when the buffer asks for it */
	bool tx_checksum_tcp;
	bool tx_checksum_udp;
	bool hugepages;
	bool wait_by_descriptor; /* port_wait wakes for packets, not only by time */
};

struct port_stats {
	uint64_t rx_packets, rx_bytes;
	uint64_t tx_packets, tx_bytes;
	uint64_t tx_full; /* dropped: the transmit ring was full */
	uint64_t rx_missed; /* dropped by the device: the receive ring was full */
	uint64_t no_buffer; /* port_tx_alloc or the device found the pool empty */
	uint64_t errors; /* as the device counts them */
	uint64_t waits; /* calls of port_wait that slept */
	uint64_t wakeups; /* of them, ended by a packet or by a descriptor of port_wait_add */
};

/* "tap", "af_packet", "af_xdp", "memif" or "pci" to the kind; -EINVAL for anything else. */
int port_kind_parse(const char *name, enum port_kind *kind) __attribute__((warn_unused_result));

/* "auto", "on" or "off"; -EINVAL for anything else. */
int port_hugepages_parse(const char *name, enum port_hugepages *hugepages)
	__attribute__((warn_unused_result));

/*
 * Starts DPDK and the device. Returns 0 and the port, or a negative errno and, in `error` (PORT_ERROR_SIZE
 * bytes), what failed, why, and what to do about it. A failed start cannot be repeated in the same process.
 */
int port_init(const struct port_config *config, struct port **port, char *error)
	__attribute__((warn_unused_result));

/* Stops the device and gives back DPDK's memory. All packet buffers must be back. */
void port_fini(struct port *port);

const struct port_info *port_info(const struct port *port);

/* Packets that have arrived, up to `max` (at most PORT_BURST_MAX); the caller owns them. */
unsigned port_rx_burst(struct port *port, struct rte_mbuf **packets, unsigned max);

/* An empty buffer with room for a frame of the MTU, or NULL (counted) when the pool is empty. */
struct rte_mbuf *port_tx_alloc(struct port *port);

/* Takes a frame over; it leaves with port_tx_flush, or sooner when PORT_BURST_MAX are gathered. */
void port_tx_put(struct port *port, struct rte_mbuf *packet);

/* Sends what was gathered; frames that the device does not take are dropped and counted. Once a poll. */
void port_tx_flush(struct port *port);

/*
 * port_wait also ends when `fd` is readable (the doorbell of control). At most 4. Returns 0 or a negative
 * errno.
 */
int port_wait_add(struct port *port, int fd) __attribute__((warn_unused_result));

/*
 * Sleeps until a packet arrives, a descriptor is readable, or `timeout_us` is over. Devices without a descriptor
 * to wait on (wait_by_descriptor is false) notice a packet only at the end: keep the timeout short.
 */
void port_wait(struct port *port, unsigned timeout_us);

/* Asks the device; a system call for some: not on the packet path. */
bool port_link_is_up(struct port *port);

/* The link's speed in Mbit/s, as far as the device knows it: 0 when it does not, or when the link is down. */
unsigned port_link_mbps(struct port *port);

/* Asks the device; a system call for some: not on the packet path. */
void port_stats_get(struct port *port, struct port_stats *stats);

#endif
