#ifndef LOOP_H
#define LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "board.h"
#include "cli.h"
#include "config.h"
#include "link.h"
#include "loop_cores.h"
#include "retain.h"
#include "session.h"
#include "sys.h"

/*
 * The control process: one libuv loop that everything hangs on.
 *
 * Layer:     loop (all of control)
 * Thread:    the only one
 * Ownership: struct loop lies in main's frame and owns all parts, opened and closed in the order of the members
 *
 * A turn handles a bounded number of records, timers and bulk steps; when more waits, the next turn follows at
 * once, after libuv had its own. Before the loop sleeps it arms the doorbell.
 */

struct loop {
	const char *config_path; /* NULL = defaults and environment alone */
	const struct board *board; /* NULL = none: not an appliance */
	struct config config;
	struct retain *retain;
	struct session_core *core;
	void *rules; /* compiled, from malloc: session borrows them */
	struct link *link;
	struct sys *sys;
	struct cli *cli;
	uv_loop_t uv;
	uv_timer_t timer;
	uv_prepare_t prepare;
	uv_check_t check;
	uv_idle_t busy;
	uv_poll_t doorbell;
	uv_signal_t signals[3];
	uint64_t stop_by_ms; /* 0 = running */
	struct loop_cores cores;
	bool listeners_told; /* in the log, for the worker that is up */
};

/* Returns the exit status of the process. `config_path` and `board` may be NULL. */
int loop_run(const char *config_path, const struct board *board, const struct config *config);

/* ---- loop_config.c: the configuration as each part wants it ---- */
void loop_limits(const struct config *config, struct link_limits *out);
void loop_session_config(const struct config *config, struct session_config *out);
void loop_retain_config(const struct config *config, struct retain_config *out);
void loop_sys_config(const struct config *config, struct sys_config *out);
/* Compiles the rules of `config` and hands them to the workers. Faults go to `report`. */
int loop_load_acl(struct loop *loop, const struct config *config, config_line_fn *report, void *arg)
	__attribute__((warn_unused_result));
/*
 * SIGHUP and config reload: takes over what may change while running; false after a fault, which leaves all as it was.
 * Everything is logged; `each` and `fault` are told too, unless they are NULL.
 */
bool loop_reload(struct loop *loop, cli_change_fn *each, cli_line_out_fn *fault, void *arg);
void loop_log_line(void *arg, const char *line); /* an error line of the configuration's parsers */

/* ---- loop_commands.c: what sluicectl asks ---- */
extern const struct cli_ops loop_cli_ops; /* its argument is the struct loop */

#endif
