#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "revision_board.h"
#include "revision_candidate_priv.h"
#include "revision_plan.h"

static void ignore(void *arg, const char *line)
{
	(void)arg;
	(void)line;
}

int revision_candidate_check(
	const struct revision_candidate *candidate, config_line_fn *report, void *arg)
{
	const struct config *config = &candidate->keys.config;
	struct board board;
	bool is_fine = config_check(config, "configuration", report, arg) == 0;

	if (revision_board_check(revision_board_load(&candidate->place, &board), &candidate->keys,
		    report, arg) != 0)
		is_fine = false;
	if (revision_file_check_rules(&candidate->place, config, report, arg) != 0)
		is_fine = false;
	return is_fine ? 0 : -EINVAL;
}

int revision_candidate_plan(const struct revision_candidate *candidate, revision_change_fn *each,
	void *arg, char *fault)
{
	struct revision_state running;
	struct board board;

	(void)fault;
	revision_state_read(&candidate->place, &running, ignore, NULL);
	return (int)revision_plan(revision_board_load(&candidate->place, &board), &running.keys,
		&candidate->keys, each, arg)
		.restart;
}

/* 0 when what runs is still what the candidate began with. */
static int check_base(const struct revision_candidate *candidate,
	const struct revision_state *running, char *fault)
{
	const struct revision_info *info = &running->info;

	if (info->number == candidate->base.info.number &&
		revision_keys_are_equal(&running->keys, &candidate->base.keys))
		return 0;
	if (info->number == 0)
		return revision_fault(fault, -ESTALE,
			"the running configuration is another one since this candidate began (%s): "
			"rebase or discard",
			running->path);
	return revision_fault(fault, -ESTALE,
		"%s has committed revision %u at %s, after this candidate began: rebase or discard",
		info->who[0] ? info->who : "somebody", info->number, info->when);
}

/*
 * Nothing to write. A commit that waits is confirmed; by one that is to be confirmed itself it is not: its time begins
 * anew. When its time is over it is the guard's, whoever comes before the guard's next look.
 */
static int touch_pending(const struct revision_place *place, const struct revision_commit *commit,
	config_line_fn *report, void *arg, char *fault)
{
	char path[REVISION_FILE_PATH_MAX];
	struct revision_wait wait;
	struct revision_info info;
	int rc;

	if (revision_wait_read(place, &wait) != 1)
		return 0;
	if (revision_wait_is_over(&wait))
		return revision_wait_too_late(&wait, fault);
	if (commit->confirm_minutes > 0) {
		revision_info_init(&info, wait.number, commit->who, commit->why);
		rc = revision_wait_write(place, wait.number, wait.previous, commit->confirm_minutes,
			info.who, fault);
		if (rc == 0)
			revision_tell(report, arg, "revision %u waits for another %u min",
				wait.number, commit->confirm_minutes);
		return rc;
	}
	revision_path(place, REVISION_PENDING, path);
	rc = revision_disk_remove(path, fault);
	if (rc == 0)
		revision_tell(report, arg, "revision %u is confirmed", wait.number);
	return rc;
}

/* Under the lock: on the disk alone. */
static int write_commit(struct revision_candidate *candidate, const struct revision_commit *commit,
	config_line_fn *report, void *arg, char *fault)
{
	struct revision_state running;
	struct revision_info info;
	int rc;

	revision_recover(&candidate->place);
	revision_state_read(&candidate->place, &running, ignore, NULL);
	rc = check_base(candidate, &running, fault);
	if (rc != 0)
		return rc;
	if (revision_keys_are_equal(&running.keys, &candidate->keys))
		return touch_pending(&candidate->place, commit, report, arg, fault);
	revision_info_init(&info, 0, commit->who, commit->why);
	rc = revision_write(&candidate->place, &running, &candidate->keys, &info,
		commit->confirm_minutes, fault);
	if (rc > 0)
		candidate->base.info = info;
	return rc;
}

int revision_candidate_commit(struct revision_candidate *candidate,
	const struct revision_commit *commit, config_line_fn *report, void *arg, char *fault)
{
	struct revision_keys before = candidate->base.keys;
	int lock, rc;

	if (commit->confirm_minutes > REVISION_CONFIRM_MINUTES_MAX)
		return revision_fault(fault, -EINVAL, "expected 1 to %d minutes to confirm in",
			REVISION_CONFIRM_MINUTES_MAX);
	rc = revision_candidate_check(candidate, report, arg);
	if (rc != 0)
		return revision_fault(
			fault, rc, "the configuration has faults: nothing was changed");
	lock = revision_disk_lock(candidate->place.dir, fault);
	if (lock < 0)
		return lock;
	fault[0] = '\0';
	rc = write_commit(candidate, commit, report, arg, fault);
	revision_disk_unlock(lock);
	if (rc > 0 && fault[0] != '\0')
		report(arg, fault);
	if (rc <= 0)
		return rc;
	candidate->base.keys = candidate->keys;
	revision_path(&candidate->place, REVISION_STARTUP, candidate->base.path);
	if (!commit->no_apply)
		revision_apply(&candidate->place, &before, &candidate->keys, commit->no_restart,
			report, arg);
	return rc;
}

struct rebase {
	struct revision_keys *onto;
	const char *who;
	config_line_fn *report;
	void *arg;
	char *fault;
	int rc;
};

/* The value that is set, or NULL. */
struct value {
	const char *path;
	char text[CONFIG_VALUE_MAX];
	bool is_set;
};

static void read_value(void *arg, const struct revision_entry *entry)
{
	struct value *value = arg;

	if (strcmp(entry->path, value->path) != 0)
		return;
	value->is_set = entry->is_set;
	snprintf(value->text, sizeof(value->text), "%s", entry->text);
}

static bool is_same(const struct value *value, bool is_set, const char *text)
{
	return value->is_set == is_set && (!is_set || strcmp(value->text, text) == 0);
}

/* entry: the candidate's beginning, and (other) what it has become. */
static void rebase_entry(void *arg, const struct revision_entry *entry)
{
	struct rebase *rebase = arg;
	struct value theirs = {.path = entry->path};
	bool is_changed =
		entry->is_set != entry->is_other_set || strcmp(entry->text, entry->other) != 0;

	if (!is_changed || rebase->rc != 0)
		return;
	revision_keys_each(rebase->onto, read_value, &theirs);
	if (is_same(&theirs, entry->is_other_set, entry->other))
		return;
	if (!is_same(&theirs, entry->is_set, entry->text))
		revision_tell(rebase->report, rebase->arg, "%s: %s has changed it too; yours holds",
			entry->path, rebase->who);
	if (entry->is_other_set)
		rebase->rc =
			revision_keys_set(rebase->onto, entry->path, entry->other, rebase->fault);
	else if (theirs.is_set)
		rebase->rc = revision_keys_delete(rebase->onto, entry->path, rebase->fault);
}

int revision_candidate_rebase(
	struct revision_candidate *candidate, config_line_fn *report, void *arg, char *fault)
{
	struct revision_state running;
	struct revision_keys onto;
	struct rebase rebase = {.onto = &onto, .report = report, .arg = arg, .fault = fault};

	revision_state_read(&candidate->place, &running, ignore, NULL);
	onto = running.keys;
	rebase.who = running.info.who[0] ? running.info.who : "somebody";
	revision_keys_pair(&candidate->base.keys, &candidate->keys, rebase_entry, &rebase);
	if (rebase.rc != 0)
		return rebase.rc;
	candidate->keys = onto;
	candidate->base = running;
	return 0;
}
