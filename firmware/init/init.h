#ifndef INIT_H
#define INIT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The appliance's first process: starts the services, keeps them running, writes their log, and ends them in order.
 *
 * Layer:     init (base)
 * Thread:    one; waits in poll alone. Its state is static: it does not need memory to go on
 * Ownership: what a struct init_config points to is borrowed for init_run
 *
 * Every path goes below `root`, which is empty on the box, so that a test has a box of its own in a folder:
 *
 *   /run/sluice/init           FIFO, a command a line: "restart NAME", "reboot", "poweroff"
 *   /run/sluice/services.json  {"services": [{"name", "pid", "state", "restarts", "since", "last_end", "dropped"}]},
 *                              replaced at each change
 *   /run/sluice/faults         not empty: services that `needs_board` are not started
 *   /run/sluice/log            link to the folder of logs in use: /data/log, or /run/log while that cannot be written
 *   /data/crash/000001-NAME    how a service ended, and its last lines; the newest INIT_CRASHES_MAX
 *   /data/clock                the time, hourly and at the end: seconds since 1970
 *   /dev/console               what people must see; never waited for
 *
 * Signals: SIGTERM and SIGINT as "reboot", SIGUSR2 as "poweroff".
 */

enum {
	INIT_SERVICES_MAX = 12,
	INIT_CRASHES_MAX = 20,
	INIT_PATH_MAX = 256,
};

/* A service as the table has it. */
struct init_kind {
	const char *name;
	const char *const *argv; /* a path first; ends with NULL */
	const char *
		terminal; /* its standard input and output, and its controlling terminal; or NULL */
	const char *needs; /* a file that must be there; or NULL */
	uint32_t limit_ms; /* it is killed when it runs longer; 0 = no limit */
	int oom_score; /* how soon the kernel kills it when memory is out: -1000 to 1000 */
	bool is_setup; /* the others wait for its end; its lines go to the console too. The first entry */
	bool is_once; /* not started again once it ended by itself, with status 0 or 1; setup, however it ended */
	bool is_last; /* ends when all others have, and starts whatever happened */
	bool needs_board; /* is not started when a fact of the board does not hold */
};

/* The box's are in init_times; a test has shorter ones. */
struct init_times {
	uint32_t good_run_ms; /* a service that ran so long begins again without a pause */
	uint32_t pause_ms, pause_max_ms; /* the second pause, which doubles; the first is none */
	uint32_t stop_ms; /* from SIGTERM to SIGKILL */
	uint32_t end_ms; /* the whole of an orderly end */
	uint32_t clock_ms; /* between two savings of the time */
	uint32_t log_retry_ms; /* until /data/log is tried again */
};

extern const struct init_times init_times;

struct init_config {
	const char *root;
	const struct init_kind *kinds;
	unsigned kind_len;
	const struct init_times *times;
	const char *const *teardown; /* the command that unmounts, at the end; or NULL */
	int watchdog; /* what the loop keeps from resetting the box; -1 = none */
	uint32_t watchdog_ms; /* how often */
};

enum init_end { INIT_REBOOT, INIT_POWEROFF };

/* Runs until one of the ends was asked for and all is stopped, saved and unmounted, or times->end_ms are over. */
enum init_end init_run(const struct init_config *config);

#endif
