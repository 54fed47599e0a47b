/* The operational commands on a box whose control is dead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <jansson.h>

#include "box.h"
#include "menu.h"
#include "shell.h"

static int set_up(void **state)
{
	(void)state;
	box_make();
	box_write("/etc/sluice/version", "1.2.3\n");
	box_write("/etc/sluice/build_time", "2026-01-02T03:04:05Z\n");
	box_write("/run/sluice/slot", "a\n");
	box_write("/run/sluice/faults", "no IOMMU\nno \x1b[31mNIC\n");
	box_write("/run/sluice/services.json",
		"{\"services\": [{\"name\": \"control\", \"pid\": 12, \"state\": \"up\", "
		"\"restarts\": 3, \"since\": \"today\", \"last_end\": \"killed by signal 9\"},"
		"{\"name\": \"worker\", \"pid\": 0, \"state\": \"waiting\", \"restarts\": 0}]}");
	box_write("/run/sluice/log/messages", "one\ntwo\nthree\x1b[2J\nfour\n");
	box_write("/proc/uptime", "93784.22 1.00\n");
	box_write("/proc/cpuinfo", "processor\t: 0\nmodel name\t: A Fast One\n");
	box_write("/proc/meminfo", "MemTotal:       1000 kB\nHugePages_Total:      64\n");
	box_write("/proc/device-tree/model", "Board of Boards");
	box_write("/cfg/factory/serial", "S-1\n");
	box_write("/cfg/factory/node_id", "n-1\n");
	box_write("/sys/block/vda/size", "131072\n");
	box_write("/sys/class/net/eth7/address", "02:00:00:00:00:01\n");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	box_remove();
	return 0;
}

static void assert_shows(const char *line, const char *part)
{
	assert_int_equal(box_run(line), SHELL_DONE);
	if (strstr(box_output(), part) == NULL)
		fail_msg("%s does not show '%s', but: %s", line, part, box_output());
}

static void version_comes_from_files(void **state)
{
	(void)state;
	assert_shows("show version", "version         : 1.2.3\n");
	assert_shows("show version", "slot            : a\n");
	assert_shows("show version | json", "\"build_time\": \"2026-01-02T03:04:05Z\"");
}

static void status_lists_services_and_faults(void **state)
{
	(void)state;
	assert_shows("show status", "up              : 1 d 02:03:04\n");
	assert_shows("show status", "control         : up, pid 12, restarts 3, since today; "
				    "ended before: killed by signal 9\n");
	assert_shows("show status", "worker          : waiting, restarts 0, since the start\n");
	assert_shows("show status", "fault           : no IOMMU\n");
	assert_shows("show status", "no \\x1b[31mNIC\n");
	assert_shows("show status", "broker          : does not answer at /nonexistent");
}

static void hardware_comes_from_the_kernel(void **state)
{
	(void)state;
	assert_shows("show hardware", "serial          : S-1\n");
	assert_shows("show hardware", "node_id         : n-1\n");
	assert_shows("show hardware", "model           : Board of Boards\n");
	assert_shows("show hardware", "processor       : A Fast One\n");
	assert_shows("show hardware", "hugepages       : 64\n");
	assert_shows("show hardware", "disk            : vda 67 MB\n");
	assert_shows("show hardware", "eth7 02:00:00:00:00:01, unknown\n");
}

static void json_is_json(void **state)
{
	static const char *const lines[] = {
		"show version | json", "show status | json", "show hardware | json"};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		json_t *value;

		assert_int_equal(box_run(lines[i]), SHELL_DONE);
		value = json_loads(box_output(), 0, NULL);
		assert_true(json_is_object(value));
		json_decref(value);
	}
}

static void the_log_is_shown_whole_or_its_end(void **state)
{
	(void)state;
	assert_int_equal(box_run("show log"), SHELL_DONE);
	assert_string_equal(box_output(), "one\ntwo\nthree\\x1b[2J\nfour\n");
	assert_int_equal(box_run("show log lines 2"), SHELL_DONE);
	assert_string_equal(box_output(), "three\\x1b[2J\nfour\n");
	assert_int_equal(box_run("show log lines 0"), SHELL_DONE);
	assert_string_equal(box_output(), "");
	assert_int_equal(box_run("show log lines 99 | match o | count"), SHELL_DONE);
	assert_string_equal(box_output(), "Count: 3 lines\n");
}

static void a_long_log_is_read_from_its_end(void **state)
{
	enum { LINES = 5000 };
	static char text[LINES * 16];
	size_t used = 0;

	(void)state;
	for (int i = 0; i < LINES; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "line %05d\n", i);
	box_write("/run/sluice/log/messages", text);
	assert_int_equal(box_run("show log lines 1000 | count"), SHELL_DONE);
	assert_string_equal(box_output(), "Count: 1000 lines\n");
	assert_shows("show log lines 1000", "line 04000\nline 04001\n");
}

static void a_box_without_files_says_what_it_lacks(void **state)
{
	(void)state;
	box_remove();
	box_make();
	assert_int_equal(box_run("show status"), SHELL_DONE);
	assert_int_equal(box_run("show version"), SHELL_DONE);
	assert_int_equal(box_run("show hardware"), SHELL_DONE);
	assert_int_equal(box_run("show log"), SHELL_NOT_DONE);
	assert_non_null(strstr(box_errors(), "there is no log at"));
}

static void a_dead_control_is_told(void **state)
{
	static const char *const lines[] = {"show clients", "show clients x", "show sessions",
		"show subscriptions", "show topics", "show listeners", "show memory",
		"show metrics", "clear client x"};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(box_run(lines[i]), SHELL_NOT_DONE);
		assert_non_null(strstr(box_errors(),
			"control does not answer at /nonexistent/control.sock: No such file"));
		assert_string_equal(box_output(), "");
	}
	assert_int_equal(box_run("show clients | json"), SHELL_NOT_DONE);
	assert_string_equal(box_output(), "");
}

static void control_is_where_what_runs_says(void **state)
{
	char text[256];

	(void)state;
	box_remove();
	box_make();
	box_asks_what_runs();
	box_write("/moved.sock", "");
	snprintf(text, sizeof(text), "authorization.file = \"\"\ncli.socket = \"%s\"\n",
		box_path("/moved.sock"));
	box_write("/cfg/config/startup.conf", text);
	snprintf(text, sizeof(text), "does not answer at %s", box_path("/moved.sock"));
	assert_int_equal(box_run("show clients"), SHELL_NOT_DONE);
	assert_non_null(strstr(box_errors(), text));
	assert_int_equal(box_run("show status"), SHELL_DONE);
	assert_non_null(strstr(box_output(), text));
	/* what was told beforehand holds */
	box_remove();
	box_make();
	box_write("/cfg/config/startup.conf", "cli.socket = \"/elsewhere.sock\"\n");
	assert_int_equal(box_run("show clients"), SHELL_NOT_DONE);
	assert_non_null(strstr(box_errors(), "answer at /nonexistent/control.sock: "));
}

static void hosts_are_no_options(void **state)
{
	static const char *const lines[] = {"ping -f", "ping \"a b\"", "ping ''", "ping a;b"};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(box_run(lines[i]), SHELL_USAGE);
		assert_non_null(strstr(box_errors(), "expected the name or the address of a host"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_comes_from_files),
		cmocka_unit_test(status_lists_services_and_faults),
		cmocka_unit_test(hardware_comes_from_the_kernel),
		cmocka_unit_test(json_is_json),
		cmocka_unit_test(the_log_is_shown_whole_or_its_end),
		cmocka_unit_test(a_long_log_is_read_from_its_end),
		cmocka_unit_test(a_box_without_files_says_what_it_lacks),
		cmocka_unit_test(a_dead_control_is_told),
		cmocka_unit_test(control_is_where_what_runs_says),
		cmocka_unit_test(hosts_are_no_options),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
