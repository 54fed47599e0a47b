#include "loop_health.h"

#include <stdarg.h>
#include <stdio.h>

#include "base_time.h"
#include "loop.h"

static void add_fault(struct cli_health *health, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static void add_fault(struct cli_health *health, const char *fmt, ...)
{
	va_list ap;

	if (health->fault_len == CLI_FAULTS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(health->faults[health->fault_len++], CLI_FAULT_MAX, fmt, ap);
	va_end(ap);
}

/* A worker that is down has neither link nor way back: one fault says it. */
static void look_at(const struct loop *loop, unsigned worker, enum sys_probe_state state,
	struct cli_health *out)
{
	struct link_port_info port;

	if (!link_is_up(loop->link, worker)) {
		add_fault(out, "worker %u is down", worker);
		out->workers = out->links = out->messages = false;
		return;
	}
	link_port_info(loop->link, worker, &port);
	if (!port.is_up) {
		add_fault(out, "the link of worker %u's port %.64s is down", worker,
			loop->config.port.device);
		out->links = false;
	}
	if (state != SYS_PROBE_BACK) {
		add_fault(out, "a message through worker %u did not come back within %d ms", worker,
			SYS_PROBE_MS);
		out->messages = false;
	}
}

bool loop_health_get(struct loop *loop, uint64_t *probe, struct cli_health *out)
{
	enum sys_probe_state states[SYS_PROBE_WORKERS_MAX];
	unsigned workers = link_worker_len(loop->link);
	uint64_t now_ms = base_time_ms();

	if (*probe == 0)
		*probe = sys_probe_begin(loop->sys, now_ms);
	for (unsigned i = 0; i < workers; i++) {
		states[i] = sys_probe_state(loop->sys, *probe, i, now_ms);
		if (states[i] == SYS_PROBE_WAITING && link_is_up(loop->link, i))
			return false;
	}
	*out = (struct cli_health){.workers = true, .links = true, .messages = true};
	for (unsigned i = 0; i < workers; i++)
		look_at(loop, i, states[i], out);
	return true;
}
