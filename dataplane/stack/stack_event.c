#include <string.h>

#include "base_assert.h"
#include "stack_bucket.h"
#include "stack_priv.h"

/*
 * What lwIP tells about a connection, turned into calls of the user.
 *
 * A control block's extra argument holds its flow from accept on, and its `destroyed` callback is the one sure
 * sign of its end. lwIP's error event comes before that end (RST) or after it (abort, timeout); only the
 * former is of use, as it says the reason.
 *
 * Returning ERR_ABRT tells lwIP that the control block died inside the callback.
 */

enum {
	DRAIN_BYTES_MAX = 128 * 1024, /* from a peer that goes on sending after our close */
};

struct stack_flow *stack_event_flow(const struct tcp_pcb *pcb)
{
	return pcb->ext_args[0].data;
}

static void child_destroyed(u8_t id, void *data)
{
	struct stack *stack = stack_self;
	struct stack_flow *flow = data;

	(void)id;
	stack->counters.connections--;
	if (flow == NULL) {
		stack->counters.half_open--;
		return;
	}
	flow->pcb = NULL;
	stack_flow_end(stack, flow, flow->reason);
}

static err_t child_opened(u8_t id, struct tcp_pcb_listen *listener, struct tcp_pcb *child);

static const struct tcp_ext_arg_callbacks child_callbacks = {.destroy = child_destroyed};
const struct tcp_ext_arg_callbacks stack_event_listener = {.passive_open = child_opened};

static err_t child_opened(u8_t id, struct tcp_pcb_listen *listener, struct tcp_pcb *child)
{
	(void)listener;
	tcp_ext_arg_set_callbacks(child, id, &child_callbacks);
	stack_self->counters.connections++;
	stack_self->counters.half_open++;
	return ERR_OK;
}

static struct stack_flow *flow_new(struct stack *stack, struct tcp_pcb *pcb, uint32_t listener_id)
{
	struct stack_flow *flow = base_mem_calloc(
		stack->mem, stack->config.mem_class_flow, sizeof(struct stack_flow));

	if (flow == NULL)
		return NULL;
	flow->pcb = pcb;
	flow->bucket = stack->table.current;
	flow->listener_id = listener_id;
	flow->progress_ms = (uint32_t)stack->now_ms;
	flow->reason = STACK_CLOSE_TIMEOUT; /* of every end that nobody gives a reason for */
	tcp_ext_arg_set(pcb, 0, flow);
	tcp_arg(pcb, flow);
	tcp_nagle_disable(pcb);
	stack->counters.half_open--;
	return flow;
}

static err_t on_accept(struct stack *stack, struct tcp_pcb *pcb, const void *arg)
{
	const struct stack_listener *listener = stack_listener_of(stack, arg);
	struct stack_addr peer, local;
	struct stack_flow *flow;
	void *user;

	if (pcb == NULL) {
		stack->counters.syn_no_memory++;
		return ERR_OK;
	}
	tcp_arg(pcb, NULL);
	if (listener == NULL || listener->port != pcb->local_port)
		return ERR_VAL; /* closed since the SYN */
	flow = flow_new(stack, pcb, listener->id);
	if (flow == NULL)
		return ERR_MEM;
	stack_addr_from_lwip(&peer, &pcb->remote_ip, pcb->remote_port);
	stack_addr_from_lwip(&local, &pcb->local_ip, pcb->local_port);
	flow->flags = STACK_FLOW_USER | STACK_FLOW_ACCEPTING;
	user = stack->config.handler->accepted(
		stack->config.context, flow, listener->id, &peer, &local);
	flow->flags &= (uint16_t)~STACK_FLOW_ACCEPTING;
	flow->user = user;
	stack->counters.accepted++;
	if (user == NULL && (flow->flags & STACK_FLOW_USER) != 0) {
		stack->counters.accepted--;
		stack->counters.refused++;
		flow->flags &= (uint16_t)~STACK_FLOW_USER;
		tcp_abort(pcb);
	}
	return flow->pcb != NULL ? ERR_OK : ERR_ABRT;
}

/* Calls `received` for one piece, again as long as the user takes some and resumes at once. */
static size_t deliver(
	struct stack *stack, struct stack_flow *flow, const uint8_t *data, size_t bytes)
{
	size_t done = 0, got;

	do {
		flow->flags &= (uint16_t)~STACK_FLOW_RESUMED;
		flow->flags |= STACK_FLOW_DELIVERING;
		got = stack->config.handler->received(flow->user, data + done, bytes - done);
		flow->flags &= (uint16_t)~STACK_FLOW_DELIVERING;
		if (flow->pcb == NULL || (flow->flags & STACK_FLOW_USER) == 0)
			return bytes; /* nobody reads the rest */
		BASE_ASSERT(got <= bytes - done);
		done += got;
	} while (done < bytes && got > 0 && (flow->flags & STACK_FLOW_RESUMED) != 0);
	if (done < bytes)
		flow->flags |= STACK_FLOW_PAUSED;
	return done;
}

