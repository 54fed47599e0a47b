#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "guard.h"

/* Building: what does not fit, what comes in the wrong order, and limits. */

static struct bench bench;

static int end_of(struct bench *b)
{
	return rule_build_end(&b->build);
}

/* One of everything, with texts of all paddings. */
static void build_all_kinds(struct rule_build *b)
{
	static const uint8_t addr[16] = {0x20, 0x01, 0x0d, 0xb8};

	rule_build_rule(b, true, RULE_PUBLISH, 3, RULE_RETAIN_TRUE);
	rule_build_and(b, 2);
	rule_build_or(b, 2);
	rule_build_username(b, str("u"));
	rule_build_client_id(b, str("cc"));
	rule_build_network(b, addr, 33);
	rule_build_topic(b, false, str("a/+/b"));
	rule_build_topic(b, true, str("abc"));
	rule_build_topic(b, false, str(""));
	rule_build_rule(b, false, BOTH, RULE_ANY_QOS, RULE_RETAIN_ANY);
	rule_build_all(b);
	rule_build_topic(b, false, str("${clientid}/#"));
	rule_build_rule(b, true, BOTH, RULE_ANY_QOS, RULE_RETAIN_ANY);
	rule_build_all(b);
}

static void test_no_space(void **state)
{
	struct guard *guard = guard_new(sizeof(bench.buf));
	int bytes;

	(void)state;
	bench_begin(&bench);
	build_all_kinds(&bench.build);
	bytes = end_of(&bench);
	assert_true(bytes > 0 && bytes % 4 == 0);
	for (size_t size = 0; size < (size_t)bytes; size++) {
		struct rule_build b;

		rule_build_begin(&b, guard_place(guard, NULL, size), size);
		build_all_kinds(&b);
		assert_int_equal(rule_build_end(&b), -ENOSPC);
		assert_int_equal(rule_build_end(&b), -ENOSPC);
	}
	rule_build_begin(&bench.build, bench.buf, (size_t)bytes);
	build_all_kinds(&bench.build);
	assert_int_equal(end_of(&bench), bytes);
	guard_free(guard);
}

/* The same calls give the same bytes, whatever was in the buffer: padding is written. */
static void test_same_bytes(void **state)
{
	static uint8_t first[sizeof(bench.buf)];
	int bytes;

	(void)state;
	bench_begin(&bench);
	build_all_kinds(&bench.build);
	bytes = end_of(&bench);
	memcpy(first, bench.buf, sizeof(first));
	memset(bench.buf, 0x11, sizeof(bench.buf));
	rule_build_begin(&bench.build, bench.buf, sizeof(bench.buf));
	build_all_kinds(&bench.build);
	assert_int_equal(end_of(&bench), bytes);
	assert_memory_equal(bench.buf, first, (size_t)bytes);
}

static void condition_first(struct rule_build *b)
{
	rule_build_all(b);
}

static void topic_first(struct rule_build *b)
{
	rule_build_topic(b, false, str("a"));
}

static void rule_without_condition(struct rule_build *b)
{
	rule_build_rule(b, true, BOTH, RULE_ANY_QOS, RULE_RETAIN_ANY);
}

static void topic_before_condition(struct rule_build *b)
{
	rule_without_condition(b);
	rule_build_topic(b, false, str("a"));
	rule_build_all(b);
}

static void next_rule_before_condition(struct rule_build *b)
{
	rule_without_condition(b);
	rule_without_condition(b);
	rule_build_all(b);
}

static void two_conditions(struct rule_build *b)
{
	rule_without_condition(b);
	rule_build_all(b);
	rule_build_all(b);
}

static void condition_after_topic(struct rule_build *b)
{
	rule_without_condition(b);
	rule_build_all(b);
	rule_build_topic(b, false, str("a"));
	rule_build_client_id(b, str("c"));
}

static void and_too_short(struct rule_build *b)
{
	rule_without_condition(b);
	rule_build_and(b, 2);
	rule_build_all(b);
}

static void and_too_short_with_topic(struct rule_build *b)
{
	and_too_short(b);
	rule_build_topic(b, false, str("a"));
	rule_build_all(b);
}

static void or_too_long(struct rule_build *b)
{
	rule_without_condition(b);
	rule_build_or(b, 1);
	rule_build_all(b);
	rule_build_all(b);
}

