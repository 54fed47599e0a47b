#include "stack_flow.h"

#include "stack_bucket.h"
#include "stack_priv.h"

/* What the user of a flow calls. A flow whose control block is gone stays valid until the outermost call returns. */

void stack_flow_end(struct stack *stack, struct stack_flow *flow, enum stack_close reason)
{
	unsigned report = 0;

	if ((flow->flags & STACK_FLOW_USER) != 0) {
		flow->flags &= (uint16_t)~STACK_FLOW_USER;
		flow->reason = (uint8_t)reason;
		stack->counters.closed[reason]++;
		report = STACK_FLOW_REPORT;
	}
	stack_later_put(stack, flow, report);
}

/* The user lets go of it: nothing is called for it any more. */
static void detach(struct stack *stack, struct stack_flow *flow)
{
	if ((flow->flags & STACK_FLOW_USER) != 0)
		stack->counters.closed[STACK_CLOSE_LOCAL]++;
	flow->flags &= (uint16_t) ~(STACK_FLOW_USER | STACK_FLOW_REPORT | STACK_FLOW_WRITABLE);
}

static bool has_outstanding(const struct tcp_pcb *pcb)
{
	return pcb->unsent != NULL || pcb->unacked != NULL;
}

size_t stack_flow_space(const struct stack_flow *flow)
{
	const struct tcp_pcb *pcb = flow->pcb;

	if (pcb == NULL || (flow->flags & STACK_FLOW_USER) == 0 ||
		(pcb->state != ESTABLISHED && pcb->state != CLOSE_WAIT) ||
		pcb->snd_queuelen >= TCP_SND_QUEUELEN)
		return 0;
	return pcb->snd_buf;
}

/* Only with MORE does lwIP leave room for the next write, but then nobody sets PSH. */
static void set_push(struct tcp_pcb *pcb)
{
	struct tcp_seg *last = pcb->unsent;

	while (last->next != NULL)
		last = last->next;
	TCPH_SET_FLAG(last->tcphdr, TCP_PSH);
}

size_t stack_flow_write(struct stack_flow *flow, const void *data, size_t bytes, bool more)
{
	struct stack *stack = stack_self;
	struct tcp_pcb *pcb = flow->pcb;
	size_t space = stack_flow_space(flow);
	bool follows;

	if (bytes > space)
		bytes = space;
	if (bytes == 0)
		return 0;
	if (!has_outstanding(pcb))
		flow->progress_ms = (uint32_t)stack->now_ms;
	follows = pcb->unsent != NULL;
	while (tcp_write(pcb, data, (u16_t)bytes,
		       (u8_t)(TCP_WRITE_FLAG_COPY | (more || follows ? TCP_WRITE_FLAG_MORE : 0))) !=
		ERR_OK) {
		bytes /= 2;
		if (bytes == 0) {
			flow->flags |= STACK_FLOW_STARVED;
			break;
		}
	}
	if (bytes > 0 && follows && !more)
		set_push(pcb);
	stack_bucket_mark(&stack->table, flow->bucket);
	return bytes;
}

void stack_flow_flush(struct stack_flow *flow)
{
	if (flow->pcb == NULL)
		return;
	tcp_output(flow->pcb); /* a failure leaves a flag by which the timer tries again */
	stack_bucket_mark(&stack_self->table, flow->bucket);
}

void stack_flow_resume(struct stack_flow *flow)
{
	struct stack *stack = stack_self;

	flow->flags |= STACK_FLOW_RESUMED;
	if ((flow->flags & STACK_FLOW_DELIVERING) != 0 || (flow->flags & STACK_FLOW_USER) == 0)
		return;
	flow->flags &= (uint16_t)~STACK_FLOW_PAUSED;
	stack_later_enter(stack);
	if (stack_event_deliver_held(stack, flow))
		stack_event_deliver_end(stack, flow);
	stack_bucket_mark(&stack->table, flow->bucket);
	stack_later_leave(stack);
}

void stack_flow_shut(struct stack *stack, struct stack_flow *flow)
{
	uint32_t before = stack_bucket_enter(&stack->table, flow->bucket);

	if (!has_outstanding(flow->pcb))
		flow->progress_ms = (uint32_t)stack->now_ms;
	/* Only our half: the peer's data is still read and thrown away, as data for a closed connection makes
	 * lwIP send RST, which destroys what the peer has not read yet. */
	tcp_shutdown(flow->pcb, 0, 1);
	stack_bucket_leave(&stack->table, before);
}

void stack_flow_close(struct stack_flow *flow)
{
	struct stack *stack = stack_self;

	detach(stack, flow);
	if (flow->pcb == NULL)
		return;
	stack_later_enter(stack);
	if (flow->held != NULL && (flow->flags & STACK_FLOW_DELIVERING) == 0) {
		tcp_recved(flow->pcb, flow->held_bytes);
		stack_held_drop(stack, flow);
	}
	if ((flow->flags & STACK_FLOW_ACCEPTING) != 0)
		stack_later_put(stack, flow, STACK_FLOW_SHUT);
	else
		stack_flow_shut(stack, flow);
	stack_later_leave(stack);
}

void stack_flow_abort(struct stack_flow *flow)
{
	struct stack *stack = stack_self;
	uint32_t before;

	detach(stack, flow);
	if (flow->pcb == NULL)
		return;
	stack_later_enter(stack);
	before = stack_bucket_enter(&stack->table, flow->bucket);
	tcp_abort(flow->pcb);
	stack_bucket_leave(&stack->table, before);
	stack_later_leave(stack);
}

size_t stack_flow_unsent(const struct stack_flow *flow)
{
	return flow->pcb != NULL ? flow->pcb->snd_lbb - flow->pcb->snd_nxt : 0;
}

size_t stack_flow_unacked(const struct stack_flow *flow)
{
	return flow->pcb != NULL ? flow->pcb->snd_nxt - flow->pcb->lastack : 0;
}
