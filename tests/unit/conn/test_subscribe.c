#include "harness.h"

#include <stdio.h>
#include <string.h>

#include "rule_build.h"

static void test_subscribe(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	struct client *b = online(f, 1, WIRE_V5, "b", 0);

	say_subscribe(a, 7, "x/#", 2);
	expect_told(f, "subscribe 0 #7 x/#:02:00\n");
	say_publish(b, "x/1", "early", 0, 0);
	expect(a, ""); /* nothing is granted yet */
	suback(a, 7, "x/#", 2, 1); /* with a lower QoS */
	suback(a, 7, "x/#", 2, 1); /* nobody asked */
	say_publish(b, "x/1", "late", 2, 1);
	expect(a, "SUBACK #7 01\nPUBLISH t=x/1 p=late q1 #1\n");
	say_unsubscribe(a, 8, "x/#");
	expect_told(f, "unsubscribe 0 #8 x/#:00:00\n");
	unsuback(a, 8, "x/#", 0);
	say_publish(b, "x/1", "later", 0, 0);
	expect(a, "UNSUBACK #8 00\n");
	assert_int_equal(counted(f, CONN_COUNTER_SUBSCRIPTIONS_COUNT), 0);
	say_unsubscribe(a, 9, "y");
	unsuback(a, 9, "y", 0x11);
	expect(a, "UNSUBACK #9 11\n");
}

static void test_replace(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V311, "a", 0);

	subscribed(a, "t", 0);
	subscribed(a, "t", 1);
	assert_int_equal(counted(f, CONN_COUNTER_SUBSCRIPTIONS_COUNT), 1);
	say_publish(a, "t", "m", 1, 1);
	expect(a, "PUBLISH t=t p=m q1 #1\nPUBACK #1 00\n");
}

/* Verdicts that need no control: alone they never reach it, among others it learns of them. */
static void test_verdicts(void **state)
{
	struct fixture *f = *state;
	struct wire_subscription subs[] = {{.filter = str("a/#/b"), .qos = 1},
		{.filter = str("fine"), .qos = 1}, {.filter = str("$share/g/x"), .qos = 1},
		{.filter = str("w/+"), .qos = 1}};
	struct conn_filter answer[] = {{.text = str("a/#/b"), .options = 1, .reason = 0x8f},
		{.text = str("fine"), .options = 1, .reason = 1},
		{.text = str("$share/g/x"), .options = 1, .reason = 0x9e},
		{.text = str("w/+"), .options = 1, .reason = 0xa2}};
	struct conn_subscribe s = {.packet_id = 1, .filter_len = 4, .filters = answer};
	struct client *a, *b;

	f->config.shared_available = false;
	f->config.wildcard_available = false;
	reconfigure(f);
	a = online(f, 0, WIRE_V5, "a", 0);
	b = online(f, 1, WIRE_V311, "b", 0);
	say_subscribe(a, 3, "x/#", 0);
	expect(a, "SUBACK #3 a2\n");
	expect_told(f, "");
	say_subscribe_with(a, 1, 0, subs, 4);
	expect_told(f, "subscribe 0 #1 a/#/b:01:8f fine:01:00 $share/g/x:01:9e w/+:01:a2\n");
	s.conn = a->id;
	conn_suback(f->hub, &s);
	expect(a, "SUBACK #1 8f 01 9e a2\n");
	say_subscribe_with(b, 1, 0, subs, 4);
	s.conn = b->id;
	conn_suback(f->hub, &s);
	expect(b, "SUBACK #1 80 01 80 80\n");
	assert_int_equal(counted(f, CONN_COUNTER_SUBSCRIPTIONS_COUNT), 2);
	assert_int_equal(counted(f, CONN_COUNTER_PACKETS_SUBSCRIBE_ERROR), 2);
}

/* A filter of slashes alone has more levels than bytes. */
static void test_most_levels(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	static const uint8_t head[] = {0x82, 0x85, 0x80, 0x04, 0, 1, 0, 0xff, 0xff};
	static uint8_t filter[UINT16_MAX + 1]; /* with its options */

	memset(filter, '/', UINT16_MAX);
	f->config.max_topic_levels = 0;
	reconfigure(f);
	give(a, head, sizeof(head));
	give(a, filter, sizeof(filter));
	expect(a, "SUBACK #1 8f\n");
	expect_told(f, "");
}

