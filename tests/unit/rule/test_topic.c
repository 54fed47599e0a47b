#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"

/* Topics of rules: coverage of filters, eq, placeholders. */

static struct bench bench;

static void one_topic(bool is_literal, const char *filter)
{
	bench_begin(&bench);
	rule(&bench, true, BOTH);
	rule_build_all(&bench.build);
	rule_build_topic(&bench.build, is_literal, str(filter));
	bench_end(&bench);
}

static bool is_covered(const char *rule_filter, const char *asked)
{
	one_topic(false, rule_filter);
	return subscribes(&bench, "u", "c", "::1", asked) == RULE_ALLOW;
}

struct cover_case {
	const char *rule;
	const char *covered[10];
	const char *not_covered[12];
};

static const struct cover_case covers[] = {
	{"a/b", {"a/b"}, {"a", "a/b/", "a/b/c", "a/+", "a/#", "+/b", "#", "A/b", "a/bb"}},
	{"a/+", {"a/b", "a/+", "a/", "a/$x"}, {"a/#", "a", "a/+/+", "+/+", "+", "#", "a/b/#"}},
	{"a/#", {"a", "a/#", "a/+", "a/b", "a/b/#", "a/+/#", "a/"},
		{"+", "#", "+/#", "ab/#", "+/b"}},
	{"#", {"#", "+/#", "a", "a/#", "+", "/", "/#", "+/+"}, {"$SYS", "$SYS/#", "$SYS/+", "$"}},
	{"+/#", {"#", "+/#", "a", "a/#", "+", "/", "/#"}, {"$SYS", "$SYS/#", "$SYS/a"}},
	{"+", {"a", "+"}, {"#", "a/b", "+/+", "/", "$SYS", "a/#"}},
	{"+/+", {"a/b", "+/b", "a/+", "+/+", "/"}, {"a/#", "+/#", "#", "a", "$SYS/a", "$SYS/+"}},
	{"+/+/#", {"a/b", "a/b/#", "+/+/#", "a/+"}, {"a", "#", "+/#", "a/#", "$SYS/a/#"}},
	{"$SYS/#", {"$SYS", "$SYS/#", "$SYS/a/+"}, {"#", "+/a", "+/#", "SYS/#", "$SY/#", "+"}},
	{"$SYS/+", {"$SYS/a", "$SYS/+"}, {"$SYS/#", "$SYS", "+/+"}},
	{"/#", {"/", "/a", "/+", "/#"}, {"a", "#", "+/#", "+/a"}},
	{"a/+/c", {"a/b/c", "a/+/c", "a//c"}, {"a/#", "a/b", "a/b/+", "a/b/c/d", "a/+/+", "a/+/#"}},
	{"a/+/#", {"a/b", "a/+", "a/b/#", "a/+/#"}, {"a", "a/#"}},
};

static void test_coverage(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(covers) / sizeof(covers[0]); i++) {
		for (size_t k = 0; k < 10 && covers[i].covered[k] != NULL; k++)
			if (!is_covered(covers[i].rule, covers[i].covered[k]))
				fail_msg("%s does not cover %s", covers[i].rule,
					covers[i].covered[k]);
		for (size_t k = 0; k < 12 && covers[i].not_covered[k] != NULL; k++)
			if (is_covered(covers[i].rule, covers[i].not_covered[k]))
				fail_msg("%s covers %s", covers[i].rule, covers[i].not_covered[k]);
	}
}

/* All filters of up to three levels of a small alphabet, by what they match among all such names. */
enum { NAMES_MAX = 200, FILTERS_MAX = 400, TEXT_BYTES = 32 };

static size_t all_texts(
	char texts[][TEXT_BYTES], const char *const *levels, size_t level_len, bool filters)
{
	size_t len = 0;

	for (size_t n = 0; n < level_len * (level_len + 1) * (level_len + 1); n++) {
		size_t a = n % level_len, b = n / level_len % (level_len + 1);
		size_t c = n / level_len / (level_len + 1);

		if (b == 0 && c != 0)
			continue;
		snprintf(texts[len], TEXT_BYTES, "%s%s%s%s%s", levels[a], b > 0 ? "/" : "",
			b > 0 ? levels[b - 1] : "", c > 0 ? "/" : "", c > 0 ? levels[c - 1] : "");
		if (texts[len][0] == '\0')
			continue;
		if (filters && strchr(texts[len], '#') != NULL &&
			strchr(texts[len], '#')[1] != '\0')
			continue;
		len++;
	}
	return len;
}

