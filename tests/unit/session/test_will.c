#include "harness.h"
#include "rule_build.h"
#include "rule_table.h"

/* Wills, as a table: how the connection ended, what came then, and when the will must be out. */

struct will_case {
	const char *name;
	uint32_t delay_s, expiry_s;
	enum { CLOSED, NORMAL, TAKEOVER, TAKEOVER_CLEAN, KICK, WORKER_LOST } end;
	enum { NOTHING, RECONNECT, RECONNECT_CLEAN } then; /* one second later */
	int after_s; /* seconds after the end at which it is published; -1 = never */
};

static const struct will_case cases[] = {
	{"closed, no delay", 0, 60, CLOSED, NOTHING, 0},
	{"closed, expiry 0", 0, 0, CLOSED, NOTHING, 0},
	{"closed, expiry 0 ends the session before the delay", 30, 0, CLOSED, NOTHING, 0},
	{"closed, delay", 30, 60, CLOSED, NOTHING, 30},
	{"closed, session ends before the delay", 30, 20, CLOSED, NOTHING, 20},
	{"closed, session never ends", 30, UINT32_MAX, CLOSED, NOTHING, 30},
	{"closed, reconnect in time", 30, 60, CLOSED, RECONNECT, -1},
	{"closed, clean reconnect ends the session", 30, 60, CLOSED, RECONNECT_CLEAN, 1},
	{"normal", 0, 60, NORMAL, NOTHING, -1},
	{"normal, delay", 30, 60, NORMAL, NOTHING, -1},
	{"takeover, no delay", 0, 60, TAKEOVER, NOTHING, 0},
	{"takeover, delay", 30, 60, TAKEOVER, NOTHING, -1},
	{"takeover, delay, expiry 0", 30, 0, TAKEOVER, NOTHING, 0},
	{"clean takeover, delay", 30, 60, TAKEOVER_CLEAN, NOTHING, 0},
	{"kicked, delay", 30, 60, KICK, NOTHING, 0},
	{"worker lost, no delay", 0, 60, WORKER_LOST, NOTHING, 0},
	{"worker lost, delay", 30, 60, WORKER_LOST, NOTHING, 30},
};

static void end_connection(const struct will_case *c)
{
	switch (c->end) {
	case CLOSED:
		harness_closed(1, "closed");
		break;
	case NORMAL:
		harness_closed_normal(1);
		break;
	case TAKEOVER:
	case TAKEOVER_CLEAN:
		connect_with(2, "a", .clean = c->end == TAKEOVER_CLEAN, .expiry_s = 600);
		harness_closed(1, "takenover");
		break;
	case KICK:
		session_kick(harness.core, "a", 1);
		harness_closed(1, "kicked");
		break;
	case WORKER_LOST:
		session_link_handler.worker_lost(harness.core, 0);
		break;
	}
}

static int published_after(const struct will_case *c)
{
	uint64_t before = session_counters(harness.core)->wills;

	end_connection(c);
	for (int s = 0; s < 100; s++) {
		if (session_counters(harness.core)->wills != before)
			return s;
		harness_pass(1000);
		if (s == 0 && c->then != NOTHING)
			connect_with(3, "a", .clean = c->then == RECONNECT_CLEAN, .expiry_s = 600);
	}
	return -1;
}

static void table(void **state)
{
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct will_case *c = &cases[i];
		int after_s;

		harness_up(state);
		connect_with(
			1, "a", .will = true, .will_delay_s = c->delay_s, .expiry_s = c->expiry_s);
		after_s = published_after(c);
		if (after_s != c->after_s)
			print_error("%s: published after %d s, expected %d\n", c->name, after_s,
				c->after_s);
		assert_int_equal(after_s, c->after_s);
		assert_int_equal(harness_down(state), 0);
	}
}

static void as_published(void **state)
{
	(void)state;
	connect_with(1, "a", .will = true, .will_qos = 2, .will_retain = true, .will_topic = "w/a",
		.will_payload = "bye");
	expect("grant 1 new expiry 0");
	harness_closed(1, "keepalive_timeout");
	expect("publish w/a=bye qos 2 retain");
	expect("release 1");
	assert_int_equal(retain_count(harness.retain), 1);
}

/* Access is checked when the will goes out, by the rules of that moment. */
static void denied_by_the_rules(void **state)
{
	static _Alignas(8) uint8_t blob[256];
	struct rule_build build;
	int bytes;

	(void)state;
	rule_build_begin(&build, blob, sizeof(blob));
	rule_build_rule(&build, false, RULE_PUBLISH, RULE_ANY_QOS, RULE_RETAIN_ANY);
	rule_build_client_id(&build, (struct wire_str){(const uint8_t *)"a", 1});
	rule_build_topic(&build, false, (struct wire_str){(const uint8_t *)"w/#", 3});
	bytes = rule_build_end(&build);
	assert_true(bytes > 0);
	connect_with(1, "a", .will = true, .will_topic = "w/1");
	connect_with(2, "b", .will = true, .will_topic = "w/2");
	harness_forget();
	session_core_set_rules(harness.core, rule_table_open(blob, (size_t)bytes), false);
	harness_closed(1, "closed");
	expect("release 1");
	harness_closed(2, "closed");
	expect("publish w/2=dead qos 0");
	expect("release 2");
	assert_int_equal(session_counters(harness.core)->wills_denied, 1);
	session_core_set_rules(harness.core, rule_table_open(blob, (size_t)bytes), true);
	connect_with(3, "c", .will = true);
	harness_forget();
	harness_closed(3, "closed");
	expect("release 3");
}

/* Nobody is there to route it: sessions that are with us get it all the same. */
static void no_worker_is_up(void **state)
{
	(void)state;
	harness_client(1, "reader", 600);
	harness_subscribe(1, "will", 1, 0);
	connect_with(2, "a", .will = true, .will_qos = 1);
	harness_forget();
	harness_worker_up[0] = false;
	session_link_handler.worker_lost(harness.core, 0);
	assert_int_equal(harness_view("reader").queue_len, 1);
	harness_forget();
}

static void waiting_wills_are_counted(void **state)
{
	(void)state;
	connect_with(1, "a", .will = true, .will_delay_s = 10, .expiry_s = 600);
	harness_closed(1, "closed");
	assert_int_equal(harness_stats().wills_waiting, 1);
	assert_int_equal(session_next_ms(harness.core), harness.now_ms + 10000);
	connect_with(2, "a", .expiry_s = 600);
	assert_int_equal(harness_stats().wills_waiting, 0);
	harness_forget();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_up, harness_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		TEST(as_published),
		TEST(denied_by_the_rules),
		TEST(no_worker_is_up),
		TEST(waiting_wills_are_counted),
	};

	return cmocka_run_group_tests_name("session_will", tests, NULL, NULL);
}
