#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sessions that outlive their connection, and a control that does not outlive us. */

static struct client *resumed(struct fixture *f, unsigned i, uint8_t version)
{
	struct client *c = dial(f, i, version);

	say_connect(c, "s", false, 100, 0);
	grant(c, 9, 100, true, true);
	expect(c, version == WIRE_V5 ? "CONNACK 00 present receive=100 packet=2097152 alias=10\n"
				     : "CONNACK 00 present\n");
	forget(f);
	return c;
}

static void sub_restore(struct client *c, const char *filter, uint8_t options, uint32_t id)
{
	struct conn_filter one = {.text = str(filter),
		.options = options,
		.reason = options & 3,
		.subscription_id = id};
	struct conn_subscribe s = {.conn = c->id, .filter_len = 1, .filters = &one};

	conn_sub_restore(c->f->hub, &s);
}

/* Window and queue go to control in their order; what comes meanwhile goes there too. */
static void test_park(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	struct client *b;

	f->config.max_inflight = 2;
	reconfigure(f);
	b = online(f, 1, WIRE_V5, "b", 100);
	subscribed(b, "t", 2);
	say_publish(b, "own", "x", 2, 41); /* received, not released */
	say_publish(a, "t", "1", 2, 1);
	say_publish(a, "t", "2", 1, 2);
	say_publish(a, "t", "3", 1, 3);
	say_publish(a, "t", "4", 0, 0);
	say_ack(b, WIRE_PUBREC, 1, 0);
	expect(b, "PUBREC #41 10\nPUBLISH t=t p=1 q2 #1\nPUBLISH t=t p=2 q1 #2\nPUBREL #1 00\n");
	hang_up(b);
	expect_told(f, "1 received #41\n1 released #1\n1 published #2 t=t p=2 q1 for q1\n"
		       "1 queued #0 t=t p=3 q1 for q1\nclosed 1 CLOSED parked\n");
	assert_int_equal(counted(f, CONN_COUNTER_PARKED_CONNECTIONS_COUNT), 1);
	assert_int_equal(counted(f, CONN_COUNTER_DELIVERY_DROPPED_QOS0_MSG), 1);
	say_publish(a, "t", "5", 1, 5);
	expect_told(f, "interest t=t p=5 q1\n");
	assert_int_equal(conn_hub_interest_add(f->hub, str("t")), 0);
	say_publish(a, "t", "6", 1, 6);
	expect_told(f, "interest t=t p=6 q1\n");
	conn_release(f->hub, b->id);
	say_publish(a, "t", "7", 1, 7);
	expect_told(f, "interest t=t p=7 q1\n");
	assert_int_equal(counted(f, CONN_COUNTER_PARKED_CONNECTIONS_COUNT), 0);
	assert_int_equal(counted(f, CONN_COUNTER_SUBSCRIPTIONS_COUNT), 0);
}

/* Until control has heard of the end, what matches is kept here, in its place. */
static void test_park_unheard(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	struct client *b = online(f, 1, WIRE_V5, "b", 100);

	subscribed(b, "t", 1);
	f->room = 0;
	hang_up(b);
	say_publish(a, "t", "1", 1, 1);
	say_publish(a, "t", "2", 1, 2);
	say_publish(a, "t", "0", 0, 0);
	expect(a, "PUBACK #1 00\nPUBACK #2 00\n");
	deliver(b, "t", "retained", 1);
	f->room = CONN_RECORD_HEAD_BYTES + 10;
	conn_hub_unblock(f->hub);
	expect_told(f, "1 queued #0 t=t p=1 q1 for q1\n");
	say_publish(a, "t", "3", 1, 3);
	expect(a, ""); /* now it is control's, and has to wait */
	f->room = SIZE_MAX;
	conn_hub_unblock(f->hub);
	expect_told(f, "1 queued #0 t=t p=2 q1 for q1\n1 queued #0 t=t p=retained q1 for q1\n"
		       "closed 1 CLOSED parked\ninterest t=t p=3 q1\n");
	assert_int_equal(counted(f, CONN_COUNTER_DELIVERY_DROPPED_QOS0_MSG), 1);
}

