#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "place.h"

/* What a commit tells the processes: a control that answers, init's FIFO, and the set-up of the management port. */

static struct place place;
static pid_t control;
static int requests = -1; /* what control was asked, line by line */

/* Answers every request, of one connection after the other, with `answer`, and passes it on. */
static void serve(int listener, int out, const char *answer)
{
	for (;;) {
		char line[1024];
		size_t used = 0;
		int peer = accept(listener, NULL, NULL);

		do {
			ssize_t bytes = read(peer, line + used, sizeof(line) - used);

			if (bytes <= 0)
				_exit(1);
			used += (size_t)bytes;
		} while (line[used - 1] != '\n');
		if (write(out, line, used) < 0 || write(peer, answer, strlen(answer)) < 0)
			_exit(1);
		close(peer);
	}
}

static void control_begin(const char *answer)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), ends[2];

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", place.socket);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 4), 0);
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	control = fork();
	assert_true(control >= 0);
	if (control == 0)
		serve(listener, ends[1], answer);
	close(listener);
	close(ends[1]);
	requests = ends[0];
}

static int begin(void **state)
{
	(void)state;
	place_begin(&place, "authorization.file = \"\"\n");
	return 0;
}

static int end(void **state)
{
	(void)state;
	if (control > 0) {
		kill(control, SIGKILL);
		waitpid(control, NULL, 0);
		close(requests);
	}
	control = 0;
	place_end(&place);
	return 0;
}

static const char *take(int fd)
{
	static char text[4096];
	ssize_t bytes = read(fd, text, sizeof(text) - 1);

	text[bytes > 0 ? bytes : 0] = '\0';
	return text;
}

/* Commits and applies one key; what was told. */
static const char *commit(const char *path, const char *text, bool no_restart)
{
	const struct revision_commit settings = {.who = "me", .no_restart = no_restart};
	char fault[REVISION_FAULT_MAX];
	struct revision_candidate *candidate = revision_candidate_new(&place.place, fault);

	assert_non_null(candidate);
	assert_int_equal(revision_candidate_set(candidate, path, text, fault), 0);
	assert_true(revision_candidate_commit(candidate, &settings, place_line, NULL, fault) > 0);
	revision_candidate_free(candidate);
	return place_lines();
}

#define RELOAD "{\"cmd\":[\"config\",\"reload\"]}\n"

static void test_live(void **state)
{
	(void)state;
	control_begin("{\"ok\":true,\"result\":{}}\n");
	assert_string_equal(commit("mqtt.max_inflight", "20", false), "");
	assert_string_equal(take(requests), RELOAD);
	/* the value that it has already is no change: nobody is asked */
	assert_string_equal(commit("mqtt.max_topic_levels", "128", false), "");
	assert_string_equal(take(requests), "");
}

static void test_control_refuses_or_is_away(void **state)
{
	(void)state;
	assert_non_null(
		strstr(commit("mqtt.max_inflight", "20", false), "control cannot be reached"));
	control_begin("{\"ok\":false,\"error\":\"no, thanks\"}\n");
	assert_string_equal(commit("mqtt.max_inflight", "21", false),
		"control did not take the configuration over: no, thanks\n");
	assert_string_equal(place_get(&place, "mqtt.max_inflight"), "21");
}

static void test_restarts(void **state)
{
	int fifo;

	(void)state;
	control_begin("{\"ok\":true,\"result\":{}}\n");
	/* no init, and an init that does not listen */
	assert_string_equal(commit("net.ipv4", "198.18.0.2/15", false),
		"worker has to be restarted before all of it is in force\n");
	assert_int_equal(mkfifo(place.init, 0600), 0);
	assert_string_equal(commit("net.ipv4", "198.18.0.3/15", false),
		"worker has to be restarted before all of it is in force\n");
	fifo = open(place.init, O_RDONLY | O_NONBLOCK);
	assert_true(fifo >= 0);
	assert_string_equal(commit("net.ipv4", "198.18.0.4/15", true),
		"worker has to be restarted before all of it is in force\n");
	assert_string_equal(take(fifo), "");
	assert_string_equal(commit("net.ipv4", "198.18.0.5/15", false), "worker restarts\n");
	assert_string_equal(take(fifo), "restart worker\n");
	assert_string_equal(commit("node.name", "n", false), "control restarts\n");
	assert_string_equal(take(fifo), "restart control\n");
	assert_string_equal(
		commit("region.ring_bytes", "16MB", false), "worker restarts\ncontrol restarts\n");
	assert_string_equal(take(fifo), "restart worker\nrestart control\n");
	assert_string_equal(commit("mqtt.max_inflight", "20", false), "");
	assert_string_equal(take(fifo), "");
	close(fifo);
}

static void mgmt_program(const char *script)
{
	place_write(&place, "mgmt", script);
	assert_int_equal(chmod(place.mgmt, 0700), 0);
}

