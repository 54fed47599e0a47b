#include <stdio.h>

#include "harness.h"

/* SUBSCRIBE, UNSUBSCRIBE, retained messages for new subscriptions, shared groups. */

static void verdicts(void **state)
{
	struct session_config config = harness_config;

	(void)state;
	config.max_qos = 1;
	config.shared_available = config.wildcard_available = false;
	config.max_subscriptions = 2;
	session_core_configure(harness.core, &config);
	harness_client(1, "a", 0);
	harness_subscribe(1, "x", 2, 0);
	expect("suback 1 x 01");
	harness_subscribe(1, "$share/g/x", 1, 0);
	expect("suback 1 $share/g/x 9e");
	harness_subscribe(1, "x/+", 1, 0);
	expect("suback 1 x/+ a2");
	harness_subscribe(1, "y", 0, 0);
	expect("suback 1 y 00");
	harness_subscribe(1, "z", 0, 0);
	expect("suback 1 z 97");
	harness_subscribe(1, "x", 0, 0); /* replacing is always possible */
	expect("suback 1 x 00");
	harness_unsubscribe(1, "z");
	expect("unsuback 1 z 11");
	harness_unsubscribe(1, "x");
	expect("unsuback 1 x 00");
	harness_subscribe(1, "z", 0, 0);
	expect("suback 1 z 00");
	assert_int_equal(harness_stats().subscriptions, 2);
	assert_int_equal(harness_stats().subscribers, 1);
	harness_subscribe(9, "z", 0, 0); /* nobody's connection */
	expect_silence();
}

static void acl_refusal_stands(void **state)
{
	struct link_filter filters[2] = {
		{.filter = {"no", 2}, .reason = 0x87},
		{.filter = {"yes", 3}, .options = 1},
	};
	struct link_subscribe subscribe = {.conn = {.id = 1}, .filter_len = 2, .filters = filters};

	(void)state;
	harness_client(1, "a", 0);
	session_link_handler.subscribe(harness.core, &subscribe);
	expect("suback 1 no 87");
	expect("suback 1 yes 01");
	assert_int_equal(harness_stats().subscriptions, 1);
}

enum { RH_NEW = 1 << 4, RH_NEVER = 2 << 4, RAP = 8, NO_LOCAL = 4 };

static void retain_handling(void **state)
{
	(void)state;
	harness_retain("r/1", "one", 1);
	harness_retain("r/2", "two", 2);
	harness_client(1, "a", 0);
	harness_subscribe(1, "r/1", 2, 42);
	expect("suback 1 r/1 02"); /* always the SUBACK first */
	expect("deliver 1 r/1=one qos 1 retain #42");
	harness_subscribe(1, "r/1", 1, 0);
	expect("suback 1 r/1 01");
	expect("deliver 1 r/1=one qos 1 retain");
	harness_subscribe(1, "r/1", 1 | RH_NEW, 0);
	expect("suback 1 r/1 01");
	expect_silence();
	harness_subscribe(1, "r/2", 0 | RH_NEW, 0);
	expect("suback 1 r/2 00");
	expect("deliver 1 r/2=two qos 0 retain");
	harness_subscribe(1, "r/+", 1 | RH_NEVER, 0);
	expect("suback 1 r/+ 01");
	expect_silence();
	harness_subscribe(1, "$share/g/r/1", 1, 0);
	expect("suback 1 $share/g/r/1 01");
	expect_silence();
	harness_retain("r/1", "", 0);
	harness_subscribe(1, "r/1", 1, 0);
	expect("suback 1 r/1 01");
	expect_silence();
}

static void many_retained_go_in_steps(void **state)
{
	char topic[32], line[64];
	unsigned seen = 0;

	(void)state;
	for (unsigned i = 0; i < 600; i++) {
		snprintf(topic, sizeof(topic), "r/%u", i);
		harness_retain(topic, "x", 0);
	}
	harness_client(1, "a", 0);
	harness_room = 10;
	harness_subscribe(1, "r/#", 0, 0);
	expect("suback 1 r/# 00");
	harness_pass(1);
	harness_room = 1000;
	while (seen < 600) {
		harness_pass(1);
		assert_int_not_equal(harness_view("a").delivered, seen);
		seen = (unsigned)harness_view("a").delivered;
	}
	harness_pass(1);
	snprintf(line, sizeof(line), "%llu", (unsigned long long)harness_view("a").delivered);
	assert_string_equal(line, "600");
	harness_forget();
}

