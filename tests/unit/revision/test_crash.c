#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crash.h"
#include "place.h"

/*
 * Every act on the disk is cut off before each of its steps, and made to fail at each of them: what comes up is
 * whole, and is either what was before or what was asked for.
 */

#define KEY "mqtt.max_inflight"
#define FACTORY "mqtt.max_inflight = 10\n"

/* An act brings KEY from `before` to `after`; in a boot after a cut it may be `undone` in place of `after`. */
struct act {
	const char *name;
	void (*prepare)(const struct place *place);
	int (*run)(const struct place *place, char *fault);
	const char *before, *after, *undone;
};

static int commit_key(const struct place *place, const char *value, unsigned minutes, char *fault)
{
	const struct revision_commit commit = {.confirm_minutes = minutes, .no_apply = true};
	struct revision_candidate *candidate = revision_candidate_new(&place->place, fault);
	int rc;

	if (candidate == NULL)
		return -ENOMEM;
	rc = revision_candidate_set(candidate, KEY, value, fault);
	if (rc == 0)
		rc = revision_candidate_commit(candidate, &commit, place_line, NULL, fault);
	revision_candidate_free(candidate);
	return rc;
}

static void nothing(const struct place *place)
{
	char path[REVISION_FILE_PATH_MAX];

	revision_boot(&place->place, path, place_line, NULL);
}

static void committed(const struct place *place)
{
	nothing(place);
	place_commit(place, KEY, "20", 0);
}

static void waiting(const struct place *place)
{
	committed(place);
	place_commit(place, KEY, "30", 5);
}

static void overdue(const struct place *place)
{
	waiting(place);
	place_time_is_over(place);
}

static void long_history(const struct place *place)
{
	char name[48];

	nothing(place);
	for (int i = 1; i <= REVISION_HISTORY_MAX; i++) {
		snprintf(name, sizeof(name), "cfg/history/%06d.conf", i);
		place_write(place, name, KEY " = 15\n");
	}
	place_commit(place, KEY, "20", 0);
}

static int commit(const struct place *place, char *fault)
{
	return commit_key(place, "40", 0, fault);
}

static int commit_confirm(const struct place *place, char *fault)
{
	return commit_key(place, "40", 5, fault);
}

static int confirm(const struct place *place, char *fault)
{
	return revision_confirm(&place->place, fault);
}

static int guard(const struct place *place, char *fault)
{
	return revision_guard(&place->place, place_line, NULL, fault);
}

static const struct act acts[] = {
	{"first commit", nothing, commit, "10", "40", NULL},
	{"commit", committed, commit, "20", "40", NULL},
	{"commit that cuts the history", long_history, commit, "20", "40", NULL},
	{"first commit, to be confirmed", nothing, commit_confirm, "10", "40", "10"},
	{"commit to be confirmed", committed, commit_confirm, "20", "40", "20"},
	{"commit over one that waits", waiting, commit, "30", "40", NULL},
	{"commit to be confirmed over one that waits", waiting, commit_confirm, "30", "40", "20"},
	{"confirm", waiting, confirm, "30", "30", NULL},
	{"guard", overdue, guard, "30", "20", NULL},
};

static bool has_unfinished(const struct place *place, const char *folder)
{
	char path[256];
	const struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "%s%s", place->dir, folder);
	dir = opendir(path);
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		found |= strstr(entry->d_name, ".new") != NULL;
	if (dir != NULL)
		closedir(dir);
	return found;
}

static bool is_one_of(const char *value, const char *a, const char *b)
{
	return strcmp(value, a) == 0 || (b != NULL && strcmp(value, b) == 0);
}