/*
 * Coverage is what it says: the topics that the filter asked for selects are all selected by the rule's filter. The
 * names have a level more than the filters, and a level that no filter names, so that '#' and '+' are told apart.
 */
static void test_coverage_by_names(void **state)
{
	static const char *const filter_levels[] = {"a", "", "$s", "+", "#"};
	static const char *const name_levels[] = {"a", "", "$s", "z"};
	static char filters[FILTERS_MAX][TEXT_BYTES], names[NAMES_MAX][TEXT_BYTES];
	static bool selects[FILTERS_MAX][NAMES_MAX * 2 + 1];
	size_t filter_len = all_texts(filters, filter_levels, 5, true);
	size_t name_len = all_texts(names, name_levels, 4, false);

	(void)state;
	assert_true(filter_len < FILTERS_MAX && name_len < NAMES_MAX);
	for (size_t i = 0; i < filter_len; i++) {
		one_topic(false, filters[i]);
		for (size_t k = 0; k < name_len; k++) {
			char longer[TEXT_BYTES + 2];

			selects[i][k] = publishes(&bench, "u", "c", "::1", names[k]) == RULE_ALLOW;
			snprintf(longer, sizeof(longer), "%.*s/z", TEXT_BYTES - 1, names[k]);
			selects[i][name_len + k] =
				publishes(&bench, "u", "c", "::1", longer) == RULE_ALLOW;
		}
	}
	for (size_t i = 0; i < filter_len; i++) {
		/* Levels alone decide: that no name is empty ("/+/#" is as wide as "/#") is not looked at. */
		selects[i][name_len * 2] =
			strcmp(filters[i], "/#") == 0 || strcmp(filters[i], "+/#") == 0 ||
			strcmp(filters[i], "#") == 0 || strcmp(filters[i], "+") == 0;
	}
	for (size_t i = 0; i < filter_len; i++) {
		one_topic(false, filters[i]);
		for (size_t j = 0; j < filter_len; j++) {
			bool want = true, have;

			for (size_t k = 0; k <= name_len * 2 && want; k++)
				want = selects[i][k] || !selects[j][k];
			have = subscribes(&bench, "u", "c", "::1", filters[j]) == RULE_ALLOW;
			if (want != have)
				fail_msg("'%s' covers '%s': %d", filters[i], filters[j], have);
		}
	}
}

static void test_literal(void **state)
{
	struct bench *b = &bench;

	(void)state;
	one_topic(true, "a/#");
	assert_int_equal(subscribes(b, "u", "c", "::1", "a/#"), RULE_ALLOW);
	assert_int_equal(subscribes(b, "u", "c", "::1", "a/b"), RULE_NO_MATCH);
	assert_int_equal(subscribes(b, "u", "c", "::1", "a"), RULE_NO_MATCH);
	assert_int_equal(subscribes(b, "u", "c", "::1", "a/"), RULE_NO_MATCH);
	assert_int_equal(publishes(b, "u", "c", "::1", "a/b"), RULE_NO_MATCH);
	one_topic(true, "a");
	assert_int_equal(publishes(b, "u", "c", "::1", "a"), RULE_ALLOW);
	assert_int_equal(publishes(b, "u", "c", "::1", "b"), RULE_NO_MATCH);
}

struct fill_case {
	const char *rule, *username, *client_id, *topic;
	bool is_literal, allowed;
};