static void prefix_too_long(struct rule_build *b)
{
	static const uint8_t addr[16];

	rule_without_condition(b);
	rule_build_network(b, addr, 129);
}

static void text_too_long(struct rule_build *b)
{
	static const uint8_t text[65536];

	rule_without_condition(b);
	rule_build_all(b);
	rule_build_topic(b, false, (struct wire_str){text, sizeof(text)});
}

static void name_too_long(struct rule_build *b)
{
	static const uint8_t text[65536];

	rule_without_condition(b);
	rule_build_username(b, (struct wire_str){text, sizeof(text)});
}

/* Of two errors the first is told. */
static void order_then_prefix(struct rule_build *b)
{
	rule_build_all(b);
	text_too_long(b);
}

static void test_wrong_order(void **state)
{
	static void (*const wrong[])(struct rule_build * b) = {
		condition_first,
		topic_first,
		rule_without_condition,
		topic_before_condition,
		next_rule_before_condition,
		two_conditions,
		condition_after_topic,
		and_too_short,
		and_too_short_with_topic,
		or_too_long,
		prefix_too_long,
		text_too_long,
		name_too_long,
		order_then_prefix,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		bench_begin(&bench);
		wrong[i](&bench.build);
		if (end_of(&bench) != -EINVAL)
			fail_msg("case %zu", i);
	}
}

static void test_unaligned(void **state)
{
	(void)state;
	rule_build_begin(&bench.build, bench.buf + 4, sizeof(bench.buf) - 4);
	build_all_kinds(&bench.build);
	assert_int_equal(end_of(&bench), -EINVAL);
}

static void test_depth(void **state)
{
	(void)state;
	for (unsigned depth = 0; depth <= RULE_DEPTH_MAX + 2; depth++) {
		bench_begin(&bench);
		rule(&bench, true, BOTH);
		for (unsigned i = 0; i < depth; i++)
			i % 2 ? rule_build_and(&bench.build, 1) : rule_build_or(&bench.build, 1);
		rule_build_client_id(&bench.build, str("c"));
		if (depth > RULE_DEPTH_MAX) {
			assert_int_equal(end_of(&bench), -EINVAL);
			continue;
		}
		bench_end(&bench);
		assert_int_equal(publishes(&bench, "u", "c", "::1", "t"), RULE_ALLOW);
		assert_int_equal(publishes(&bench, "u", "d", "::1", "t"), RULE_NO_MATCH);
	}
}

/* The conditions of a rule may take 65,535 bytes, its topics as many as there are. */
static void test_wide(void **state)
{
	enum { BUF = 8 << 20, TOPICS = 65535 };
	static const uint8_t addr[16] = {0x20, 0x01};
	uint8_t *buf = aligned_alloc(8, BUF);
	struct bench *b = &bench;
	const unsigned most = (65535 - 4) / 24; /* networks in an OR */

	(void)state;
	assert_non_null(buf);
	for (unsigned len = most; len <= most + 1; len++) {
		rule_build_begin(&b->build, buf, BUF);
		rule(b, true, BOTH);
		rule_build_or(&b->build, (uint16_t)len);
		for (unsigned i = 0; i < len; i++)
			rule_build_network(&b->build, addr, i == 0 ? 16 : 128);
		if (len > most)
			assert_int_equal(end_of(b), -EINVAL);
		else
			assert_true(end_of(b) > 0);
	}
	for (unsigned len = TOPICS; len <= TOPICS + 1; len++) {
		int bytes;

		rule_build_begin(&b->build, buf, BUF);
		rule(b, true, BOTH);
		rule_build_all(&b->build);
		for (unsigned i = 0; i < len; i++)
			topic(b, i == TOPICS - 1 ? "last" : "t");
		bytes = end_of(b);
		if (len > TOPICS) {
			assert_int_equal(bytes, -EINVAL);
			continue;
		}
		b->table = rule_table_open(buf, (size_t)bytes);
		assert_non_null(b->table);
		assert_int_equal(publishes(b, "u", "c", "::1", "last"), RULE_ALLOW);
		assert_int_equal(publishes(b, "u", "c", "::1", "x"), RULE_NO_MATCH);
	}
	free(buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_space),
		cmocka_unit_test(test_same_bytes),
		cmocka_unit_test(test_wrong_order),
		cmocka_unit_test(test_unaligned),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_wide),
	};

	return cmocka_run_group_tests_name("rule_build", tests, NULL, NULL);
}
