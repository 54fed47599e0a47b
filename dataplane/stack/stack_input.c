#include <string.h>

#include "stack_bucket.h"
#include "stack_priv.h"

/* Frames on their way in: checked, hashed, and given to lwIP with the right bucket's lists in place. */

enum { PROTOCOL_TCP = 6 };

static bool is_intact(const struct stack_rx *rx)
{
	return (rx->ip_known || stack_frame_ip_checksum_is_right(&rx->frame, rx->data)) &&
	       (rx->l4_known || stack_frame_l4_checksum_is_right(&rx->frame, rx->data));
}

void stack_input_look(struct stack *stack, struct stack_rx *rx)
{
	stack->counters.rx_packets++;
	stack->counters.rx_bytes += rx->bytes;
	rx->bucket = STACK_BUCKET_NONE;
	rx->drop = true;
	if (stack_frame_parse(&rx->frame, rx->data, rx->bytes) < 0) {
		stack->counters.rx_malformed++;
		return;
	}
	if (!is_intact(rx)) {
		stack->counters.rx_bad_checksum++;
		return;
	}
	rx->drop = false;
	if (rx->frame.protocol != PROTOCOL_TCP)
		return;
	rx->bucket = (uint32_t)stack_frame_hash(&rx->frame, rx->data, stack->table.seed) &
		     stack->table.mask;
	__builtin_prefetch(&stack->table.buckets[rx->bucket]);
}

void stack_input_touch(struct stack *stack, const struct stack_rx *rx)
{
	const struct tcp_pcb *pcb;

	if (rx->bucket == STACK_BUCKET_NONE)
		return;
	pcb = stack->table.buckets[rx->bucket].active;
	if (pcb == NULL)
		return;
	for (size_t line = 0; line < sizeof(*pcb); line += 64)
		__builtin_prefetch((const char *)pcb + line);
}

static bool is_of(const struct tcp_pcb *pcb, const struct stack_rx *rx)
{
	const uint8_t *ip = rx->data + rx->frame.l3_offset;
	bool v6 = rx->frame.family == STACK_FAMILY_IPV6;

	return pcb->remote_port == rx->frame.source_port &&
	       pcb->local_port == rx->frame.destination_port &&
	       (IP_IS_V6_VAL(pcb->remote_ip) != 0) == v6 &&
	       memcmp(&pcb->remote_ip, ip + (v6 ? 8 : 12), v6 ? 16 : 4) == 0 &&
	       memcmp(&pcb->local_ip, ip + (v6 ? 24 : 16), v6 ? 16 : 4) == 0;
}

/*
 * A SYN with a higher number than the last connection of these ports had opens a new one, although that is still in
 * TIME_WAIT (RFC 1122, section 4.2.2.13): devices with a fixed source port reconnect so. lwIP does not know this rule.
 */
static void end_timewait(const struct stack_rx *rx)
{
	for (struct tcp_pcb *pcb = tcp_tw_pcbs; pcb != NULL; pcb = pcb->next)
		if (is_of(pcb, rx) && TCP_SEQ_GT(rx->frame.sequence, pcb->rcv_nxt)) {
			tcp_abort(pcb); /* sends nothing in this state */
			return;
		}
}

/* In place of a backlog: whether a SYN may take memory. */
static bool admit(struct stack *stack, const struct stack_rx *rx)
{
	struct stack_counters *counters = &stack->counters;

	for (const struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next)
		if (is_of(pcb, rx))
			return true; /* an old one; lwIP answers it */
	end_timewait(rx);
	if (counters->connections >= stack->config.max_connections) {
		counters->syn_limit_connections++;
		return false;
	}
	if (counters->half_open >= stack->config.max_half_open) {
		counters->syn_limit_half_open++;
		return false;
	}
	return true;
}

static void take_tcp(struct stack *stack, struct stack_rx *rx, struct pbuf *packet)
{
	uint32_t before = stack_bucket_enter(&stack->table, rx->bucket);
	bool is_syn =
		(rx->frame.tcp_flags & (STACK_FRAME_SYN | STACK_FRAME_ACK | STACK_FRAME_RST)) ==
		STACK_FRAME_SYN;

	if (is_syn && !admit(stack, rx))
		pbuf_free(packet);
	else
		stack->netif.input(packet, &stack->netif);
	stack_bucket_leave(&stack->table, before);
}

void stack_input_take(struct stack *stack, struct stack_rx *rx, struct pbuf *packet)
{
	stack_later_enter(stack);
	if (rx->bucket != STACK_BUCKET_NONE)
		take_tcp(stack, rx, packet);
	else
		stack->netif.input(packet, &stack->netif);
	stack_later_leave(stack);
}
