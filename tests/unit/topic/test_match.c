#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

/* Which filters a topic name matches: the examples of MQTT 5, 4.7, and what lies at their edges. */

struct rule_case {
	const char *filter;
	const char *matching[8];
	const char *other[10];
};

static const struct rule_case cases[] = {
	/* 4.7.1.1, 4.7.3: level by level, case and every slash count */
	{"sport/tennis", {"sport/tennis"},
		{"sport", "sport/tennis/", "/sport/tennis", "Sport/tennis", "sport//tennis",
			"sport/tennis/player1", "sport/tenni"}},
	{"/finance", {"/finance"}, {"finance", "//finance", "/finance/"}},
	{"/", {"/"}, {"//", "a", "a/", "/a"}},
	{"//", {"//"}, {"/", "///"}},
	/* 4.7.1.2: '#' takes the parent and any number of levels */
	{"sport/tennis/player1/#",
		{"sport/tennis/player1", "sport/tennis/player1/", "sport/tennis/player1/ranking",
			"sport/tennis/player1/score/wimbledon"},
		{"sport/tennis", "sport/tennis/player", "sport/tennis/player10"}},
	{"sport/#", {"sport", "sport/", "sport/tennis", "sport//x"}, {"sports", "/sport"}},
	{"#", {"a", "/", "//", "a/b/c", "a/$SYS"}, {"$SYS", "$SYS/a", "$"}},
	{"/#", {"/", "/a", "/a/b", "//"}, {"a", "a/"}},
	{"+/#", {"a", "/", "a/b", "/a/b"}, {"$SYS", "$SYS/a"}},
	{"a/+/#", {"a/b", "a/", "a/b/c"}, {"a", "b/a/c"}},
	/* 4.7.1.3: '+' takes one level, also an empty one */
	{"sport/tennis/+", {"sport/tennis/player1", "sport/tennis/"},
		{"sport/tennis", "sport/tennis/player1/ranking"}},
	{"sport/+", {"sport/", "sport/x"}, {"sport", "sport/x/"}},
	{"+", {"a", "finance"}, {"/finance", "a/", "/", "$SYS"}},
	{"+/+", {"/finance", "/", "a/b"}, {"a", "a/b/c", "$SYS/a", "//"}},
	{"/+", {"/finance", "/"}, {"finance", "/a/b", "//"}},
	{"+/tennis/#", {"sport/tennis", "/tennis", "sport/tennis/x"}, {"tennis", "$a/tennis"}},
	{"a/+/+/d", {"a/b/c/d", "a///d"}, {"a/b/d", "a/b/c/c", "a/b/c/d/e"}},
	/* 4.7.2: a leading wildcard does not take a name with '$' in front */
	{"$SYS/#", {"$SYS", "$SYS/", "$SYS/monitor/Clients"}, {"SYS", "a/$SYS", "$sys/a"}},
	{"$SYS/monitor/+", {"$SYS/monitor/Clients", "$SYS/monitor/"}, {"$SYS/monitor"}},
	{"$SYS/a", {"$SYS/a"}, {"$SYS", "$SYS/b"}},
	{"+/monitor/Clients", {"/monitor/Clients", "x/monitor/Clients"}, {"$SYS/monitor/Clients"}},
	{"a/+", {"a/$b"}, {"$b"}},
	{"a/#", {"a/$b/c"}, {"$a/b"}},
	/* Texts at and above what a node holds itself */
	{"fourteen-bytes", {"fourteen-bytes"}, {"fourteen-byte", "fourteen-bytes1"}},
	{"fifteen--bytes1", {"fifteen--bytes1"}, {"fifteen--bytes2", "fifteen--bytes"}},
	{"+/a-level-beyond-fourteen-bytes/x", {"b/a-level-beyond-fourteen-bytes/x"},
		{"b/a-level-beyond-fourteen-bytez/x", "b/a-level-beyond-fourteen-bytes"}},
};

enum { CASES = sizeof(cases) / sizeof(cases[0]) };

