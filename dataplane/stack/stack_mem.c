#include "stack_mem.h"

#include <string.h>

#include "base_assert.h"

/*
 * lwIP's allocator tells neither what an object is nor, when it frees one, how large it was. Control blocks are the
 * only objects of their slot size in the heap: others that would fall into it get the next size.
 * (A packet of exactly a control block's bytes counts as one.)
 */

void stack_mem_init(struct stack *stack)
{
	size_t bytes = sizeof(struct tcp_pcb);
	unsigned class_id = stack->config.mem_class_flow;

	stack->pcb_size = 0;
	for (; bytes > 1; bytes--) {
		void *probe = base_mem_alloc(stack->mem, class_id, bytes);
		size_t size = probe != NULL ? base_mem_size(stack->mem, probe) : 0;

		base_mem_free(stack->mem, class_id, probe);
		if (stack->pcb_size == 0)
			stack->pcb_size = size;
		if (size < stack->pcb_size)
			break;
	}
	stack->pcb_size_from = bytes + 1;
}

static bool is_pcb_slot(const struct stack *stack, size_t bytes)
{
	return bytes >= stack->pcb_size_from && bytes <= stack->pcb_size;
}

void *stack_mem_malloc(size_t bytes)
{
	struct stack *stack = stack_self;

	BASE_ASSERT(stack != NULL);
	if (bytes == sizeof(struct tcp_pcb))
		return base_mem_alloc(stack->mem, stack->config.mem_class_flow, bytes);
	if (is_pcb_slot(stack, bytes))
		bytes = stack->pcb_size + 1;
	return base_mem_alloc(stack->mem, stack->config.mem_class_packet, bytes);
}

void *stack_mem_calloc(size_t count, size_t bytes)
{
	void *ptr = stack_mem_malloc(count * bytes);

	if (ptr != NULL)
		memset(ptr, 0, count * bytes);
	return ptr;
}

void stack_mem_free(void *ptr)
{
	struct stack *stack = stack_self;

	if (ptr == NULL)
		return;
	base_mem_free(stack->mem,
		base_mem_size(stack->mem, ptr) == stack->pcb_size ? stack->config.mem_class_flow
								  : stack->config.mem_class_packet,
		ptr);
}