/* The identifiers alone are enough for control to have heard. */
static void test_park_ids(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	struct client *b = online(f, 1, WIRE_V5, "b", 100);

	subscribed(b, "t", 1);
	say_publish(b, "x", "m", 2, 1);
	say_publish(b, "x", "m", 2, 2);
	forget(f);
	f->room = CONN_RECORD_HEAD_BYTES;
	hang_up(b);
	expect_told(f, "1 received #1\n");
	say_publish(a, "t", "m", 1, 1);
	expect(a, "");
	f->room = SIZE_MAX;
	conn_hub_unblock(f->hub);
	expect_told(f, "1 received #2\nclosed 1 CLOSED parked\ninterest t=t p=m q1\n");
}

/* A message that control could never be told is given up, not waited for. */
static void test_park_too_large(void **state)
{
	struct fixture *f = *state;
	struct client *a, *b;
	uint32_t bytes = 5 << 20;
	char *payload = calloc(1, bytes);
	struct wire_publish_out publish = {.version = WIRE_V5,
		.topic = str("t"),
		.payload_bytes = bytes,
		.qos = 1,
		.packet_id = 1};

	assert_non_null(payload);
	f->config.max_packet_bytes = 8 << 20;
	f->config.max_inflight = 1;
	reconfigure(f);
	a = online(f, 0, WIRE_V5, "a", 0);
	b = online(f, 1, WIRE_V5, "b", 100);
	subscribed(b, "t", 1);
	say_publish_with(a, &publish, payload);
	say_publish_with(a, &publish, payload);
	say_publish(a, "t", "small", 1, 3);
	hang_up(b);
	expect_told(f, "1 queued #0 t=t p=small q1 for q1\nclosed 1 CLOSED parked\n");
	assert_int_equal(counted(f, CONN_COUNTER_DELIVERY_DROPPED_TOO_LARGE), 2);
	free(payload);
}

static void test_park_slowly(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	struct client *b = online(f, 1, WIRE_V5, "b", 100);
	char line[64];
	unsigned turns = 0;

	subscribed(b, "t", 1);
	for (uint16_t i = 1; i <= 50; i++) {
		snprintf(line, sizeof(line), "%u", i);
		say_publish(a, "t", line, 1, i);
	}
	forget(f);
	f->room = 0;
	hang_up(b);
	expect_told(f, "");
	for (uint16_t i = 1; i <= 50; i++) {
		f->room = CONN_RECORD_HEAD_BYTES + 10;
		conn_hub_unblock(f->hub);
		snprintf(line, sizeof(line), "1 %s #%d t=t p=%d q1 for q1\n",
			i <= 32 ? "published" : "queued", i <= 32 ? i : 0, i);
		expect_told(f, line);
		turns++;
	}
	f->room = SIZE_MAX;
	conn_hub_unblock(f->hub);
	expect_told(f, "closed 1 CLOSED parked\n");
	assert_int_equal(turns, 50);
}

/* A session that control has ended takes nothing along. */
static void test_no_keep(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 100);

	subscribed(a, "t", 1);
	say_publish(a, "t", "1", 1, 1);
	forget(f);
	conn_disconnect(f->hub, a->id, 0x98, CONN_SHUTDOWN_KICKED, str("go"));
	expect(a, "DISCONNECT 98 why=go\n");
	expect_told(f, "closed 0 KICKED\n");
	assert_int_equal(counted(f, CONN_COUNTER_SUBSCRIPTIONS_COUNT), 0);
	a = online(f, 0, WIRE_V5, "a", 100);
	subscribed(a, "t", 1);
	say_publish(a, "t", "1", 1, 1);
	forget(f);
	conn_disconnect(f->hub, a->id, 0x8e, CONN_SHUTDOWN_TAKENOVER, str(""));
	expect(a, "DISCONNECT 8e\n");
	expect_told(f, "0 published #1 t=t p=1 q1 for q1\nclosed 0 TAKENOVER parked\n");
}

