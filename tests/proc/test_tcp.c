/* Clients that misuse TCP, each beside a well-behaved one that must not notice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "client.h"
#include "lab.h"

#define LAB "tcp"

static int setup(void **state)
{
	(void)state;
	lab_setenv("SLUICE_MQTT__IDLE_TIMEOUT", "2s");
	lab_setenv("SLUICE_TCP__USER_TIMEOUT", "3s");
	return lab_up(LAB, "") != 0 || lab_enter(LAB) != 0 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	return lab_down(LAB);
}

/* The broker still serves: a message from one client to itself. */
static void assert_serves(void)
{
	struct client c;
	struct wire_publish p;

	assert_int_equal(client_start(&c, WIRE_V5, "witness", true, 0), 0);
	assert_int_equal(client_subscribe(&c, "witness", 0), 0);
	assert_int_equal(client_publish(&c, "witness", "x", 1, 0, false), 0);
	assert_true(client_receive(&c, &p) > 0);
	client_stop(&c);
}

static void one_byte_segments(void **state)
{
	static const uint8_t connect[] = {
		0x10, 16, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 60, 0, 4, 's', 'l', 'o', 'w'};
	static const uint8_t publish[] = {0x32, 9, 0, 3, 'a', '/', 'b', 0, 7, 'h', 'i'};
	struct client c;
	const uint8_t *packet;

	(void)state;
	assert_int_equal(client_open(&c, getenv("SLUICE_HOST"), 1883), 0);
	c.version = WIRE_V311;
	for (size_t i = 0; i < sizeof(connect); i++) {
		assert_int_equal(client_send(&c, connect + i, 1), 0);
		usleep(1000);
	}
	assert_int_equal(client_expect(&c, WIRE_CONNACK, &packet), 4);
	assert_int_equal(packet[3], 0);
	for (size_t i = 0; i < sizeof(publish); i++) {
		assert_int_equal(client_send(&c, publish + i, 1), 0);
		usleep(1000);
	}
	assert_int_equal(client_expect(&c, WIRE_PUBACK, &packet), 4);
	assert_int_equal(packet[3], 7);
	client_stop(&c);
	assert_serves();
}

/* The client ends its half right after its packets: they are processed, and the broker closes too. */
static void half_close(void **state)
{
	struct client c, reader;
	struct wire_publish p;
	static const uint8_t publish[] = {0x30, 7, 0, 3, 'h', '/', 'c', 'o', 'k'};

	(void)state;
	assert_int_equal(client_start(&reader, WIRE_V5, "reader", true, 0), 0);
	assert_int_equal(client_subscribe(&reader, "h/c", 0), 0);
	assert_int_equal(client_start(&c, WIRE_V311, "half", true, 0), 0);
	assert_int_equal(client_send(&c, publish, sizeof(publish)), 0);
	assert_int_equal(shutdown(c.fd, SHUT_WR), 0);
	assert_true(client_receive(&reader, &p) > 0);
	assert_true(client_is_closed_by_peer(&c));
	client_abort(&c, false);
	client_stop(&reader);
	assert_serves();
}

static void reset(void **state)
{
	struct client c;

	(void)state;
	for (int i = 0; i < 50; i++) {
		assert_int_equal(client_start(&c, WIRE_V5, "rst", true, 0), 0);
		client_abort(&c, true);
	}
	assert_serves();
}

/* No CONNECT: closed after mqtt.idle_timeout, and counted. */
static void idle(void **state)
{
	struct client c;

	(void)state;
	assert_int_equal(client_open(&c, getenv("SLUICE_HOST"), 1883), 0);
	assert_true(client_is_closed_by_peer(&c));
	client_abort(&c, false);
	assert_int_equal(lab_exec(LAB, "sh -c 'sluicectl listeners | grep -q idle_timeout'"), 0);
}

/* A subscriber that never reads: its queue is bounded, the publisher and others go on, and it is closed in the end. */
static void zero_window(void **state)
{
	static const char is_gone[] =
		"sh -c 'all=$(sluicectl clients list) && ! echo $all | grep -q deaf'";
	static uint8_t payload[8192];
	struct client deaf, writer;
	int small = 4096;

	(void)state;
	assert_int_equal(client_start(&deaf, WIRE_V5, "deaf", true, 0), 0);
	assert_int_equal(setsockopt(deaf.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
	assert_int_equal(client_subscribe(&deaf, "flood", 0), 0);
	assert_int_equal(client_start(&writer, WIRE_V5, "writer", true, 0), 0);
	for (int i = 0; i < 5000; i++)
		assert_int_equal(
			client_publish(&writer, "flood", payload, sizeof(payload), 0, false), 0);
	assert_int_equal(client_publish(&writer, "flood", payload, sizeof(payload), 1, false), 0);
	assert_serves();
	for (int i = 0; i < 100 && lab_exec(LAB, is_gone) != 0; i++)
		usleep(200000);
	assert_int_equal(lab_exec(LAB, is_gone), 0);
	client_abort(&deaf, true);
	client_stop(&writer);
}

static void garbage(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} junk[] = {
		{"\x00\x00", 2},
		{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27},
		{"\x10\xff\xff\xff\xff\xff", 6},
		{"\x10\x04\x00\x04MQ", 6},
		{"\x30\x05\x00\x03"
		 "a/b",
			7},
		{"\xf0\x00", 2},
	};
	struct client c;

	(void)state;
	for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
		assert_int_equal(client_open(&c, getenv("SLUICE_HOST"), 1883), 0);
		assert_int_equal(client_send(&c, junk[i].bytes, junk[i].len), 0);
		assert_true(client_is_closed_by_peer(&c));
		client_abort(&c, false);
	}
	assert_serves();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_byte_segments),
		cmocka_unit_test(half_close),
		cmocka_unit_test(reset),
		cmocka_unit_test(idle),
		cmocka_unit_test(zero_window),
		cmocka_unit_test(garbage),
	};

	return cmocka_run_group_tests_name("tcp", tests, setup, teardown);
}
