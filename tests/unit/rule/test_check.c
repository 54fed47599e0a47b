#include <string.h>

#include "build.h"

/* What a table decides. */

static struct bench bench;

static void default_acl(struct bench *b)
{
	bench_begin(b);
	rule(b, true, RULE_SUBSCRIBE);
	rule_build_username(&b->build, str("dashboard"));
	topic(b, "$SYS/#");
	rule(b, true, BOTH);
	network(b, "127.0.0.1", 32);
	topic(b, "$SYS/#");
	topic(b, "#");
	rule(b, false, RULE_SUBSCRIBE);
	rule_build_all(&b->build);
	topic(b, "$SYS/#");
	literal(b, "#");
	literal(b, "+/#");
	rule(b, true, BOTH);
	rule_build_all(&b->build);
	bench_end(b);
}

static void test_default_acl(void **state)
{
	const struct bench *b = &bench;
	const char *far = "192.0.2.7", *near = "127.0.0.1";

	(void)state;
	default_acl(&bench);
	assert_int_equal(rule_table_len(b->table), 4);
	assert_false(rule_table_is_open(b->table));
	/* The dashboard sees $SYS, but may not take everything. */
	assert_int_equal(subscribes(b, "dashboard", "c", far, "$SYS/#"), RULE_ALLOW);
	assert_int_equal(subscribes(b, "dashboard", "c", far, "$SYS/brokers/+"), RULE_ALLOW);
	assert_int_equal(subscribes(b, "dashboard", "c", far, "#"), RULE_DENY);
	/* This machine may do all. */
	assert_int_equal(subscribes(b, NULL, "c", near, "$SYS/#"), RULE_ALLOW);
	assert_int_equal(subscribes(b, NULL, "c", near, "#"), RULE_ALLOW);
	assert_int_equal(subscribes(b, NULL, "c", near, "+/#"), RULE_ALLOW);
	assert_int_equal(publishes(b, NULL, "c", near, "$SYS/x"), RULE_ALLOW);
	/* Others: no $SYS, not everything at once, all else. */
	assert_int_equal(subscribes(b, NULL, "c", far, "$SYS/#"), RULE_DENY);
	assert_int_equal(subscribes(b, NULL, "c", far, "$SYS"), RULE_DENY);
	assert_int_equal(subscribes(b, NULL, "c", far, "$SYS/brokers"), RULE_DENY);
	assert_int_equal(subscribes(b, NULL, "c", far, "#"), RULE_DENY);
	assert_int_equal(subscribes(b, NULL, "c", far, "+/#"), RULE_DENY);
	assert_int_equal(subscribes(b, NULL, "c", far, "a/#"), RULE_ALLOW);
	assert_int_equal(subscribes(b, NULL, "c", far, "+"), RULE_ALLOW);
	assert_int_equal(subscribes(b, NULL, "c", far, "/#"), RULE_ALLOW);
	assert_int_equal(subscribes(b, "Dashboard", "c", far, "$SYS/#"), RULE_DENY);
	assert_int_equal(publishes(b, NULL, "c", far, "a/b"), RULE_ALLOW);
	assert_int_equal(publishes(b, NULL, "c", far, "$SYS/x"), RULE_ALLOW);
}

static void test_first_match_wins(void **state)
{
	struct bench *b = &bench;

	(void)state;
	bench_begin(b);
	rule(b, true, RULE_PUBLISH);
	rule_build_client_id(&b->build, str("one"));
	topic(b, "a/b");
	rule(b, false, RULE_PUBLISH);
	rule_build_all(&b->build);
	topic(b, "x");
	topic(b, "a/+");
	rule(b, true, BOTH);
	rule_build_client_id(&b->build, str("two"));
	topic(b, "#");
	bench_end(b);
	assert_int_equal(publishes(b, NULL, "one", "::1", "a/b"), RULE_ALLOW);
	assert_int_equal(publishes(b, NULL, "one", "::1", "a/c"), RULE_DENY);
	assert_int_equal(publishes(b, NULL, "one", "::1", "x"), RULE_DENY);
	assert_int_equal(publishes(b, NULL, "one", "::1", "y"), RULE_NO_MATCH);
	assert_int_equal(publishes(b, NULL, "two", "::1", "a/b"), RULE_DENY);
	assert_int_equal(publishes(b, NULL, "two", "::1", "y"), RULE_ALLOW);
	assert_int_equal(subscribes(b, NULL, "two", "::1", "a/b"), RULE_ALLOW);
	assert_int_equal(subscribes(b, NULL, "one", "::1", "a/b"), RULE_NO_MATCH);
	assert_int_equal(publishes(b, NULL, "one1", "::1", "a/b"), RULE_DENY);
	assert_int_equal(publishes(b, NULL, "on", "::1", "a/b"), RULE_DENY);
}

