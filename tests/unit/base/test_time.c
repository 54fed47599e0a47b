#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base_time.h"

/* Between two readings of the system's own clock, and never back. */
static void clocks_are_the_systems(void **state)
{
	struct timespec before;
	struct timespec after;
	uint64_t ns;
	uint64_t ms;
	uint64_t wall_ms;

	(void)state;
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &before), 0);
	ns = base_time_ns();
	ms = base_time_ms();
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &after), 0);
	assert_true(ns >= (uint64_t)before.tv_sec * 1000000000 + (uint64_t)before.tv_nsec);
	assert_true(ns <= (uint64_t)after.tv_sec * 1000000000 + (uint64_t)after.tv_nsec);
	assert_true(ms >= ns / 1000000);
	assert_true(ms <= (uint64_t)after.tv_sec * 1000 + (uint64_t)after.tv_nsec / 1000000);
	wall_ms = base_time_wall_ms();
	assert_int_equal(clock_gettime(CLOCK_REALTIME, &after), 0);
	assert_true(wall_ms / 1000 <= (uint64_t)after.tv_sec);
	assert_true(wall_ms / 1000 + 3600 >= (uint64_t)after.tv_sec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clocks_are_the_systems),
	};

	return cmocka_run_group_tests_name("base_time", tests, NULL, NULL);
}
