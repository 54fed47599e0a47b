#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What happens when a side does not keep up: the client, its transport, control, memory. */

static void test_window(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	struct client *b;

	f->config.max_inflight = 2;
	f->config.max_queue_len = 3;
	reconfigure(f);
	b = online(f, 1, WIRE_V5, "b", 0);
	subscribed(b, "t", 1);
	for (uint16_t i = 1; i <= 7; i++) {
		char text[2] = {(char)('0' + i), 0};

		say_publish(a, "t", text, 1, i);
	}
	expect(b, "PUBLISH t=t p=1 q1 #1\nPUBLISH t=t p=2 q1 #2\n");
	/* Of 3 to 7 the three newest are kept. */
	assert_int_equal(counted(f, CONN_COUNTER_DELIVERY_DROPPED_QUEUE_FULL), 2);
	say_ping(b); /* answers don't wait for the window */
	expect(b, "PINGRESP\n");
	say_ack(b, WIRE_PUBACK, 1, 0);
	say_ack(b, WIRE_PUBACK, 2, 0);
	expect(b, "PUBLISH t=t p=5 q1 #3\nPUBLISH t=t p=6 q1 #4\n");
	/* A QoS 0 message does not overtake what waits. */
	say_publish(a, "t", "8", 0, 0);
	say_ack(b, WIRE_PUBACK, 4, 0);
	expect(b, "PUBLISH t=t p=7 q1 #5\nPUBLISH t=t p=8 q0\n");
	assert_int_equal(counted(f, CONN_COUNTER_DELIVERY_DROPPED), 2);
}

static void test_queue_bytes(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	struct client *b;

	f->config.max_inflight = 1;
	f->config.max_queue_bytes = 300;
	reconfigure(f);
	b = online(f, 1, WIRE_V5, "b", 0);
	subscribed(b, "t", 1);
	say_publish(a, "t", "in flight", 1, 1);
	for (uint16_t i = 2; i <= 9; i++)
		say_publish(a, "t", "a text of some fifty bytes, so that few of them fit into it",
			1, i);
	assert_true(counted(f, CONN_COUNTER_DELIVERY_DROPPED_QUEUE_FULL) >= 4);
	assert_true(counted(f, CONN_COUNTER_DELIVERY_DROPPED_QUEUE_FULL) < 8);
}

/* What is too large for the queue is dropped alone, not what waits. */
static void test_queue_never(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	struct client *b;
	char large[400] = "";

	f->config.max_inflight = 1;
	f->config.max_queue_bytes = 300;
	reconfigure(f);
	b = online(f, 1, WIRE_V5, "b", 0);
	subscribed(b, "t", 1);
	say_publish(a, "t", "1", 1, 1);
	say_publish(a, "t", "2", 1, 2);
	memset(large, 'x', sizeof(large) - 1);
	say_publish(a, "t", large, 1, 3);
	say_ack(b, WIRE_PUBACK, 1, 0);
	expect(b, "PUBLISH t=t p=1 q1 #1\nPUBLISH t=t p=2 q1 #2\n");
	assert_int_equal(counted(f, CONN_COUNTER_DELIVERY_DROPPED_QUEUE_FULL), 1);
}

static void test_peer_limits(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	struct client *b = dial(f, 1, WIRE_V5);
	struct wire_connect connect = {.client_id = str("b"), .clean_start = true};

	connect.props.receive_maximum = 1;
	connect.props.maximum_packet_bytes = 20;
	wire_props_mark(&connect.props, WIRE_PROP_RECEIVE_MAXIMUM);
	wire_props_mark(&connect.props, WIRE_PROP_MAXIMUM_PACKET);
	say_connect_with(b, &connect);
	grant(b, 1, 0, false, false);
	subscribed(b, "t", 1);
	say_publish(a, "t", "much too long for it", 1, 1);
	say_publish(a, "t", "much too long for it", 0, 0);
	say_publish(a, "t", "short", 1, 2);
	say_publish(a, "t", "next", 1, 3);
	expect(b, "PUBLISH t=t p=short q1 #1\n");
	assert_true(b->is_open);
	assert_int_equal(counted(f, CONN_COUNTER_DELIVERY_DROPPED_TOO_LARGE), 2);
	say_ack(b, WIRE_PUBACK, 1, 0);
	expect(b, "PUBLISH t=t p=next q1 #2\n");
}

