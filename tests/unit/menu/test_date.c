#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "box.h"

/* The box's clock. That of the machine is not set: the call ends here. */

static struct timespec clock_set;
static int clock_errno;

int clock_settime(clockid_t clock_id, const struct timespec *tp)
{
	assert_int_equal(clock_id, CLOCK_REALTIME);
	clock_set = *tp;
	errno = clock_errno;
	return clock_errno != 0 ? -1 : 0;
}

static int make(void **state)
{
	(void)state;
	box_make();
	box_write("/etc/sluice/board.conf", "");
	box_write("/etc/sluice/build_time", "2026-01-02 03:04:05\n");
	box_write("/data/clock", "4000000000\n");
	clock_set = (struct timespec){0};
	clock_errno = 0;
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	box_remove();
	return 0;
}

static void kept_must_be(const char *wanted)
{
	FILE *file = fopen(box_path("/data/clock"), "r");
	char text[64] = "";

	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	assert_string_equal(text, wanted);
}

static void the_clock_is_set_and_kept(void **state)
{
	static const struct {
		const char *line;
		long long time;
	} cases[] = {
		{"date set 2026-02-03 04:05", 1770091500},
		{"date set 2026-02-03 04:05:06", 1770091506},
		{"date set 2026-02-03T04:05:06Z", 1770091506},
		{"date set 2028-02-29 23:59:59", 1835481599},
	};
	char kept[32];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(box_run(cases[i].line), 0);
		assert_int_equal(clock_set.tv_sec, cases[i].time);
		snprintf(kept, sizeof(kept), "%lld\n", cases[i].time);
		kept_must_be(kept);
	}
	box_must_say("is 2028-02-29 23:59:59 now (UTC)");
}

static void what_is_no_time_changes_nothing(void **state)
{
	static const char *const lines[] = {"date set yesterday", "date set 2026-02-30 00:00",
		"date set 2026-02-03", "date set 2026-02-03 24:00", "date set 2026-02-03 04:05 x",
		"date set 2026-01-02 03:04:04", "date set 2100-01-01 00:00",
		"date set 2026-02-03 04:60"};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (box_run(lines[i]) != 1)
			fail_msg("'%s' was taken", lines[i]);
		assert_int_equal(clock_set.tv_sec, 0);
	}
	kept_must_be("4000000000\n");
	assert_int_equal(box_run("date set 2026-01-02 03:04:05"), 0);
}

static void what_cannot_be_set_or_kept_is_said(void **state)
{
	(void)state;
	clock_errno = EPERM;
	assert_int_equal(box_run("date set 2026-02-03 04:05"), 1);
	box_must_say("The clock cannot be set: Operation not permitted");
	kept_must_be("4000000000\n");
	clock_errno = 0;
	box_write("/dev/rtc0", "no clock\n");
	assert_int_equal(box_run("date set 2026-02-03 04:05"), 1);
	box_must_say("The real-time clock (/dev/rtc0) does not take it");
	assert_int_equal(unlink(box_path("/dev/rtc0")), 0);
	assert_int_equal(unlink(box_path("/data/clock")), 0);
	assert_int_equal(rmdir(box_path("/data")), 0);
	assert_int_equal(box_run("date set 2026-02-03 04:05"), 1);
	box_must_say("/data/clock cannot be written");
}

static void a_machine_that_is_no_appliance_is_left_alone(void **state)
{
	(void)state;
	assert_int_equal(unlink(box_path("/etc/sluice/board.conf")), 0);
	assert_int_equal(box_run("date set 2026-02-03 04:05"), 1);
	box_must_say("This machine is no appliance");
	assert_int_equal(clock_set.tv_sec, 0);
}

static void the_date_is_shown(void **state)
{
	(void)state;
	assert_int_equal(box_run("show date"), 0);
	box_must_say(" UTC; no real-time clock: it stands while the box is off");
	box_write("/dev/rtc0", "");
	assert_int_equal(box_run("show date"), 0);
	box_must_say(" UTC\n");
	assert_int_equal(box_run("show date | json"), 0);
	box_must_say("\"has_rtc\": true");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_clock_is_set_and_kept),
		TEST(what_is_no_time_changes_nothing),
		TEST(what_cannot_be_set_or_kept_is_said),
		TEST(a_machine_that_is_no_appliance_is_left_alone),
		TEST(the_date_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