static void test_the_management_port(void **state)
{
	const char *said;

	(void)state;
	control_begin("{\"ok\":true,\"result\":{}}\n");
	assert_non_null(strstr(commit("mgmt.dhcp", "false", false), "mgmt: nothing sets"));
	mgmt_program("#!/bin/sh\necho ran >>\"${0%/*}/ran\"\n");
	assert_string_equal(commit("mgmt.ipv4", "192.0.2.1/24", false), "");
	assert_string_equal(place_read(&place, "ran"), "ran\n");
	assert_string_equal(take(requests), "");
	mgmt_program("#!/bin/sh\necho first; echo FAILED: second >&2; exec >&- 2>&-; sleep 0.1; "
		     "exit 3\n");
	said = commit("mgmt.dns", "192.0.2.2", false);
	assert_int_equal(strncmp(said, "mgmt: first\nmgmt: FAILED: second\nmgmt: ", 39), 0);
	assert_non_null(strstr(said, "could not set the management port up (status 3)"));
	mgmt_program("#!/bin/sh\nyes | head -c 100000\n");
	said = commit("mgmt.dns", "192.0.2.4", false);
	assert_true(strlen(said) > 1024);
	assert_null(strstr(said, "could not"));
	mgmt_program("#!/bin/sh\nkill -9 $$\n");
	assert_non_null(strstr(commit("mgmt.dns", "192.0.2.3", false),
		"could not set the management port up (signal 9)"));
	assert_string_equal(commit("mqtt.max_inflight", "20", false), "");
}

static void test_a_management_port_that_takes_too_long(void **state)
{
	const char *said;
	int ends[2];
	char byte;

	(void)state;
	control_begin("{\"ok\":true,\"result\":{}}\n");
	assert_int_equal(pipe(ends), 0);
	place.place.mgmt_limit_s = 1;
	mgmt_program("#!/bin/sh\necho begun; exec >&- 2>&-; sleep 1000; exit 0\n");
	said = commit("mgmt.dns", "192.0.2.5", false);
	assert_int_equal(strncmp(said, "mgmt: begun\nmgmt: ", 18), 0);
	assert_non_null(strstr(said, "could not set the management port up (not done after 1 s)"));
	/* what it waited for is gone too */
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
}

/* The guard applies what it brings back. */
static void test_the_guard_applies(void **state)
{
	char fault[REVISION_FAULT_MAX];
	int fifo;

	(void)state;
	control_begin("{\"ok\":true,\"result\":{}}\n");
	assert_int_equal(mkfifo(place.init, 0600), 0);
	fifo = open(place.init, O_RDONLY | O_NONBLOCK);
	place_commit(&place, "net.ipv4", "198.18.0.2/15", 5);
	place_time_is_over(&place);
	assert_int_equal(revision_guard(&place.place, place_line, NULL, fault), 1);
	assert_non_null(strstr(place_lines(), "worker restarts\n"));
	assert_string_equal(take(requests), RELOAD);
	assert_string_equal(take(fifo), "restart worker\n");
	close(fifo);
}

static const char *where(void)
{
	static char socket[CONFIG_TEXT_MAX];

	revision_socket(&place.place, socket);
	return socket;
}

/* Has a /run of its own from here on: it is the last test. */
static void test_where_control_listens(void **state)
{
	const char *otherwise = config_default_socket();
	char moved[128];
	int fd;

	(void)state;
	assert_string_equal(where(), place.socket);
	place.place.socket = NULL;
	assert_string_equal(where(), otherwise);
	snprintf(moved, sizeof(moved), "%s/moved.sock", place.root);
	place_commit(&place, "cli.socket", moved, 0);
	place_write(&place, "moved.sock", "");
	assert_string_equal(where(), moved);
	place_remove(&place, "moved.sock");
	if (unshare(CLONE_NEWNS) < 0)
		skip();
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("tmpfs", "/run", "tmpfs", 0, NULL), 0);
	assert_string_equal(where(), moved);
	/* control has not restarted yet */
	assert_int_equal(mkdir("/run/sluice", 0700), 0);
	fd = open(otherwise, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_string_equal(where(), otherwise);
	place_write(&place, "moved.sock", "");
	assert_string_equal(where(), moved);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_live, begin, end),
		cmocka_unit_test_setup_teardown(test_control_refuses_or_is_away, begin, end),
		cmocka_unit_test_setup_teardown(test_restarts, begin, end),
		cmocka_unit_test_setup_teardown(test_the_management_port, begin, end),
		cmocka_unit_test_setup_teardown(
			test_a_management_port_that_takes_too_long, begin, end),
		cmocka_unit_test_setup_teardown(test_the_guard_applies, begin, end),
		cmocka_unit_test_setup_teardown(test_where_control_listens, begin, end),
	};

	return cmocka_run_group_tests_name("revision: apply", tests, NULL, NULL);
}
