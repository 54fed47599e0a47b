/* Clients that make one kind of memory grow get only their share of the worker's heap; others go on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "client.h"
#include "lab.h"

#define LAB "memory"

enum { HEAP_MB = 24, HOGS = 40, SENT = 900000, LARGE = 200000, TRIES = 600, TRY_US = 100000 };

static int setup(void **state)
{
	(void)state;
	lab_setenv("SLUICE_DATAPLANE__MEMORY", "24MB");
	lab_setenv("SLUICE_MQTT__SEND_TIMEOUT", "1m");
	return lab_up(LAB, "") != 0 || lab_enter(LAB) != 0 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	return lab_down(LAB);
}

/* One figure of one class of the worker, as `sluicectl memory` says. */
static long figure(const char *class, const char *what)
{
	char command[512], text[32];

	snprintf(command, sizeof(command),
		"sluicectl memory --json | python3 -c '"
		"import json,sys; d=json.load(sys.stdin); "
		"print(sum(c[\"%s\"] for c in d[\"classes\"] if c[\"process\"]==\"worker 0\" and "
		"c[\"class\"]==\"%s\"))'",
		what, class);
	assert_int_equal(lab_output(LAB, command, text, sizeof(text)), 0);
	return atol(text);
}

static void assert_within_share(const char *class, int percent)
{
	long bytes = figure(class, "bytes"), limit = (HEAP_MB << 20) / 100L * percent;

	print_message("figure: %s: %ld of at most %ld bytes\n", class, bytes, limit);
	assert_true(bytes > limit / 4); /* the clients did what they are here for */
	assert_true(bytes <= limit);
}

static void assert_serves(void)
{
	static uint8_t payload[10000];
	struct client c;
	struct wire_publish p;

	assert_int_equal(client_start(&c, WIRE_V5, "good", true, 0), 0);
	assert_int_equal(client_subscribe(&c, "good", 1), 1);
	assert_int_equal(client_publish(&c, "good", payload, sizeof(payload), 0, false), 0);
	assert_true(client_receive(&c, &p) > 0);
	assert_int_equal(p.payload_bytes, sizeof(payload));
	client_stop(&c);
}

/* Packets that are never completed. Who finds no memory is told so (0x97), or sees its connection end. */
static void half_sent_packets(void **state)
{
	static uint8_t rest[SENT];
	static const uint8_t head[] = {
		0x30, 0xc0, 0x84, 0x3d, 0, 1, 'a', 0}; /* 1,000,000 bytes follow */
	static struct client hogs[HOGS];

	(void)state;
	for (int i = 0; i < HOGS; i++) {
		char id[32];

		snprintf(id, sizeof(id), "hog%d", i);
		assert_int_equal(client_start(&hogs[i], WIRE_V5, id, true, 0), 0);
		if (client_send(&hogs[i], head, sizeof(head)) == 0 &&
			client_send(&hogs[i], rest, sizeof(rest)) != 0)
			continue; /* closed while it was sending */
	}
	/* What was sent may be on its way still. */
	for (int i = 0; i < TRIES && figure("packet assembly", "failures") == 0; i++)
		usleep(TRY_US);
	assert_true(figure("packet assembly", "failures") > 0);
	assert_int_equal(lab_await_figures(LAB), 0);
	assert_within_share("packet assembly", 15);
	assert_serves();
	for (int i = 0; i < HOGS; i++)
		client_abort(&hogs[i], true);
}

/* Large messages for readers that never read: dropped and counted, and the publisher goes on. */
static void unread_messages(void **state)
{
	static uint8_t payload[LARGE];
	static struct client deaf[HOGS];
	struct client writer;

	(void)state;
	for (int i = 0; i < HOGS; i++) {
		char id[32], topic[32];

		snprintf(id, sizeof(id), "deaf%d", i);
		snprintf(topic, sizeof(topic), "deaf/%d", i);
		assert_int_equal(client_start(&deaf[i], WIRE_V5, id, true, 0), 0);
		assert_int_equal(client_subscribe(&deaf[i], topic, 1), 1);
	}
	assert_int_equal(client_start(&writer, WIRE_V5, "writer", true, 0), 0);
	for (int round = 0; round < 10; round++)
		for (int i = 0; i < HOGS; i++) {
			char topic[32];

			snprintf(topic, sizeof(topic), "deaf/%d", i);
			assert_true(client_publish(&writer, topic, payload, LARGE, 0, false) >= 0);
		}
	assert_true(client_publish(&writer, "nobody", "x", 1, 1, false) >=
		    0); /* all before is routed */
	assert_int_equal(lab_await_figures(LAB), 0);
	assert_within_share("messages", 30);
	assert_serves();
	for (int i = 0; i < HOGS; i++)
		client_abort(&deaf[i], true);
	client_stop(&writer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(half_sent_packets),
		cmocka_unit_test(unread_messages),
	};

	return cmocka_run_group_tests_name("memory", tests, setup, teardown);
}
