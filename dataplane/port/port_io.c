#include <errno.h>
#include <time.h>
#include <unistd.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "base_assert.h"
#include "port_priv.h"

/* The packet path: bursts in and out, and sleeping between them. */

unsigned port_rx_burst(struct port *port, struct rte_mbuf **packets, unsigned max)
{
	unsigned count = rte_eth_rx_burst(port->id, 0, packets, (uint16_t)max);

	port->stats.rx_packets += count;
	for (unsigned i = 0; i < count; i++)
		port->stats.rx_bytes += rte_pktmbuf_pkt_len(packets[i]);
	return count;
}

struct rte_mbuf *port_tx_alloc(struct port *port)
{
	struct rte_mbuf *packet = rte_pktmbuf_alloc(port->pool);

	if (packet == NULL)
		port->stats.no_buffer++;
	return packet;
}

void port_tx_put(struct port *port, struct rte_mbuf *packet)
{
	port->gathered[port->gathered_len++] = packet;
	if (port->gathered_len == PORT_BURST_MAX)
		port_tx_flush(port);
}

void port_tx_flush(struct port *port)
{
	uint16_t len = port->gathered_len, sent;
	uint64_t bytes[PORT_BURST_MAX];

	if (len == 0)
		return;
	for (uint16_t i = 0; i < len; i++)
		bytes[i] = rte_pktmbuf_pkt_len(port->gathered[i]);
	sent = rte_eth_tx_burst(port->id, 0, port->gathered, len);
	for (uint16_t i = 0; i < sent; i++)
		port->stats.tx_bytes += bytes[i];
	port->stats.tx_packets += sent;
	port->stats.tx_full += (uint64_t)(len - sent);
	rte_pktmbuf_free_bulk(port->gathered + sent, len - sent);
	port->gathered_len = 0;
}

int port_wait_add(struct port *port, int fd)
{
	if (port->wait_len == 1 + PORT_WAIT_MAX)
		return -ENOSPC;
	port->wait[port->wait_len++] = (struct pollfd){.fd = fd, .events = POLLIN};
	return 0;
}

/*
 * A tap's descriptor is the interface itself: its packets are read by the next burst. The others are
 * event counters, armed only while we sleep, so that a busy loop costs no system call.
 */
static bool is_event_counter(const struct port *port)
{
	return port->kind != PORT_TAP && port->wait[0].fd >= 0;
}

void port_wait(struct port *port, unsigned timeout_us)
{
	struct timespec timeout = {
		.tv_sec = timeout_us / 1000000,
		.tv_nsec = (long)(timeout_us % 1000000) * 1000,
	};
	uint64_t count;
	int ready;

	BASE_ASSERT(port->gathered_len == 0);
	if (timeout_us == 0)
		return;
	if (is_event_counter(port))
		(void)rte_eth_dev_rx_intr_enable(port->id, 0);
	ready = ppoll(port->wait, port->wait_len, &timeout, NULL);
	if (is_event_counter(port)) {
		(void)rte_eth_dev_rx_intr_disable(port->id, 0);
		if (ready > 0 && (port->wait[0].revents & POLLIN) != 0 &&
			read(port->wait[0].fd, &count, sizeof(count)) < 0)
			count = 0; /* the driver was faster */
	}
	port->stats.waits++;
	if (ready > 0)
		port->stats.wakeups++;
}

bool port_link_is_up(struct port *port)
{
	struct rte_eth_link link;

	return rte_eth_link_get_nowait(port->id, &link) < 0 || link.link_status == RTE_ETH_LINK_UP;
}

unsigned port_link_mbps(struct port *port)
{
	struct rte_eth_link link;

	if (rte_eth_link_get_nowait(port->id, &link) < 0 || link.link_status != RTE_ETH_LINK_UP ||
		link.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN)
		return 0;
	return link.link_speed;
}

void port_stats_get(struct port *port, struct port_stats *stats)
{
	struct rte_eth_stats device;

	*stats = port->stats;
	if (rte_eth_stats_get(port->id, &device) < 0)
		return;
	stats->rx_missed = device.imissed;
	stats->no_buffer += device.rx_nombuf;
	stats->errors = device.ierrors + device.oerrors;
}