static void test_v31_failure(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V31, "a", 0);

	say_subscribe(a, 3, "x/#", 0);
	suback(a, 3, "x/#", 0, 0x97);
	a->version = WIRE_V311; /* which has the code that we send */
	expect(a, "SUBACK #3 80\n");
}

static void test_rules(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	uint64_t blob[64];
	struct rule_build build;
	int bytes;

	f->config.acl_no_match_deny = true;
	reconfigure(f);
	say_subscribe(a, 1, "open/x", 0); /* no rules at all */
	expect(a, "SUBACK #1 87\n");
	rule_build_begin(&build, blob, sizeof(blob));
	rule_build_rule(&build, true, RULE_SUBSCRIBE, RULE_ANY_QOS, RULE_RETAIN_ANY);
	rule_build_client_id(&build, str("a"));
	rule_build_topic(&build, false, str("open/#"));
	bytes = rule_build_end(&build);
	assert_true(bytes > 0);
	assert_int_equal(conn_hub_set_rules(f->hub, blob, (size_t)bytes), 0);
	say_subscribe(a, 2, "$share/g/other", 0);
	expect(a, "SUBACK #2 87\n");
	say_subscribe(a, 3, "$share/g/open/x", 0);
	expect_told(f, "subscribe 0 #3 $share/g/open/x:00:00\n");
	suback(a, 3, "$share/g/open/x", 0, 0);
	expect(a, "SUBACK #3 00\n");
	f->config.acl_deny_disconnect = true;
	reconfigure(f);
	say_subscribe(a, 4, "closed", 0);
	expect(a, "DISCONNECT 87\n");
	assert_int_equal(counted(f, CONN_COUNTER_PACKETS_SUBSCRIBE_AUTH_ERROR), 3);
}

static void test_shared(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	struct client *b = online(f, 1, WIRE_V5, "b", 50);
	struct client *c = online(f, 2, WIRE_V5, "c", 0);
	size_t got_a, got_b;

	subscribed(a, "$share/g/t/+", 1);
	subscribed(b, "$share/g/t/+", 1);
	for (uint16_t i = 1; i <= 10; i++)
		say_publish(c, "t/1", "m", 1, i);
	got_a = a->out_bytes;
	got_b = b->out_bytes;
	assert_int_equal(got_a, got_b); /* five for each */
	assert_true(got_a > 0);
	assert_int_equal(counted(f, CONN_COUNTER_MESSAGES_DELIVERED), 10);
	for (uint16_t i = 1; i <= 5; i++)
		say_ack(b, WIRE_PUBACK, i, 0);
	forget(f);
	/* A member that is parked does not get it while another is here. */
	hang_up(b);
	expect_told(f, "closed 1 CLOSED parked\n");
	say_publish(c, "t/1", "here", 0, 0);
	expect_told(f, "");
	expect(a, "PUBLISH t=t/1 p=here q0\n");
	/*
	 * Alone in its group it gets it by way of control, whether control has said so yet or not.
	 */
	hang_up(a);
	forget(f);
	say_publish(c, "t/1", "one", 0, 0);
	expect_told(f, "shared t=t/1 p=one q0 f=$share/g/t/+\n");
	assert_int_equal(conn_hub_interest_add(f->hub, str("$share/g/t/+")), 0);
	say_publish(c, "t/1", "two", 0, 0);
	expect_told(f, "shared t=t/1 p=two q0 f=$share/g/t/+\n");
	conn_release(f->hub, b->id);
	say_publish(c, "t/1", "three", 0, 0);
	expect_told(f, "shared t=t/1 p=three q0 f=$share/g/t/+\n");
	conn_hub_interest_del(f->hub, str("$share/g/t/+"));
	say_publish(c, "t/1", "four", 0, 0);
	expect_told(f, "");
}

