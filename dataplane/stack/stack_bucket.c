#include "stack_bucket.h"

#include <string.h>

#include "base_assert.h"

int stack_bucket_init(struct stack *stack, uint32_t connections)
{
	struct stack_table *table = &stack->table;
	unsigned class_id = stack->config.mem_class_flow;
	uint64_t len = 64;

	while (len < connections)
		len *= 2;
	table->buckets = base_mem_calloc(stack->mem, class_id, len * sizeof(table->buckets[0]));
	table->dirty_bits = base_mem_calloc(stack->mem, class_id, len / 8);
	table->dirty = base_mem_alloc(stack->mem, class_id, len * sizeof(table->dirty[0]));
	table->dirty_len = 0;
	table->mask = (uint32_t)(len - 1);
	table->current = STACK_BUCKET_NONE;
	if (table->buckets == NULL || table->dirty_bits == NULL || table->dirty == NULL) {
		stack_bucket_fini(stack);
		return -ENOMEM;
	}
	return 0;
}

void stack_bucket_fini(struct stack *stack)
{
	struct stack_table *table = &stack->table;

	base_mem_free(stack->mem, stack->config.mem_class_flow, table->buckets);
	base_mem_free(stack->mem, stack->config.mem_class_flow, table->dirty_bits);
	base_mem_free(stack->mem, stack->config.mem_class_flow, table->dirty);
	memset(table, 0, sizeof(*table));
}

static void load(struct stack_table *table, uint32_t bucket)
{
	table->current = bucket;
	if (bucket == STACK_BUCKET_NONE) {
		tcp_active_pcbs = NULL;
		tcp_tw_pcbs = NULL;
	} else {
		tcp_active_pcbs = table->buckets[bucket].active;
		tcp_tw_pcbs = table->buckets[bucket].timewait;
	}
}

static void store(struct stack_table *table)
{
	if (table->current == STACK_BUCKET_NONE)
		return;
	table->buckets[table->current].active = tcp_active_pcbs;
	table->buckets[table->current].timewait = tcp_tw_pcbs;
}

uint32_t stack_bucket_enter(struct stack_table *table, uint32_t bucket)
{
	uint32_t before = table->current;

	if (before != bucket) {
		store(table);
		load(table, bucket);
	}
	return before;
}

void stack_bucket_leave(struct stack_table *table, uint32_t before)
{
	BASE_ASSERT(table->current != STACK_BUCKET_NONE);
	if (stack_bucket_is_busy())
		stack_bucket_mark(table, table->current);
	if (before != table->current) {
		store(table);
		load(table, before);
	}
}

void stack_bucket_mark(struct stack_table *table, uint32_t bucket)
{
	uint64_t *word = &table->dirty_bits[bucket / 64];
	uint64_t bit = 1ull << (bucket % 64);

	if ((*word & bit) != 0)
		return;
	*word |= bit;
	table->dirty[table->dirty_len++] = bucket;
}

void stack_bucket_unmark(struct stack_table *table, uint32_t place)
{
	uint32_t bucket = table->dirty[place];

	table->dirty_bits[bucket / 64] &= ~(1ull << (bucket % 64));
	table->dirty[place] = table->dirty[--table->dirty_len];
}

/* Its user waits for memory, and no acknowledgement needs to come. */
static bool is_starved(const struct tcp_pcb *pcb)
{
	const struct stack_flow *flow = stack_event_flow(pcb);

	return flow != NULL && (flow->flags & STACK_FLOW_STARVED) != 0;
}

/* CLOSE_WAIT waits for the user alone, as long as nothing is queued. */
static bool pcb_is_busy(const struct tcp_pcb *pcb)
{
	return (pcb->state != ESTABLISHED && pcb->state != CLOSE_WAIT) || pcb->unacked != NULL ||
	       pcb->unsent != NULL || pcb->ooseq != NULL || pcb->refused_data != NULL ||
	       pcb->rtime >= 0 || pcb->persist_backoff != 0 ||
	       (pcb->flags & (TF_ACK_DELAY | TF_ACK_NOW | TF_CLOSEPEND | TF_NAGLEMEMERR)) != 0 ||
	       is_starved(pcb);
}

bool stack_bucket_is_busy(void)
{
	if (tcp_tw_pcbs != NULL)
		return true;
	for (const struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next)
		if (pcb_is_busy(pcb))
			return true;
	return false;
}
