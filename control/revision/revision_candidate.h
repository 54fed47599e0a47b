#ifndef REVISION_CANDIDATE_H
#define REVISION_CANDIDATE_H

#include "revision.h"

/*
 * A candidate: a private copy of the running configuration that one session edits, compares and commits.
 *
 * Layer:     revision
 * Thread:    one, the session's
 * Ownership: revision_candidate_new allocates, _free frees; `place` is copied, its texts are borrowed
 * Text:      secrets are shown as CONFIG_MASK; files hold them as they are
 * Errors:    as in revision.h
 */

struct revision_candidate;

/* Begins as the running configuration. NULL after a fault. */
struct revision_candidate *revision_candidate_new(const struct revision_place *place, char *fault)
	__attribute__((warn_unused_result));
void revision_candidate_free(struct revision_candidate *candidate); /* NULL is allowed */

/* ---- editing ---- */

/* Type and range are checked at once: -EINVAL with config's own words ("expected an integer from ..."). */
int revision_candidate_set(struct revision_candidate *candidate, const char *path, const char *text,
	char *fault) __attribute__((warn_unused_result));

/* A key or a whole section ("mqtt", "listeners.tcp.inside") is at its default again. -ENOENT: it was not set. */
int revision_candidate_delete(struct revision_candidate *candidate, const char *path, char *fault)
	__attribute__((warn_unused_result));

/* Whether it differs from what was running when the candidate began. */
bool revision_candidate_is_changed(const struct revision_candidate *candidate);

/* The running configuration again, as it is now. */
int revision_candidate_discard(struct revision_candidate *candidate, char *fault)
	__attribute__((warn_unused_result));

/* Takes the configuration of `back` commits ago (0 = running), of a saved copy, or of any file, for its own. */
int revision_candidate_rollback(struct revision_candidate *candidate, unsigned back, char *fault)
	__attribute__((warn_unused_result));
int revision_candidate_load(struct revision_candidate *candidate, const char *name, char *fault)
	__attribute__((warn_unused_result));
int revision_candidate_load_file(struct revision_candidate *candidate, const char *path,
	char *fault) __attribute__((warn_unused_result));

/* Writes it as a named copy; an older one of that name is replaced. */
int revision_candidate_save(struct revision_candidate *candidate, const char *name, char *fault)
	__attribute__((warn_unused_result));

/* ---- looking ---- */

/* All values, with the defaults, for completion and the like; borrowed until the next change. */
const struct config *revision_candidate_config(const struct revision_candidate *candidate);

/* The value in force of a key; *is_set tells whether it was set or is the default. `out`: CONFIG_VALUE_MAX bytes. */
int revision_candidate_get(const struct revision_candidate *candidate, const char *path, char *out,
	bool *is_set, char *fault) __attribute__((warn_unused_result));

/* Every key that was set, in the file's order; a section's alone unless `section` is NULL. -ENOENT: no such key. */
int revision_candidate_each(const struct revision_candidate *candidate, const char *section,
	config_each_fn *each, void *arg, char *fault) __attribute__((warn_unused_result));

/* The same as the file has it, a line each: "mqtt {", "\tmax_inflight = 64", "}". */
int revision_candidate_show(const struct revision_candidate *candidate, const char *section,
	config_line_fn *line, void *arg, char *fault) __attribute__((warn_unused_result));

/* "- mqtt.max_inflight = 32", "+ mqtt.max_inflight = 64": against `back` commits ago. Returns the number of lines. */
int revision_candidate_compare(const struct revision_candidate *candidate, unsigned back,
	config_line_fn *line, void *arg, char *fault) __attribute__((warn_unused_result));

/* ---- committing ---- */

/* As a whole: what is wrong between keys, what the board has built in otherwise, and the access rules that it names. Faults go to `report`. 0 or -EINVAL. */
int revision_candidate_check(const struct revision_candidate *candidate, config_line_fn *report,
	void *arg) __attribute__((warn_unused_result));

/* A key whose value in force changes, and what must happen for it. */
struct revision_change {
	const struct config_key *key;
	const char *path, *before,
		*after; /* "" = the listener did not, or will not, exist; secrets are masked */
	enum config_change change;
	bool is_built_in; /* the board has it: the value is kept, and changes nothing */
	unsigned restart; /* enum config_reader: the processes that have to start anew; 0 = none */
};

/*
 * What a commit would do, key by key, against what runs now; `each` may be NULL. Returns the processes that have to
 * start anew, as enum config_reader: CONFIG_WORKER drops its clients, CONFIG_CONTROL loses the sessions in memory.
 */
typedef void revision_change_fn(void *arg, const struct revision_change *change);
int revision_candidate_plan(const struct revision_candidate *candidate, revision_change_fn *each,
	void *arg, char *fault) __attribute__((warn_unused_result));

/* "live", "new connections", "restart of worker: its clients are disconnected", ... */
const char *revision_change_text(const struct revision_change *change);

struct revision_commit {
	const char *who, *why; /* NULL = nobody, nothing */
	unsigned confirm_minutes; /* 0 = stays; else comes back unless revision_confirm follows */
	bool no_restart; /* what needs a restart waits for the next one */
	bool no_apply; /* only written: nobody is told */
};

/*
 * Checks, writes and applies. What was done, and what waits for a restart, goes to `report`. Returns the number of the
 * new revision, or 0 when there is nothing to commit (a commit that was pending is confirmed then, or, by a commit that is
 * to be confirmed itself, has its time anew).
 * -ETIME: nothing to commit, and the time of the one that was pending is over. -EINVAL: faults, told to `report`. -ESTALE: another session has committed meanwhile; revision_candidate_rebase or
 * _discard. Others: the folder cannot be written. After an error all runs as before and the candidate is kept.
 */
int revision_candidate_commit(struct revision_candidate *candidate,
	const struct revision_commit *commit, config_line_fn *report, void *arg, char *fault)
	__attribute__((warn_unused_result));

/* Puts the candidate's changes onto what runs now. Keys that both have changed are told to `report`: the candidate's
 * value holds. */
int revision_candidate_rebase(struct revision_candidate *candidate, config_line_fn *report,
	void *arg, char *fault) __attribute__((warn_unused_result));

#endif