/* Each filter alone. */
static void test_rules(void **state)
{
	struct fixture *f = *state;

	for (uint32_t i = 0; i < CASES; i++) {
		const struct rule_case *c = &cases[i];

		assert_int_equal(enter(f, c->filter, NULL, 1), 1);
		for (size_t k = 0; k < 8 && c->matching[k] != NULL; k++)
			assert_string_equal(match_text(f, c->matching[k]), "1");
		for (size_t k = 0; k < 10 && c->other[k] != NULL; k++)
			assert_string_equal(match_text(f, c->other[k]), "");
		assert_true(leave(f, c->filter, NULL, 1));
		for (size_t k = 0; k < 8 && c->matching[k] != NULL; k++)
			assert_string_equal(match_text(f, c->matching[k]), "");
	}
}

/* Side by side: no filter disturbs another. */
static void test_rules_together(void **state)
{
	struct fixture *f = *state;

	for (uint32_t i = 0; i < CASES; i++)
		assert_int_equal(enter(f, cases[i].filter, NULL, 100 + i), 1);
	for (uint32_t i = 0; i < CASES; i++) {
		const struct rule_case *c = &cases[i];
		char number[16];

		snprintf(number, sizeof(number), "%u", 100 + i);
		for (size_t k = 0; k < 8 && c->matching[k] != NULL; k++)
			assert_non_null(strstr(match_text(f, c->matching[k]), number));
		for (size_t k = 0; k < 10 && c->other[k] != NULL; k++)
			assert_null(strstr(match_text(f, c->other[k]), number));
	}
	for (uint32_t i = 0; i < CASES; i++) {
		assert_true(stands(f, cases[i].filter, NULL, 100 + i));
		assert_true(leave(f, cases[i].filter, NULL, 100 + i));
		assert_false(stands(f, cases[i].filter, NULL, 100 + i));
	}
}

static void test_together(void **state)
{
	struct fixture *f = *state;

	enter(f, "a/b", NULL, 1);
	enter(f, "a/+", NULL, 2);
	enter(f, "a/#", NULL, 3);
	enter(f, "#", NULL, 4);
	enter(f, "+/b", NULL, 5);
	enter(f, "a/b", NULL, 6);
	enter(f, "a/b/#", NULL, 7);
	enter(f, "+/+", NULL, 1);
	assert_string_equal(match_text(f, "a/b"), "1 1 2 3 4 5 6 7");
	assert_string_equal(match_text(f, "a"), "3 4");
	assert_string_equal(match_text(f, "x/b"), "1 4 5");
	leave(f, "a/+", NULL, 2);
	leave(f, "#", NULL, 4);
	assert_string_equal(match_text(f, "a/b"), "1 1 3 5 6 7");
	assert_string_equal(match_text(f, "x"), "");
}

/* A filter is not a topic name that looks like it: the edges of the trie are not those of whole texts. */
static void test_exact_and_level(void **state)
{
	struct fixture *f = *state;

	enter(f, "a/#", NULL, 1);
	enter(f, "a", NULL, 2);
	enter(f, "+", NULL, 3);
	assert_string_equal(match_text(f, "a"), "1 2 3");
	assert_true(leave(f, "a/#", NULL, 1));
	assert_string_equal(match_text(f, "a"), "2 3");
	assert_true(leave(f, "a", NULL, 2));
	assert_string_equal(match_text(f, "a"), "3");
}

static void keep(void *context, const struct topic_entry *entries, uint32_t len)
{
	assert_int_equal(len, 1);
	*(struct topic_entry *)context = entries[0];
}

/* A second subscription to the same filter replaces the first (3.8.4-3). */
static void test_replace(void **state)
{
	static const char *const filters[] = {"a/b", "a/+"};
	static const struct topic_visitor visitor = {.entries = keep};
	struct fixture *f = *state;
	struct topic_figures figures;

	for (size_t i = 0; i < 2; i++) {
		struct topic_entry entry = {7, 0, 0}, seen = {0};
		struct topic_text filter = text_of(filters[i]), none = {NULL, 0};

		assert_int_equal(topic_index_insert(f->index, filter, none, &entry), 1);
		entry = (struct topic_entry){7, 0x0fffffff, 0x2e};
		assert_int_equal(topic_index_insert(f->index, filter, none, &entry), 0);
		topic_index_match(f->index, text_of("a/b"), &visitor, &seen);
		assert_int_equal(seen.subscription_id, 0x0fffffff);
		assert_int_equal(seen.options, 0x2e);
		topic_index_figures(f->index, &figures);
		assert_int_equal(figures.entries, 1);
		assert_int_equal(figures.filters, 1);
		assert_true(topic_index_remove(f->index, filter, none, 7));
		assert_false(topic_index_remove(f->index, filter, none, 7));
	}
}

