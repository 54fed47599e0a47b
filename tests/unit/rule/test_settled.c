#include <string.h>

#include "build.h"

/* Verdicts that do not depend on the message, and that they are never said to be when they do. */

enum { UNSETTLED = -1 };

static struct bench bench;

static struct rule_who who_of(const char *username, const char *client_id)
{
	static const uint8_t addr[16] = {[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 7};

	return (struct rule_who){str(username), str(client_id), addr};
}

static int settled(const struct rule_who *who, enum rule_action action)
{
	enum rule_verdict verdict = RULE_NO_MATCH;

	return rule_table_is_settled(bench.table, who, action, &verdict) ? (int)verdict : UNSETTLED;
}

static int of_anyone(enum rule_action action)
{
	return settled(NULL, action);
}

static int of_user(const char *username, enum rule_action action)
{
	struct rule_who who = who_of(username, "c");

	return settled(&who, action);
}

/* The shipped rules: what is published needs no check at all. */
static void test_default_acl(void **state)
{
	(void)state;
	bench_begin(&bench);
	rule(&bench, true, RULE_SUBSCRIBE);
	rule_build_username(&bench.build, str("dashboard"));
	topic(&bench, "$SYS/#");
	rule(&bench, false, RULE_SUBSCRIBE);
	rule_build_all(&bench.build);
	topic(&bench, "$SYS/#");
	literal(&bench, "#");
	literal(&bench, "+/#");
	rule(&bench, true, BOTH);
	rule_build_all(&bench.build);
	bench_end(&bench);
	assert_int_equal(of_anyone(RULE_PUBLISH), RULE_ALLOW);
	assert_int_equal(of_anyone(RULE_SUBSCRIBE), UNSETTLED);
	assert_int_equal(of_user("dashboard", RULE_PUBLISH), RULE_ALLOW);
	assert_int_equal(of_user("dashboard", RULE_SUBSCRIBE), UNSETTLED);
	assert_int_equal(of_user(NULL, RULE_SUBSCRIBE), UNSETTLED);
	assert_false(rule_table_is_open(bench.table));
}

static void test_by_user(void **state)
{
	(void)state;
	bench_begin(&bench);
	rule(&bench, false, RULE_PUBLISH);
	rule_build_username(&bench.build, str("bad"));
	rule(&bench, true, RULE_PUBLISH);
	rule_build_username(&bench.build, str("some"));
	topic(&bench, "a/#");
	rule(&bench, true, BOTH);
	rule_build_username(&bench.build, str("good"));
	bench_end(&bench);
	assert_int_equal(of_anyone(RULE_PUBLISH), UNSETTLED);
	assert_int_equal(of_user("bad", RULE_PUBLISH), RULE_DENY);
	assert_int_equal(of_user("some", RULE_PUBLISH), UNSETTLED);
	assert_int_equal(of_user("some", RULE_SUBSCRIBE), RULE_NO_MATCH);
	assert_int_equal(of_user("good", RULE_PUBLISH), RULE_ALLOW);
	assert_int_equal(of_user("else", RULE_PUBLISH), RULE_NO_MATCH);
	assert_false(rule_table_is_open(bench.table));
}

static void test_empty(void **state)
{
	(void)state;
	bench_begin(&bench);
	bench_end(&bench);
	assert_int_equal(of_anyone(RULE_PUBLISH), RULE_NO_MATCH);
	assert_int_equal(of_user("u", RULE_SUBSCRIBE), RULE_NO_MATCH);
}

/* Narrower rules that agree with the one behind them do not matter. */
static void test_open(void **state)
{
	(void)state;
	for (unsigned deny = 0; deny < 2; deny++) {
		bench_begin(&bench);
		rule(&bench, deny == 0, BOTH);
		rule_build_username(&bench.build, str("u"));
		topic(&bench, "a");
		rule(&bench, true, RULE_PUBLISH);
		rule_build_all(&bench.build);
		rule(&bench, true, RULE_SUBSCRIBE);
		rule_build_all(&bench.build);
		bench_end(&bench);
		assert_int_equal(rule_table_is_open(bench.table), deny == 0);
		assert_int_equal(of_user("u", RULE_PUBLISH), deny == 0 ? RULE_ALLOW : UNSETTLED);
		assert_int_equal(of_user("x", RULE_PUBLISH), RULE_ALLOW);
	}
}

/* What a rule asks for beside topics: QoS, the retain flag (of a publish only), who it is. */
static void test_narrow(void **state)
{
	static const struct {
		unsigned qos_mask;
		enum rule_retain retain;
		int publish, subscribe;
	} cases[] = {
		{RULE_ANY_QOS, RULE_RETAIN_ANY, RULE_DENY, RULE_DENY},
		{RULE_ANY_QOS, RULE_RETAIN_TRUE, UNSETTLED, RULE_DENY},
		{RULE_ANY_QOS, RULE_RETAIN_FALSE, UNSETTLED, RULE_DENY},
		{3, RULE_RETAIN_ANY, UNSETTLED, UNSETTLED},
		{0xff, RULE_RETAIN_ANY, RULE_DENY, RULE_DENY},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bench_begin(&bench);
		rule_build_rule(&bench.build, false, BOTH, cases[i].qos_mask, cases[i].retain);
		rule_build_all(&bench.build);
		bench_end(&bench);
		assert_int_equal(of_anyone(RULE_PUBLISH), cases[i].publish);
		assert_int_equal(of_user("u", RULE_SUBSCRIBE), cases[i].subscribe);
	}
	bench_begin(&bench);
	rule(&bench, false, BOTH);
	rule_build_or(&bench.build, 2);
	rule_build_username(&bench.build, str("u"));
	rule_build_client_id(&bench.build, str("other"));
	bench_end(&bench);
	assert_int_equal(of_anyone(RULE_PUBLISH), UNSETTLED);
	assert_int_equal(of_user("u", RULE_PUBLISH), RULE_DENY);
	assert_int_equal(of_user("x", RULE_PUBLISH), RULE_NO_MATCH);
}

static uint32_t draw(uint64_t *state, uint32_t limit)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33) % limit;
}

