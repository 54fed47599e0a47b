#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "place.h"

/* Commits on a board: QEMU's, with port pci 0000:00:01.0, core 1, 384 MB of hugepages and 256 MB for the worker. */

static struct place place;
static struct revision_candidate *candidate;
static char fault[REVISION_FAULT_MAX];

static int begin(void **state)
{
	char path[REVISION_FILE_PATH_MAX];

	(void)state;
	place_begin(&place, "mqtt.max_inflight = 10\n");
	place.place.board = "board/qemu-arm64/board.conf";
	revision_boot(&place.place, path, place_line, NULL);
	candidate = revision_candidate_new(&place.place, fault);
	place_lines();
	return candidate == NULL;
}

static int end(void **state)
{
	(void)state;
	revision_candidate_free(candidate);
	place_end(&place);
	return 0;
}

static void set(const char *path, const char *text)
{
	assert_int_equal(revision_candidate_set(candidate, path, text, fault), 0);
}

static void refused(const char *path, const char *text, const char *wanted)
{
	const struct revision_commit commit = {.no_apply = true};
	const char *said;

	set(path, text);
	assert_int_equal(
		revision_candidate_commit(candidate, &commit, place_line, NULL, fault), -EINVAL);
	said = place_lines();
	if (strstr(said, wanted) == NULL)
		fail_msg("'%s' is not in: %s", wanted, said);
	assert_false(place_has(&place, "cfg/startup.conf"));
	assert_int_equal(revision_candidate_delete(candidate, path, fault), 0);
}

static void put_change(void *arg, const struct revision_change *change)
{
	char line[256];

	(void)arg;
	snprintf(line, sizeof(line), "%s %s %s: %s", change->path, change->before, change->after,
		revision_change_text(change));
	place_line(NULL, line);
}

/* The plan's lines; the processes that it restarts must be those. */
static const char *plan(unsigned restarts)
{
	assert_int_equal(revision_candidate_plan(candidate, put_change, NULL, fault), restarts);
	return place_lines();
}

static void test_what_is_built_in_cannot_be_committed_otherwise(void **state)
{
	(void)state;
	refused("port.kind", "tap", "port.kind: \"tap\" is not used, as the board has \"pci\"");
	refused("port.device", "0000:00:09.0", "as the board has \"0000:00:01.0\"");
	refused("port.hugepages", "off", "as the board has \"on\"");
	refused("dataplane.core", "0", "as the board has \"1\"");
	assert_int_equal(revision_candidate_check(candidate, place_line, NULL), 0);
}

static void test_memory_beyond_the_hugepages_is_refused(void **state)
{
	(void)state;
	set("dataplane.memory", "347MB");
	assert_int_equal(revision_candidate_check(candidate, place_line, NULL), 0);
	refused("dataplane.memory", "348MB",
		"they need 385 MB of hugepages, the board reserves 384 MB");
	refused("dataplane.mbufs", "65536", "dataplane.mbufs: they need");
}

static void test_a_fact_restarts_nothing(void **state)
{
	(void)state;
	set("dataplane.core", "1");
	set("port.device", "0000:00:01.0");
	assert_string_equal(plan(0),
		"dataplane.core 0 1: no effect: the board's holds\n"
		"port.device slu0 0000:00:01.0: no effect: the board's holds\n");
	assert_int_equal(revision_candidate_check(candidate, place_line, NULL), 0);
}

static void test_a_budget_is_compared_with_the_boards(void **state)
{
	(void)state;
	place.place.board = "board/x86-minipc/board.conf";
	revision_candidate_free(candidate);
	candidate = revision_candidate_new(&place.place, fault);
	assert_non_null(candidate);
	/* the board's own, which is not the default of other machines */
	set("dataplane.memory", "1GB");
	assert_string_equal(plan(0), "");
	set("dataplane.memory", "256MB");
	assert_string_equal(plan(CONFIG_WORKER),
		"dataplane.memory 1GB 256MB: restart of the worker: clients are disconnected\n");
}

static void test_without_a_board_every_key_is_free(void **state)
{
	(void)state;
	place.place.board = "/nonexistent/board.conf";
	revision_candidate_free(candidate);
	candidate = revision_candidate_new(&place.place, fault);
	assert_non_null(candidate);
	set("dataplane.core", "1");
	assert_int_equal(revision_candidate_check(candidate, place_line, NULL), 0);
	assert_string_equal(plan(CONFIG_WORKER),
		"dataplane.core 0 1: restart of the worker: clients are disconnected\n");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_built_in_cannot_be_committed_otherwise),
		TEST(test_memory_beyond_the_hugepages_is_refused),
		TEST(test_a_fact_restarts_nothing),
		TEST(test_a_budget_is_compared_with_the_boards),
		TEST(test_without_a_board_every_key_is_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