/* In a list that has a table by subscriber, too. */
static void test_replace_among_many(void **state)
{
	enum { MANY = 300 };
	struct fixture *f = *state;

	for (uint32_t i = 0; i < MANY; i++)
		assert_int_equal(enter(f, "a/+", NULL, i), 1);
	for (uint32_t i = 0; i < MANY; i++)
		assert_int_equal(enter(f, "a/+", NULL, i), 0);
	for (uint32_t i = 0; i < MANY; i += 2)
		assert_true(leave(f, "a/+", NULL, i));
	for (uint32_t i = 0; i < MANY; i++) {
		assert_int_equal(stands(f, "a/+", NULL, i), i % 2);
		assert_int_equal(leave(f, "a/+", NULL, i), i % 2);
	}
	assert_string_equal(match_text(f, "a/b"), "");
}

static char *levels(unsigned len, const char *level)
{
	char *text = malloc(len * (strlen(level) + 1) + 1), *at = text;

	assert_non_null(text);
	for (unsigned i = 0; i < len; i++)
		at += sprintf(at, "%s%s", i > 0 ? "/" : "", level);
	return text;
}

static void test_levels_max(void **state)
{
	struct fixture *f = *state;
	char *most = levels(TOPIC_LEVELS_MAX, "+"), *more = levels(TOPIC_LEVELS_MAX + 1, "+");
	char *exact = levels(TOPIC_LEVELS_MAX, "a"), *beyond = levels(TOPIC_LEVELS_MAX + 1, "a");
	char *far = levels(TOPIC_LEVELS_MAX * 20, "a");

	assert_int_equal(enter(f, more, NULL, 1), -EINVAL);
	assert_int_equal(enter(f, beyond, NULL, 1), -EINVAL);
	assert_int_equal(enter(f, beyond, "g", 1), -EINVAL);
	assert_int_equal(enter(f, most, NULL, 1), 1);
	assert_int_equal(enter(f, exact, NULL, 2), 1);
	assert_string_equal(match_text(f, exact), "1 2");
	assert_string_equal(match_text(f, beyond), "");
	/* A '#' takes any number of levels; it takes its parent, but is a level of the filter too. */
	memcpy(strrchr(most, '+'), "#", 1);
	assert_int_equal(enter(f, most, NULL, 3), 1);
	assert_int_equal(enter(f, "a/a/#", NULL, 4), 1);
	assert_int_equal(enter(f, "#", NULL, 5), 1);
	assert_int_equal(enter(f, "b/#", NULL, 6), 1);
	assert_string_equal(match_text(f, exact), "1 2 3 4 5");
	assert_string_equal(match_text(f, beyond), "3 4 5");
	assert_string_equal(match_text(f, far), "3 4 5");
	assert_string_equal(match_text(f, exact + 2), "3 4 5");
	assert_string_equal(match_text(f, exact + 4), "4 5");
	free(most);
	free(more);
	free(exact);
	free(beyond);
	free(far);
}

static void test_bytes_max(void **state)
{
	enum { MOST = 65535 };
	struct fixture *f = *state;
	struct topic_text none = {NULL, 0};
	struct topic_entry entry = entry_of(1);
	char *text = malloc(MOST + 1);

	assert_non_null(text);
	memset(text, 'x', MOST + 1);
	text[1] = '/';
	text[0] = '+';
	assert_int_equal(
		topic_index_insert(f->index, (struct topic_text){text, MOST + 1}, none, &entry),
		-EINVAL);
	assert_int_equal(
		topic_index_insert(f->index, (struct topic_text){text, MOST}, none, &entry), 1);
	assert_true(topic_index_has(f->index, (struct topic_text){text, MOST}, none, 1));
	assert_false(topic_index_has(f->index, (struct topic_text){text, MOST - 1}, none, 1));
	free(text);
}