static const struct fill_case fills[] = {
	{"d/${clientid}/#", "u", "c1", "d/c1/x", false, true},
	{"d/${clientid}/#", "u", "c1", "d/c1", false, true},
	{"d/${clientid}/#", "u", "c1", "d/c2/x", false, false},
	{"d/${clientid}/#", "u", "c1", "d/${clientid}/x", false, false},
	{"${username}", "u", "c", "u", false, true},
	{"${username}", "u", "c", "c", false, false},
	{"x${username}y/${clientid}", "u", "c", "xuy/c", false, true},
	{"${username}/${username}/${clientid}", "u", "c", "u/u/c", false, true},
	/* No value, an empty one, or a wildcard in it: nothing, not even the text itself */
	{"d/${username}", NULL, "c", "d/", false, false},
	{"d/${username}", NULL, "c", "d/${username}", false, false},
	{"d/${username}/#", NULL, "c", "d", false, false},
	{"d/${username}", "", "c", "d/", false, false},
	{"d/${clientid}", "u", "+", "d/x", false, false},
	{"d/${clientid}", "u", "#", "d/x", false, false},
	{"d/${clientid}", "u", "#", "d/#", false, false},
	{"d/${clientid}", "u", "a/#", "d/a/b", false, false},
	{"d/${clientid}", "u", "x+", "d/x+", false, false},
	/* Nobody names itself into $SYS */
	{"${clientid}/#", "u", "$SYS", "$SYS/x", false, false},
	{"${clientid}/#", "u", "c", "c/x", false, true},
	{"${clientid}", "u", "$SYS/x", "$SYS/x", true, false},
	{"$SYS/${clientid}", "u", "$c", "$SYS/$c", false, true},
	/* A value is not looked at for placeholders */
	{"d/${username}", "${clientid}", "c", "d/c", false, false},
	{"d/${username}", "${clientid}", "c", "d/${clientid}", false, true},
	/* eq: filled, but compared whole */
	{"d/${clientid}/#", "u", "c", "d/c/#", true, true},
	{"d/${clientid}/#", "u", "c", "d/c/x", true, false},
	/* What is no placeholder is text */
	{"d/${clientid", "u", "c", "d/${clientid", false, true},
	{"d/$clientid", "u", "c", "d/$clientid", false, true},
	{"d/${zone}", "u", "c", "d/${zone}", false, true},
	{"d/${}", "u", "c", "d/c", false, false},
	{"$", "u", "c", "$", false, true},
};

static void test_placeholders(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(fills) / sizeof(fills[0]); i++) {
		const struct fill_case *c = &fills[i];
		bool allowed;

		one_topic(c->is_literal, c->rule);
		allowed = subscribes(&bench, c->username, c->client_id, "::1", c->topic) ==
			  RULE_ALLOW;
		if (allowed != c->allowed)
			fail_msg("case %zu: %s with %s: %d", i, c->rule, c->topic, allowed);
		if (strpbrk(c->topic, "+#") != NULL)
			continue;
		allowed =
			publishes(&bench, c->username, c->client_id, "::1", c->topic) == RULE_ALLOW;
		assert_int_equal(allowed, c->allowed);
	}
}

/* Filled topics that are longer than a topic can be match nothing, and overrun nothing. */
static void test_placeholders_too_long(void **state)
{
	enum { TIMES = 5000, VALUE = 65535 };
	char *text = malloc(TIMES * 11 + 1), *value = malloc(VALUE + 1);

	(void)state;
	assert_non_null(text);
	assert_non_null(value);
	text[0] = '\0';
	for (unsigned i = 0; i < TIMES; i++)
		memcpy(text + i * 11, "${clientid}", 12);
	memset(value, 'v', VALUE);
	value[VALUE] = '\0';
	one_topic(false, text);
	assert_int_equal(publishes(&bench, "u", value, "::1", "v"), RULE_NO_MATCH);
	assert_int_equal(publishes(&bench, "u", "0123456789abc", "::1", "v"), RULE_NO_MATCH);
	assert_int_equal(publishes(&bench, "u", "0123456789abcd", "::1", "v"), RULE_NO_MATCH);
	one_topic(false, "${clientid}");
	assert_int_equal(publishes(&bench, "u", value, "::1", value), RULE_ALLOW);
	one_topic(false, "x${clientid}");
	assert_int_equal(publishes(&bench, "u", value, "::1", value), RULE_NO_MATCH);
	free(text);
	free(value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_coverage),
		cmocka_unit_test(test_coverage_by_names),
		cmocka_unit_test(test_literal),
		cmocka_unit_test(test_placeholders),
		cmocka_unit_test(test_placeholders_too_long),
	};

	return cmocka_run_group_tests_name("rule_topic", tests, NULL, NULL);
}
