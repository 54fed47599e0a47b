#include "abi_doorbell.h"
#include "abi_region.h"
#include "base_log.h"
#include "base_time.h"
#include "conn_hub.h"
#include "port_port.h"
#include "stack_stack.h"
#include "worker.h"

enum {
	AWAKE_MS = 2, /* an adaptive loop polls for so long after it last had something to do */
	FIGURES_MS = 250,
	SLEEP_MAX_US = 100000,
};

/* The longest sleep that misses nothing that is due. */
static unsigned sleep_us(const struct worker *w)
{
	uint64_t next = conn_hub_next_ms(w->hub), us;
	uint64_t ms = stack_timer_wait_ms(w->stack, w->now_ms);

	if (next <= w->now_ms)
		return 0;
	if (next - w->now_ms < ms)
		ms = next - w->now_ms;
	if (w->figures_due_ms - w->now_ms < ms)
		ms = w->figures_due_ms - w->now_ms;
	us = ms * 1000;
	if (!port_info(w->port)->wait_by_descriptor && us > w->args.idle_sleep_us)
		us = w->args.idle_sleep_us;
	return us > SLEEP_MAX_US ? SLEEP_MAX_US : (unsigned)us;
}

static void idle(struct worker *w)
{
	unsigned us;

	if (w->args.poll_busy || w->now_ms < w->awake_until_ms || w->link.is_resyncing ||
		conn_hub_is_blocked(w->hub))
		return;
	us = sleep_us(w);
	if (us == 0)
		return;
	if (abi_doorbell_arm(w->region))
		port_wait(w->port, us);
	abi_doorbell_disarm(w->region);
}

/* An address that is in the configuration has been logged already. */
static void say_address(struct worker *w)
{
	char text[STACK_ADDR_TEXT_SIZE];
	struct stack_addr address;

	if (!w->args.dhcp || w->args.ipv4[0] != '\0')
		return;
	stack_address4(w->stack, &address);
	if (stack_addr_is_equal(&address, &w->address4))
		return;
	w->address4 = address;
	base_log(BASE_LOG_INFO, "address by DHCP: %s",
		address.family == STACK_FAMILY_NONE ? "none any more"
						    : stack_addr_format(&address, text));
}

static void figures(struct worker *w)
{
	if (w->now_ms < w->figures_due_ms)
		return;
	w->figures_due_ms = w->now_ms + FIGURES_MS;
	worker_figures_update(w);
	say_address(w);
}

void worker_run(struct worker *w, const volatile sig_atomic_t *stop)
{
	while (!*stop) {
		unsigned work;

		w->now_ms = base_time_ms();
		abi_heartbeat_beat(w->region, w->now_ms);
		conn_hub_tick(w->hub, w->now_ms);
		stack_poll_timers(w->stack, w->now_ms);
		work = stack_poll_rx(w->stack);
		work += worker_link_drain(w);
		conn_hub_flush(w->hub);
		worker_link_commit(w);
		stack_flush(w->stack);
		figures(w);
		abi_counter_add(&w->counters->values[ABI_COUNTER_LOOP_POLLS], 1);
		if (work > 0) {
			abi_counter_add(&w->counters->values[ABI_COUNTER_LOOP_BUSY], 1);
			w->awake_until_ms = w->now_ms + AWAKE_MS;
		} else {
			idle(w);
		}
	}
}