/* What does not match costs nothing: a match looks at the nodes that match so far, however many there are. */
static void test_cost(void **state)
{
	enum { FILTERS = 5000 };
	struct fixture *f = *state;
	struct topic_figures figures;
	char filter[64];

	for (uint32_t i = 0; i < FILTERS; i++) {
		snprintf(filter, sizeof(filter), i % 2 ? "x/%u/+/t" : "x/%u/state", i);
		assert_int_equal(enter(f, filter, NULL, i), 1);
	}
	assert_string_equal(match_text(f, "x/7/y/t"), "7");
	assert_string_equal(match_text(f, "x/8/state"), "8");
	assert_string_equal(match_text(f, "x/9/y/u"), "");
	assert_string_equal(match_text(f, "y/9/y/t"), "");
	topic_index_figures(f->index, &figures);
	assert_true(figures.visited_max > 0 && figures.visited_max <= 5);
	assert_true(figures.visited >= figures.visited_max && figures.visited <= 4 * 5);
}

/* A lone subscriber without identifier, which lies in the node, becomes one of several and back. */
static void test_without_identifier(void **state)
{
	static const struct topic_visitor visitor = {.entries = keep};
	struct fixture *f = *state;
	struct topic_text filter = text_of("a/+"), none = {NULL, 0};
	struct topic_entry bare = {.subscriber = 7, .options = 2}, seen = {0};
	struct topic_entry named = {7, 9, 1}, other = {8, 0, 1};

	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(topic_index_insert(f->index, filter, none, &bare), i == 0);
		topic_index_match(f->index, text_of("a/b"), &visitor, &seen);
		assert_int_equal(seen.subscriber, 7);
		assert_int_equal(seen.subscription_id, 0);
		assert_int_equal(seen.options, 2);
		assert_int_equal(topic_index_insert(f->index, filter, none, &named), 0);
		topic_index_match(f->index, text_of("a/b"), &visitor, &seen);
		assert_int_equal(seen.subscription_id, 9);
		assert_int_equal(seen.options, 1);
		assert_int_equal(topic_index_insert(f->index, filter, none, &other), 1);
		assert_int_equal(topic_index_insert(f->index, filter, text_of("g"), &other), 1);
		assert_int_equal(topic_index_insert(f->index, filter, none, &bare), 0);
		assert_true(topic_index_remove(f->index, filter, none, 8));
		assert_false(topic_index_remove(f->index, filter, none, 8));
		assert_true(topic_index_remove(f->index, filter, text_of("g"), 8));
		assert_false(topic_index_has(f->index, filter, none, 8));
		assert_true(topic_index_has(f->index, filter, none, 7));
		assert_false(topic_index_has(f->index, filter, text_of("g"), 7));
	}
	assert_false(topic_index_remove(f->index, filter, text_of("g"), 7));
	assert_false(topic_index_remove(f->index, filter, none, 8));
	assert_int_equal(topic_index_insert(f->index, filter, none, &other), 1);
	assert_true(topic_index_remove(f->index, filter, none, 7));
	assert_false(topic_index_has(f->index, filter, none, 7));
	topic_index_match(f->index, text_of("a/b"), &visitor, &seen);
	assert_int_equal(seen.subscriber, 8);
	assert_int_equal(seen.subscription_id, 0);
	assert_int_equal(seen.options, 1);
	assert_true(topic_index_remove(f->index, filter, none, 8));
}

/* Nothing that was not entered can be removed, and parents of filters are no filters. */
static void test_remove_unknown(void **state)
{
	static const char *const unknown[] = {
		"a", "a/+", "a/+/b/c", "a/+/c", "a/#", "+", "#", "x", "", "a/+/b/", "/a/+/b"};
	struct fixture *f = *state;

	enter(f, "a/+/b", NULL, 1);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		assert_false(stands(f, unknown[i], NULL, 1));
		assert_false(leave(f, unknown[i], NULL, 1));
	}
	assert_false(leave(f, "a/+/b", NULL, 2));
	assert_false(leave(f, "a/+/b", "g", 1));
	assert_true(stands(f, "a/+/b", NULL, 1));
	assert_false(stands(f, "a/+/b", "g", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rules, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			test_rules_together, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_together, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			test_exact_and_level, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_replace, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			test_replace_among_many, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_levels_max, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_cost, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			test_without_identifier, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_bytes_max, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			test_remove_unknown, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests_name("topic_match", tests, NULL, NULL);
}
