#include "lwip/dhcp.h"
#include "lwip/etharp.h"
#include "lwip/mld6.h"
#include "lwip/nd6.h"

#include "stack_bucket.h"
#include "stack_link.h"
#include "stack_priv.h"

/*
 * Time. lwIP's two TCP timers walk the lists that it has; here they run once for each bucket in which
 * something is pending, so idle connections cost nothing. Three things need care:
 * - tcp_slowtmr counts tcp_ticks up at each call; all buckets of one pass must see the same value.
 * - lwIP skips a control block whose last_timer equals a hidden 8-bit count of timer calls, which is meant to
 *   tell "seen in this pass". The count is mirrored in timer_ctr, and last_timer set to its value
 *   before the call, so that a visit after exactly 256 calls is not lost.
 * - The retransmission timeout may not fall below a peer's delayed acknowledgement, so a short tick must not
 *   lower lwIP's floor of three slow ticks.
 */

enum {
	RTO_MIN_MS = 60,
	LINGER_MS = 5000, /* from the acknowledgement of our FIN to the peer's */
	CATCH_UP_TICKS = 4, /* after a stall, more would only retransmit what is on its way */
};

static uint8_t timer_ctr; /* what lwIP's own, hidden one holds; it outlives a stack */

static const struct {
	void (*run)(void);
	uint32_t period_ms;
} slow_timers[STACK_SLOWS] = {
	[STACK_SLOW_ARP] = {etharp_tmr, ARP_TMR_INTERVAL},
	[STACK_SLOW_ND6] = {nd6_tmr, ND6_TMR_INTERVAL},
	[STACK_SLOW_MLD6] = {mld6_tmr, MLD6_TMR_INTERVAL},
	[STACK_SLOW_DHCP_FINE] = {dhcp_fine_tmr, DHCP_FINE_TIMER_MSECS},
	[STACK_SLOW_DHCP] = {dhcp_coarse_tmr, DHCP_COARSE_TIMER_MSECS},
	[STACK_SLOW_LINK] = {NULL, 1000},
};

static void unsee(void)
{
	for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next)
		pcb->last_timer = timer_ctr;
}

static void before_slow(struct stack *stack)
{
	int16_t floor = (int16_t)((RTO_MIN_MS + TCP_SLOW_INTERVAL - 1) / TCP_SLOW_INTERVAL);

	unsee();
	for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next) {
		if (pcb->rto < floor)
			pcb->rto = floor;
		if (pcb->rtime >= 0 && pcb->rtime + 1 >= pcb->rto && pcb->unacked != NULL &&
			pcb->persist_backoff == 0)
			stack->timeouts++;
	}
}

/* lwIP goes on for as long as the peer answers, which one with a shut window may do for ever. */
static bool is_expired(const struct stack *stack, const struct tcp_pcb *pcb)
{
	const struct stack_flow *flow = stack_event_flow(pcb);
	uint32_t idle_ms;

	if (flow == NULL)
		return false; /* half-open: lwIP's own limit of 20 s */
	idle_ms = (uint32_t)stack->now_ms - flow->progress_ms;
	if (pcb->unsent != NULL || pcb->unacked != NULL)
		return idle_ms >= stack->config.user_timeout_ms;
	return pcb->state == FIN_WAIT_2 && idle_ms >= LINGER_MS;
}

static void after_slow(struct stack *stack)
{
	struct tcp_pcb *pcb = tcp_active_pcbs, *next;

	for (; pcb != NULL; pcb = next) {
		struct stack_flow *flow = stack_event_flow(pcb);

		next = pcb->next;
		if (is_expired(stack, pcb)) {
			tcp_abort(pcb); /* calls nobody: see child_destroyed */
		} else if (flow != NULL && (flow->flags & STACK_FLOW_STARVED) != 0) {
			flow->flags &= (uint16_t)~STACK_FLOW_STARVED;
			stack_later_put(stack, flow, STACK_FLOW_WRITABLE);
		}
	}
}

/* Returns whether the bucket has to be visited again. */
static bool visit(struct stack *stack, uint32_t bucket, bool is_slow, uint32_t ticks)
{
	uint32_t before = stack_bucket_enter(&stack->table, bucket);
	bool is_busy;

	stack->counters.timer_visits++;
	unsee();
	tcp_fasttmr();
	timer_ctr++;
	if (is_slow) {
		before_slow(stack);
		tcp_ticks = ticks;
		tcp_slowtmr();
		timer_ctr++;
		after_slow(stack);
	}
	is_busy = stack_bucket_is_busy();
	stack_bucket_leave(&stack->table, before);
	return is_busy;
}

