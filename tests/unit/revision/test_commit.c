#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "place.h"

/* Commits, the history, sessions side by side, and commits that are to be confirmed. */

#define KEY "mqtt.max_inflight"

static struct place place;
static char fault[REVISION_FAULT_MAX];

static int begin(void **state)
{
	char path[REVISION_FILE_PATH_MAX];

	(void)state;
	place_begin(&place, KEY " = 10\n");
	revision_boot(&place.place, path, place_line, NULL);
	place_lines();
	return 0;
}

static int end(void **state)
{
	(void)state;
	place_end(&place);
	return 0;
}

static struct revision_candidate *candidate_new(void)
{
	struct revision_candidate *candidate = revision_candidate_new(&place.place, fault);

	assert_non_null(candidate);
	return candidate;
}

static void set(struct revision_candidate *candidate, const char *path, const char *text)
{
	assert_int_equal(revision_candidate_set(candidate, path, text, fault), 0);
}

static int commit(struct revision_candidate *candidate, const char *who)
{
	const struct revision_commit settings = {.who = who, .no_apply = true};

	return revision_candidate_commit(candidate, &settings, place_line, NULL, fault);
}

static void put_info(void *arg, unsigned back, const struct revision_info *info)
{
	char line[256];

	(void)arg;
	snprintf(line, sizeof(line), "%u %u %s %s", back, info->number, info->who, info->why);
	place_line(NULL, line);
}

static const char *history(void)
{
	assert_int_equal(revision_history(&place.place, put_info, NULL, fault), 0);
	return place_lines();
}

static void test_history(void **state)
{
	char expected[512];
	struct revision_candidate *candidate;

	(void)state;
	assert_string_equal(history(), "0 0  \n");
	assert_int_equal(place_commit(&place, KEY, "20", 0), 2);
	snprintf(expected, sizeof(expected),
		"0 2 tester a test\n1 1 sluice-config what ran before: %s\n", place.factory);
	assert_string_equal(history(), expected);
	assert_string_equal(place_read(&place, "cfg/history/000002.conf"),
		strdupa(place_read(&place, "cfg/startup.conf")));
	assert_int_equal(place_commit(&place, KEY, "30", 0), 3);
	candidate = candidate_new();
	assert_int_equal(revision_candidate_rollback(candidate, 3, fault), -ENOENT);
	assert_string_equal(
		fault, "there is no configuration of 3 commits ago: the history goes 2 back");
	assert_int_equal(revision_candidate_rollback(candidate, 2, fault), 0);
	assert_int_equal(revision_candidate_compare(candidate, 1, place_line, NULL, fault), 2);
	assert_string_equal(place_lines(), "- mqtt.max_inflight = 20\n+ mqtt.max_inflight = 10\n");
	assert_int_equal(commit(candidate, "me"), 4);
	assert_string_equal(place_get(&place, KEY), "10");
	/* nothing more to commit, and the candidate can go on */
	assert_int_equal(commit(candidate, "me"), 0);
	set(candidate, KEY, "40");
	assert_int_equal(commit(candidate, "me"), 5);
	revision_candidate_free(candidate);
}

static void test_history_has_an_end(void **state)
{
	char value[16];
	int number = 0;

	(void)state;
	for (int i = 0; i < REVISION_HISTORY_MAX + 5; i++) {
		snprintf(value, sizeof(value), "%d", 100 + i);
		number = place_commit(&place, KEY, value, 0);
	}
	assert_int_equal(number, REVISION_HISTORY_MAX + 6);
	assert_false(place_has(&place, "cfg/history/000006.conf"));
	assert_true(place_has(&place, "cfg/history/000007.conf"));
	assert_true(place_has(&place, "cfg/history/000056.conf"));
}

