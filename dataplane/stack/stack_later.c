#include "base_assert.h"
#include "stack_priv.h"

/*
 * What must not happen while lwIP is on the call stack: telling a user that a flow is gone, freeing a flow,
 * and closing one whose accept has not returned. A user's callback may do anything to any flow, and lwIP holds
 * pointers to more control blocks than the one that it calls back for.
 */

void stack_later_put(struct stack *stack, struct stack_flow *flow, unsigned flags)
{
	flow->flags |= (uint16_t)flags;
	if ((flow->flags & STACK_FLOW_LATER) != 0)
		return;
	flow->flags |= STACK_FLOW_LATER;
	flow->later = NULL;
	if (stack->later_first == NULL)
		stack->later_first = flow;
	else
		stack->later_last->later = flow;
	stack->later_last = flow;
}

static struct stack_flow *take_first(struct stack *stack)
{
	struct stack_flow *flow = stack->later_first;

	stack->later_first = flow->later;
	flow->flags &= (uint16_t)~STACK_FLOW_LATER;
	return flow;
}

static void run(struct stack *stack, struct stack_flow *flow)
{
	const struct stack_handler *handler = stack->config.handler;

	if ((flow->flags & STACK_FLOW_SHUT) != 0) {
		flow->flags &= (uint16_t)~STACK_FLOW_SHUT;
		if (flow->pcb != NULL)
			stack_flow_shut(stack, flow);
	}
	if ((flow->flags & STACK_FLOW_WRITABLE) != 0) {
		flow->flags &= (uint16_t)~STACK_FLOW_WRITABLE;
		if ((flow->flags & STACK_FLOW_USER) != 0 && handler->writable != NULL)
			handler->writable(flow->user);
	}
	if ((flow->flags & STACK_FLOW_REPORT) != 0) {
		flow->flags &= (uint16_t)~STACK_FLOW_REPORT;
		handler->closed(flow->user, flow->reason);
	}
	if (flow->pcb == NULL && (flow->flags & STACK_FLOW_LATER) == 0) {
		stack_held_drop(stack, flow);
		base_mem_free(stack->mem, stack->config.mem_class_flow, flow);
	}
}

void stack_later_enter(struct stack *stack)
{
	stack->depth++;
}

void stack_later_leave(struct stack *stack)
{
	BASE_ASSERT(stack->depth > 0);
	/* Callbacks from here count as inside, so that what they put off joins this list, not the call stack. */
	while (stack->depth == 1 && stack->later_first != NULL)
		run(stack, take_first(stack));
	stack->depth--;
}
