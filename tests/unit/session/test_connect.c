#include "harness.h"

/* The CONNECT decision: new and resumed sessions, takeover and its races, expiry, the end of a worker. */

static void new_session(void **state)
{
	(void)state;
	connect_with(1, "a", .expiry_s = 60);
	expect("grant 1 new expiry 60");
	expect_silence();
	assert_true(harness_view("a").is_connected);
	assert_int_equal(harness_stats().sessions, 1);
	assert_int_equal(harness_stats().connections, 1);
}

static void assigned_id(void **state)
{
	const struct session_counters *counters = session_counters(harness.core);

	(void)state;
	connect_with(1, "", .clean = true);
	connect_with(2, "", .clean = true);
	assert_int_equal(counters->created, 2);
	assert_int_equal(harness_stats().sessions, 2);
	harness_forget();
}

static void empty_id_of_old_clients(void **state)
{
	(void)state;
	connect_with(1, "", .version = 4);
	expect("refuse 1 85 client id");
	connect_with(2, "", .version = 3, .clean = true);
	expect("refuse 2 85 client id");
	connect_with(3, "", .version = 4, .clean = true);
	assert_int_equal(harness_stats().sessions, 1);
	harness_forget();
}

static void v3_expiry(void **state)
{
	(void)state;
	connect_with(1, "persistent", .version = 4, .expiry_s = UINT32_MAX);
	expect("grant 1 new expiry 7200");
	connect_with(2, "clean", .version = 4, .clean = true);
	expect("grant 2 new expiry 0");
	harness_closed(2, "closed");
	expect("release 2");
	assert_false(harness_exists("clean"));
	harness_closed(1, "closed");
	expect("release 1");
	harness_pass(7199 * 1000);
	assert_true(harness_exists("persistent"));
	harness_pass(1000);
	assert_false(harness_exists("persistent"));
}

static void resume(void **state)
{
	(void)state;
	harness_client(1, "a", 60);
	harness_subscribe(1, "t/#", 1, 5);
	expect("suback 1 t/# 01");
	harness_closed(1, "closed");
	expect("interest+ all t/#");
	expect("release 1");
	connect_with(2, "a", .expiry_s = 60);
	expect("grant 2 present expiry 60");
	expect("sub 2 t/# options 01 id 5");
	expect("restore_end 2");
	expect_silence();
	harness_restored(2);
	expect("interest- all t/#");
	expect("caught_up 2");
	expect_silence();
	assert_string_equal(harness_view("a").state, "live");
}

static void clean_start_discards(void **state)
{
	(void)state;
	harness_client(1, "a", 60);
	harness_subscribe(1, "t", 1, 0);
	harness_closed(1, "closed");
	harness_forget();
	connect_with(2, "a", .clean = true, .expiry_s = 60);
	expect("interest- all t");
	expect("grant 2 new expiry 60");
	expect_silence();
	assert_int_equal(harness_stats().subscriptions, 0);
	assert_int_equal(harness_stats().sessions, 1);
}

static void takeover_waits_for_closed(void **state)
{
	(void)state;
	harness_client(1, "a", 60);
	connect_with(2, "a", .expiry_s = 60);
	expect("disconnect 1 8e takenover");
	expect_silence();
	harness_closed(1, "takenover");
	expect("grant 2 present expiry 60");
	expect("restore_end 2");
	expect("release 1");
	expect_silence();
}

static void takeover_by_clean_start(void **state)
{
	(void)state;
	harness_client(1, "a", 60);
	connect_with(2, "a", .clean = true);
	expect("disconnect 1 8e discarded");
	harness_closed(1, "discarded");
	expect("grant 2 new expiry 0");
	expect("release 1");
	expect_silence();
	assert_int_equal(harness_stats().sessions, 1);
}

/* With expiry 0 the session ends with its connection: who takes over finds none. */
static void takeover_of_expiry_0(void **state)
{
	(void)state;
	harness_client(1, "a", 0);
	connect_with(2, "a", .expiry_s = 60);
	expect("disconnect 1 8e takenover");
	harness_closed(1, "takenover");
	expect("grant 2 new expiry 60");
	expect("release 1");
}

