#include <string.h>

#include <rte_mbuf.h>

#include "port_port.h"
#include "stack_link.h"
#include "stack_priv.h"

/*
 * The one file that knows both packet buffers, DPDK's and lwIP's.
 *
 * In: lwIP's descriptor lies in the private area of the port's buffer and points at its data; when lwIP
 * lets go of it, the buffer goes back to the port. So that peers cannot keep the port without buffers (by data out of
 * order), at most a quarter of them may be with lwIP after a burst; beyond, packets are copied to the heap.
 * Out: the frame is copied into a fresh buffer. lwIP keeps its own copy until it is acknowledged.
 */

_Static_assert(
	sizeof(struct pbuf_custom) <= PORT_PRIVATE_BYTES, "descriptor fits the private area");

static void release(struct pbuf *packet)
{
	struct rte_mbuf *mbuf =
		(struct rte_mbuf *)(void *)((char *)packet - sizeof(struct rte_mbuf));

	stack_self->link_held--;
	rte_pktmbuf_free(mbuf);
}

static struct pbuf *wrap(struct stack *stack, struct rte_mbuf *mbuf)
{
	struct pbuf_custom *custom = rte_mbuf_to_priv(mbuf);

	custom->custom_free_function = release;
	stack->link_held++;
	return pbuf_alloced_custom(PBUF_RAW, rte_pktmbuf_data_len(mbuf), PBUF_REF, custom,
		rte_pktmbuf_mtod(mbuf, void *), rte_pktmbuf_data_len(mbuf));
}

/* NULL when there is no memory for it; the heap counts that. */
static struct pbuf *copy(struct rte_mbuf *mbuf)
{
	struct pbuf *packet = pbuf_alloc(PBUF_RAW, rte_pktmbuf_data_len(mbuf), PBUF_RAM);

	if (packet != NULL)
		pbuf_take(packet, rte_pktmbuf_mtod(mbuf, void *), rte_pktmbuf_data_len(mbuf));
	rte_pktmbuf_free(mbuf);
	return packet;
}

/*
 * The device has found the checksum right; or the field holds none, but the data is known to be whole: frames of a virtual
 * device whose sender leaves the field to a device that is not there (RTE_MBUF_F_RX_L4_CKSUM_NONE).
 */
static bool is_vouched(const struct rte_mbuf *mbuf, uint64_t mask, uint64_t good, uint64_t none)
{
	return (mbuf->ol_flags & mask) == good || (mbuf->ol_flags & mask) == none;
}

static void look(struct stack *stack, struct stack_rx *rx, struct rte_mbuf *mbuf)
{
	rx->data = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	rx->bytes = rte_pktmbuf_data_len(mbuf);
	rx->ip_known = is_vouched(mbuf, RTE_MBUF_F_RX_IP_CKSUM_MASK, RTE_MBUF_F_RX_IP_CKSUM_GOOD,
		RTE_MBUF_F_RX_IP_CKSUM_NONE);
	rx->l4_known = is_vouched(mbuf, RTE_MBUF_F_RX_L4_CKSUM_MASK, RTE_MBUF_F_RX_L4_CKSUM_GOOD,
		RTE_MBUF_F_RX_L4_CKSUM_NONE);
	stack_input_look(stack, rx);
	if (mbuf->nb_segs != 1 && !rx->drop) { /* longer than the MTU */
		rx->drop = true;
		stack->counters.rx_malformed++;
	}
}

static void take(struct stack *stack, struct stack_rx *rx, struct rte_mbuf *mbuf)
{
	struct pbuf *packet;

	if (rx->drop) {
		rte_pktmbuf_free(mbuf);
		return;
	}
	packet = stack->link_held < stack->link_held_max ? wrap(stack, mbuf) : copy(mbuf);
	if (packet == NULL) {
		stack->counters.rx_no_memory++;
		return;
	}
	rx->data = packet->payload; /* where it is now */
	stack_input_take(stack, rx, packet);
}

unsigned stack_link_poll(struct stack *stack)
{
	struct rte_mbuf *mbufs[PORT_BURST_MAX];
	struct stack_rx rx[PORT_BURST_MAX];
	unsigned count = port_rx_burst(stack->config.port, mbufs, PORT_BURST_MAX);

	for (unsigned i = 0; i < count; i++)
		rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], void *));
	for (unsigned i = 0; i < count; i++)
		look(stack, &rx[i], mbufs[i]);
	for (unsigned i = 0; i < count; i++)
		stack_input_touch(stack, &rx[i]);
	for (unsigned i = 0; i < count; i++)
		take(stack, &rx[i], mbufs[i]);
	return count;
}

static void set_offload(struct rte_mbuf *mbuf, const struct stack_frame *frame,
	const struct stack_frame_offload *offload)
{
	enum { PROTOCOL_TCP = 6, PROTOCOL_UDP = 17 };
	uint64_t flags = 0;

	if (frame->family == STACK_FAMILY_IPV4 && offload->ipv4)
		flags |= RTE_MBUF_F_TX_IP_CKSUM;
	if (frame->protocol == PROTOCOL_TCP && offload->tcp)
		flags |= RTE_MBUF_F_TX_TCP_CKSUM;
	if (frame->protocol == PROTOCOL_UDP && offload->udp)
		flags |= RTE_MBUF_F_TX_UDP_CKSUM;
	if (flags == 0)
		return;
	flags |= frame->family == STACK_FAMILY_IPV4 ? RTE_MBUF_F_TX_IPV4 : RTE_MBUF_F_TX_IPV6;
	mbuf->ol_flags |= flags;
	mbuf->l2_len = STACK_FRAME_HEADER_BYTES;
	mbuf->l3_len = (unsigned)(frame->l4_offset - frame->l3_offset) & 0x1ffu;
}

err_t stack_link_output(struct netif *netif, struct pbuf *packet)
{
	struct stack *stack = netif->state;
	struct rte_mbuf *mbuf = port_tx_alloc(stack->config.port);
	struct stack_frame frame;
	uint8_t *data;

	if (mbuf == NULL || rte_pktmbuf_tailroom(mbuf) < packet->tot_len) {
		rte_pktmbuf_free(mbuf);
		stack->counters.tx_no_buffer++;
		return ERR_MEM;
	}
	data = (uint8_t *)rte_pktmbuf_append(mbuf, packet->tot_len);
	pbuf_copy_partial(packet, data, packet->tot_len, 0);
	if (stack_frame_parse(&frame, data, packet->tot_len) == 0) {
		stack_frame_checksum_write(&frame, data, &stack->offload);
		set_offload(mbuf, &frame, &stack->offload);
	}
	stack->counters.tx_packets++;
	stack->counters.tx_bytes += packet->tot_len;
	port_tx_put(stack->config.port, mbuf);
	return ERR_OK;
}

void stack_link_describe(struct stack *stack)
{
	const struct port_info *info = port_info(stack->config.port);

	memcpy(stack->netif.hwaddr, info->mac, PORT_MAC_BYTES);
	stack->netif.hwaddr_len = PORT_MAC_BYTES;
	stack->netif.mtu = info->mtu;
	stack->offload.ipv4 = info->tx_checksum_ipv4;
	stack->offload.tcp = info->tx_checksum_tcp;
	stack->offload.udp = info->tx_checksum_udp;
	stack->link_held_max = info->mbufs / 4;
}

void stack_link_flush(struct stack *stack)
{
	port_tx_flush(stack->config.port);
}

bool stack_link_is_up(struct stack *stack)
{
	return port_link_is_up(stack->config.port);
}