static void test_two_sessions(void **state)
{
	struct revision_candidate *a = candidate_new(), *b = candidate_new();

	(void)state;
	set(a, KEY, "20");
	set(a, "mqtt.max_topic_levels", "7");
	set(b, KEY, "30");
	set(b, "node.name", "b");
	assert_int_equal(commit(a, "anna"), 2);
	assert_int_equal(commit(b, "bob"), -ESTALE);
	assert_int_equal(strncmp(fault, "anna has committed revision 2 at 20", 35), 0);
	assert_non_null(strstr(fault, "rebase or discard"));
	assert_string_equal(place_get(&place, KEY), "20");
	/* what b changed, on top of what a committed */
	assert_int_equal(revision_candidate_rebase(b, place_line, NULL, fault), 0);
	assert_string_equal(
		place_lines(), "mqtt.max_inflight: anna has changed it too; yours holds\n");
	assert_int_equal(revision_candidate_compare(b, 0, place_line, NULL, fault), 3);
	assert_string_equal(place_lines(),
		"+ node.name = \"b\"\n- mqtt.max_inflight = 20\n+ mqtt.max_inflight = 30\n");
	assert_int_equal(commit(b, "bob"), 3);
	assert_string_equal(place_get(&place, "mqtt.max_topic_levels"), "7");
	/* a deletion and a new listener are taken along too */
	set(b, "listeners.tcp.in.bind", "1884");
	assert_int_equal(revision_candidate_delete(b, KEY, fault), 0);
	assert_int_equal(revision_candidate_discard(a, fault), 0);
	set(a, "mqtt.max_topic_levels", "8");
	assert_int_equal(commit(a, "anna"), 4);
	assert_int_equal(revision_candidate_rebase(b, place_line, NULL, fault), 0);
	assert_string_equal(place_lines(), "");
	assert_int_equal(commit(b, "bob"), 5);
	assert_string_equal(place_get(&place, KEY), "32");
	assert_string_equal(place_get(&place, "listeners.tcp.in.bind"), "[::]:1884");
	assert_string_equal(place_get(&place, "mqtt.max_topic_levels"), "8");
	revision_candidate_free(a);
	revision_candidate_free(b);
}

static void test_a_file_made_by_hand(void **state)
{
	struct revision_candidate *candidate = candidate_new();

	(void)state;
	set(candidate, KEY, "20");
	place_write(&place, "cfg/startup.conf", KEY " = 77\n");
	assert_int_equal(commit(candidate, "me"), -ESTALE);
	assert_non_null(strstr(fault, "the running configuration is another one"));
	revision_candidate_free(candidate);
	/* it is kept as a revision when the next one takes its place */
	assert_int_equal(place_commit(&place, "node.name", "x", 0), 2);
	assert_string_equal(place_get(&place, KEY), "77");
	assert_non_null(strstr(place_read(&place, "cfg/history/000001.conf"), "max_inflight = 77"));
}

static void test_faults_change_nothing(void **state)
{
	struct revision_candidate *candidate = candidate_new();

	(void)state;
	set(candidate, "net.gateway4", "198.18.0.1");
	assert_int_equal(commit(candidate, "me"), -EINVAL);
	assert_string_equal(
		place_lines(), "configuration: net.gateway4: expected net.ipv4 beside it\n");
	assert_false(place_has(&place, "cfg/startup.conf"));
	assert_true(revision_candidate_is_changed(candidate));
	revision_candidate_free(candidate);
}

static void test_a_commit_at_the_same_moment(void **state)
{
	struct revision_candidate *candidate = candidate_new();
	char path[128];
	int lock;

	(void)state;
	snprintf(path, sizeof(path), "%s/lock", place.dir);
	lock = open(path, O_RDWR);
	assert_true(lock >= 0 && flock(lock, LOCK_EX) == 0);
	set(candidate, KEY, "20");
	assert_int_equal(commit(candidate, "me"), -EWOULDBLOCK);
	assert_non_null(strstr(fault, "another session commits: try again in a moment"));
	close(lock);
	assert_int_equal(commit(candidate, "me"), 2);
	revision_candidate_free(candidate);
}