bool stack_event_deliver_held(struct stack *stack, struct stack_flow *flow)
{
	struct stack_block *block;

	while ((flow->flags & STACK_FLOW_PAUSED) == 0 && (block = stack_held_first(flow)) != NULL) {
		size_t bytes = block->end - block->begin;
		size_t done = deliver(stack, flow, block->data + block->begin, bytes);

		stack_held_take(stack, flow, done);
		if (flow->pcb == NULL)
			return false;
		if ((flow->flags & STACK_FLOW_USER) == 0) {
			done += flow->held_bytes;
			stack_held_drop(stack, flow);
		}
		tcp_recved(flow->pcb, (u16_t)done);
	}
	return true;
}

void stack_event_deliver_end(struct stack *stack, struct stack_flow *flow)
{
	const struct stack_handler *handler = stack->config.handler;

	if (flow->pcb == NULL || flow->held != NULL || (flow->flags & STACK_FLOW_FIN) == 0 ||
		(flow->flags & (STACK_FLOW_USER | STACK_FLOW_PAUSED)) != STACK_FLOW_USER)
		return;
	flow->flags &= (uint16_t)~STACK_FLOW_FIN;
	if (handler->ended != NULL) {
		handler->ended(flow->user);
		return;
	}
	stack_flow_end(stack, flow, STACK_CLOSE_FIN);
	stack_later_put(stack, flow, STACK_FLOW_SHUT);
}

/* Hands a packet to a user who reads. Returns how much of it was read. */
static size_t deliver_packet(
	struct stack *stack, struct stack_flow *flow, const struct pbuf *packet)
{
	size_t done = 0;

	for (const struct pbuf *piece = packet; piece != NULL; piece = piece->next) {
		if (piece->len == 0)
			continue;
		done += deliver(stack, flow, piece->payload, piece->len);
		if (flow->pcb == NULL || (flow->flags & STACK_FLOW_USER) == 0)
			return packet->tot_len;
		if ((flow->flags & STACK_FLOW_PAUSED) != 0)
			break;
	}
	return done;
}

static err_t on_data(struct stack *stack, struct stack_flow *flow, struct pbuf *packet)
{
	size_t bytes = packet->tot_len, done = 0;

	if ((flow->flags & STACK_FLOW_USER) == 0) {
		done = bytes;
		flow->drained += (uint32_t)bytes;
		if (flow->drained > DRAIN_BYTES_MAX)
			tcp_abort(flow->pcb);
	} else if ((flow->flags & STACK_FLOW_PAUSED) == 0) {
		done = deliver_packet(stack, flow, packet);
	}
	if (done < bytes && flow->pcb != NULL && stack_held_append(stack, flow, packet, done) < 0) {
		/* It was acknowledged, so it cannot be dropped. */
		flow->reason = STACK_CLOSE_MEMORY;
		tcp_abort(flow->pcb);
	}
	pbuf_free(packet);
	if (flow->pcb == NULL)
		return ERR_ABRT;
	tcp_recved(flow->pcb, (u16_t)done);
	return ERR_OK;
}

static err_t on_receive(struct stack *stack, struct stack_flow *flow, struct pbuf *packet)
{
	if (packet != NULL)
		return on_data(stack, flow, packet);
	flow->flags |= STACK_FLOW_FIN;
	stack_event_deliver_end(stack, flow);
	return flow->pcb != NULL ? ERR_OK : ERR_ABRT;
}

static err_t on_sent(struct stack *stack, struct stack_flow *flow)
{
	flow->progress_ms = (uint32_t)stack->now_ms;
	if ((flow->flags & STACK_FLOW_USER) != 0 && stack->config.handler->writable != NULL)
		stack->config.handler->writable(flow->user);
	return flow->pcb != NULL ? ERR_OK : ERR_ABRT;
}

/* lwIP's one callback (LWIP_EVENT_API). `arg` is the listener's slot before accept, then the flow. */
err_t stack_event(void *arg, struct tcp_pcb *pcb, enum lwip_event event, struct pbuf *p, u16_t size,
	err_t err)
{
	struct stack *stack = stack_self;

	(void)size;
	switch (event) {
	case LWIP_EVENT_ACCEPT:
		return on_accept(stack, pcb, arg);
	case LWIP_EVENT_RECV:
		return on_receive(stack, arg, p);
	case LWIP_EVENT_SENT:
		return on_sent(stack, arg);
	case LWIP_EVENT_ERR:
		if (err == ERR_RST) /* before the end; the flow is there */
			((struct stack_flow *)arg)->reason = STACK_CLOSE_RESET;
		return ERR_OK;
	case LWIP_EVENT_CONNECTED:
	case LWIP_EVENT_POLL:
		return ERR_OK;
	}
	return ERR_OK;
}
