#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <linux/rtc.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base_file.h"
#include "menu_box.h"

/* The box's clock, in UTC: for a box that no server tells the time. */

#define MENU_RTC "/dev/rtc0"
#define MENU_CLOCK "/data/clock"

enum { DATE_MAX = 32 };

static const char *date_text(time_t time, char out[DATE_MAX])
{
	struct tm tm;

	if (gmtime_r(&time, &tm) == NULL || strftime(out, DATE_MAX, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		snprintf(out, DATE_MAX, "%lld", (long long)time);
	return out;
}

/* A date and a time of day that exist, as this box prints them; seconds and a "Z" at the end may be there or not. */
static bool date_read(const char *text, time_t *out)
{
	static const char *const forms[] = {
		"%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm tm = {0}, given;
		const char *end = strptime(text, forms[i], &tm);

		if (end == NULL || (strcmp(end, "") != 0 && strcmp(end, "Z") != 0))
			continue;
		given = tm;
		*out = timegm(&tm); /* makes the 2nd of March of the 30th of February */
		return tm.tm_mday == given.tm_mday && tm.tm_hour == given.tm_hour &&
		       tm.tm_sec == given.tm_sec;
	}
	return false;
}

static bool has_rtc(const struct menu *menu)
{
	char path[MENU_PATH_MAX];

	return access(menu_path(menu, MENU_RTC, path), F_OK) == 0;
}

static int rtc_set(const struct menu *menu, time_t time)
{
	char path[MENU_PATH_MAX];
	int fd = open(menu_path(menu, MENU_RTC, path), O_WRONLY | O_CLOEXEC), error;
	struct tm tm;
	struct rtc_time rtc;

	if (fd < 0)
		return -errno;
	gmtime_r(&time, &tm);
	rtc = (struct rtc_time){.tm_sec = tm.tm_sec,
		.tm_min = tm.tm_min,
		.tm_hour = tm.tm_hour,
		.tm_mday = tm.tm_mday,
		.tm_mon = tm.tm_mon,
		.tm_year = tm.tm_year,
		.tm_wday = tm.tm_wday};
	error = ioctl(fd, RTC_SET_TIME, &rtc) < 0 ? -errno : 0;
	close(fd);
	return error;
}

/* What the box goes on from when it has no real-time clock; a floor that is left in the future would come back. */
static int floor_set(const struct menu *menu, time_t time)
{
	char path[MENU_PATH_MAX], text[DATE_MAX];
	int bytes = snprintf(text, sizeof(text), "%lld\n", (long long)time);

	return base_file_replace(menu_path(menu, MENU_CLOCK, path), 0600, text, (size_t)bytes);
}

static int run_show(struct shell_call *call)
{
	const struct menu *menu = shell_context(call);
	char text[DATE_MAX];
	time_t now = time(NULL);

	date_text(now, text);
	if (shell_wants_json(call))
		shell_json(call, json_pack("{s:s,s:I,s:b}", "date", text, "seconds",
					 (json_int_t)now, "has_rtc", has_rtc(menu)));
	else
		shell_print(call, "%s UTC%s", text,
			has_rtc(menu) ? ""
				      : "; no real-time clock: it stands while the box is off");
	return SHELL_DONE;
}

/* The firmware's next start would set the clock to its own time of build at least. */
static bool is_possible(const struct menu *menu, time_t time)
{
	static const time_t latest = 4102444800; /* 2100, as for the firmware's start */
	char built[MENU_FACT_MAX];
	time_t earliest = 0;

	menu_fact(menu, MENU_BUILD_TIME, "", built);
	if (!date_read(built, &earliest))
		earliest = 0;
	return time >= earliest && time < latest;
}

/* What outlives the end of power. */
static int keep(struct shell_call *call, const struct menu *menu, time_t time)
{
	int error = has_rtc(menu) ? rtc_set(menu, time) : 0;

	if (error < 0)
		return shell_fail(call,
			"The real-time clock (" MENU_RTC ") does not take it, so that it is lost "
			"when the box is off: %s.",
			strerror(-error));
	error = floor_set(menu, time);
	if (error < 0)
		return shell_fail(call,
			MENU_CLOCK " cannot be written, so that the next start may bring the old "
				   "time back: %s.",
			strerror(-error));
	return SHELL_DONE;
}

static int run_set(struct shell_call *call)
{
	const struct menu *menu = shell_context(call);
	char before[DATE_MAX], after[DATE_MAX], path[MENU_PATH_MAX];
	struct timespec wanted = {0};

	if (access(menu_path(menu, MENU_BOARD, path), F_OK) < 0)
		return shell_fail(call,
			"This machine is no appliance (" MENU_BOARD " is missing): its own "
			"system sets its clock.");
	if (!date_read(shell_arg(call, "when"), &wanted.tv_sec))
		return shell_fail(call,
			"'%s' is no date and time, such as 2026-01-31 14:05 or "
			"2026-01-31 14:05:30, in UTC.",
			shell_arg(call, "when"));
	if (!is_possible(menu, wanted.tv_sec))
		return shell_fail(call,
			"%s is before this firmware was built (show version), or after 2099.",
			date_text(wanted.tv_sec, after));
	date_text(time(NULL), before);
	if (clock_settime(CLOCK_REALTIME, &wanted) < 0)
		return shell_fail(call, "The clock cannot be set: %s.", strerror(errno));
	shell_print(
		call, "It was %s, and is %s now (UTC).", before, date_text(wanted.tv_sec, after));
	return keep(call, menu, wanted.tv_sec);
}

static const struct shell_command commands[] = {
	{"show date", SHELL_OPERATE, SHELL_VIEW, SHELL_JSON, run_show,
		"the clock of the box, in UTC"},
	{"date set <when...>", SHELL_OPERATE, SHELL_ADMIN, 0, run_set, "set the clock"},
	{0},
};

static const struct shell_type types[] = {
	{"when", "date and time in UTC, such as 2026-01-31 14:05", NULL, NULL},
	{0},
};

static const struct shell_word words[] = {
	{"date", "the clock of the box"},
	{0},
};

const struct shell_table menu_date_table = {commands, types, words};
