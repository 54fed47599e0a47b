#include "harness.h"

/* A new control learns from a worker that outlived the former one. */

static void list_is_whole_again(void **state)
{
	(void)state;
	live_with(1, "a", .session = 100, .expiry_s = 60, .will = true);
	harness_live_subscription(1, "t", 1, 9);
	live_with(2, "b", .session = 101);
	session_link_handler.resync_end(harness.core, 0);
	expect_silence();
	assert_int_equal(harness_stats().connections, 2);
	assert_int_equal(harness_view("a").id, 100);
	assert_string_equal(harness_view("a").state, "live");
	harness_closed(1, "closed");
	expect("interest+ all t");
	expect("publish will=dead qos 0");
	expect("release 1");
	connect_with(3, "a", .expiry_s = 60);
	expect("grant 3 present expiry 60");
	expect("sub 3 t options 01 id 9");
	harness_forget();
}

static void newest_of_two_wins(void **state)
{
	(void)state;
	harness_worker_up[1] = true;
	live_with(1, "a", .session = 100, .connected_ms = 500);
	live_with(1001, "a", .session = 100, .connected_ms = 600);
	expect("disconnect 1 8e takenover");
	assert_int_equal(harness_view("a").worker, 1);
	live_with(2, "a", .session = 90, .connected_ms = 400);
	expect("disconnect 2 8e takenover");
	harness_closed(1, "takenover");
	expect("release 1");
	harness_closed(2, "takenover");
	expect("release 2");
	assert_true(harness_view("a").is_connected);
	assert_int_equal(harness_stats().connections, 1);
}

/* The time of the connection is the client's, not ours. */
static void age_is_kept(void **state)
{
	struct session_view old, fresh;

	(void)state;
	live_with(1, "old", .session = 100, .connected_ms = harness.now_ms - 100000);
	live_with(2, "fresh", .session = 101);
	old = harness_view("old");
	fresh = harness_view("fresh");
	assert_true(fresh.connected_wall_ms - old.connected_wall_ms >= 100000);
	assert_int_equal(old.created_wall_ms, old.connected_wall_ms);
}

static void told_twice(void **state)
{
	(void)state;
	live_with(1, "a", .session = 100);
	live_with(1, "a", .session = 100);
	expect_silence();
	assert_int_equal(harness_stats().connections, 1);
}

static void parked_connection(void **state)
{
	(void)state;
	live_with(1, "a", .session = 100, .parked = true, .expiry_s = 60);
	harness_live_subscription(1, "t", 1, 0);
	expect("interest+ all t");
	harness_handover(1, LINK_DELIVERY_QUEUED, 0, "m");
	harness_closed(1, "closed");
	expect("release 1");
	assert_int_equal(harness_view("a").queue_len, 1);
}

/* Numbers of sessions that the former control gave are not given again. */
static void session_numbers(void **state)
{
	uint64_t given = 1ull << 62;

	(void)state;
	live_with(1, "a", .session = given);
	connect_with(2, "b", .clean = false);
	assert_true(harness_view("b").id > given);
	harness_forget();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_up, harness_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(list_is_whole_again),
		TEST(newest_of_two_wins),
		TEST(age_is_kept),
		TEST(told_twice),
		TEST(parked_connection),
		TEST(session_numbers),
	};

	return cmocka_run_group_tests_name("session_resync", tests, NULL, NULL);
}