/* Backlog first, then what control still sends, then what matched here. */
static void test_restore(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	struct client *c = resumed(f, 1, WIRE_V5);

	sub_restore(c, "t", 1, 0);
	inflight(c, 30, CONN_DELIVERY_RELEASED, NULL, "", 2);
	inflight(c, 31, CONN_DELIVERY_PUBLISHED, "t", "one", 1);
	inflight(c, 44, CONN_DELIVERY_RECEIVED, NULL, "", 2);
	deliver(c, "t", "two", 1);
	expect(c, "PUBREL #30 00\nPUBLISH t=t p=one q1 #31 dup\nPUBLISH t=t p=two q1 #1\n");
	/* The session is still control's. */
	say_publish(a, "t", "three", 1, 1);
	expect_told(f, "interest t=t p=three q1\n");
	conn_restore_end(f->hub, c->id);
	expect_told(f, "restored 1\n");
	say_publish(a, "t", "four", 1, 2);
	expect_told(f, "");
	expect(c, "");
	deliver(c, "t", "three", 1);
	expect(c, "PUBLISH t=t p=three q1 #2\n");
	conn_caught_up(f->hub, c->id);
	expect(c, "PUBLISH t=t p=four q1 #3\n");
	say_publish(a, "t", "five", 1, 3);
	expect(c, "PUBLISH t=t p=five q1 #4\n");
	/* What was begun before goes on under the old identifiers. */
	say_publish(c, "t", "again", 2, 44);
	say_ack(c, WIRE_PUBREL, 44, 0);
	say_ack(c, WIRE_PUBCOMP, 30, 0);
	say_ack(c, WIRE_PUBACK, 31, 0);
	expect(c, "PUBREC #44 00\nPUBCOMP #44 00\n");
	expect_told(f, "");
	assert_int_equal(counted(f, CONN_COUNTER_PACKETS_PUBACK_MISSED), 0);
	assert_int_equal(counted(f, CONN_COUNTER_PACKETS_PUBCOMP_MISSED), 0);
}

/* The Receive Maximum of the new connection holds for what is sent again, too. */
static void test_restore_window(void **state)
{
	struct fixture *f = *state;
	struct client *c = dial(f, 0, WIRE_V5);
	struct wire_connect connect = {.client_id = str("s")};

	connect.props.receive_maximum = 2;
	wire_props_mark(&connect.props, WIRE_PROP_RECEIVE_MAXIMUM);
	say_connect_with(c, &connect);
	grant(c, 9, 100, true, true);
	forget(f);
	inflight(c, 3, CONN_DELIVERY_PUBLISHED, "t", "one", 1);
	inflight(c, 1, CONN_DELIVERY_PUBLISHED, "t", "two", 2);
	inflight(c, 2, CONN_DELIVERY_PUBLISHED, "t", "three", 1);
	deliver(c, "t", "four", 1);
	conn_restore_end(f->hub, c->id);
	conn_caught_up(f->hub, c->id);
	expect(c, "PUBLISH t=t p=one q1 #3 dup\nPUBLISH t=t p=two q2 #1 dup\n");
	say_ack(c, WIRE_PUBREC, 1, 0);
	expect(c, "PUBREL #1 00\n");
	say_ack(c, WIRE_PUBCOMP, 1, 0);
	expect(c, "PUBLISH t=t p=three q1 #2 dup\n");
	say_ack(c, WIRE_PUBACK, 3, 0);
	expect(c, "PUBLISH t=t p=four q1 #1\n"); /* 1 is free again */
	forget(f);
	hang_up(c);
	expect_told(f, "0 published #2 t=t p=three q1 for q1\n0 published #1 t=t p=four q1 for q1\n"
		       "closed 0 CLOSED\n");
}

/*
 * A client may have the message of an earlier connection, and say so before it is sent again: then it is not, and only
 * PUBREL is left of it.
 */
static void test_restore_received_before(void **state)
{
	struct fixture *f = *state;
	struct client *c = dial(f, 0, WIRE_V5);
	struct wire_connect connect = {.client_id = str("s")};

	connect.props.receive_maximum = 1;
	wire_props_mark(&connect.props, WIRE_PROP_RECEIVE_MAXIMUM);
	say_connect_with(c, &connect);
	grant(c, 9, 100, true, true);
	forget(f);
	inflight(c, 1, CONN_DELIVERY_PUBLISHED, "t", "one", 2);
	inflight(c, 2, CONN_DELIVERY_PUBLISHED, "t", "two", 2);
	inflight(c, 3, CONN_DELIVERY_PUBLISHED, "t", "three", 2);
	conn_restore_end(f->hub, c->id);
	conn_caught_up(f->hub, c->id);
	expect(c, "PUBLISH t=t p=one q2 #1 dup\n");
	say_ack(c, WIRE_PUBREC, 2, 0);
	expect(c, "PUBREL #2 00\n");
	say_ack(c, WIRE_PUBREC, 1, 0);
	say_ack(c, WIRE_PUBCOMP, 1, 0);
	expect(c, "PUBREL #1 00\nPUBLISH t=t p=three q2 #3 dup\n");
	say_ack(c, WIRE_PUBREC, 3, 0);
	say_ack(c, WIRE_PUBREC, 2, 0);
	expect(c, "PUBREL #3 00\nPUBREL #2 00\n");
	forget(f);
	hang_up(c);
	expect_told(f, "0 released #2\n0 released #3\nclosed 0 CLOSED\n");
}

