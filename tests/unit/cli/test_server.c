#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "cli_peer.h"
#include "fake.h"

/* The server over a real socket. The loop is turned by the test itself, so that no time passes unasked. */

static struct fake fake;
static char folder[] = "/tmp/cli-test-XXXXXX", path[64], deep[80];
static uv_loop_t loop;
static struct cli *cli;

static int setup(void **state)
{
	(void)state;
	fake_init(&fake, path);
	assert_int_equal(uv_loop_init(&loop), 0);
	return cli_open(&cli, &loop, &fake.server);
}

static int teardown(void **state)
{
	(void)state;
	cli_close(cli);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_int_equal(access(path, F_OK), -1);
	return 0;
}

static int dial(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void say(int fd, const char *text, size_t bytes)
{
	assert_int_equal(send(fd, text, bytes, MSG_NOSIGNAL), bytes);
}

/* Turns the loop until a whole line came from `fd`; false at the end of the stream. */
static bool hear(int fd, char *line, size_t room)
{
	size_t used = 0;

	for (;;) {
		/* looks first, so as not to take from the next line */
		ssize_t n = recv(fd, line + used, room - used, MSG_DONTWAIT | MSG_PEEK);
		char *newline = n > 0 ? memchr(line + used, '\n', (size_t)n) : NULL;

		if (n == 0)
			return false;
		if (n < 0) {
			assert_int_equal(errno, EAGAIN);
			uv_run(&loop, UV_RUN_NOWAIT);
			continue;
		}
		if (newline != NULL)
			n = newline + 1 - (line + used);
		assert_int_equal(recv(fd, line + used, (size_t)n, 0), n);
		used += (size_t)n;
		if (newline != NULL) {
			*newline = '\0';
			return true;
		}
		assert_true(used < room);
	}
}

static const char status_request[] = "{\"cmd\":[\"status\"]}\n";
static const char status_answer[] = "{\"ok\":true,\"result\":{\"node\":\"sluice\",";

static void expect_status(int fd)
{
	char line[4096];

	assert_true(hear(fd, line, sizeof(line)));
	assert_int_equal(strncmp(line, status_answer, strlen(status_answer)), 0);
}

static void test_only_the_owner_may_connect(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void test_requests_in_pieces_and_in_heaps(void **state)
{
	enum { LEN = sizeof(status_request) - 1 };
	char many[10 * LEN];
	int fd = dial();

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(status_request); i++) {
		say(fd, status_request + i, 1);
		uv_run(&loop, UV_RUN_NOWAIT);
	}
	expect_status(fd);
	for (int i = 0; i < 10; i++)
		memcpy(many + i * LEN, status_request, LEN);
	say(fd, many, sizeof(many));
	for (int i = 0; i < 10; i++)
		expect_status(fd);
	close(fd);
}

static void test_what_is_no_request_is_answered(void **state)
{
	char line[4096];
	int fd = dial();

	(void)state;
	say(fd, "GET / HTTP/1.1\r\n", 16);
	assert_true(hear(fd, line, sizeof(line)));
	assert_string_equal(line, "{\"ok\":false,\"code\":\"bad_request\",\"error\":\"expected one "
				  "JSON object on one line\"}");
	say(fd, status_request, strlen(status_request));
	expect_status(fd);
	close(fd);
}

static void test_a_request_without_end_is_refused(void **state)
{
	char line[4096], much[4096];
	int fd = dial();

	(void)state;
	memset(much, 'x', sizeof(much));
	for (int i = 0; i < 16; i++) {
		say(fd, much, sizeof(much));
		uv_run(&loop, UV_RUN_NOWAIT);
	}
	assert_true(hear(fd, line, sizeof(line)));
	assert_non_null(strstr(line, "the request is too long"));
	assert_false(hear(fd, line, sizeof(line)));
	close(fd);
}

/* Requests behind one that waits are answered after it, in order; other connections are answered meanwhile. */
static void test_an_answer_that_comes_later(void **state)
{
	static const char health_request[] = "{\"cmd\":[\"health\"]}\n";
	static const char health_answer[] = "{\"ok\":true,\"result\":{\"ok\":true,";
	char line[4096];
	int fd = dial(), other = dial();

	(void)state;
	fake.health_waits = 3;
	say(fd, health_request, strlen(health_request));
	say(fd, status_request, strlen(status_request));
	for (int i = 0; i < 10; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(fake.health_waits, 2);
	say(other, status_request, strlen(status_request));
	expect_status(other);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(recv(fd, line, 1, MSG_DONTWAIT | MSG_PEEK), -1);
		cli_turn(cli);
		uv_run(&loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(fake.health_probe, 77);
	assert_true(hear(fd, line, sizeof(line)));
	assert_int_equal(strncmp(line, health_answer, strlen(health_answer)), 0);
	expect_status(fd);
	/* the next one begins anew */
	say(fd, health_request, strlen(health_request));
	assert_true(hear(fd, line, sizeof(line)));
	assert_int_equal(fake.health_probe, 0);
	close(fd);
	close(other);
}

/* It goes away before its answer is known. */
static void test_a_client_that_does_not_wait(void **state)
{
	static const char health_request[] = "{\"cmd\":[\"health\"]}\n";
	int fd = dial();

	(void)state;
	fake.health_waits = 1;
	say(fd, health_request, strlen(health_request));
	for (int i = 0; i < 10; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	close(fd);
	cli_turn(cli);
	for (int i = 0; i < 10; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	cli_turn(cli);
	assert_int_equal(fake.health_probe, 77);
}

static void test_at_most_sixteen_connections(void **state)
{
	char line[4096];
	int fds[16], extra;

	(void)state;
	for (int i = 0; i < 16; i++) {
		fds[i] = dial();
		say(fds[i], status_request, strlen(status_request));
		expect_status(fds[i]);
	}
	extra = dial();
	assert_true(hear(extra, line, sizeof(line)));
	assert_non_null(strstr(line, "\"code\":\"busy\""));
	assert_false(hear(extra, line, sizeof(line)));
	close(extra);
	close(fds[0]);
	/* the slot is free once the loop has seen the end */
	for (int i = 0; i < 10; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	fds[0] = dial();
	say(fds[0], status_request, strlen(status_request));
	expect_status(fds[0]);
	for (int i = 0; i < 16; i++)
		close(fds[i]);
}

/* A client that asks for much and reads nothing: requests wait in its socket, not in our memory. */
static void test_a_client_that_does_not_read(void **state)
{
	static const char list[] = "{\"cmd\":[\"clients\",\"list\"]}\n";
	static char line[1 << 20];
	unsigned sent = 0, steps, answers = 0;
	int fd = dial();

	(void)state;
	fake.client_len = 500;
	while (send(fd, list, strlen(list), MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)strlen(list) &&
		sent < 10000) {
		sent++;
		uv_run(&loop, UV_RUN_NOWAIT);
	}
	steps = fake.steps;
	for (int i = 0; i < 100; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(fake.steps, steps); /* the server waits */
	assert_true(steps / 32 < sent);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	while (answers < 20 && hear(fd, line, sizeof(line)))
		answers++;
	assert_int_equal(answers, 20);
	close(fd);
}

static void test_a_second_server_is_refused(void **state)
{
	struct cli *second = NULL;
	int fd;

	(void)state;
	assert_int_equal(cli_open(&second, &loop, &fake.server), -EADDRINUSE);
	assert_null(second);
	/* the first still listens at the path */
	fd = dial();
	say(fd, status_request, strlen(status_request));
	expect_status(fd);
	close(fd);
}

static void test_a_dead_socket_is_replaced(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	assert_int_equal(access(path, F_OK), 0);
	setup(NULL);
	teardown(NULL);
}

static void test_what_is_no_socket_stays(void **state)
{
	FILE *file = fopen(path, "w");
	struct cli *none = NULL;

	(void)state;
	assert_non_null(file);
	fclose(file);
	fake_init(&fake, path);
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(cli_open(&none, &loop, &fake.server), -EEXIST);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_int_equal(unlink(path), 0);
}

static void test_the_folder_is_made(void **state)
{
	(void)state;
	fake_init(&fake, deep);
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(cli_open(&cli, &loop, &fake.server), 0);
	assert_int_equal(access(deep, F_OK), 0);
	cli_close(cli);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	*strrchr(deep, '/') = '\0';
	assert_int_equal(rmdir(deep), 0);
}

static void test_a_path_too_long(void **state)
{
	char long_path[200];
	struct cli *none = NULL;

	(void)state;
	memset(long_path, 'x', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	fake_init(&fake, long_path);
	assert_int_equal(cli_open(&none, NULL, &fake.server), -ENAMETOOLONG);
}

/* The blocking client of sluicectl, against the server in a process of its own. */
static void test_the_client_of_the_command_line(void **state)
{
	struct cli_peer *peer;
	json_t *answer;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		alarm(60);
		uv_run(&loop, UV_RUN_DEFAULT);
		_exit(0);
	}
	peer = cli_peer_open(path);
	assert_non_null(peer);
	for (int i = 0; i < 3; i++) {
		answer = cli_peer_ask(peer, json_pack("{s:[s,s]}", "cmd", "clients", "list"));
		assert_non_null(answer);
		assert_int_equal(json_array_size(json_object_get(answer, "result")), 2);
		json_decref(answer);
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_null(cli_peer_ask(peer, json_pack("{s:[s]}", "cmd", "status")));
	cli_peer_close(peer);
	assert_null(cli_peer_open("/nonexistent/socket"));
	assert_int_equal(errno, ENOENT);
}

/* S: it waits for somebody; T: it is stopped; Z: it has ended. */
static void await_state(pid_t pid, const char *wanted)
{
	char name[32], text[512] = "";
	char *state;

	snprintf(name, sizeof(name), "/proc/%d/stat", (int)pid);
	do {
		FILE *file = fopen(name, "r");

		usleep(1000);
		assert_non_null(file);
		assert_non_null(fgets(text, sizeof(text), file));
		fclose(file);
		state = strrchr(text, ')');
		assert_non_null(state);
	} while (strchr(wanted, state[2]) == NULL);
}

static int accept_request(int listener)
{
	int fd = accept(listener, NULL, NULL);
	char byte = '\0';

	assert_true(fd >= 0);
	while (byte != '\n')
		assert_int_equal(read(fd, &byte, 1), 1);
	return fd;
}

/* Ctrl-Z and fg interrupt a read that has a timeout, and the kernel does not take it up again. */
static void test_a_client_that_is_stopped_goes_on_waiting(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fd, status;
	pid_t pid;

	(void)state;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/slow.sock", folder);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 1), 0);
	pid = fork();
	if (pid == 0) {
		struct cli_peer *peer = cli_peer_open(address.sun_path);

		if (peer == NULL)
			_exit(1);
		_exit(cli_peer_ask(peer, json_pack("{s:[s]}", "cmd", "status")) != NULL ? 0 : 2);
	}
	fd = accept_request(listener);
	await_state(pid, "S");
	assert_int_equal(kill(pid, SIGSTOP), 0);
	await_state(pid, "T");
	assert_int_equal(kill(pid, SIGCONT), 0);
	await_state(pid, "SZ");
	say(fd, "{\"ok\":true}\n", 12);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(fd);
	close(listener);
	assert_int_equal(unlink(address.sun_path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_only_the_owner_may_connect, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_requests_in_pieces_and_in_heaps, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_what_is_no_request_is_answered, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_a_request_without_end_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_an_answer_that_comes_later, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_client_that_does_not_wait, setup, teardown),
		cmocka_unit_test_setup_teardown(test_at_most_sixteen_connections, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_client_that_does_not_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_second_server_is_refused, setup, teardown),
		cmocka_unit_test(test_a_dead_socket_is_replaced),
		cmocka_unit_test(test_what_is_no_socket_stays),
		cmocka_unit_test(test_the_folder_is_made),
		cmocka_unit_test(test_a_path_too_long),
		cmocka_unit_test_setup_teardown(
			test_the_client_of_the_command_line, setup, teardown),
		cmocka_unit_test(test_a_client_that_is_stopped_goes_on_waiting),
	};
	int failed;

	signal(SIGPIPE, SIG_IGN);
	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/control.sock", folder);
	snprintf(deep, sizeof(deep), "%s/run/control.sock", folder);
	failed = cmocka_run_group_tests_name("cli server", tests, NULL, NULL);
	rmdir(folder);
	return failed;
}