static void prefetch(const struct stack_table *table, uint32_t place)
{
	if (place + 8 < table->dirty_len)
		__builtin_prefetch(&table->buckets[table->dirty[place + 8]]);
	if (place + 4 < table->dirty_len && table->buckets[table->dirty[place + 4]].active != NULL)
		__builtin_prefetch(table->buckets[table->dirty[place + 4]].active);
}

static void tick(struct stack *stack)
{
	struct stack_table *table = &stack->table;
	bool is_slow = (++stack->ticks & 1) == 0;
	uint32_t ticks = tcp_ticks;

	for (uint32_t place = 0; place < table->dirty_len;) {
		prefetch(table, place);
		if (visit(stack, table->dirty[place], is_slow, ticks))
			place++;
		else
			stack_bucket_unmark(table, place);
	}
	if (is_slow)
		tcp_ticks = ticks + 1;
}

static void run_ticks(struct stack *stack)
{
	uint64_t due = (stack->now_ms - stack->tick_at_ms) / stack_tick_ms + 1;

	stack->tick_at_ms += due * stack_tick_ms;
	for (uint64_t i = 0; i < due && i < CATCH_UP_TICKS && stack->table.dirty_len > 0;
		i++, due--)
		tick(stack);
	/* Nothing was pending, or we were late: only the clock goes on. */
	tcp_ticks += (uint32_t)((due + (stack->ticks & 1)) / 2);
	stack->ticks += (uint32_t)due;
}

/* Connections of an address that we have no more are of no use to anybody. */
static void drop_old_address(struct stack *stack)
{
	const ip4_addr_t *now = netif_ip4_addr(&stack->netif);

	if (ip4_addr_eq(now, &stack->address4))
		return;
	for (uint32_t i = 0; !ip4_addr_isany_val(stack->address4) && i <= stack->table.mask; i++) {
		uint32_t before = stack_bucket_enter(&stack->table, i);

		for (struct tcp_pcb *pcb = tcp_active_pcbs, *next; pcb != NULL; pcb = next) {
			next = pcb->next;
			if (IP_IS_V4_VAL(pcb->local_ip) &&
				ip4_addr_eq(ip_2_ip4(&pcb->local_ip), &stack->address4))
				tcp_abort(pcb);
		}
		stack_bucket_leave(&stack->table, before);
	}
	stack->address4 = *now;
}

static void check_link(struct stack *stack)
{
	bool is_up = stack_link_is_up(stack);

	if (is_up && !netif_is_link_up(&stack->netif))
		netif_set_link_up(&stack->netif);
	else if (!is_up && netif_is_link_up(&stack->netif))
		netif_set_link_down(&stack->netif);
	drop_old_address(stack);
}

static void run_slow_timers(struct stack *stack)
{
	for (int i = 0; i < STACK_SLOWS; i++) {
		if (stack->now_ms < stack->slow_at_ms[i])
			continue;
		stack->slow_at_ms[i] = stack->now_ms + slow_timers[i].period_ms;
		if (slow_timers[i].run != NULL)
			slow_timers[i].run();
		else
			check_link(stack);
	}
}

void stack_timer_start(struct stack *stack)
{
	stack->tick_at_ms = stack->now_ms + stack_tick_ms;
	for (int i = 0; i < STACK_SLOWS; i++)
		stack->slow_at_ms[i] = stack->now_ms + slow_timers[i].period_ms;
}

static uint64_t next_ms(const struct stack *stack)
{
	uint64_t next = stack->slow_at_ms[0];

	for (int i = 1; i < STACK_SLOWS; i++)
		if (stack->slow_at_ms[i] < next)
			next = stack->slow_at_ms[i];
	if (stack->table.dirty_len > 0 && stack->tick_at_ms < next)
		next = stack->tick_at_ms;
	return next;
}

void stack_poll_timers(struct stack *stack, uint64_t now_ms)
{
	stack->now_ms = now_ms;
	if (now_ms < stack->tick_at_ms)
		return;
	stack_later_enter(stack);
	run_ticks(stack);
	run_slow_timers(stack);
	stack_later_leave(stack);
}

uint32_t stack_timer_wait_ms(const struct stack *stack, uint64_t now_ms)
{
	uint64_t next = next_ms(stack);

	return next > now_ms ? (uint32_t)(next - now_ms) : 0;
}
