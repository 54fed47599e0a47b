#include <errno.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_mempool.h>

#include "port_priv.h"

/* The device: one receive and one transmit queue, checksums by the device where that is real hardware. */

static const uint64_t rx_checksums =
	RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM;
static const uint64_t tx_checksums =
	RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM;

static int make_pool(struct port *port, const struct port_config *config, char *error)
{
	/* One thread uses it; its cache saves the ring's atomics. */
	port->pool = rte_pktmbuf_pool_create("port", config->mbufs, 256, PORT_PRIVATE_BYTES,
		(uint16_t)port_buffer_bytes(config), (int)rte_socket_id());
	if (port->pool == NULL)
		return port_fail(error, ENOMEM,
			"port: no memory for %u packet buffers of %u bytes: %s; lower "
			"dataplane.mbufs "
			"or reserve more hugepages",
			config->mbufs, port_buffer_bytes(config), rte_strerror(rte_errno));
	return 0;
}

static int find_device(struct port *port, const struct port_config *config, char *error)
{
	port->id = (uint16_t)rte_eth_find_next(0);
	if (port->id < RTE_MAX_ETHPORTS)
		return 0;
	return port_fail(error, ENODEV,
		"port: DPDK has no driver for \"%s\", or the driver refused it; see the lines "
		"above",
		config->device);
}

static int configure(struct port *port, const struct rte_eth_dev_info *info,
	const struct port_config *config, char *error)
{
	struct rte_eth_conf conf = {.intr_conf = {.rxq = 1}};
	int status;

	/* Virtual devices would do them in software, on another copy of the packet. */
	if (config->kind == PORT_PCI) {
		conf.rxmode.offloads = info->rx_offload_capa & rx_checksums;
		conf.txmode.offloads = info->tx_offload_capa & tx_checksums;
	}
	status = rte_eth_dev_configure(port->id, 1, 1, &conf);
	if (status < 0) { /* a driver without receive interrupts may refuse them */
		conf.intr_conf.rxq = 0;
		status = rte_eth_dev_configure(port->id, 1, 1, &conf);
	}
	if (status < 0)
		return port_fail(error, -status, "port: %s cannot be configured: %s",
			config->device, rte_strerror(-status));
	port->info.rx_checksum = conf.rxmode.offloads == rx_checksums;
	port->info.tx_checksum_ipv4 = (conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM) != 0;
	port->info.tx_checksum_tcp = (conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_TCP_CKSUM) != 0;
	port->info.tx_checksum_udp = (conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_UDP_CKSUM) != 0;
	return 0;
}

static int set_queues(struct port *port, const struct port_config *config, char *error)
{
	uint16_t rx = PORT_RX_RING, tx = PORT_TX_RING;
	int status = rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &rx, &tx);

	if (status == 0)
		status = rte_eth_rx_queue_setup(
			port->id, 0, rx, (unsigned)SOCKET_ID_ANY, NULL, port->pool);
	if (status == 0)
		status = rte_eth_tx_queue_setup(port->id, 0, tx, (unsigned)SOCKET_ID_ANY, NULL);
	if (status < 0)
		return port_fail(error, -status,
			"port: %s has no room for queues of %u and %u packets: %s; dataplane.mbufs "
			"must be at least twice that",
			config->device, rx, tx, rte_strerror(-status));
	return 0;
}

static int start(struct port *port, const struct port_config *config, char *error)
{
	int status = rte_eth_dev_set_mtu(port->id, (uint16_t)config->mtu);

	if (status < 0 && status != -ENOTSUP)
		return port_fail(error, -status,
			"port: %s does not take an MTU of %u: %s (port.mtu)", config->device,
			config->mtu, rte_strerror(-status));
	status = rte_eth_dev_start(port->id);
	if (status < 0)
		return port_fail(error, -status, "port: %s does not start: %s", config->device,
			rte_strerror(-status));
	/* Not all drivers have these; those without pass everything. */
	(void)rte_eth_promiscuous_disable(port->id);
	(void)rte_eth_allmulticast_enable(port->id); /* IPv6 neighbour discovery */
	return 0;
}

static int read_address(struct port *port, char *error)
{
	struct rte_ether_addr mac;
	int status = rte_eth_macaddr_get(port->id, &mac);

	if (status < 0)
		return port_fail(error, -status, "port: the device has no address: %s",
			rte_strerror(-status));
	/* DPDK's address of a tap is the one of the kernel's end; two hosts must not share it. */
	if (port->kind == PORT_TAP) {
		mac.addr_bytes[0] = (uint8_t)((mac.addr_bytes[0] & 0xfe) | 0x02);
		mac.addr_bytes[5] ^= 0x01;
	}
	memcpy(port->info.mac, mac.addr_bytes, PORT_MAC_BYTES);
	return 0;
}

/* The receive queue's descriptor, where the driver has one. */
static void find_descriptor(struct port *port)
{
	bool may_have = port->kind != PORT_AF_PACKET && port->kind != PORT_AF_XDP;
	int fd = may_have ? rte_eth_dev_rx_intr_ctl_q_get_fd(port->id, 0) : -1;

	port->wait[0].fd = fd >= 0 ? fd : -1;
	port->wait[0].events = POLLIN;
	port->wait_len = 1;
	port->info.wait_by_descriptor = fd >= 0;
}

int port_device_start(struct port *port, const struct port_config *config, char *error)
{
	struct rte_eth_dev_info info;
	int status = make_pool(port, config, error);

	port->kind = config->kind;
	port->info.mtu = (uint16_t)config->mtu;
	port->info.mbufs = config->mbufs;
	if (status == 0)
		status = find_device(port, config, error);
	if (status < 0)
		return status;
	status = rte_eth_dev_info_get(port->id, &info);
	if (status < 0)
		return port_fail(error, -status, "port: %s cannot be asked what it is: %s",
			config->device, rte_strerror(-status));
	port->info.driver = info.driver_name;
	if ((status = configure(port, &info, config, error)) < 0 ||
		(status = set_queues(port, config, error)) < 0 ||
		(status = start(port, config, error)) < 0 ||
		(status = read_address(port, error)) < 0)
		return status;
	find_descriptor(port);
	return 0;
}

void port_device_stop(struct port *port)
{
	rte_eth_dev_stop(port->id);
	rte_eth_dev_close(port->id);
	rte_mempool_free(port->pool);
}