static void put_change(void *arg, const struct revision_change *change)
{
	char line[512];

	(void)arg;
	snprintf(line, sizeof(line), "%s %s>%s %u %s", change->path, change->before, change->after,
		change->restart, revision_change_text(change));
	place_line(NULL, line);
}

static void test_plan(void **state)
{
	struct revision_candidate *candidate = candidate_new();

	(void)state;
	set(candidate, "mqtt.idle_timeout", "15s"); /* its default */
	assert_int_equal(revision_candidate_plan(candidate, put_change, NULL, fault), 0);
	assert_string_equal(place_lines(), "");
	set(candidate, KEY, "20");
	set(candidate, "mgmt.ipv4", "192.0.2.1/24");
	assert_int_equal(revision_candidate_plan(candidate, put_change, NULL, fault), 0);
	assert_string_equal(place_lines(), "mgmt.ipv4 >192.0.2.1/24 0 live\n"
					   "mqtt.max_inflight 10>20 0 for new connections\n");
	set(candidate, "net.ipv4", "198.18.0.2/15");
	assert_int_equal(revision_candidate_plan(candidate, NULL, NULL, fault), CONFIG_WORKER);
	set(candidate, "node.name", "n");
	assert_int_equal(revision_candidate_plan(candidate, put_change, NULL, fault),
		CONFIG_WORKER | CONFIG_CONTROL);
	assert_string_equal(place_lines(),
		"node.name sluice>n 1 restart of control: sessions and retained messages in memory "
		"are lost\n"
		"net.ipv4 >198.18.0.2/15 2 restart of the worker: clients are disconnected\n"
		"mgmt.ipv4 >192.0.2.1/24 0 live\n"
		"mqtt.max_inflight 10>20 0 for new connections\n");
	revision_candidate_free(candidate);
}

static struct revision_pending pending(void)
{
	struct revision_pending out;

	assert_int_equal(revision_pending(&place.place, &out, fault), 0);
	return out;
}

static void test_confirm(void **state)
{
	struct revision_candidate *candidate;

	(void)state;
	assert_int_equal(revision_confirm(&place.place, fault), -ENOENT);
	assert_string_equal(fault, "no commit waits to be confirmed");
	place_commit(&place, KEY, "20", 2);
	assert_true(pending().is_pending);
	assert_int_equal(pending().number, 2);
	assert_int_equal(pending().previous, 1);
	assert_in_range(pending().left_s, 100, 120);
	assert_string_equal(pending().who, "tester");
	assert_int_equal(revision_guard(&place.place, place_line, NULL, fault), 0);
	assert_int_equal(revision_confirm(&place.place, fault), 0);
	assert_false(pending().is_pending);
	assert_string_equal(place_get(&place, KEY), "20");
	/* a second commit is a confirmation too, with a change or without */
	place_commit(&place, KEY, "30", 2);
	candidate = candidate_new();
	assert_int_equal(commit(candidate, "me"), 0);
	assert_string_equal(place_lines(), "revision 3 is confirmed\n");
	assert_false(pending().is_pending);
	place_commit(&place, KEY, "40", 2);
	place_commit(&place, KEY, "50", 0);
	assert_false(pending().is_pending);
	revision_candidate_free(candidate);
}

/* A commit that is to be confirmed itself, without a change, asks for time: it confirms nothing. */
static void test_more_time_to_confirm(void **state)
{
	const struct revision_commit more = {.who = "me", .confirm_minutes = 60, .no_apply = true};
	struct revision_candidate *candidate;

	(void)state;
	place_commit(&place, KEY, "20", 0);
	place_commit(&place, KEY, "30", 2);
	candidate = candidate_new();
	assert_int_equal(revision_candidate_commit(candidate, &more, place_line, NULL, fault), 0);
	assert_true(pending().is_pending);
	assert_int_equal(pending().number, 3);
	assert_int_equal(pending().previous, 2);
	assert_true(pending().left_s > 120);
	place_time_is_over(&place);
	assert_int_equal(revision_guard(&place.place, place_line, NULL, fault), 1);
	assert_string_equal(place_get(&place, KEY), "20");
	revision_candidate_free(candidate);
}