/* What was sent once is sent again although its time has passed (4.3.3-7), and says so (3.3.2-6). */
static void test_restore_expired(void **state)
{
	struct fixture *f = *state;
	struct client *c = resumed(f, 0, WIRE_V5);
	struct conn_message message = {.born_ms = f->now_ms - 3000,
		.expiry_s = 2,
		.qos = 1,
		.topic = str("t"),
		.payload = str("late")};
	struct conn_delivery delivery = {
		.conn = c->id, .packet_id = 7, .state = CONN_DELIVERY_PUBLISHED, .qos = 1};

	conn_inflight_restore(f->hub, &delivery, &message);
	expect(c, "PUBLISH t=t p=late q1 #7 dup expiry=0\n");
}

/* What a client pipelines behind CONNECT waits for its session: a repetition is known as one. */
static void test_restore_pipelined(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	struct client *c = dial(f, 1, WIRE_V311);

	subscribed(a, "t", 0);
	say_connect(c, "s", false, 0, 0);
	say_publish(c, "t", "again", 2, 5);
	say_ack(c, WIRE_PUBREL, 5, 0);
	grant(c, 9, 100, true, true);
	expect(c, "CONNACK 00 present\n");
	say_publish(c, "t", "again, too", 2, 6);
	inflight(c, 5, CONN_DELIVERY_RECEIVED, NULL, "", 2);
	inflight(c, 6, CONN_DELIVERY_RECEIVED, NULL, "", 2);
	conn_restore_end(f->hub, c->id);
	expect(c, "PUBREC #5 00\nPUBCOMP #5 00\nPUBREC #6 00\n");
	expect(a, "");
	hang_up(c);
	/* The same for what comes a little later. */
	c = dial(f, 1, WIRE_V311);
	say_connect(c, "s", false, 0, 0);
	grant(c, 9, 100, true, true);
	say_publish(c, "t", "again", 2, 5);
	inflight(c, 5, CONN_DELIVERY_RECEIVED, NULL, "", 2);
	conn_restore_end(f->hub, c->id);
	expect(c, "CONNACK 00 present\nPUBREC #5 00\n");
	expect(a, "");
}

/* Identifiers of an earlier connection don't count against the Receive Maximum of this one. */
static void test_restore_receive_max(void **state)
{
	struct fixture *f = *state;
	struct client *c;

	f->config.receive_max = 1;
	reconfigure(f);
	c = dial(f, 0, WIRE_V5);
	say_connect(c, "s", false, 100, 0);
	grant(c, 9, 100, true, true);
	inflight(c, 5, CONN_DELIVERY_RECEIVED, NULL, "", 2);
	conn_restore_end(f->hub, c->id);
	forget(f);
	say_publish(c, "t", "m", 2, 6);
	expect(c, "PUBREC #6 10\n");
	say_publish(c, "t", "m", 2, 7);
	expect(c, "DISCONNECT 93\n");
}

/* The client goes while its session is on its way here: all of it goes back. */
static void test_gone_while_restoring(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	struct client *c = resumed(f, 1, WIRE_V5);

	sub_restore(c, "t", 1, 0);
	inflight(c, 31, CONN_DELIVERY_PUBLISHED, "t", "one", 1);
	hang_up(c);
	deliver(c, "t", "two", 1);
	expect_told(f, "");
	f->room = 0;
	conn_restore_end(f->hub, c->id);
	expect_told(f, "");
	f->room = SIZE_MAX;
	conn_hub_unblock(f->hub);
	expect_told(f, "restored 1\n");
	say_publish(a, "t", "four", 1, 2);
	deliver(c, "t", "three", 1);
	conn_caught_up(f->hub, c->id);
	expect_told(f, "1 published #31 t=t p=one q1 for q1\n1 queued #0 t=t p=two q1 for q1\n"
		       "1 queued #0 t=t p=three q1 for q1\n1 queued #0 t=t p=four q1 for q1\n"
		       "closed 1 CLOSED parked\n");
	conn_release(f->hub, c->id);
	/* It goes while RESTORED waits for room. */
	c = resumed(f, 1, WIRE_V5);
	f->room = 0;
	conn_restore_end(f->hub, c->id);
	hang_up(c);
	f->room = SIZE_MAX;
	conn_hub_unblock(f->hub);
	expect_told(f, "restored 1\n");
	conn_caught_up(f->hub, c->id);
	expect_told(f, "closed 1 CLOSED\n");
	/* Control may also end it half way. */
	c = resumed(f, 1, WIRE_V5);
	sub_restore(c, "t", 1, 0);
	deliver(c, "t", "two", 1);
	forget(f);
	conn_disconnect(f->hub, c->id, 0x8e, CONN_SHUTDOWN_TAKENOVER, str(""));
	expect_told(f, "1 published #1 t=t p=two q1 for q1\nclosed 1 TAKENOVER parked\n");
}

