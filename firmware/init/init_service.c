#include "init_service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base_time.h"

void init_service_init(struct init_service *service, const struct init_kind *kind)
{
	memset(service, 0, sizeof(*service));
	service->kind = kind;
	service->out = -1;
	service->state = INIT_WAITING;
	service->since_ms = base_time_wall_ms();
}

const char *init_state_name(enum init_state state)
{
	static const char *const names[] = {
		[INIT_WAITING] = "waiting",
		[INIT_HELD] = "held",
		[INIT_RUNNING] = "running",
		[INIT_STOPPING] = "stopping",
		[INIT_PAUSED] = "paused",
		[INIT_DONE] = "done",
		[INIT_ENDED] = "ended",
	};

	return names[state];
}

bool init_service_is_alive(const struct init_service *service)
{
	return service->pid > 0;
}

static void enter(struct init_service *service, enum init_state state)
{
	service->state = state;
	service->since_ms = base_time_wall_ms();
}

void init_service_started(struct init_service *service, pid_t pid, int out, uint64_t now_ms)
{
	const struct init_kind *kind = service->kind;
	uint64_t dropped = service->lines.dropped;

	service->pid = pid;
	service->out = out;
	service->start_ms = now_ms;
	service->due_ms = kind->limit_ms != 0 ? now_ms + kind->limit_ms : UINT64_MAX;
	service->is_overdue = false;
	service->starts++;
	init_lines_init(&service->lines, now_ms);
	service->lines.dropped = dropped;
	enter(service, INIT_RUNNING);
}

/* "was killed by signal 9 (Killed)", "ended with status 1" */
static void tell_how(int status, char *out, size_t out_bytes)
{
	if (WIFSIGNALED(status))
		snprintf(out, out_bytes, "was killed by signal %d (%s)%s", WTERMSIG(status),
			strsignal(WTERMSIG(status)), WCOREDUMP(status) ? ", with a core" : "");
	else
		snprintf(out, out_bytes, "ended with status %d", WEXITSTATUS(status));
}

/* None for the first failure, then doubled up to the longest. */
static uint32_t next_pause(uint32_t pause_ms, const struct init_times *times)
{
	if (pause_ms == 0)
		return times->pause_ms;
	return pause_ms * 2 < times->pause_max_ms ? pause_ms * 2 : times->pause_max_ms;
}

static void start_later(
	struct init_service *service, uint64_t now_ms, const struct init_times *times)
{
	service->due_ms = now_ms + service->pause_ms;
	service->pause_ms = next_pause(service->pause_ms, times);
	service->failures++;
	enter(service, INIT_PAUSED);
}

/*
 * Whether it is over with a service that runs once. One that has done its work says yes or no by its status; one that was
 * killed, or could not be run, has said nothing. Setup is over however it ended: all others wait for it.
 */
static bool is_done(const struct init_service *service, int status)
{
	if (!service->kind->is_once)
		return false;
	return service->kind->is_setup ||
	       (WIFEXITED(status) && WEXITSTATUS(status) <= EXIT_FAILURE);
}

bool init_service_ended(
	struct init_service *service, int status, uint64_t now_ms, const struct init_times *times)
{
	bool was_asked = service->state == INIT_STOPPING && !service->is_overdue;
	uint64_t ran_ms = now_ms - service->start_ms;
	char how[INIT_HOW_MAX / 2];

	tell_how(status, how, sizeof(how));
	snprintf(service->how, sizeof(service->how), "%s after %llu s%s", how,
		(unsigned long long)(ran_ms / 1000),
		was_asked             ? ", as it was asked to"
		: service->is_overdue ? ", as it took too long"
				      : "");
	service->pid = 0;
	if (ran_ms >= times->good_run_ms) {
		service->pause_ms = 0;
		service->failures = 0;
	}
	if (service->ends_box) {
		enter(service, INIT_ENDED);
	} else if (was_asked) {
		service->due_ms = now_ms;
		enter(service, INIT_PAUSED);
	} else if (is_done(service, status)) {
		enter(service, INIT_DONE);
	} else {
		start_later(service, now_ms, times);
	}
	return !was_asked && !(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

void init_service_failed(struct init_service *service, const char *why, uint64_t now_ms,
	const struct init_times *times)
{
	snprintf(service->how, sizeof(service->how), "could not be started: %s", why);
	service->starts++;
	start_later(service, now_ms, times);
}

void init_service_keep(struct init_service *service, const char *line)
{
	char *slot = service->tail[service->tail_len++ % INIT_TAIL_LINES];

	snprintf(slot, INIT_TAIL_BYTES, "%s", line);
}
