#include <signal.h>
#include <string.h>

#include "init_clock.h"
#include "init_priv.h"

enum {
	KILLED_MS =
		2000, /* for a killed process to be gone; one that waits for a dead disk may never be */
	LAST_MS = 1000, /* for the console, which has nothing to save */
};

static void stop_those(struct init *init, bool is_last, uint32_t stop_ms)
{
	for (unsigned i = 0; i < init->len; i++) {
		struct init_service *service = &init->services[i];

		if (service->kind->is_last != is_last)
			continue;
		service->ends_box = true;
		init_stop(init, service);
		if (init_service_is_alive(service))
			service->due_ms = init->now_ms + stop_ms;
		else
			service->state = INIT_ENDED;
	}
	init->phase_due_ms = init->now_ms + stop_ms + KILLED_MS;
	init->status_is_old = true;
}

static bool are_gone(const struct init *init, bool is_last)
{
	for (unsigned i = 0; i < init->len; i++)
		if (init->services[i].kind->is_last == is_last &&
			init_service_is_alive(&init->services[i]))
			return false;
	return true;
}

void init_end_begin(struct init *init, enum init_end end)
{
	if (init->phase != INIT_UP)
		return;
	init->end = end;
	init->phase = INIT_ENDING;
	init->end_due_ms = init->now_ms + init->config->times->end_ms;
	init_say(init, "the box %s: all services end",
		end == INIT_REBOOT ? "restarts" : "switches off");
	stop_those(init, false, init->config->times->stop_ms);
}

/* Nothing of ours may be open on the disk when it is unmounted. */
static void tear_down(struct init *init)
{
	int error = init_clock_save(init->config->root);

	if (error < 0)
		init_note(init, "the time could not be saved: %s", strerror(-error));
	init_log_leave_data(&init->log);
	init->phase = INIT_TEARING_DOWN;
	init->phase_due_ms = init->end_due_ms;
	if (init->config->teardown == NULL)
		return;
	init->teardown_kind = (struct init_kind){
		.name = "teardown",
		.argv = init->config->teardown,
		.is_setup = true,
		.is_once = true,
	};
	init_service_init(&init->teardown, &init->teardown_kind);
	init_start(init, &init->teardown);
	init->teardown.ends_box = true;
}

/* Whether what the phase waits for has come. */
static bool is_reached(const struct init *init)
{
	switch (init->phase) {
	case INIT_ENDING:
		return are_gone(init, false);
	case INIT_ENDING_LAST:
		return are_gone(init, true);
	case INIT_TEARING_DOWN:
		return !init_service_is_alive(&init->teardown);
	case INIT_UP:
	case INIT_OVER:
		break;
	}
	return false;
}

uint64_t init_end_step(struct init *init)
{
	bool is_late = init->phase != INIT_UP && init->now_ms >= init->end_due_ms;

	if (init->phase == INIT_UP || init->phase == INIT_OVER)
		return UINT64_MAX;
	if (!is_reached(init) && !is_late && init->now_ms < init->phase_due_ms)
		return init->phase_due_ms < init->end_due_ms ? init->phase_due_ms
							     : init->end_due_ms;
	if (!is_reached(init))
		init_say(init, "not all has ended in time; the box goes down all the same");
	if (is_late || init->phase == INIT_TEARING_DOWN) {
		init->phase = INIT_OVER;
	} else if (init->phase == INIT_ENDING) {
		init->phase = INIT_ENDING_LAST;
		stop_those(init, true, LAST_MS);
	} else {
		tear_down(init);
	}
	return init->now_ms;
}