static void retained_stop_with_the_connection(void **state)
{
	(void)state;
	harness_retain("r", "x", 0);
	harness_client(1, "a", 60);
	harness_room = 0;
	harness_subscribe(1, "r", 0, 0);
	harness_closed(1, "closed");
	harness_forget();
	harness_room = 100;
	harness_pass(1);
	expect_silence();
}

/* A copy for each session: highest QoS, all identifiers, RETAIN only under Retain As Published. */
static void overlapping(void **state)
{
	(void)state;
	harness_client(1, "a", 60);
	harness_subscribe(1, "x/+", 0, 3);
	harness_subscribe(1, "x/y", 2 | RAP, 4);
	harness_client(2, "b", 60);
	harness_subscribe(2, "#", 1, 0);
	harness_closed(1, "closed");
	harness_closed(2, "closed");
	harness_interest(99, "x/y", "m", 1, true);
	harness_forget();
	assert_int_equal(harness_view("a").queue_len, 1);
	connect_with(3, "b", .expiry_s = 60);
	expect("grant 3 present expiry 60");
	expect("sub 3 # options 01 id 0");
	expect("deliver 3 x/y=m qos 1");
	harness_forget();
	connect_with(4, "a", .expiry_s = 60);
	harness_forget();
	assert_int_equal(harness_view("a").delivered, 1);
	assert_int_equal(harness_stats().queued_messages, 0);
}

static void ids_of_overlapping(void **state)
{
	(void)state;
	harness_client(1, "a", 60);
	harness_subscribe(1, "x", 2 | RAP, 4);
	harness_closed(1, "closed");
	harness_interest(99, "x", "m", 1, true);
	harness_forget();
	connect_with(2, "a", .expiry_s = 60);
	expect("grant 2 present expiry 60");
	expect("sub 2 x options 0a id 4");
	expect("deliver 2 x=m qos 1 retain #4");
	expect("restore_end 2");
}

static void no_local_while_restoring(void **state)
{
	(void)state;
	harness_client(1, "a", 60);
	harness_subscribe(1, "x", 1 | NO_LOCAL, 0);
	harness_closed(1, "closed");
	connect_with(2, "a", .expiry_s = 60);
	harness_forget();
	harness_interest(2, "x", "own", 1, false);
	expect_silence();
	harness_interest(3, "x", "other", 1, false);
	expect("deliver 2 x=other qos 1");
}

static void shared_group(void **state)
{
	(void)state;
	harness_client(1, "a", 60);
	harness_client(2, "b", 60);
	harness_subscribe(1, "$share/g/s", 1, 0);
	harness_subscribe(2, "$share/g/s", 1, 0);
	harness_forget();
	harness_closed(1, "closed");
	expect("interest+ all $share/g/s");
	expect("release 1");
	harness_closed(2, "closed");
	expect("release 2");
	for (unsigned i = 0; i < 4; i++)
		harness_shared("$share/g/s", "s", "m");
	assert_int_equal(harness_view("a").queue_len, 2);
	assert_int_equal(harness_view("b").queue_len, 2);
	harness_interest(99, "s", "plain", 1, false); /* not for members of groups */
	assert_int_equal(harness_view("a").queue_len, 2);
	connect_with(3, "b", .expiry_s = 60);
	harness_restored(3);
	harness_forget();
	harness_shared("$share/g/s", "s", "m");
	assert_int_equal(harness_view("a").queue_len, 3);
	session_kick(harness.core, "a", 1);
	expect("interest- all $share/g/s");
	harness_shared("$share/g/s", "s", "m"); /* was under way */
	assert_int_equal(session_counters(harness.core)->dropped_no_member, 1);
}

static void count_topics(void *arg, const char *filter, uint32_t subscribers)
{
	unsigned *sum = arg;

	assert_non_null(filter);
	*sum += subscribers;
}