/*
 * The client does not read: answers are bounded, then it is not read either; in the end it is
 * closed.
 */
static void test_no_reader(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V311, "a", 0);
	unsigned sent = 0;

	a->space = 0;
	while (!a->is_paused) {
		say_ping(a);
		sent++;
		assert_true(sent < 20000);
	}
	assert_true(sent > 100);
	say_ping(a);
	assert_int_equal(a->in_bytes, 4);
	assert_true(base_mem_used(f->mem, MEM_QUEUE) < 100000);
	/* It reads again. */
	a->space = SIZE_MAX;
	conn_writable(a->conn);
	assert_int_equal(a->in_bytes, 0);
	assert_int_equal(a->out_bytes, 2 * (sent + 1));
	forget(f);
	elapse(f, 60000); /* the time that counts begins with the next byte that waits */
	a->space = 0;
	say_ping(a);
	elapse(f, 10000);
	a->space = 1; /* some progress counts */
	conn_writable(a->conn);
	elapse(f, 10000);
	assert_true(a->is_open);
	elapse(f, 6000);
	assert_true(a->is_closed);
	assert_int_equal(f->shutdown[CONN_SHUTDOWN_SEND_TIMEOUT], 1);
}

/* The client reads more slowly than it asks, for long: what it has read takes no room. */
static void test_slow_reader(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V311, "a", 0);
	size_t read = 0, asked = 0;

	a->space = 0;
	for (; asked < 100000; asked++) {
		say_ping(a);
		if (!a->is_paused)
			continue;
		a->space = 100;
		conn_writable(a->conn);
		read += a->out_bytes;
		a->out_bytes = 0;
	}
	assert_true(read > 100000);
	assert_true(base_mem_used(f->mem, MEM_QUEUE) < 100000);
	a->space = SIZE_MAX;
	conn_writable(a->conn);
	assert_int_equal(read + a->out_bytes, 2 * asked);
	forget(f);
}

/* The same with messages: they queue, within limits, and go on in order. */
static void test_congested(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	struct client *b;

	f->config.max_queue_len = 2;
	reconfigure(f);
	b = online(f, 1, WIRE_V5, "b", 0);
	subscribed(b, "t", 1);
	b->space = 5;
	say_publish(a, "t", "half out", 0, 0);
	say_publish(a, "t", "1", 0, 0);
	say_publish(a, "t", "2", 1, 1);
	say_publish(a, "t", "3", 0, 0);
	say_ping(b);
	expect(b, "");
	for (unsigned i = 0; i < 100; i++) {
		b->space = 1;
		conn_writable(b->conn);
	}
	expect(b, "PUBLISH t=t p=half out q0\nPINGRESP\nPUBLISH t=t p=2 q1 #1\n"
		  "PUBLISH t=t p=3 q0\n");
	assert_int_equal(counted(f, CONN_COUNTER_DELIVERY_DROPPED_QUEUE_FULL), 1);
	/* What waits goes before DISCONNECT, when it can. */
	b->space = 0;
	say_ping(b);
	b->space = SIZE_MAX;
	conn_end(b->conn, 0x8b, CONN_SHUTDOWN_SERVER_SHUTDOWN);
	expect(b, "PINGRESP\nDISCONNECT 8b\n");
	b = online(f, 2, WIRE_V5, "b2", 0);
	subscribed(b, "t", 1);
	/* Closing while a packet is half out: no DISCONNECT in the middle of it. */
	b->space = 3;
	say_publish(a, "t", "cut", 1, 2);
	conn_end(b->conn, 0x8b, CONN_SHUTDOWN_SERVER_SHUTDOWN);
	assert_true(b->is_closed);
	assert_int_equal(b->out_bytes, 3);
}