/* A start of the same boot (control alone), then one of another boot. */
static void check_start(const struct place *place, const struct act *act)
{
	char path[REVISION_FILE_PATH_MAX], value[32], fault[REVISION_FAULT_MAX];
	struct config config;
	struct revision_pending pending;

	snprintf(value, sizeof(value), "%s", place_get(place, KEY));
	assert_true(is_one_of(value, act->before, act->after));
	revision_boot(&place->place, path, place_line, NULL);
	assert_int_equal(config_load(&config, path, NULL, place_line, NULL), 0);
	if (act->run != guard)
		assert_string_equal(value, place_get(place, KEY));
	assert_false(has_unfinished(place, ""));
	assert_false(has_unfinished(place, "/history"));
	/* what is to be confirmed never stays by itself */
	assert_int_equal(revision_pending(&place->place, &pending, fault), 0);
	if (act->undone != NULL && strcmp(value, act->after) == 0)
		assert_true(pending.is_pending);
	if (act->run == commit && strcmp(value, act->after) == 0)
		assert_false(pending.is_pending);
	if (pending.is_pending) {
		place_other_boot(place);
		revision_boot(&place->place, path, place_line, NULL);
		assert_string_equal(place_get(place, KEY), act->undone ? act->undone : "20");
		assert_int_equal(revision_pending(&place->place, &pending, fault), 0);
		assert_false(pending.is_pending);
	}
	/* and a further commit finds nothing in its way */
	place_commit(place, KEY, "50", 0);
	assert_string_equal(place_get(place, KEY), "50");
	revision_boot(&place->place, path, place_line, NULL);
	assert_string_equal(strrchr(path, '/'), "/startup.conf");
	assert_string_equal(place_get(place, KEY), "50");
	place_lines();
}

/* True when the act went to its end before that step. */
static bool cut_at(const struct act *act, unsigned step)
{
	char fault[REVISION_FAULT_MAX];
	struct place place;
	int status;
	pid_t pid;

	place_begin(&place, FACTORY);
	act->prepare(&place);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		crash_at(step);
		_exit(act->run(&place, fault) < 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
	if (!WIFSIGNALED(status))
		assert_string_equal(place_get(&place, KEY), act->after);
	check_start(&place, act);
	place_end(&place);
	return !WIFSIGNALED(status);
}

static void test_a_power_cut_at_every_step(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		unsigned step = 1;

		while (!cut_at(&acts[i], step))
			step++;
		print_message("%s: cut at %u steps\n", acts[i].name, step - 1);
		assert_in_range(step, 3, 200);
	}
}

/* True when no step failed. */
static bool fail_at(const struct act *act, unsigned step, int error, int for_good)
{
	char fault[REVISION_FAULT_MAX] = "", value[32];
	struct place place;
	bool is_beyond;
	int rc;

	place_begin(&place, FACTORY);
	act->prepare(&place);
	crash_fail_at(step, error, for_good);
	rc = act->run(&place, fault);
	is_beyond = crash_steps() < step;
	crash_fail_at(0, 0, 0);
	snprintf(value, sizeof(value), "%s", place_get(&place, KEY));
	assert_true(is_one_of(value, act->before, act->after));
	if (rc < 0) {
		assert_true(strstr(fault, strerror(error)) != NULL);
		/* what is overdue counts as undone, whatever the disk says */
		if (act->run != guard)
			assert_string_equal(value, act->before);
	} else {
		assert_string_equal(value, act->after);
	}
	check_start(&place, act);
	place_end(&place);
	return is_beyond;
}

static void test_a_disk_that_fails_at_every_step(void **state)
{
	static const int errors[] = {ENOSPC, EROFS, EIO};

	(void)state;
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		for (size_t e = 0; e < sizeof(errors) / sizeof(errors[0]); e++) {
			for (int for_good = 0; for_good < 2; for_good++) {
				unsigned step = 1;

				while (!fail_at(&acts[i], step, errors[e], for_good))
					step++;
				assert_in_range(step, 3, 200);
			}
		}
	}
}

/* What the cuts above cannot show: that a name is durable before the next step, and the content before its name. */
static void test_every_rename_is_synced(void **state)
{
	char fault[REVISION_FAULT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		struct place place;
		unsigned renames = 0;

		place_begin(&place, FACTORY);
		acts[i].prepare(&place);
		crash_fail_at(0, 0, 0);
		assert_true(acts[i].run(&place, fault) >= 0);
		for (const char *at = crash_trace(); *at != '\0'; at++) {
			assert_true(*at != 'w' || at[1] == 'f');
			assert_true(*at != 'r' || at[1] == 'f');
			renames += *at == 'r';
		}
		print_message("%s: %s\n", acts[i].name, crash_trace());
		assert_true(renames > 0 || acts[i].run == confirm);
		place_end(&place);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_power_cut_at_every_step),
		cmocka_unit_test(test_a_disk_that_fails_at_every_step),
		cmocka_unit_test(test_every_rename_is_synced),
	};

	return cmocka_run_group_tests_name("revision: power cuts", tests, NULL, NULL);
}