static void test_empty_table(void **state)
{
	(void)state;
	bench_begin(&bench);
	bench_end(&bench);
	assert_int_equal(rule_table_len(bench.table), 0);
	assert_false(rule_table_is_open(bench.table));
	assert_int_equal(publishes(&bench, NULL, "c", "::1", "a"), RULE_NO_MATCH);
}

/* A user that gave no name is not the user of an empty name. */
static void test_no_username(void **state)
{
	struct bench *b = &bench;

	(void)state;
	bench_begin(b);
	rule(b, true, BOTH);
	rule_build_username(&b->build, str(""));
	bench_end(b);
	assert_int_equal(publishes(b, "", "c", "::1", "a"), RULE_ALLOW);
	assert_int_equal(publishes(b, NULL, "c", "::1", "a"), RULE_NO_MATCH);
	assert_int_equal(publishes(b, "x", "c", "::1", "a"), RULE_NO_MATCH);
}

/* (user u AND (client a OR client b OR network)) OR client z */
static void test_nesting(void **state)
{
	struct bench *b = &bench;

	(void)state;
	bench_begin(b);
	rule(b, true, BOTH);
	rule_build_or(&b->build, 2);
	rule_build_and(&b->build, 2);
	rule_build_username(&b->build, str("u"));
	rule_build_or(&b->build, 3);
	rule_build_client_id(&b->build, str("a"));
	rule_build_client_id(&b->build, str("a-long-client-id"));
	network(b, "10.0.0.0", 8);
	rule_build_client_id(&b->build, str("z"));
	topic(b, "t");
	bench_end(b);
	assert_int_equal(publishes(b, "u", "a", "192.0.2.1", "t"), RULE_ALLOW);
	assert_int_equal(publishes(b, "u", "a-long-client-id", "::1", "t"), RULE_ALLOW);
	assert_int_equal(publishes(b, "u", "c", "10.1.2.3", "t"), RULE_ALLOW);
	assert_int_equal(publishes(b, "u", "c", "11.1.2.3", "t"), RULE_NO_MATCH);
	assert_int_equal(publishes(b, "v", "a", "10.1.2.3", "t"), RULE_NO_MATCH);
	assert_int_equal(publishes(b, "v", "z", "11.1.2.3", "t"), RULE_ALLOW);
	assert_int_equal(publishes(b, NULL, "z", "11.1.2.3", "u"), RULE_NO_MATCH);
}

static void test_and_or_of_none(void **state)
{
	struct bench *b = &bench;

	(void)state;
	bench_begin(b);
	rule(b, false, RULE_PUBLISH);
	rule_build_or(&b->build, 0);
	rule(b, true, BOTH);
	rule_build_and(&b->build, 0);
	bench_end(b);
	assert_int_equal(publishes(b, NULL, "c", "::1", "t"), RULE_ALLOW);
}

struct network_case {
	const char *addr;
	unsigned bits;
	const char *inside[4];
	const char *outside[4];
};

static const struct network_case networks[] = {
	{"0.0.0.0", 0, {"0.0.0.0", "255.255.255.255"}, {"::", "2001:db8::1"}},
	{"10.0.0.0", 8, {"10.0.0.0", "10.255.255.255"}, {"9.255.255.255", "11.0.0.0"}},
	{"192.0.2.128", 25, {"192.0.2.128", "192.0.2.255"}, {"192.0.2.127", "192.0.3.128"}},
	{"198.51.96.0", 19, {"198.51.96.0", "198.51.127.255"}, {"198.51.95.255", "198.51.128.0"}},
	{"192.0.2.4", 31, {"192.0.2.4", "192.0.2.5"}, {"192.0.2.3", "192.0.2.6"}},
	{"127.0.0.1", 32, {"127.0.0.1", "::ffff:127.0.0.1"}, {"127.0.0.0", "127.0.0.2", "::1"}},
	{"10.9.8.7", 1, {"10.9.8.7", "127.255.255.255"},
		{"128.0.0.0"}}, /* bits beyond the prefix */
	{"::", 0, {"::", "ffff::", "10.0.0.1"}, {NULL}},
	{"2001:db8::", 32, {"2001:db8::", "2001:db8:ffff::1"}, {"2001:db9::", "2001:db7:ffff::"}},
	{"2001:db8:8000::", 33, {"2001:db8:8000::1", "2001:db8:ffff::"}, {"2001:db8:7fff::"}},
	{"2001:db8::4", 127, {"2001:db8::4", "2001:db8::5"}, {"2001:db8::3", "2001:db8::6"}},
	{"2001:db8::4", 128, {"2001:db8::4"}, {"2001:db8::5", "2001:db8::"}},
	{"fe80::", 10, {"fe80::1", "febf::"}, {"fec0::", "fe7f::"}},
	{"8000::", 1, {"8000::", "ffff::"}, {"7fff::", "10.0.0.1"}},
};