static void draw_rule(uint64_t *random)
{
	static const char *const users[] = {"u", "v"}, *const topics[] = {"#", "a", "$x", "+/b"};

	rule_build_rule(&bench.build, draw(random, 3) > 0, 1 + draw(random, 3),
		draw(random, 3) > 0 ? RULE_ANY_QOS : draw(random, 8),
		draw(random, 3) > 0 ? RULE_RETAIN_ANY : (enum rule_retain)draw(random, 3));
	if (draw(random, 2) == 0)
		rule_build_all(&bench.build);
	else
		rule_build_username(&bench.build, str(users[draw(random, 2)]));
	for (uint32_t len = draw(random, 3); len > 0; len--)
		topic(&bench, topics[draw(random, 4)]);
}

/* What is said to be settled is what each check says. */
static void assert_same(const struct rule_who *who, enum rule_action action, int verdict)
{
	static const char *const topics[] = {"a", "b", "$x", "c/b", "c/b/d"};

	for (unsigned i = 0; i < sizeof(topics) / sizeof(topics[0]) * 6; i++) {
		struct rule_what what = {.action = action,
			.qos = (uint8_t)(i % 3),
			.retain = i / 3 % 2,
			.topic = str(topics[i / 6])};

		assert_int_equal(rule_table_check(bench.table, who, &what), verdict);
	}
}

static void test_against_check(void **state)
{
	static const char *const users[] = {NULL, "u", "v", "w"};
	uint64_t random = 11;
	unsigned settled_len = 0, open_len = 0;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		bench_begin(&bench);
		for (uint32_t len = draw(&random, 5); len > 0; len--)
			draw_rule(&random);
		bench_end(&bench);
		for (unsigned i = 0; i < 8; i++) {
			enum rule_action action = i % 2 ? RULE_PUBLISH : RULE_SUBSCRIBE;
			struct rule_who who = who_of(users[i / 2], "c");
			int verdict = settled(&who, action), any = settled(NULL, action);

			if (verdict != UNSETTLED)
				assert_same(&who, action, verdict);
			if (any != UNSETTLED)
				assert_same(&who, action, any);
			if (rule_table_is_open(bench.table))
				assert_same(&who, action, RULE_ALLOW);
			settled_len += verdict != UNSETTLED;
		}
		open_len += rule_table_is_open(bench.table);
	}
	assert_true(settled_len > 20000 && open_len > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default_acl),
		cmocka_unit_test(test_by_user),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_against_check),
	};

	return cmocka_run_group_tests_name("rule_settled", tests, NULL, NULL);
}
