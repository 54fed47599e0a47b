#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console_lock.h"

/* The lock-out, in a time of its own. */

enum { START_MS = 1000000, SECOND_MS = 1000 };

static char folder[] = "/tmp/sluice-lock-XXXXXX";
static char file[64], mark[64];

static int set_up(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(file, sizeof(file), "%s/state", folder);
	snprintf(mark, sizeof(mark), "%s/mark", folder);
	return 0;
}

static int clean(void **state)
{
	(void)state;
	unlink(file);
	unlink(mark);
	return 0;
}

static int tear_down(void **state)
{
	clean(state);
	return rmdir(folder);
}

static void test_five_are_free_then_it_doubles_up_to_a_quarter_of_an_hour(void **state)
{
	static const unsigned delays_s[] = {0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900};
	struct console_lock lock = {0};
	uint64_t now_ms = START_MS;

	(void)state;
	for (size_t i = 0; i < sizeof(delays_s) / sizeof(delays_s[0]); i++) {
		assert_int_equal(console_lock_left_s(&lock, now_ms), 0);
		assert_int_equal(console_lock_wrong(&lock, now_ms), delays_s[i]);
		assert_int_equal(console_lock_left_s(&lock, now_ms), delays_s[i]);
		now_ms += delays_s[i] * SECOND_MS;
	}
}

static void test_the_rest_of_a_second_is_a_second(void **state)
{
	struct console_lock lock = {.wrong = 4};

	(void)state;
	console_lock_wrong(&lock, START_MS);
	assert_int_equal(console_lock_left_s(&lock, START_MS + 1), 30);
	assert_int_equal(console_lock_left_s(&lock, START_MS + 29 * SECOND_MS + 1), 1);
	assert_int_equal(console_lock_left_s(&lock, START_MS + 30 * SECOND_MS - 1), 1);
	assert_int_equal(console_lock_left_s(&lock, START_MS + 30 * SECOND_MS), 0);
}

static void test_the_right_one_forgives_all(void **state)
{
	struct console_lock lock = {.wrong = 100, .until_ms = 1, .refused = 7};

	(void)state;
	console_lock_open(&lock);
	for (int i = 0; i < 4; i++)
		assert_int_equal(console_lock_wrong(&lock, START_MS), 0);
}

static void test_the_count_does_not_wrap(void **state)
{
	struct console_lock lock = {.wrong = UINT32_MAX};

	(void)state;
	assert_int_equal(console_lock_wrong(&lock, START_MS), CONSOLE_LOCK_LAST_S);
	assert_int_equal(console_lock_wrong(&lock, START_MS), CONSOLE_LOCK_LAST_S);
}

static void test_it_outlives_the_process(void **state)
{
	struct console_lock lock = {.wrong = 6, .refused = 3}, again;

	(void)state;
	console_lock_wrong(&lock, START_MS);
	assert_int_equal(console_lock_save(&lock, file, mark), 0);
	assert_int_equal(access(mark, F_OK), 0);
	console_lock_load(&again, file, mark, START_MS + 20 * SECOND_MS);
	assert_int_equal(again.wrong, 7);
	assert_int_equal(again.refused, 3);
	assert_int_equal(console_lock_left_s(&again, START_MS + 20 * SECOND_MS), 100);
}

static void test_a_reboot_begins_with_the_first_step(void **state)
{
	struct console_lock lock = {.wrong = 20}, again;

	(void)state;
	console_lock_wrong(&lock, START_MS);
	assert_int_equal(console_lock_save(&lock, file, mark), 0);
	assert_int_equal(unlink(file), 0); /* /run is memory */
	console_lock_load(&again, file, mark, 100);
	assert_int_equal(console_lock_left_s(&again, 100), CONSOLE_LOCK_FIRST_S);
	assert_int_equal(console_lock_wrong(&again, 40 * SECOND_MS), 2 * CONSOLE_LOCK_FIRST_S);
}

static void test_without_a_lock_a_reboot_finds_it_open(void **state)
{
	struct console_lock lock = {0}, again;

	(void)state;
	for (int i = 0; i < CONSOLE_LOCK_AFTER - 1; i++)
		console_lock_wrong(&lock, START_MS);
	assert_int_equal(console_lock_save(&lock, file, mark), 0);
	assert_int_equal(access(mark, F_OK), -1);
	assert_int_equal(unlink(file), 0);
	console_lock_load(&again, file, mark, 100);
	assert_int_equal(console_lock_left_s(&again, 100), 0);
}

static void test_the_right_one_takes_the_mark_away(void **state)
{
	struct console_lock lock = {.wrong = 4};

	(void)state;
	console_lock_wrong(&lock, START_MS);
	assert_int_equal(console_lock_save(&lock, file, mark), 0);
	console_lock_open(&lock);
	assert_int_equal(console_lock_save(&lock, file, mark), 0);
	assert_int_equal(access(mark, F_OK), -1);
}

static void test_a_broken_state_is_a_lock(void **state)
{
	static const char *const broken[] = {"", "x", "7", "7 8", "-"};
	struct console_lock lock;

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		FILE *out = fopen(file, "w");

		assert_non_null(out);
		fputs(broken[i], out);
		fclose(out);
		console_lock_load(&lock, file, mark, START_MS);
		assert_int_equal(console_lock_left_s(&lock, START_MS), CONSOLE_LOCK_FIRST_S);
	}
}

static void test_a_state_of_another_time_is_no_longer_than_the_longest(void **state)
{
	struct console_lock lock = {.wrong = 9, .until_ms = UINT64_MAX}, again;

	(void)state;
	assert_int_equal(console_lock_save(&lock, file, mark), 0);
	console_lock_load(&again, file, mark, START_MS);
	assert_int_equal(console_lock_left_s(&again, START_MS), CONSOLE_LOCK_LAST_S);
}

static void test_folders_that_are_not_there_are_told(void **state)
{
	struct console_lock lock = {.wrong = 9};

	(void)state;
	assert_true(console_lock_save(&lock, "/nonexistent/state", mark) < 0);
	assert_true(console_lock_save(&lock, file, "/nonexistent/mark") < 0);
	lock.wrong = 0;
	assert_int_equal(console_lock_save(&lock, file, "/nonexistent/mark"), 0);
}

#define TEST(function) cmocka_unit_test_teardown(function, clean)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_five_are_free_then_it_doubles_up_to_a_quarter_of_an_hour),
		TEST(test_the_rest_of_a_second_is_a_second),
		TEST(test_the_right_one_forgives_all),
		TEST(test_the_count_does_not_wrap),
		TEST(test_it_outlives_the_process),
		TEST(test_a_reboot_begins_with_the_first_step),
		TEST(test_without_a_lock_a_reboot_finds_it_open),
		TEST(test_the_right_one_takes_the_mark_away),
		TEST(test_a_broken_state_is_a_lock),
		TEST(test_a_state_of_another_time_is_no_longer_than_the_longest),
		TEST(test_folders_that_are_not_there_are_told),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