/* Each shared subscription has a copy of its own, beside that of the plain ones (4.8.2). */
static void test_shared_apart(void **state)
{
	struct fixture *f = *state;
	struct wire_subscription subs[] = {{.filter = str("t/1"), .qos = 0},
		{.filter = str("t/+"), .qos = 0}, {.filter = str("$share/g/t/1"), .qos = 1}};
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	struct client *b = online(f, 1, WIRE_V5, "b", 0);

	for (uint16_t i = 0; i < 3; i++) {
		say_subscribe_with(a, i + 1, i + 1u, &subs[i], 1);
		suback(a, i + 1, (const char *)subs[i].filter.data, subs[i].qos, subs[i].qos);
	}
	subscribed(a, "$share/h/t/+", 2);
	forget(f);
	say_publish(b, "t/1", "m", 1, 1);
	expect(a, "PUBLISH t=t/1 p=m q0 id=2 id=1\nPUBLISH t=t/1 p=m q1 #1\n"
		  "PUBLISH t=t/1 p=m q1 #2 id=3\n");
}

static void test_interest(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	struct conn_message message = {
		.expiry_s = UINT32_MAX, .topic = str("i/1"), .payload = str("will"), .qos = 1};

	assert_int_equal(conn_hub_interest_add(f->hub, str("i/#")), 0);
	assert_int_equal(conn_hub_interest_add(f->hub, str("i/#")), 0);
	assert_int_equal(conn_hub_interest_add(f->hub, str("i/1")), 0);
	assert_int_not_equal(conn_hub_interest_add(f->hub, str("i/#/x")), 0);
	assert_int_equal(counted(f, CONN_COUNTER_INTERESTS_COUNT), 2);
	subscribed(a, "i/1", 1);
	say_publish(a, "i/1", "m", 1, 1);
	expect_told(f, "interest t=i/1 p=m q1\n"); /* once */
	expect(a, "PUBLISH t=i/1 p=m q1 #1\nPUBACK #1 00\n");
	message.born_ms = f->now_ms;
	assert_true(conn_hub_publish(f->hub, &message));
	expect_told(f, "interest t=i/1 p=will q1\n");
	expect(a, "PUBLISH t=i/1 p=will q1 #2\n");
	f->room = 5;
	assert_false(conn_hub_publish(f->hub, &message));
	expect(a, "");
	f->room = SIZE_MAX;
	conn_hub_interest_del(f->hub, str("i/#"));
	conn_hub_interest_del(f->hub, str("i/1"));
	conn_hub_interest_del(f->hub, str("i/1"));
	say_publish(a, "i/1", "m", 0, 0);
	expect_told(f, "");
	assert_int_equal(counted(f, CONN_COUNTER_INTERESTS_COUNT), 0);
}

/* Many filters: the table grows, each is found again, all go with the connection. */
static void test_many(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	char filter[32];

	for (unsigned i = 0; i < 500; i++) {
		snprintf(filter, sizeof(filter), "many/%u", i);
		subscribed(a, filter, 0);
	}
	for (unsigned i = 0; i < 500; i += 2) {
		snprintf(filter, sizeof(filter), "many/%u", i);
		say_unsubscribe(a, 5, filter);
		unsuback(a, 5, filter, 0);
	}
	forget(f);
	assert_int_equal(counted(f, CONN_COUNTER_SUBSCRIPTIONS_COUNT), 250);
	say_publish(a, "many/10", "m", 0, 0);
	say_publish(a, "many/11", "m", 0, 0);
	expect(a, "PUBLISH t=many/11 p=m q0\n");
	hang_up(a);
	assert_int_equal(counted(f, CONN_COUNTER_SUBSCRIPTIONS_COUNT), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_subscribe),
		TEST(test_replace),
		TEST(test_verdicts),
		TEST(test_most_levels),
		TEST(test_v31_failure),
		TEST(test_rules),
		TEST(test_shared),
		TEST(test_shared_apart),
		TEST(test_interest),
		TEST(test_many),
	};

	return cmocka_run_group_tests_name("conn subscribe", tests, NULL, NULL);
}