static void second_takeover_wins(void **state)
{
	(void)state;
	harness_client(1, "a", 60);
	connect_with(2, "a", .expiry_s = 60);
	expect("disconnect 1 8e takenover");
	connect_with(3, "a", .expiry_s = 60);
	expect("refuse 2 89 takenover");
	expect_silence();
	harness_closed(2, "takenover"); /* the refused one closes */
	expect("release 2");
	harness_closed(1, "takenover");
	expect("grant 3 present expiry 60");
	expect("restore_end 3");
	expect("release 1");
}

static void pending_connect_vanishes(void **state)
{
	(void)state;
	harness_client(1, "a", 60);
	connect_with(2, "a", .expiry_s = 60);
	expect("disconnect 1 8e takenover");
	harness_closed(2, "closed");
	expect("release 2");
	harness_closed(1, "takenover");
	expect("release 1");
	expect_silence();
	assert_false(harness_view("a").is_connected);
}

static void connection_closes_by_itself_during_handover(void **state)
{
	(void)state;
	harness_client(1, "a", 60);
	harness_handover(1, LINK_DELIVERY_QUEUED, 0, "m1");
	expect_silence();
	connect_with(2, "a", .expiry_s = 60);
	expect_silence(); /* it closes already */
	harness_closed(1, "closed");
	expect("grant 2 present expiry 60");
	expect("deliver 2 t=m1 qos 1");
	expect("restore_end 2");
	expect("release 1");
}

static void takeover_while_restoring(void **state)
{
	(void)state;
	harness_client(1, "a", 60);
	harness_closed(1, "closed");
	connect_with(2, "a", .expiry_s = 60);
	harness_forget();
	connect_with(3, "a", .expiry_s = 60); /* before 2 said RESTORED */
	expect_silence();
	harness_restored(2);
	expect("disconnect 2 8e takenover");
	harness_closed(2, "takenover");
	expect("grant 3 present expiry 60");
	expect("restore_end 3");
	expect("release 2");
}

static void expiry_by_disconnect(void **state)
{
	(void)state;
	harness_client(1, "a", 60);
	harness_closed_expiry(1, 0);
	expect("release 1");
	assert_false(harness_exists("a"));
	harness_client(2, "b", 60);
	harness_closed_expiry(2, 10);
	harness_pass(9999);
	assert_true(harness_exists("b"));
	harness_pass(1);
	assert_false(harness_exists("b"));
	harness_forget();
}

static void never_expires(void **state)
{
	(void)state;
	harness_client(1, "a", UINT32_MAX);
	harness_closed(1, "closed");
	harness_pass(1000ull * UINT32_MAX);
	assert_true(harness_exists("a"));
	assert_int_equal(harness_view("a").expires_ms, UINT64_MAX);
	harness_forget();
}

static void kick(void **state)
{
	(void)state;
	harness_client(1, "a", 60);
	assert_true(session_kick(harness.core, "a", 1));
	expect("disconnect 1 98 kicked");
	harness_closed(1, "kicked");
	expect("release 1");
	assert_false(harness_exists("a"));
	assert_false(session_kick(harness.core, "a", 1));
	harness_client(2, "b", 60);
	harness_closed(2, "closed");
	assert_true(session_kick(harness.core, "b", 1));
	assert_false(harness_exists("b"));
	harness_forget();
}

static void limits(void **state)
{
	struct session_config config = harness_config;

	(void)state;
	config.max_sessions = 1;
	config.max_qos = 1;
	config.retain_available = false;
	session_core_configure(harness.core, &config);
	connect_with(1, "a", .will = true, .will_qos = 2);
	expect("refuse 1 9b qos");
	connect_with(2, "a", .will = true, .will_retain = true);
	expect("refuse 2 9a retain");
	harness_client(3, "a", 0);
	connect_with(4, "b", .clean = false);
	expect("refuse 4 97 quota");
	assert_int_equal(session_counters(harness.core)->refused, 3);
}

