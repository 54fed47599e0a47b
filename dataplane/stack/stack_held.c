#include <errno.h>

#include "stack_priv.h"

/*
 * What a paused user has not read. It is copied out of the port's buffers: these are few, and a peer
 * that sends single bytes would fill one with each. The window, which stays shut by as much, bounds the bytes.
 */

enum { BLOCK_BYTES_MIN = 448 }; /* data of a block, so that single bytes share one */

struct stack_block *stack_held_first(const struct stack_flow *flow)
{
	return flow->held != NULL ? flow->held->next : NULL;
}

static int add_block(struct stack *stack, struct stack_flow *flow, size_t bytes)
{
	size_t size = bytes < BLOCK_BYTES_MIN ? BLOCK_BYTES_MIN : bytes;
	struct stack_block *block =
		base_mem_alloc(stack->mem, stack->config.mem_class_packet, sizeof(*block) + size);

	if (block == NULL)
		return -ENOMEM;
	block->begin = block->end = 0;
	block->size = (uint32_t)size;
	if (flow->held == NULL) {
		block->next = block;
	} else {
		block->next = flow->held->next;
		flow->held->next = block;
	}
	flow->held = block;
	return 0;
}

int stack_held_append(
	struct stack *stack, struct stack_flow *flow, const struct pbuf *packet, size_t skip_bytes)
{
	size_t bytes = packet->tot_len - skip_bytes;
	size_t room = flow->held != NULL ? flow->held->size - flow->held->end : 0;
	size_t first = bytes < room ? bytes : room;
	struct stack_block *last = flow->held;

	/* The new block first: nothing has changed yet when there is no memory for it. */
	if (bytes > first && add_block(stack, flow, bytes - first) < 0)
		return -ENOMEM;
	if (first > 0) {
		pbuf_copy_partial(packet, last->data + last->end, (u16_t)first, (u16_t)skip_bytes);
		last->end += (uint32_t)first;
	}
	if (bytes > first) {
		pbuf_copy_partial(packet, flow->held->data, (u16_t)(bytes - first),
			(u16_t)(skip_bytes + first));
		flow->held->end = (uint32_t)(bytes - first);
	}
	flow->held_bytes = (uint16_t)(flow->held_bytes + bytes);
	return 0;
}

void stack_held_take(struct stack *stack, struct stack_flow *flow, size_t bytes)
{
	struct stack_block *block = stack_held_first(flow);

	block->begin += (uint32_t)bytes;
	flow->held_bytes = (uint16_t)(flow->held_bytes - bytes);
	if (block->begin < block->end)
		return;
	if (block == flow->held)
		flow->held = NULL;
	else
		flow->held->next = block->next;
	base_mem_free(stack->mem, stack->config.mem_class_packet, block);
}

void stack_held_drop(struct stack *stack, struct stack_flow *flow)
{
	for (struct stack_block *block; (block = stack_held_first(flow)) != NULL;)
		stack_held_take(stack, flow, block->end - block->begin);
}
