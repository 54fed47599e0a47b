/*
 * 20,000 connections held at once through a virtual port, each subscribed to its own topic and reached by one publish.
 * Prints what the worker's memory says of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "client.h"
#include "lab.h"

#define LAB "scale"

enum { WANTED = 20000, SPARE_FDS = 200, BATCH = 500 };

static int fds[WANTED];
static int connections;

static int setup(void **state)
{
	struct rlimit limit;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	if (limit.rlim_max < WANTED + SPARE_FDS) {
		struct rlimit more = {WANTED + SPARE_FDS, WANTED + SPARE_FDS};

		if (setrlimit(RLIMIT_NOFILE, &more) == 0)
			limit = more;
	}
	setrlimit(RLIMIT_NOFILE, &limit);
	connections =
		limit.rlim_cur >= WANTED + SPARE_FDS ? WANTED : (int)limit.rlim_cur - SPARE_FDS;
	return lab_up(LAB, "") != 0 || lab_enter(LAB) != 0 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	lab_down(LAB);
	return 0;
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

static void hold_and_reach(void **state)
{
	static const uint8_t answers[] = {0x20, 2, 0, 0, 0x90, 3, 0, 1, 0};
	long before = heap_bytes(), after;
	struct client writer;

	(void)state;
	for (int from = 0; from < connections; from += BATCH) {
		int to = from + BATCH < connections ? from + BATCH : connections;

		for (int i = from; i < to; i++) {
			fds[i] = open_one();
			send_hello(fds[i], i);
		}
		for (int i = from; i < to; i++) {
			uint8_t got[sizeof(answers)];

			read_exactly(fds[i], got, sizeof(got));
			assert_memory_equal(got, answers, sizeof(got));
		}
	}
	usleep(600000); /* the worker publishes its figures four times a second */
	after = heap_bytes();
	print_message("figure: %d connections, %ld bytes of worker heap each\n", connections,
		(after - before) / connections);
	assert_int_equal(client_start(&writer, WIRE_V5, "writer", true, 0), 0);
	for (int i = 0; i < connections; i++) {
		char topic[24];

		snprintf(topic, sizeof(topic), "scale/%05d", i);
		assert_int_equal(client_publish(&writer, topic, topic, strlen(topic), 0, false), 0);
	}
	for (int i = 0; i < connections; i++) {
		uint8_t got[2 + 2 + 11 + 11];
		char topic[24];

		read_exactly(fds[i], got, sizeof(got));
		snprintf(topic, sizeof(topic), "scale/%05d", i);
		assert_int_equal(got[0], 0x30);
		assert_memory_equal(got + 4, topic, 11);
		assert_memory_equal(got + 15, topic, 11);
	}
	for (int i = 0; i < connections; i++)
		close(fds[i]);
	client_stop(&writer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hold_and_reach),
	};

	return cmocka_run_group_tests_name("scale", tests, setup, teardown);
}
