#ifndef INIT_PRIV_H
#define INIT_PRIV_H

#include "init.h"
#include "init_command.h"
#include "init_console.h"
#include "init_kernel.h"
#include "init_log.h"
#include "init_service.h"

/*
 * What the files of the loop share.
 *
 * Layer:  init
 * Thread: one
 */

enum init_phase {
	INIT_UP,
	INIT_ENDING, /* all services but the last ones are asked to end */
	INIT_ENDING_LAST,
	INIT_TEARING_DOWN,
	INIT_OVER,
};

struct init {
	const struct init_config *config;
	struct init_service services[INIT_SERVICES_MAX];
	unsigned len;
	struct init_log log;
	struct init_console console;
	struct init_commands commands;
	struct init_kernel kernel;
	int signals;
	uint64_t now_ms;
	uint64_t clock_due_ms, log_due_ms, watchdog_due_ms;
	bool is_set_up; /* setup has ended, however it did */
	bool status_is_old; /* services.json does not say what is */
	/* the end of the box */
	enum init_phase phase;
	enum init_end end;
	uint64_t phase_due_ms, end_due_ms;
	struct init_kind teardown_kind;
	struct init_service teardown;
};

/* Says something on the console and in the log; or in the log alone. */
void init_say(struct init *init, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void init_note(struct init *init, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ---- init_run.c: starting, ending and reading of services ---- */

/* Starts it, or holds it, or pauses it when it cannot be started. */
void init_start(struct init *init, struct init_service *service);
/* Asks it to end; it is killed later if it does not. */
void init_stop(struct init *init, struct init_service *service);
/* Looks after every process that has ended. */
void init_reap(struct init *init);
/* Reads what a service has printed. */
void init_read(struct init *init, struct init_service *service);
/* What is due: starts, kills, notes of dropped lines. Returns when to look again. */
uint64_t init_service_step(struct init *init, struct init_service *service);

/* ---- init_end.c: the orderly end ---- */

void init_end_begin(struct init *init, enum init_end end);
/* Goes on to the next phase when it is time. Returns when to look again. */
uint64_t init_end_step(struct init *init);

#endif