/*
 * Control's ring is full: who needs it waits, who doesn't goes on; nobody is disconnected for it.
 */
static void test_ring_full(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	struct client *b = online(f, 1, WIRE_V5, "b", 0);
	struct client *c = dial(f, 2, WIRE_V5);
	uint64_t judged;

	say_connect(c, "c", true, 0, 10);
	grant(c, 3, 0, false, false);
	subscribed(b, "#", 0);
	assert_int_equal(conn_hub_interest_add(f->hub, str("ctl/#")), 0);
	f->room = 0;
	say_publish(a, "free", "1", 1, 1);
	say_publish(a, "ctl/x", "2", 2, 2);
	say_publish(a, "free", "3", 0, 0); /* behind it */
	expect(a, "PUBACK #1 00\n");
	expect(b, "PUBLISH t=free p=1 q0\n");
	say_publish(b, "free", "4", 0, 0);
	expect(b, "PUBLISH t=free p=4 q0\n");
	say_subscribe(c, 1, "x", 0);
	say_ping(c);
	elapse(f, 60000);
	assert_true(c->is_open); /* its keep-alive of 10 s is our fault */
	expect_told(f, "");
	/* What waits is looked at once, however often there is no room. */
	judged = counted(f, CONN_COUNTER_AUTHORIZATION_ALLOW);
	for (unsigned i = 0; i < 10; i++)
		conn_hub_unblock(f->hub);
	assert_int_equal(counted(f, CONN_COUNTER_AUTHORIZATION_ALLOW), judged);
	assert_int_equal(counted(f, CONN_COUNTER_RING_FULL), 1);
	f->room = CONN_RECORD_HEAD_BYTES + 10;
	conn_hub_unblock(f->hub); /* there is room for one of them */
	expect_told(f, "interest t=ctl/x p=2 q2\n");
	expect(a, "PUBREC #2 00\n");
	expect(b, "PUBLISH t=ctl/x p=2 q0\nPUBLISH t=free p=3 q0\n");
	assert_true(conn_hub_is_blocked(f->hub));
	/* Who comes now waits behind who waits. */
	f->room = CONN_RECORD_HEAD_BYTES + 10;
	say_publish(a, "ctl/y", "5", 0, 0);
	expect_told(f, "");
	f->room = SIZE_MAX;
	conn_hub_unblock(f->hub);
	expect_told(f, "subscribe 2 #1 x:00:00\ninterest t=ctl/y p=5 q0\n");
	suback(c, 1, "x", 0, 0);
	assert_true(c->is_open);
	elapse(f, 16000);
	assert_true(c->is_closed);
	expect_told(f, "closed 2 KEEPALIVE_TIMEOUT\n");
}

/* A record that the ring can never take is refused, not waited for. */
static void test_too_large_for_control(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	uint32_t bytes = 5 << 20;
	uint8_t *payload = calloc(1, bytes);
	struct wire_publish_out publish = {.version = WIRE_V5,
		.topic = str("t"),
		.payload_bytes = bytes,
		.qos = 2,
		.packet_id = 1,
		.retain = true};

	assert_non_null(payload);
	hang_up(a);
	f->config.max_packet_bytes = 8 << 20;
	reconfigure(f);
	a = online(f, 0, WIRE_V5, "a", 0);
	say_publish_with(a, &publish, payload);
	expect(a, "PUBREC #1 97\n");
	expect_told(f, "");
	/* One record of it would fit, but not as many as are due. */
	publish.payload_bytes = 3 << 20;
	assert_int_equal(conn_hub_interest_add(f->hub, str("t")), 0);
	say_publish_with(a, &publish, payload);
	expect(a, "PUBREC #1 97\n");
	publish.retain = false;
	say_publish_with(a, &publish, payload);
	expect(a, "PUBREC #1 00\n");
	expect_told(f, "interest t=t p=<3145728> q2\n");
	free(payload);
}

/*
 * Memory runs out: deliveries are dropped and counted, connections end cleanly; nothing is lost
 * track of.
 */
