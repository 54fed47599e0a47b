#ifndef REVISION_H
#define REVISION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config_key.h"

/*
 * Committed configurations: where they lie, which one runs, and which ones were before.
 *
 * Layer:     revision (base, config, board, acl, cli's peer)
 * Thread:    any; no state of its own. What changes the folder holds its lock for that moment
 * Ownership: struct revision_place borrows its texts
 * Format:    a revision is a file of the keys that were set, which control reads as it is, with a head of comments:
 *            number, who, when, why, and a checksum of the rest
 *
 *   DIR/startup.conf          the committed configuration; replacing it by rename is what makes a commit
 *   DIR/history/000012.conf   every revision, the newest REVISION_HISTORY_MAX
 *   DIR/pending               a commit that waits to be confirmed; see revision_pending.c
 *   DIR/running.conf          a link to what runs in place of a startup.conf that is missing or does not load
 *   DIR/saved/NAME.conf       named copies
 *   DIR/lock                  flock for the moment of a commit
 *
 * Candidates, plans and commits are in revision_candidate.h.
 *
 * On an error a function returns a negative errno and has written one line for people into `fault`
 * (REVISION_FAULT_MAX bytes): who, what, why, and what to do next.
 */

enum {
	REVISION_FAULT_MAX = 1024,
	REVISION_HISTORY_MAX = 50,
	REVISION_WHO_MAX = 64, /* with the NUL; longer texts are cut */
	REVISION_WHY_MAX = 160,
	REVISION_NAME_MAX = 48, /* of a saved copy: letters, digits, '_', '-', '.' */
	REVISION_CONFIRM_MINUTES_MAX = 60,
	REVISION_FILE_PATH_MAX = 512,
	REVISION_MGMT_LIMIT_S = 30,
};

struct revision_place {
	const char *dir; /* "/cfg/config" */
	const char *factory; /* "/etc/sluice/sluice.conf": runs when there is no other */
	const char *socket; /* control's; NULL = as revision_socket says */
	const char *
		init; /* "/run/sluice/init": the FIFO that restarts are asked through; NULL = none */
	const char *
		board; /* "/etc/sluice/board.conf": what is built in; NULL, or none there = nothing is */
	const char *mgmt; /* "/etc/sluice/mgmt": applies mgmt.*; NULL = nothing does */
	unsigned mgmt_limit_s; /* how long that may take; 0 = REVISION_MGMT_LIMIT_S */
};

/* The appliance's places. */
void revision_place_init(struct revision_place *place);

/* One line of a file's head. */
struct revision_info {
	unsigned number; /* 0 = none: the factory's, or a file that was made by hand */
	char who[REVISION_WHO_MAX];
	char when[32]; /* "2026-11-24T22:41:01Z" */
	char why[REVISION_WHY_MAX];
};

/* What runs after the next start, as `sluice-config boot` decides it: its file, and its head. */
int revision_running(const struct revision_place *place, char path[REVISION_FILE_PATH_MAX],
	struct revision_info *info, char *fault) __attribute__((warn_unused_result));

/*
 * Where control listens, for whoever was told of no socket: cli.socket of what runs after the next start; but the default
 * while only that is there, as a change waits for control's restart.
 */
void revision_socket(const struct revision_place *place, char socket[CONFIG_TEXT_MAX]);

/* Calls `each` for every revision, the newest first; `back` is what `rollback` takes: 0 = running. */
typedef void revision_history_fn(void *arg, unsigned back, const struct revision_info *info);
int revision_history(const struct revision_place *place, revision_history_fn *each, void *arg,
	char *fault) __attribute__((warn_unused_result));

/* Calls `each` with the name of every saved copy. */
int revision_saved(const struct revision_place *place, config_line_fn *each, void *arg, char *fault)
	__attribute__((warn_unused_result));

/*
 * Decides what to run and puts its path into `path`: startup.conf when it loads; else running.conf, which it makes
 * a link to the newest revision that loads, or to the factory's; or that file itself where nothing can be written. A
 * commit that was pending when the box went down is reverted first. What is out of order is told to `report`, a
 * line each. Nothing can fail: there is always the factory's.
 */
void revision_boot(const struct revision_place *place, char path[REVISION_FILE_PATH_MAX],
	config_line_fn *report, void *arg);

/* ---- commit-confirm ---- */

struct revision_pending {
	bool is_pending;
	unsigned number; /* the revision that waits */
	unsigned previous; /* what comes back */
	unsigned left_s; /* until then; 0 = now */
	char who[REVISION_WHO_MAX];
};

int revision_pending(const struct revision_place *place, struct revision_pending *out, char *fault)
	__attribute__((warn_unused_result));

/* The commit stays. -ENOENT when none waits, -ETIME when its time is over. */
int revision_confirm(const struct revision_place *place, char *fault)
	__attribute__((warn_unused_result));

/*
 * One look of the guard: a commit whose time is over, or that another boot left, is replaced by what was before, as a
 * revision of its own, and that is applied. Tells `report` what it does. 1 = reverted, 0 = nothing to do.
 */
int revision_guard(const struct revision_place *place, config_line_fn *report, void *arg,
	char *fault) __attribute__((warn_unused_result));

#endif
