#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "box.h"
#include "init_crash.h"

/* Services: their start, their end, what follows; commands; the box's own end. */

#define SH(text)                                                                                   \
	(const char *const[])                                                                      \
	{                                                                                          \
		"/bin/sh", "-c", text, NULL                                                        \
	}
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct init_kind quick_setup = {.name = "setup",
	.argv = (const char *const[]){"/bin/true", NULL},
	.is_setup = true,
	.is_once = true};

static int up(void **state)
{
	(void)state;
	box_make();
	return 0;
}

static int down(void **state)
{
	(void)state;
	box_remove();
	return 0;
}

static bool is_alive(pid_t pid)
{
	return kill(pid, 0) == 0 || errno != ESRCH;
}

static bool goes(pid_t pid)
{
	for (unsigned i = 0; i < 3000 && is_alive(pid); i++)
		poll(NULL, 0, 10);
	return !is_alive(pid);
}

static void killed_service_comes_back(void **state)
{
	const struct init_kind kinds[] = {
		quick_setup, {.name = "one", .argv = SH("echo alive; exec sleep 1000")}};
	pid_t old, new;

	(void)state;
	box_start(kinds, COUNT(kinds), NULL, -1);
	old = box_service_after("one", 0);
	assert_true(box_comes("/run/sluice/log/messages", " one alive\n"));
	kill(old, SIGKILL);
	new = box_service_after("one", old);
	assert_int_not_equal(new, 0);
	assert_true(box_comes("/run/sluice/services.json", "was killed by signal 9"));
	assert_true(box_comes("/dev/console", "init: one was killed by signal 9"));
	assert_int_equal(box_end("reboot"), INIT_REBOOT);
	assert_false(is_alive(new));
}

static void crash_is_recorded(void **state)
{
	const struct init_kind kinds[] = {
		quick_setup, {.name = "bad", .argv = SH("echo last words; exit 7")}};

	(void)state;
	box_start(kinds, COUNT(kinds), NULL, -1);
	assert_true(box_comes("/data/crash/000001-bad", "  last words\n"));
	assert_non_null(strstr(box_read("/data/crash/000001-bad"), "end: ended with status 7"));
	assert_non_null(strstr(box_read("/data/crash/000001-bad"), "version: 1.2.3\n"));
	/* It never runs long: the pauses grow, and the console hears of the first ends only. */
	assert_true(box_comes("/dev/console", "only the log tells"));
	assert_true(box_comes("/data/crash/000008-bad", "last words"));
	box_end("poweroff");
	assert_null(strstr(strstr(box_read("/dev/console"), "only the log tells"), "bad ended"));
}

static void oldest_records_go(void **state)
{
	static struct init_service service;
	const struct init_kind kind = {.name = "bad"};
	unsigned records = INIT_CRASHES_MAX + 5;

	(void)state;
	init_service_init(&service, &kind);
	for (unsigned i = 0; i < records; i++)
		assert_int_equal(init_crash_write(box_root(), &service), 0);
	assert_int_equal(box_count("/data/crash"), INIT_CRASHES_MAX);
	assert_false(box_has("/data/crash/000005-bad"));
	assert_true(box_has("/data/crash/000006-bad"));
	assert_true(box_has("/data/crash/000025-bad"));
}

static void once_means_once(void **state)
{
	const struct init_kind kinds[] = {quick_setup,
		{.name = "gate", .argv = SH("echo ran; exit 1"), .is_once = true},
		{.name = "other", .argv = SH("exec sleep 1000")}};

	(void)state;
	box_start(kinds, COUNT(kinds), NULL, -1);
	assert_true(
		box_comes("/run/sluice/services.json", "\"state\": \"done\", \"restarts\": 0, "));
	assert_true(box_comes("/run/sluice/services.json", "ended with status 1"));
	box_tell("restart gate");
	assert_true(box_comes("/run/sluice/services.json", "\"restarts\": 1, "));
	box_end("reboot");
}

