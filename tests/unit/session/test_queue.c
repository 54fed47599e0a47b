#include <stdio.h>
#include <string.h>

#include "harness.h"

/* Queues of offline sessions: order over hand-over, offline time and restore; limits; expiry. */

static void offline(unsigned conn, const char *id)
{
	harness_client(conn, id, 600);
	harness_subscribe(conn, "t", 1, 0);
	harness_closed(conn, "closed");
	harness_forget();
}

/* A payload of so many bytes. */
static const char *long_payload(size_t bytes)
{
	static char payload[1 << 16];

	assert_true(bytes < sizeof(payload));
	memset(payload, 'x', bytes);
	payload[bytes] = '\0';
	return payload;
}

static void handover_comes_back_with_its_identifiers(void **state)
{
	(void)state;
	harness_client(1, "a", 60);
	harness_subscribe(1, "t", 1, 0);
	harness_forget();
	harness_handover(1, LINK_DELIVERY_PUBLISHED, 11, "m1");
	expect("interest+ all t"); /* from the first of them on, matches come to us */
	harness_handover(1, LINK_DELIVERY_RELEASED, 12, NULL);
	harness_handover(1, LINK_DELIVERY_RECEIVED, 13, NULL);
	harness_handover(1, LINK_DELIVERY_QUEUED, 0, "m2");
	harness_interest(99, "t", "m4", 1, false); /* between two of them */
	harness_handover(1, LINK_DELIVERY_QUEUED, 0, "m3");
	harness_closed(1, "closed");
	expect("release 1");
	harness_interest(99, "t", "m5", 1, false);
	assert_int_equal(harness_view("a").inflight_len, 2);
	assert_int_equal(harness_view("a").awaiting_rel_len, 1);
	assert_int_equal(harness_view("a").queue_len, 4);
	connect_with(2, "a", .expiry_s = 60);
	expect("grant 2 present expiry 60");
	expect("sub 2 t options 01 id 0");
	expect("inflight state 1 packet 11 2 t=m1 qos 1");
	expect("inflight state 2 packet 12 2 -=- qos 1");
	expect("inflight state 3 packet 13 2 -=- qos 1");
	expect("deliver 2 t=m2 qos 1");
	expect("deliver 2 t=m3 qos 1");
	expect("deliver 2 t=m4 qos 1");
	expect("deliver 2 t=m5 qos 1");
	expect("restore_end 2");
	harness_interest(99, "t", "m6", 1, false); /* up to RESTORED it is ours */
	expect("deliver 2 t=m6 qos 1");
	harness_restored(2);
	expect("interest- all t");
	expect("caught_up 2");
	harness_interest(99, "t", "m7", 1, false); /* the worker has it */
	expect_silence();
}

/*
 * A takeover before RESTORED: what still comes through us belongs before what the worker holds, so the
 * worker gets it, and is told to end only then.
 */
static void takeover_keeps_order(void **state)
{
	(void)state;
	offline(1, "a");
	connect_with(2, "a", .expiry_s = 600);
	harness_forget();
	connect_with(3, "a", .expiry_s = 600);
	expect_silence();
	harness_interest(99, "t", "m1", 1, false);
	expect("deliver 2 t=m1 qos 1");
	harness_restored(2);
	expect("disconnect 2 8e takenover");
	expect("interest- all t");
	harness_handover(2, LINK_DELIVERY_QUEUED, 0, "m1");
	harness_handover(2, LINK_DELIVERY_QUEUED, 0, "m2");
	expect("interest+ all t");
	harness_interest(99, "t", "m3", 1, false);
	harness_closed(2, "takenover");
	expect("grant 3 present expiry 600");
	expect("sub 3 t options 01 id 0");
	expect("deliver 3 t=m1 qos 1");
	expect("deliver 3 t=m2 qos 1");
	expect("deliver 3 t=m3 qos 1");
	expect("restore_end 3");
	expect("release 2");
	/* An operator's word counts for more. */
	connect_with(4, "a", .expiry_s = 600);
	assert_true(session_kick(harness.core, "a", 1));
	harness_restored(3);
	expect("disconnect 3 98 kicked");
	expect("interest- all t");
	harness_forget();
}

static void long_backlog_goes_in_steps(void **state)
{
	char line[40];

	(void)state;
	offline(1, "a");
	for (unsigned i = 0; i < 500; i++)
		harness_interest(99, "t", "m", 1, false);
	harness_room = 100;
	connect_with(2, "a", .expiry_s = 600);
	assert_int_equal(harness_view("a").queue_len, 400);
	assert_string_equal(harness_view("a").state, "restoring");
	harness_interest(99, "t", "last", 1, false);
	assert_int_equal(harness_view("a").queue_len, 401);
	harness_room = 1000;
	for (unsigned i = 0; i < 3; i++)
		harness_pass(1);
	assert_string_equal(harness_view("a").state, "restored");
	expect("grant 2 present expiry 600");
	expect("sub 2 t options 01 id 0");
	for (unsigned i = 0; i < 500; i++)
		expect("deliver 2 t=m qos 1");
	expect("deliver 2 t=last qos 1");
	expect("restore_end 2");
	snprintf(line, sizeof(line), "%llu", (unsigned long long)harness_view("a").delivered);
	assert_string_equal(line, "501");
}

