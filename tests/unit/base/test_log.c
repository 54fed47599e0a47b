#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base_assert.h"
#include "base_log.h"

static char text[4096];

/* What `act` writes to standard error. Returns how its process ended. */
static int run(void (*act)(void))
{
	int fds[2];
	int status;
	size_t used = 0;
	ssize_t bytes;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		signal(SIGABRT, SIG_DFL); /* cmocka catches it */
		dup2(fds[1], STDERR_FILENO);
		act();
		_exit(0);
	}
	close(fds[1]);
	while ((bytes = read(fds[0], text + used, sizeof(text) - 1 - used)) > 0)
		used += (size_t)bytes;
	text[used] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void say_one(void)
{
	base_log_init("worker 3", BASE_LOG_INFO);
	base_log(BASE_LOG_WARNING, "port %s is down, %d times", "lan0", 7);
}

static void line_has_time_level_and_process(void **state)
{
	int year, month, day, hour, minute, second, ms, end = 0;

	(void)state;
	assert_int_equal(run(say_one), 0);
	assert_int_equal(sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ %n", &year, &month, &day, &hour,
				 &minute, &second, &ms, &end),
		7);
	assert_int_equal(end, 25);
	assert_true(year >= 2024 && month >= 1 && month <= 12 && day >= 1 && day <= 31);
	assert_string_equal(text + end, "warning worker 3: port lan0 is down, 7 times\n");
}

static void say_all_levels(void)
{
	base_log_init("control", BASE_LOG_WARNING);
	base_log(BASE_LOG_DEBUG, "d");
	base_log(BASE_LOG_INFO, "i");
	base_log(BASE_LOG_WARNING, "w");
	base_log(BASE_LOG_ERROR, "e");
	base_log_set_level(BASE_LOG_INFO);
	base_log(BASE_LOG_DEBUG, "later d");
	base_log(BASE_LOG_INFO, "later i");
}

static void level_cuts_off(void **state)
{
	(void)state;
	assert_int_equal(run(say_all_levels), 0);
	assert_null(strstr(text, ": d\n"));
	assert_null(strstr(text, ": i\n"));
	assert_non_null(strstr(text, "warning control: w\n"));
	assert_null(strstr(text, "later d\n"));
	assert_non_null(strstr(text, "info control: later i\n"));
	assert_non_null(strstr(text, "error control: e\n"));
}

static void say_controls(void)
{
	base_log(BASE_LOG_ERROR, "a\nb\r\x1b[2Jc\x7f d\xc3\xa9");
	base_log(BASE_LOG_ERROR, "e\xc2\x9b"
				 "2Jf\xc2\xa0 g\xc2");
}

static void control_characters_are_shown(void **state)
{
	(void)state;
	assert_int_equal(run(say_controls), 0);
	assert_non_null(strstr(text, "error sluice: a\\x0ab\\x0d\\x1b[2Jc\\x7f d\xc3\xa9\n"));
	assert_non_null(strstr(text, "error sluice: e\\x9b"
				     "2Jf\xc2\xa0 g\xc2\n"));
}

static void say_much(void)
{
	char much[3000];

	memset(much, 'x', sizeof(much));
	much[sizeof(much) - 1] = '\0';
	base_log(BASE_LOG_ERROR, "%s", much);
	memset(much, '\n', sizeof(much) - 1);
	base_log(BASE_LOG_ERROR, "%s", much);
}

static void long_lines_are_cut(void **state)
{
	char *second;

	(void)state;
	assert_int_equal(run(say_much), 0);
	second = strchr(text, '\n') + 1;
	assert_true(second - text > 990 && second - text <= 1000);
	assert_true(strlen(second) > 990 && strlen(second) <= 1000);
	assert_ptr_equal(strchr(second, '\n'), second + strlen(second) - 1);
	assert_string_equal(second + strlen(second) - 5, "\\x0a\n"); /* no half of an escape */
}

static void levels_have_names(void **state)
{
	(void)state;
	assert_int_equal(base_log_level_parse("error"), BASE_LOG_ERROR);
	assert_int_equal(base_log_level_parse("warning"), BASE_LOG_WARNING);
	assert_int_equal(base_log_level_parse("info"), BASE_LOG_INFO);
	assert_int_equal(base_log_level_parse("debug"), BASE_LOG_DEBUG);
	assert_int_equal(base_log_level_parse("warn"), -EINVAL);
	assert_int_equal(base_log_level_parse(""), -EINVAL);
}

static void assert_wrong(void)
{
	BASE_ASSERT(1 + 1 == 2);
	BASE_ASSERT(1 + 1 == 3);
}

static void failed_assertion_says_where_and_aborts(void **state)
{
	int status = run(assert_wrong);

	(void)state;
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	assert_non_null(strstr(text, "test_log.c:"));
	assert_non_null(strstr(text, "assertion failed: 1 + 1 == 3\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_has_time_level_and_process),
		cmocka_unit_test(level_cuts_off),
		cmocka_unit_test(control_characters_are_shown),
		cmocka_unit_test(long_lines_are_cut),
		cmocka_unit_test(levels_have_names),
		cmocka_unit_test(failed_assertion_says_where_and_aborts),
	};

	return cmocka_run_group_tests_name("base_log", tests, NULL, NULL);
}