static void test_resync(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	struct client *b = online(f, 1, WIRE_V5, "b", 50);
	struct client *c = dial(f, 2, WIRE_V5);
	struct client *d;

	assert_int_equal(conn_hub_interest_add(f->hub, str("gone")), 0);
	subscribed(a, "t", 1);
	subscribed(b, "t", 1);
	say_publish(a, "t", "m", 1, 1);
	hang_up(b);
	say_connect(c, "c", true, 0, 0);
	say_subscribe(a, 3, "more", 0); /* never answered */
	say_ping(a);
	d = resumed(f, 3, WIRE_V5);
	sub_restore(d, "r/+", 1, 33);
	forget(f);
	conn_hub_resync_begin(f->hub);
	say_publish(a, "gone", "m", 0, 0);
	f->room = 600;
	assert_false(conn_hub_resync_step(f->hub));
	f->room = SIZE_MAX;
	assert_true(conn_hub_resync_step(f->hub));
	expect_told(f, "live v5 id=a clean=1 expiry=0 session=100\n"
		       "subs 0 t:01:01\n"
		       "live v5 id=b clean=1 expiry=50 session=101 parked\n"
		       "subs 1 t:01:01\n"
		       "connect v5 id=c clean=1 expiry=0\n"
		       "live v5 id=s clean=0 expiry=100 session=9\n"
		       "subs 3 r/+:01:01=33\n"
		       "subscribe 0 #3 more:00:00\n"
		       "1 published #1 t=t p=m q1 for q1\n"
		       "closed 1 CLOSED parked\n");
	suback(a, 3, "more", 0, 0);
	expect(a, "SUBACK #3 00\nPINGRESP\n");
	grant(c, 12, 0, false, false);
	expect(c, "CONNACK 00 receive=100 packet=2097152 alias=10\n");
	/* A session that the old control was restoring runs with what has come. */
	say_publish(a, "r/1", "m", 0, 0);
	expect(d, "PUBLISH t=r/1 p=m q0 id=33\n");
	conn_release(f->hub, b->id);
}

/* Many connections and filters through a small ring: each is told once. */
static void test_resync_slowly(void **state)
{
	struct fixture *f = *state;
	char id[32];
	unsigned lives = 0, steps = 0;

	for (unsigned i = 0; i < 20; i++) {
		struct client *c;

		snprintf(id, sizeof(id), "client-%u", i);
		c = online(f, i, WIRE_V5, id, 0);
		for (unsigned n = 0; n < 300; n++) {
			snprintf(id, sizeof(id), "f/%u", n);
			subscribed(c, id, 0);
		}
	}
	forget(f);
	conn_hub_resync_begin(f->hub);
	do {
		f->room = 4000;
		steps++;
		assert_true(steps < 1000);
	} while (!conn_hub_resync_step(f->hub));
	for (const char *at = f->told.data; (at = strstr(at, "live ")) != NULL; at++)
		lives++;
	assert_int_equal(lives, 20);
	assert_true(steps > 20);
	lives = 0;
	for (const char *at = f->told.data; (at = strstr(at, " f/")) != NULL; at++)
		lives++;
	assert_int_equal(lives, 20 * 300);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_park),
		TEST(test_park_unheard),
		TEST(test_park_ids),
		TEST(test_park_too_large),
		TEST(test_park_slowly),
		TEST(test_no_keep),
		TEST(test_restore),
		TEST(test_restore_window),
		TEST(test_restore_received_before),
		TEST(test_restore_expired),
		TEST(test_restore_pipelined),
		TEST(test_restore_receive_max),
		TEST(test_gone_while_restoring),
		TEST(test_resync),
		TEST(test_resync_slowly),
	};

	return cmocka_run_group_tests_name("conn session", tests, NULL, NULL);
}