static void test_no_memory(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	struct client *b = online(f, 1, WIRE_V5, "b", 0);

	subscribed(b, "t", 1);
	base_mem_limit(f->mem, MEM_MESSAGE, 1);
	say_publish(a, "t", "m", 1, 1);
	expect(a, "PUBACK #1 00\n");
	expect(b, "");
	assert_int_equal(counted(f, CONN_COUNTER_DELIVERY_DROPPED_NO_MEMORY), 1);
	base_mem_limit(f->mem, MEM_MESSAGE, 0);
	base_mem_limit(f->mem, MEM_INPUT, 1);
	give(a, "\x30\x7f", 2);
	expect(a, "DISCONNECT 97\n");
	base_mem_limit(f->mem, MEM_INPUT, 0);
	base_mem_limit(f->mem, MEM_CONN, 1);
	say_subscribe(b, 1, "x", 0);
	suback(b, 1, "x", 0, 0);
	expect(b, "DISCONNECT 97\n");
	base_mem_limit(f->mem, MEM_CONN, 0);
	assert_int_equal(f->shutdown[CONN_SHUTDOWN_NO_MEMORY], 2);
	assert_true(counted(f, CONN_COUNTER_MEMORY_FAILURES) >= 3);
}

/* A publisher whose own message ends it does not take the topic from those that get it after. */
static void test_no_memory_alias(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	struct client *b = online(f, 1, WIRE_V311, "b", 0);
	struct wire_publish_out publish = {.version = WIRE_V5,
		.topic = str("a/topic/by/alias"),
		.topic_alias = 1,
		.payload_bytes = 1};

	subscribed(a, "a/topic/by/alias", 0);
	subscribed(b, "a/topic/by/alias", 0);
	say_publish_with(a, &publish, "1");
	forget(f);
	a->takes = 1;
	base_mem_limit(f->mem, MEM_QUEUE, base_mem_used(f->mem, MEM_QUEUE) + 1);
	publish.topic = str("");
	say_publish_with(a, &publish, "2");
	base_mem_limit(f->mem, MEM_QUEUE, 0);
	assert_true(a->is_closed);
	assert_int_equal(f->shutdown[CONN_SHUTDOWN_NO_MEMORY], 1);
	expect(b, "PUBLISH t=a/topic/by/alias p=2 q0\n");
}

/* An assembly buffer grows with what has come, not with what is promised. */
static void test_promised(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);

	give(a, "\x30\xff\xff\x70\0\1t", 7); /* 1.8 MB */
	assert_true(base_mem_used(f->mem, MEM_INPUT) < 1024);
	give(a, "\0more", 5);
	assert_true(base_mem_used(f->mem, MEM_INPUT) < 1024);
	hang_up(a);
	assert_int_equal(base_mem_used(f->mem, MEM_INPUT), 0);
}

static void test_log_rate(void **state)
{
	struct fixture *f = *state;
	unsigned lines = 0;

	for (unsigned i = 0; i < 50; i++) {
		struct client *a = dial(f, 0, WIRE_V311);

		give(a, "\xff\xff\xff\xff\xff", 5);
		assert_true(a->is_closed);
		conn_hub_flush(f->hub);
	}
	for (const char *at = f->log.data; *at; at++)
		lines += *at == '\n';
	assert_int_equal(lines, 10);
	f->now_ms += 1000;
	conn_hub_tick(f->hub, f->now_ms);
	give(dial(f, 0, WIRE_V311), "\xff\xff\xff\xff\xff", 5);
	assert_non_null(strstr(f->log.data, "(and 40 lines like this left out)"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_window),
		TEST(test_queue_bytes),
		TEST(test_queue_never),
		TEST(test_peer_limits),
		TEST(test_no_reader),
		TEST(test_slow_reader),
		TEST(test_congested),
		TEST(test_ring_full),
		TEST(test_too_large_for_control),
		TEST(test_no_memory),
		TEST(test_no_memory_alias),
		TEST(test_promised),
		TEST(test_log_rate),
	};

	return cmocka_run_group_tests_name("conn pressure", tests, NULL, NULL);
}