static void count_subscriptions(void *arg, const struct session_subscription_view *view)
{
	unsigned *sum = arg;

	assert_non_null(view->client_id);
	*sum += view->qos;
}

static void queries(void **state)
{
	unsigned topics = 0, all = 0, one = 0;

	(void)state;
	harness_client(1, "a", 0);
	harness_client(2, "b", 0);
	harness_subscribe(1, "x", 1, 0);
	harness_subscribe(2, "x", 2, 0);
	harness_subscribe(2, "y", 2, 0);
	session_scan_topics(harness.core, 0, 1000, count_topics, &topics);
	session_scan_subscriptions(harness.core, NULL, 0, 0, 1000, count_subscriptions, &all);
	session_scan_subscriptions(harness.core, "a", 1, 0, 1000, count_subscriptions, &one);
	assert_int_equal(topics, 3);
	assert_int_equal(all, 5);
	assert_int_equal(one, 1);
	assert_int_equal(harness_stats().topics, 2);
	harness_forget();
}

enum { MANY = 3000, FEW = 20, PART = 16 };

struct seen {
	unsigned times[MANY + 3 * FEW + 1]; /* by Subscription Identifier */
	unsigned in_part;
};

static void mark(void *arg, const struct session_subscription_view *view)
{
	struct seen *seen = arg;

	seen->times[view->subscription_id]++;
	seen->in_part++;
}

static void subscribe_some(unsigned conn, unsigned from, unsigned len)
{
	for (unsigned id = from; id < from + len; id++) {
		char filter[32];

		snprintf(filter, sizeof(filter), "many/%u", id);
		harness_subscribe(conn, filter, 1, id);
	}
}

/* One session may have more subscriptions than a part of the walk: they come in as many parts as they need. */
static void all_subscriptions_come_in_parts(void **state)
{
	static struct seen seen;
	uint64_t cursor = 0;
	unsigned parts = 0;

	(void)state;
	for (unsigned i = 0; i < FEW; i++) {
		char id[16];

		snprintf(id, sizeof(id), "few%u", i);
		harness_client(i + 1, id, 0);
		subscribe_some(i + 1, 3 * i + 1, i % 4 == 0 ? 0 : 3);
	}
	harness_client(99, "many", 0);
	subscribe_some(99, 3 * FEW + 1, MANY);
	do {
		seen.in_part = 0;
		cursor = session_scan_subscriptions(
			harness.core, NULL, 0, cursor, PART, mark, &seen);
		assert_in_range(seen.in_part, 0, 4 * PART);
	} while (++parts < MANY && cursor != 0);
	assert_int_equal(cursor, 0);
	assert_in_range(parts, MANY / PART / 2, MANY / PART * 2);
	for (unsigned id = 1; id <= 3 * FEW + MANY; id++)
		assert_int_equal(seen.times[id], id > 3 * FEW || (id - 1) / 3 % 4 != 0);
	harness_forget();
}

/* The time for a million is that for one a million times: its square, in which nobody else connects, would be minutes. */
static void a_million_subscriptions_end_with_their_session(void **state)
{
	(void)state;
	harness_client(1, "a", 0);
	for (unsigned id = 0; id < 1u << 20; id++) {
		char filter[16];

		snprintf(filter, sizeof(filter), "%x", id);
		harness_live_subscription(1, filter, 1, 0);
	}
	assert_int_equal(harness_stats().subscriptions, 1u << 20);
	harness_closed(1, "closed");
	assert_int_equal(harness_stats().subscriptions, 0);
	assert_int_equal(harness_stats().topics, 0);
	harness_forget();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_up, harness_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(verdicts),
		TEST(acl_refusal_stands),
		TEST(retain_handling),
		TEST(many_retained_go_in_steps),
		TEST(retained_stop_with_the_connection),
		TEST(overlapping),
		TEST(ids_of_overlapping),
		TEST(no_local_while_restoring),
		TEST(shared_group),
		TEST(queries),
		TEST(all_subscriptions_come_in_parts),
		TEST(a_million_subscriptions_end_with_their_session),
	};

	return cmocka_run_group_tests_name("session_subscribe", tests, NULL, NULL);
}