/* The first runs crash, as the gate of a firmware on trial may: it is started again until it has done its work. */
static void once_means_a_whole_run(void **state)
{
	static char script[200];
	const char *const argv[] = {"/bin/sh", "-c", script, NULL};
	const struct init_kind kinds[] = {
		quick_setup, {.name = "gate", .argv = argv, .is_once = true}};

	(void)state;
	snprintf(script, sizeof(script), "[ -e %s/go ] || kill -SEGV $$; echo whole; exit 0",
		box_root());
	box_start(kinds, COUNT(kinds), NULL, -1);
	assert_true(box_comes("/dev/console", "init: gate was killed by signal 11"));
	assert_true(box_comes("/data/crash/000002-gate", "was killed by signal 11"));
	box_write("/go", "");
	assert_true(box_comes("/run/sluice/log/messages", " gate whole\n"));
	assert_true(box_comes("/run/sluice/services.json",
		"{\"name\": \"gate\", \"pid\": 0, \"state\": \"done\""));
	box_end("reboot");
}

static void others_wait_for_setup(void **state)
{
	static char script[200];
	const char *const setup[] = {"/bin/sh", "-c", script, NULL};
	const struct init_kind kinds[] = {
		{.name = "setup", .argv = setup, .is_setup = true, .is_once = true},
		{.name = "one", .argv = SH("exec sleep 1000")}};

	(void)state;
	snprintf(script, sizeof(script),
		"echo a word for people; while [ ! -e %s/go ]; do sleep 0.02; done", box_root());
	box_start(kinds, COUNT(kinds), NULL, -1);
	assert_true(box_comes("/dev/console", "setup: a word for people\r\n"));
	assert_non_null(strstr(box_read("/run/sluice/services.json"), "\"state\": \"waiting\""));
	/* What is asked for too early waits as well. */
	box_tell("restart one");
	assert_true(box_comes("/run/sluice/log/messages", "one is asked to start again"));
	assert_int_equal(box_service("one"), 0);
	box_write("/go", "");
	assert_int_not_equal(box_service_after("one", 0), 0);
	box_end("reboot");
}

static void failed_setup_holds_the_worker_only(void **state)
{
	const struct init_kind kinds[] = {
		{.name = "setup", .argv = SH("exit 3"), .is_setup = true, .is_once = true},
		{.name = "worker", .argv = SH("exec sleep 1000"), .needs_board = true},
		{.name = "console", .argv = SH("exec sleep 1000"), .is_last = true}};

	(void)state;
	box_start(kinds, COUNT(kinds), NULL, -1);
	assert_int_not_equal(box_service_after("console", 0), 0);
	assert_int_equal(box_service("worker"), 0);
	assert_non_null(strstr(box_read("/run/sluice/services.json"), "\"state\": \"held\""));
	assert_true(box_comes("/run/sluice/faults", "setup: ended with status 3"));
	assert_true(box_comes("/dev/console", "the worker is not started"));
	/* The reason is gone: it can be started by hand. */
	box_write("/run/sluice/faults", "");
	box_tell("restart worker");
	assert_int_not_equal(box_service_after("worker", 0), 0);
	box_end("reboot");
}

static void endless_setup_is_killed(void **state)
{
	const struct init_kind kinds[] = {{.name = "setup",
						  .argv = SH("sleep 1000"),
						  .is_setup = true,
						  .is_once = true,
						  .limit_ms = 200},
		{.name = "console", .argv = SH("exec sleep 1000"), .is_last = true}};

	(void)state;
	box_start(kinds, COUNT(kinds), NULL, -1);
	assert_int_not_equal(box_service_after("console", 0), 0);
	assert_true(box_comes("/dev/console", "took too long"));
	assert_true(box_comes("/run/sluice/faults", "took too long"));
	box_end("reboot");
}

