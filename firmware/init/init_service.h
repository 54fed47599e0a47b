#ifndef INIT_SERVICE_H
#define INIT_SERVICE_H

#include <sys/types.h>

#include "init.h"
#include "init_line.h"

/*
 * One service: what it does now, and what follows from its end.
 *
 * Layer:  init (base)
 * Thread: one
 *
 * The functions here decide, and start or end nothing: the loop does that.
 */

enum init_state {
	INIT_WAITING, /* for setup */
	INIT_HELD, /* a file that it needs is missing, or the board is not what it should be */
	INIT_RUNNING,
	INIT_STOPPING, /* it was asked to end */
	INIT_PAUSED, /* it starts again when the pause is over */
	INIT_DONE, /* of those that run once */
	INIT_ENDED, /* for good: the box goes down */
};

enum { INIT_TAIL_LINES = 50, INIT_TAIL_BYTES = 400, INIT_HOW_MAX = 160 };

struct init_service {
	const struct init_kind *kind;
	enum init_state state;
	pid_t pid; /* 0 when it does not run */
	int out; /* what it prints; -1 */
	uint64_t start_ms, due_ms; /* monotonic; due: kill, or start again */
	uint64_t since_ms; /* wall clock, of the state */
	uint32_t pause_ms; /* before the next start */
	unsigned failures; /* ends in a row that were not asked for, each after a short run */
	uint64_t starts;
	bool ends_box; /* the end was asked for by shutdown, not by "restart" */
	bool is_overdue; /* it was killed for its limit */
	char how[INIT_HOW_MAX]; /* how it ended last */
	struct init_lines lines;
	char tail[INIT_TAIL_LINES][INIT_TAIL_BYTES]; /* its last lines, a ring */
	uint64_t tail_len; /* lines that were ever put into it */
};

void init_service_init(struct init_service *service, const struct init_kind *kind);

/* "running", "paused", ... */
const char *init_state_name(enum init_state state);

/* Whether its process runs. */
bool init_service_is_alive(const struct init_service *service);

/* It was started just now. */
void init_service_started(struct init_service *service, pid_t pid, int out, uint64_t now_ms);

/*
 * Its process ended with `status` (of waitpid). Writes service->how and chooses the next state: PAUSED with due_ms, DONE,
 * or ENDED. True when nobody asked for this end and it was not a success.
 */
bool init_service_ended(
	struct init_service *service, int status, uint64_t now_ms, const struct init_times *times);

/* It could not even be started. */
void init_service_failed(struct init_service *service, const char *why, uint64_t now_ms,
	const struct init_times *times);

/* Keeps a line for a crash record. */
void init_service_keep(struct init_service *service, const char *line);

#endif