static void test_networks(void **state)
{
	struct bench *b = &bench;

	(void)state;
	for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++) {
		const struct network_case *c = &networks[i];

		bench_begin(b);
		rule(b, true, BOTH);
		network(b, c->addr, c->bits);
		bench_end(b);
		for (size_t k = 0; k < 4 && c->inside[k] != NULL; k++)
			assert_int_equal(publishes(b, NULL, "c", c->inside[k], "t"), RULE_ALLOW);
		for (size_t k = 0; k < 4 && c->outside[k] != NULL; k++)
			assert_int_equal(
				publishes(b, NULL, "c", c->outside[k], "t"), RULE_NO_MATCH);
	}
}

static bool allows(const struct bench *b, enum rule_action action, uint8_t qos, bool retain)
{
	static const uint8_t addr[16];
	struct rule_who who = {str("u"), str("c"), addr};
	struct rule_what what = {action, qos, retain, str("t")};

	return rule_table_check(b->table, &who, &what) == RULE_ALLOW;
}

/* Every mask with every QoS; every retain condition with both flags. A subscription has no retain flag. */
static void test_qos_and_retain(void **state)
{
	struct bench *b = &bench;

	(void)state;
	for (unsigned n = 0; n < 8 * 3 * 2; n++) {
		unsigned mask = n % 8;
		enum rule_retain retain = n / 8 % 3;
		bool flag = n / 24 != 0;
		bool fits = retain == RULE_RETAIN_ANY || (retain == RULE_RETAIN_TRUE) == flag;

		bench_begin(b);
		rule_build_rule(&b->build, true, BOTH, mask, retain);
		rule_build_all(&b->build);
		topic(b, "t");
		bench_end(b);
		for (uint8_t qos = 0; qos < 3; qos++) {
			bool has_qos = (mask >> qos & 1) != 0;

			assert_int_equal(allows(b, RULE_PUBLISH, qos, flag), has_qos && fits);
			assert_int_equal(allows(b, RULE_SUBSCRIBE, qos, flag), has_qos);
		}
	}
}

static void test_actions(void **state)
{
	struct bench *b = &bench;

	(void)state;
	for (unsigned actions = 0; actions < 4; actions++) {
		bench_begin(b);
		rule(b, true, actions);
		rule_build_all(&b->build);
		bench_end(b);
		assert_int_equal(allows(b, RULE_PUBLISH, 0, false), (actions & RULE_PUBLISH) != 0);
		assert_int_equal(
			allows(b, RULE_SUBSCRIBE, 0, false), (actions & RULE_SUBSCRIBE) != 0);
	}
}

/* Open: the first rule allows everything to everyone. All that is narrower is not. */
static void test_is_open(void **state)
{
	struct bench *b = &bench;

	(void)state;
	for (unsigned narrow = 0; narrow < 8; narrow++) {
		bench_begin(b);
		rule_build_rule(&b->build, narrow != 1, narrow == 2 ? RULE_PUBLISH : BOTH,
			narrow == 3 ? 3 : RULE_ANY_QOS,
			narrow == 4 ? RULE_RETAIN_FALSE : RULE_RETAIN_ANY);
		if (narrow == 5)
			rule_build_client_id(&b->build, str("c"));
		else if (narrow == 6)
			rule_build_or(&b->build, 0);
		else
			rule_build_all(&b->build);
		if (narrow == 7)
			topic(b, "#");
		bench_end(b);
		assert_int_equal(rule_table_is_open(b->table), narrow == 0);
	}
}

/* A rule without topics is for names with '$' too, one on "#" is not. */
static void test_no_topics(void **state)
{
	struct bench *b = &bench;

	(void)state;
	bench_begin(b);
	rule(b, true, BOTH);
	rule_build_client_id(&b->build, str("all"));
	rule(b, true, BOTH);
	rule_build_client_id(&b->build, str("pound"));
	topic(b, "#");
	bench_end(b);
	assert_int_equal(publishes(b, NULL, "all", "::1", "$SYS/a"), RULE_ALLOW);
	assert_int_equal(subscribes(b, NULL, "all", "::1", "$SYS/#"), RULE_ALLOW);
	assert_int_equal(publishes(b, NULL, "pound", "::1", "a"), RULE_ALLOW);
	assert_int_equal(publishes(b, NULL, "pound", "::1", "$SYS/a"), RULE_NO_MATCH);
	assert_int_equal(subscribes(b, NULL, "pound", "::1", "$SYS/#"), RULE_NO_MATCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default_acl),
		cmocka_unit_test(test_first_match_wins),
		cmocka_unit_test(test_empty_table),
		cmocka_unit_test(test_no_username),
		cmocka_unit_test(test_nesting),
		cmocka_unit_test(test_and_or_of_none),
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_qos_and_retain),
		cmocka_unit_test(test_actions),
		cmocka_unit_test(test_is_open),
		cmocka_unit_test(test_no_topics),
	};

	return cmocka_run_group_tests_name("rule_check", tests, NULL, NULL);
}
