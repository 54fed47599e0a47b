/*
 * 20,000 connections held at once through a virtual port, each subscribed to its own topic and reached by one publish.
 * Prints what the worker's memory says of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "client.h"
#include "lab.h"

#define LAB "scale"

/* A process may hold fewer descriptors than that, so two hold half each. */
enum { CONNECTIONS = 20000, HALF = CONNECTIONS / 2, SPARE_FDS = 200, BATCH = 500 };

static int fds[HALF];

static int setup(void **state)
{
	struct rlimit limit;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < HALF + SPARE_FDS) {
		fprintf(stderr, "scale: %d descriptors are needed: raise the limit of open files\n",
			HALF + SPARE_FDS);
		return -1;
	}
	return lab_up(LAB, "") != 0 || lab_enter(LAB) != 0 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	return lab_down(LAB);
}

/* Bytes that one TCP control block, one MQTT connection and one subscription hold, as `sluicectl memory` says. */
static long heap_bytes(void)
{
	char text[32];

	assert_int_equal(lab_output(LAB,
				 "sluicectl memory --json | python3 -c '"
				 "import json,sys; d=json.load(sys.stdin); "
				 "print(sum(c[\"bytes\"] for c in d[\"classes\"] if "
				 "c[\"process\"].startswith(\"worker\") "
				 "and not c[\"class\"].startswith(\"arena\")))'",
				 text, sizeof(text)),
		0);
	return atol(text);
}

static int open_one(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(1883)};
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	inet_pton(AF_INET, getenv("SLUICE_HOST"), &to.sin_addr);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

/* CONNECT and SUBSCRIBE in one segment. */
static void send_hello(int fd, int number)
{
	uint8_t buf[128];
	char id[16], filter[24];
	struct wire_connect connect = {.version = WIRE_V311, .clean_start = true};
	struct wire_subscription s = {.qos = 0};
	int head, tail;

	snprintf(id, sizeof(id), "c%05d", number);
	snprintf(filter, sizeof(filter), "scale/%05d", number);
	connect.client_id = (struct wire_str){(const uint8_t *)id, (uint32_t)strlen(id)};
	s.filter = (struct wire_str){(const uint8_t *)filter, (uint32_t)strlen(filter)};
	head = wire_connect_encode(buf, sizeof(buf), &connect);
	assert_true(head > 0);
	tail = wire_subscribe_encode(
		buf + head, sizeof(buf) - (size_t)head, WIRE_V311, 1, NULL, &s, 1);
	assert_true(tail > 0);
	assert_int_equal(send(fd, buf, (size_t)(head + tail), MSG_NOSIGNAL), head + tail);
}

static void read_exactly(int fd, void *buf, size_t bytes)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	uint8_t *at = buf;

	while (bytes > 0) {
		ssize_t n;

		assert_int_equal(poll(&p, 1, CLIENT_WAIT_MS), 1);
		n = recv(fd, at, bytes, 0);
		assert_true(n > 0);
		at += n;
		bytes -= (size_t)n;
	}
}

static void connect_half(int first)
{
	static const uint8_t answers[] = {0x20, 2, 0, 0, 0x90, 3, 0, 1, 0};

	for (int from = 0; from < HALF; from += BATCH) {
		for (int i = from; i < from + BATCH; i++) {
			fds[i] = open_one();
			send_hello(fds[i], first + i);
		}
		for (int i = from; i < from + BATCH; i++) {
			uint8_t got[sizeof(answers)];

			read_exactly(fds[i], got, sizeof(got));
			assert_memory_equal(got, answers, sizeof(got));
		}
	}
}

/* Each connection gets its own message, and nothing else before it. */
static void receive_half(int first)
{
	for (int i = 0; i < HALF; i++) {
		uint8_t got[2 + 2 + 11 + 11];
		char topic[24];

		read_exactly(fds[i], got, sizeof(got));
		snprintf(topic, sizeof(topic), "scale/%05d", first + i);
		assert_int_equal(got[0], 0x30);
		assert_memory_equal(got + 4, topic, 11);
		assert_memory_equal(got + 15, topic, 11);
	}
}

/* The other half's process: says when its connections stand, and ends with 0 when all were reached by what was sent. */
static _Noreturn void other_half(int told, int sent)
{
	char word;

	connect_half(HALF);
	if (write(told, "!", 1) != 1 || read(sent, &word, 1) != 1)
		_exit(1);
	receive_half(HALF);
	_exit(0);
}

static void hold_and_reach(void **state)
{
	long before = heap_bytes(), after;
	struct client writer;
	int told[2], sent[2], status;
	char word;
	pid_t other;

	(void)state;
	assert_int_equal(pipe2(told, O_CLOEXEC), 0);
	assert_int_equal(pipe2(sent, O_CLOEXEC), 0);
	other = fork();
	if (other == 0) {
		close(sent[1]);
		other_half(told[1], sent[0]);
	}
	assert_true(other > 0);
	close(told[1]);
	connect_half(0);
	assert_int_equal(read(told[0], &word, 1), 1);
	assert_int_equal(lab_await_figures(LAB), 0);
	after = heap_bytes();
	print_message("figure: %d connections at once, %ld bytes of worker heap each\n",
		CONNECTIONS, (after - before) / CONNECTIONS);
	assert_int_equal(
		lab_exec(LAB, "sh -c 'sluicectl listeners | grep -q \"current_conn *: 20000$\"'"),
		0);
	assert_int_equal(client_start(&writer, WIRE_V5, "writer", true, 0), 0);
	for (int i = 0; i < CONNECTIONS; i++) {
		char topic[24];

		snprintf(topic, sizeof(topic), "scale/%05d", i);
		assert_int_equal(client_publish(&writer, topic, topic, strlen(topic), 0, false), 0);
	}
	assert_int_equal(write(sent[1], "!", 1), 1);
	receive_half(0);
	assert_int_equal(waitpid(other, &status, 0), other);
	assert_int_equal(status, 0);
	client_stop(&writer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hold_and_reach),
	};

	return cmocka_run_group_tests_name("scale", tests, setup, teardown);
}