/* Closed in the middle of its restore: what came back goes before what was never sent. */
static void closed_while_restoring(void **state)
{
	(void)state;
	offline(1, "a");
	harness_interest(99, "t", "m1", 1, false);
	harness_interest(99, "t", "m2", 1, false);
	harness_interest(99, "t", "m3", 1, false);
	harness_room = 2;
	connect_with(2, "a", .expiry_s = 600);
	harness_forget();
	harness_handover(2, LINK_DELIVERY_QUEUED, 0, "m1");
	harness_closed(2, "closed");
	expect("release 2");
	harness_handover(2, LINK_DELIVERY_QUEUED, 0, "m2"); /* sent before it knew of the close */
	harness_room = 100;
	connect_with(3, "a", .expiry_s = 600);
	expect("grant 3 present expiry 600");
	expect("sub 3 t options 01 id 0");
	expect("deliver 3 t=m1 qos 1");
	expect("deliver 3 t=m2 qos 1");
	expect("deliver 3 t=m3 qos 1");
	expect("restore_end 3");
}

static void drops_the_oldest(void **state)
{
	struct session_config config = harness_config;
	char payload[16];

	(void)state;
	config.max_queue_len = 3;
	session_core_configure(harness.core, &config);
	offline(1, "a");
	for (unsigned i = 1; i <= 5; i++) {
		snprintf(payload, sizeof(payload), "m%u", i);
		harness_interest(99, "t", payload, 1, false);
	}
	assert_int_equal(harness_view("a").queue_len, 3);
	assert_int_equal(harness_view("a").dropped, 2);
	assert_int_equal(session_counters(harness.core)->dropped_full, 2);
	connect_with(2, "a", .expiry_s = 600);
	expect("grant 2 present expiry 600");
	expect("sub 2 t options 01 id 0");
	expect("deliver 2 t=m3 qos 1");
	harness_forget();
}

static void byte_limits(void **state)
{
	struct session_config config = harness_config;
	size_t one;

	(void)state;
	offline(1, "a");
	offline(2, "b");
	harness_interest(99, "t", "m", 1, false);
	one = harness_view("a").queue_bytes;
	config.max_queue_bytes = 3 * one;
	config.queue_budget_bytes = 5 * one;
	session_core_configure(harness.core, &config);
	for (unsigned i = 0; i < 10; i++)
		harness_interest(99, "t", "m", 1, false);
	assert_in_range(harness_view("a").queue_len, 1, 3);
	assert_in_range(harness_view("b").queue_len, 1, 3);
	assert_true(harness_stats().queued_bytes <= 5 * one);
	assert_true(session_counters(harness.core)->dropped_full > 0);
}

/* A message that fits nowhere takes none of those that wait along. */
static void what_never_fits_is_dropped_alone(void **state)
{
	struct session_config config = harness_config;
	size_t one;

	(void)state;
	offline(1, "a");
	harness_interest(99, "t", "m", 1, false);
	one = harness_view("a").queue_bytes;
	harness_interest(99, "t", "m", 1, false);
	config.max_queue_bytes = 2 * one;
	session_core_configure(harness.core, &config);
	harness_interest(99, "t", long_payload(one), 1,
		false); /* longer than one as a whole, not than two */
	assert_int_equal(harness_view("a").queue_len, 1);
	harness_interest(99, "t", long_payload(2 * one), 1, false);
	assert_int_equal(harness_view("a").queue_len, 1);
	assert_int_equal(session_counters(harness.core)->dropped_full, 3);
}

/* Others hold the budget: what this session has stays, and makes room for nothing larger than itself. */
static void what_others_leave_no_room_for_is_dropped_alone(void **state)
{
	struct session_config config = harness_config;

	(void)state;
	offline(1, "a");
	harness_interest(99, "t", "m", 1, false);
	harness_interest(99, "t", "m", 1, false);
	offline(2, "b");
	for (unsigned i = 0; i < 10; i++)
		harness_interest(99, "t", "m", 1, false);
	assert_int_equal(harness_view("a").queue_len, 12);
	config.queue_budget_bytes = harness_stats().queued_bytes;
	session_core_configure(harness.core, &config);
	harness_interest(99, "t", long_payload(config.queue_budget_bytes / 2 + 1000), 1, false);
	assert_int_equal(harness_view("a").queue_len, 12);
	assert_int_equal(harness_view("b").queue_len, 10);
}

static void qos0(void **state)
{
	struct session_config config = harness_config;

	(void)state;
	offline(1, "a");
	harness_interest(99, "t", "m", 0, false);
	assert_int_equal(harness_view("a").queue_len, 0);
	assert_int_equal(session_counters(harness.core)->dropped_qos0, 1);
	config.queue_qos0 = true;
	session_core_configure(harness.core, &config);
	harness_interest(99, "t", "m", 0, false);
	assert_int_equal(harness_view("a").queue_len, 1);
}

static void expired_messages_are_not_sent(void **state)
{
	(void)state;
	offline(1, "a");
	harness_interest_expiring("t", "short", 10);
	harness_interest_expiring("t", "long", 100);
	harness_pass(10000);
	connect_with(2, "a", .expiry_s = 600);
	expect("grant 2 present expiry 600");
	expect("sub 2 t options 01 id 0");
	expect("deliver 2 t=long qos 1");
	expect("restore_end 2");
	assert_int_equal(session_counters(harness.core)->dropped_expired, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_up, harness_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(handover_comes_back_with_its_identifiers),
		TEST(takeover_keeps_order),
		TEST(long_backlog_goes_in_steps),
		TEST(closed_while_restoring),
		TEST(drops_the_oldest),
		TEST(byte_limits),
		TEST(what_never_fits_is_dropped_alone),
		TEST(what_others_leave_no_room_for_is_dropped_alone),
		TEST(qos0),
		TEST(expired_messages_are_not_sent),
	};

	return cmocka_run_group_tests_name("session_queue", tests, NULL, NULL);
}