static void restart_by_command(void **state)
{
	const struct init_kind kinds[] = {quick_setup,
		{.name = "stubborn",
			.argv = SH("trap '' TERM; echo up; while :; do sleep 1; done")}};
	pid_t old;

	(void)state;
	box_start(kinds, COUNT(kinds), NULL, -1);
	old = box_service_after("stubborn", 0);
	assert_true(box_comes("/run/sluice/log/messages", "stubborn up\n"));
	/* Rubbish, a name that is none, and a line without end do no harm. */
	box_tell("restart nobody");
	box_tell("rm -rf /");
	box_tell("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		 "xxxxxxxxxxxx");
	box_tell("restart stubborn");
	assert_int_not_equal(box_service_after("stubborn", old), 0);
	assert_false(is_alive(old));
	assert_non_null(strstr(box_read("/run/sluice/log/messages"), "unknown command 'rm -rf /'"));
	assert_non_null(strstr(box_read("/run/sluice/log/messages"), "no service 'nobody'"));
	assert_non_null(strstr(box_read("/run/sluice/log/messages"), "a line that is too long"));
	/* An end that was asked for is no crash. */
	assert_int_equal(box_count("/data/crash"), 0);
	box_end("reboot");
}

static void needed_file(void **state)
{
	const struct init_kind kinds[] = {quick_setup,
		{.name = "dhcp", .argv = SH("exec sleep 1000"), .needs = "/run/sluice/dhcp"}};
	pid_t pid;

	(void)state;
	box_start(kinds, COUNT(kinds), NULL, -1);
	assert_true(box_comes("/run/sluice/services.json", "\"last_end\": \"is not needed\""));
	box_write("/run/sluice/dhcp", "eth0\n");
	box_tell("restart dhcp");
	pid = box_service_after("dhcp", 0);
	assert_int_not_equal(pid, 0);
	box_end("reboot");
	assert_false(is_alive(pid));
}

/* What a service leaves behind ends with it: nothing of the old one holds a port or a socket of the new one. */
static void children_of_a_service_end_with_it(void **state)
{
	const struct init_kind kinds[] = {quick_setup,
		{.name = "parent", .argv = SH("sleep 1000 & echo child $!; exec sleep 1000")}};
	pid_t old;
	const char *at;
	int child = 0;

	(void)state;
	box_start(kinds, COUNT(kinds), NULL, -1);
	old = box_service_after("parent", 0);
	assert_true(box_comes("/run/sluice/log/messages", "parent child "));
	at = strstr(box_read("/run/sluice/log/messages"), "parent child ");
	assert_int_equal(sscanf(at, "parent child %d", &child), 1);
	assert_true(is_alive(child));
	kill(old, SIGKILL);
	assert_int_not_equal(box_service_after("parent", old), 0);
	/* The orphan is reaped by the loop, so that nothing of it is left, not even a zombie. */
	assert_true(goes(child));
	box_end("reboot");
}

static void missing_program_is_told(void **state)
{
	const struct init_kind kinds[] = {quick_setup,
		{.name = "nothing", .argv = (const char *const[]){"/usr/bin/is-not-there", NULL}}};

	(void)state;
	box_start(kinds, COUNT(kinds), NULL, -1);
	assert_true(box_comes("/run/sluice/log/messages",
		"nothing cannot run /usr/bin/is-not-there: No such file"));
	assert_true(box_comes("/run/sluice/services.json", "ended with status 127"));
	box_end("reboot");
}

static void end_is_orderly(void **state)
{
	static char words[300];
	const char *const teardown[] = {"/bin/sh", "-c", words, NULL};
	const struct init_kind kinds[] = {quick_setup,
		{.name = "one",
			.argv = SH("trap 'echo bye from one; exit 0' TERM; echo ready; while :; do "
				   "sleep 0.05; done")},
		{.name = "console",
			.argv = SH("trap 'echo bye from console; exit 0' TERM; echo ready; while "
				   ":; do sleep 0.05; done"),
			.is_last = true}};
	const char *log;

	(void)state;
	/* The log has left the disk when it is unmounted. */
	snprintf(words, sizeof(words), "readlink %s/run/sluice/log; echo unmounted > %s/unmounted",
		box_root(), box_root());
	box_times.stop_ms = 60 * 1000; /* they end by themselves, in their own time */
	box_times.end_ms = 120 * 1000;
	box_start(kinds, COUNT(kinds), teardown, -1);
	assert_true(box_comes("/run/sluice/log/messages", "one ready"));
	assert_true(box_comes("/run/sluice/log/messages", "console ready"));
	assert_int_equal(box_end("poweroff"), INIT_POWEROFF);
	log = box_read("/data/log/messages");
	assert_non_null(strstr(log, "one bye from one"));
	assert_non_null(strstr(log, "console bye from console"));
	assert_true(strstr(log, "one bye from one") < strstr(log, "console bye from console"));
	assert_string_equal(box_read("/unmounted"), "unmounted\n");
	assert_non_null(strstr(box_read("/run/log/messages"), "teardown /tmp/init-test."));
	assert_non_null(strstr(box_read("/run/log/messages"), "/run/log\n"));
	assert_true(strtoll(box_read("/data/clock"), NULL, 10) > 1000000000);
}

static void signals_end_the_box(void **state)
{
	static const struct {
		int number;
		enum init_end end;
	} cases[] = {{SIGTERM, INIT_REBOOT}, {SIGINT, INIT_REBOOT}, {SIGUSR2, INIT_POWEROFF}};
	const struct init_kind kinds[] = {
		quick_setup, {.name = "one", .argv = SH("exec sleep 1000")}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		box_start(kinds, COUNT(kinds), NULL, -1);
		box_tell("restart one");
		kill(box_pid(), cases[i].number);
		assert_int_equal(box_end(NULL), cases[i].end);
	}
}

/* A teardown that hangs does not keep the box: the time for all is bounded. */
static void hanging_teardown(void **state)
{
	const struct init_kind kinds[] = {
		quick_setup, {.name = "one", .argv = SH("exec sleep 1000")}};
	const char *at;
	int teardown;
	pid_t pid;

	(void)state;
	box_times.end_ms = 1000;
	box_start(kinds, COUNT(kinds), SH("echo hangs $$; exec sleep 1000"), -1);
	pid = box_service_after("one", 0);
	assert_int_equal(box_end("reboot"), INIT_REBOOT);
	assert_false(is_alive(pid));
	assert_true(box_comes("/dev/console", "not all has ended in time"));
	at = strstr(box_read("/run/sluice/log/messages"), "teardown hangs ");
	assert_non_null(at);
	assert_int_equal(sscanf(at, "teardown hangs %d", &teardown), 1);
	assert_int_equal(kill(teardown, SIGKILL), 0); /* the box would be off now */
}

static void kernel_is_logged(void **state)
{
	const struct init_kind kinds[] = {quick_setup};
	char path[128];
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/dev/kmsg", box_root());
	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDWR | O_CLOEXEC);
	box_start(kinds, COUNT(kinds), NULL, -1);
	assert_true(write(fd, "3,7,1,-;the disk is gone\n", 25) == 25);
	assert_true(box_comes("/run/sluice/log/messages", "Z kernel the disk is gone\n"));
	box_end("reboot");
	close(fd);
}

static void watchdog_is_told(void **state)
{
	const struct init_kind kinds[] = {
		quick_setup, {.name = "one", .argv = SH("exec sleep 1000")}};
	char path[128];
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/watchdog", box_root());
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	box_start(kinds, COUNT(kinds), NULL, fd);
	assert_true(box_comes("/watchdog", "......"));
	box_end("reboot");
	assert_null(strchr(box_read("/watchdog"), 'V'));
	close(fd);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, up, down)
	const struct CMUnitTest tests[] = {
		CASE(killed_service_comes_back),
		CASE(crash_is_recorded),
		CASE(oldest_records_go),
		CASE(once_means_once),
		CASE(once_means_a_whole_run),
		CASE(others_wait_for_setup),
		CASE(failed_setup_holds_the_worker_only),
		CASE(endless_setup_is_killed),
		CASE(restart_by_command),
		CASE(needed_file),
		CASE(children_of_a_service_end_with_it),
		CASE(missing_program_is_told),
		CASE(end_is_orderly),
		CASE(signals_end_the_box),
		CASE(hanging_teardown),
		CASE(watchdog_is_told),
		CASE(kernel_is_logged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