/* Between the end of its time and the guard's next look nothing keeps it. */
static void test_too_late_to_confirm(void **state)
{
	static const char too_late[] = "the time to confirm revision 3 is over: revision 2 comes "
				       "back, nothing was confirmed";
	const struct revision_commit more = {.who = "me", .confirm_minutes = 60, .no_apply = true};
	struct revision_candidate *candidate;

	(void)state;
	place_commit(&place, KEY, "20", 0);
	place_commit(&place, KEY, "30", 2);
	place_time_is_over(&place);
	candidate = candidate_new();
	assert_int_equal(commit(candidate, "me"), -ETIME);
	assert_string_equal(fault, too_late);
	assert_int_equal(
		revision_candidate_commit(candidate, &more, place_line, NULL, fault), -ETIME);
	assert_int_equal(revision_confirm(&place.place, fault), -ETIME);
	assert_string_equal(fault, too_late);
	assert_string_equal(place_lines(), "");
	assert_int_equal(revision_guard(&place.place, place_line, NULL, fault), 1);
	assert_string_equal(place_get(&place, KEY), "20");
	revision_candidate_free(candidate);
}

static void test_not_confirmed(void **state)
{
	(void)state;
	place_commit(&place, KEY, "20", 0);
	place_commit(&place, KEY, "30", 5);
	place_commit(&place, KEY, "40", 5);
	assert_int_equal(pending().previous, 2);
	place_time_is_over(&place);
	assert_int_equal(pending().left_s, 0);
	assert_int_equal(revision_guard(&place.place, place_line, NULL, fault), 1);
	assert_int_equal(
		strncmp(place_lines(), "revision 4 was not confirmed: revision 2 again\n", 47), 0);
	assert_string_equal(place_get(&place, KEY), "20");
	assert_false(pending().is_pending);
	assert_int_equal(revision_guard(&place.place, place_line, NULL, fault), 0);
	assert_int_equal(strncmp(history(), "0 5 guard revision 4 was not confirmed", 38), 0);
}

static void test_what_to_go_back_to_is_gone(void **state)
{
	(void)state;
	place_commit(&place, KEY, "20", 5);
	place_remove(&place, "cfg/history/000001.conf");
	place_time_is_over(&place);
	assert_int_equal(revision_guard(&place.place, place_line, NULL, fault), 0);
	assert_non_null(strstr(place_lines(), "revision 1 cannot be read: it stays"));
	assert_string_equal(place_get(&place, KEY), "20");
	assert_false(pending().is_pending);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_history, begin, end),
		cmocka_unit_test_setup_teardown(test_history_has_an_end, begin, end),
		cmocka_unit_test_setup_teardown(test_two_sessions, begin, end),
		cmocka_unit_test_setup_teardown(test_a_file_made_by_hand, begin, end),
		cmocka_unit_test_setup_teardown(test_faults_change_nothing, begin, end),
		cmocka_unit_test_setup_teardown(test_a_commit_at_the_same_moment, begin, end),
		cmocka_unit_test_setup_teardown(test_plan, begin, end),
		cmocka_unit_test_setup_teardown(test_confirm, begin, end),
		cmocka_unit_test_setup_teardown(test_more_time_to_confirm, begin, end),
		cmocka_unit_test_setup_teardown(test_too_late_to_confirm, begin, end),
		cmocka_unit_test_setup_teardown(test_not_confirmed, begin, end),
		cmocka_unit_test_setup_teardown(test_what_to_go_back_to_is_gone, begin, end),
	};

	return cmocka_run_group_tests_name("revision: commits", tests, NULL, NULL);
}
