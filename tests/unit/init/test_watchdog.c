#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/watchdog.h>
#include <sys/ioctl.h>

#include "init_watchdog.h"

/* Watchdogs that take a time, round it, refuse it, and say nothing: the time that counts is the one that they have. */

enum { FD = 7 };

static struct {
	int most_s, step_s; /* it takes times up to this, in such steps */
	int has_s; /* 0: it does not say */
} watchdog;

int ioctl(int fd, unsigned long request, ...)
{
	int *seconds;
	va_list ap;

	va_start(ap, request);
	seconds = va_arg(ap, int *);
	va_end(ap);
	assert_int_equal(fd, FD);
	if (request == WDIOC_SETTIMEOUT && *seconds > watchdog.most_s) {
		errno = EINVAL;
		return -1;
	}
	if (request == WDIOC_SETTIMEOUT)
		watchdog.has_s =
			(*seconds + watchdog.step_s - 1) / watchdog.step_s * watchdog.step_s;
	else if (watchdog.has_s == 0) {
		errno = EOPNOTSUPP;
		return -1;
	}
	*seconds = watchdog.has_s;
	return 0;
}

static void test_it_takes_the_time(void **state)
{
	int timeout_s = 30;

	(void)state;
	watchdog.most_s = 60;
	watchdog.step_s = 1;
	assert_int_equal(init_watchdog_set(FD, &timeout_s), 0);
	assert_int_equal(timeout_s, 30);
}

static void test_it_rounds_the_time(void **state)
{
	int timeout_s = 30;

	(void)state;
	watchdog.most_s = 60;
	watchdog.step_s = 21;
	assert_int_equal(init_watchdog_set(FD, &timeout_s), 0);
	assert_int_equal(timeout_s, 42);
}

/* A box that told it every quarter of 120 s would be reset again and again. */
static void test_it_keeps_its_own_time(void **state)
{
	int timeout_s = 120;

	(void)state;
	watchdog.most_s = watchdog.has_s = 15;
	assert_int_equal(init_watchdog_set(FD, &timeout_s), -EINVAL);
	assert_int_equal(timeout_s, 15);
}

static void test_it_says_nothing(void **state)
{
	int timeout_s = 120;

	(void)state;
	watchdog.most_s = watchdog.has_s = 0;
	assert_int_equal(init_watchdog_set(FD, &timeout_s), -EINVAL);
	assert_int_equal(timeout_s, INIT_WATCHDOG_UNKNOWN_S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_takes_the_time),
		cmocka_unit_test(test_it_rounds_the_time),
		cmocka_unit_test(test_it_keeps_its_own_time),
		cmocka_unit_test(test_it_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