/* Until the workers have told their live connections nobody knows which client ids are taken. */
static void connects_wait_for_resync(void **state)
{
	(void)state;
	harness_settled = false;
	connect_with(2, "a", .expiry_s = 60);
	connect_with(3, "b", .clean = false);
	expect_silence();
	live_with(1, "a", .expiry_s = 60, .session = 77);
	harness_closed(3, "closed"); /* gave up waiting */
	expect("release 3");
	harness_settled = true;
	harness_pass(1);
	expect("disconnect 1 8e takenover");
	expect_silence();
	harness_closed(1, "takenover");
	expect("grant 2 present expiry 60");
	expect("restore_end 2");
	expect("release 1");
	assert_false(harness_exists("b"));
}

static void two_workers(void **state)
{
	(void)state;
	harness_worker_up[1] = true;
	harness_client(1, "a", 60);
	connect_with(1001, "a", .expiry_s = 60); /* the same number at another worker */
	expect("disconnect 1 8e takenover");
	harness_closed(1, "takenover");
	expect("grant 1001 present expiry 60");
	harness_forget();
}

static void worker_lost(void **state)
{
	(void)state;
	harness_worker_up[1] = true;
	harness_client(1, "stays", 60);
	harness_subscribe(1, "t", 1, 0);
	harness_client(2, "goes", 0);
	harness_client(1001, "other", 0);
	harness_client(3, "moves", 60);
	connect_with(1002, "moves", .expiry_s = 60); /* waits for 3 */
	connect_with(4, "other", .clean = false); /* waits for 1001 at the worker that dies */
	harness_forget();
	harness_worker_up[0] = false;
	session_link_handler.worker_lost(harness.core, 0);
	assert_false(harness_view("stays").is_connected);
	assert_false(harness_exists("goes"));
	assert_true(harness_view("other").is_connected);
	assert_true(harness_view("moves").is_connected);
	assert_int_equal(harness_view("moves").worker, 1);
	harness_forget();
	harness_closed(1001, "takenover"); /* its taker is gone: nobody is granted */
	expect("release 1001");
	expect_silence();
	harness_worker_up[0] = true;
	session_link_handler.worker_up(harness.core, 0);
	expect("interest+ one t"); /* all interest anew; the rest was told to all when it arose */
	connect_with(1, "stays", .expiry_s = 60); /* numbers begin anew */
	expect("grant 1 present expiry 60");
	harness_forget();
}

static void shutdown_ends_all(void **state)
{
	(void)state;
	harness_client(1, "a", 60);
	connect_with(2, "b", .will = true, .will_delay_s = 100, .expiry_s = 200);
	harness_forget();
	session_shutdown_begin(harness.core);
	assert_false(session_shutdown_is_done(harness.core));
	connect_with(3, "c", .clean = false);
	harness_closed(1, "server_shutdown");
	harness_closed(2, "server_shutdown");
	assert_true(session_shutdown_is_done(harness.core));
	assert_int_equal(session_counters(harness.core)->wills, 0);
	session_shutdown_end(harness.core);
	assert_int_equal(session_counters(harness.core)->wills, 1);
	assert_false(harness_exists("c"));
	harness_forget();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_up, harness_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(new_session),
		TEST(assigned_id),
		TEST(empty_id_of_old_clients),
		TEST(v3_expiry),
		TEST(resume),
		TEST(clean_start_discards),
		TEST(takeover_waits_for_closed),
		TEST(takeover_by_clean_start),
		TEST(takeover_of_expiry_0),
		TEST(second_takeover_wins),
		TEST(pending_connect_vanishes),
		TEST(connection_closes_by_itself_during_handover),
		TEST(takeover_while_restoring),
		TEST(expiry_by_disconnect),
		TEST(never_expires),
		TEST(kick),
		TEST(limits),
		TEST(connects_wait_for_resync),
		TEST(two_workers),
		TEST(worker_lost),
		TEST(shutdown_ends_all),
	};

	return cmocka_run_group_tests_name("session_connect", tests, NULL, NULL);
}
