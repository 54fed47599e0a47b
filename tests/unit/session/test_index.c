#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

/* The index of filters against the plain rule, over random filters and topics. */

static const char *const filters[] = {
	"a",
	"a/b",
	"a/+",
	"+",
	"+/+",
	"+/b",
	"#",
	"a/#",
	"+/#",
	"a/b/#",
	"a/+/#",
	"+/b/#",
	"/",
	"/a",
	"+/a",
	"a/",
	"a/+/b",
	"//",
	"+//+",
	"$SYS/#",
	"$SYS/+",
	"$SYS/a",
	"+/SYS",
	"a/b/c",
	"a/+/+/d",
	"+/+/+",
	"x/y/#",
	"b//c",
	"b/+/c/#",
	"/#",
};

static const char *const topics[] = {
	"a",
	"a/b",
	"a/b/c",
	"/",
	"/a",
	"a/",
	"//",
	"$SYS",
	"$SYS/a",
	"$SYS/a/b",
	"b//c",
	"b/x/c",
	"b/x/c/d",
	"a/x/y/d",
	"x/y",
	"x/y/z",
	"zzz",
	"a//b",
};

enum {
	FILTERS = sizeof(filters) / sizeof(filters[0]),
	TOPICS = sizeof(topics) / sizeof(topics[0])
};

/* The plain rule of MQTT 4.7, level by level. */
static bool matches(const char *filter, const char *topic)
{
	if (topic[0] == '$' && (filter[0] == '+' || filter[0] == '#'))
		return false;
	for (;;) {
		size_t f = strcspn(filter, "/"), t = strcspn(topic, "/");

		if (filter[0] == '#')
			return true;
		if (!(f == 1 && filter[0] == '+') && (f != t || memcmp(filter, topic, f) != 0))
			return false;
		if (topic[t] == '\0')
			return filter[f] == '\0' || strcmp(filter + f, "/#") == 0;
		if (filter[f] == '\0')
			return false;
		filter += f + 1;
		topic += t + 1;
	}
}

/* One offline session a filter, so that each queue tells whether its filter matched. */
static void subscribe_offline(unsigned i)
{
	char id[16];

	snprintf(id, sizeof(id), "f%u", i);
	harness_client(i + 1, id, 600);
	harness_subscribe(i + 1, filters[i], 1, 0);
	harness_closed(i + 1, "closed");
	harness_forget();
}

static void as_the_rule_says(void **state)
{
	uint32_t expected[FILTERS] = {0};

	(void)state;
	for (unsigned i = 0; i < FILTERS; i++)
		subscribe_offline(i);
	for (unsigned t = 0; t < TOPICS; t++) {
		harness_interest(999, topics[t], "m", 1, false);
		for (unsigned i = 0; i < FILTERS; i++) {
			char id[16];

			snprintf(id, sizeof(id), "f%u", i);
			expected[i] += matches(filters[i], topics[t]);
			if (harness_view(id).queue_len != expected[i])
				print_error("filter %s, topic %s\n", filters[i], topics[t]);
			assert_int_equal(harness_view(id).queue_len, expected[i]);
		}
	}
}

/* Filters come and go in any order; those that are gone match nothing, the others as before. */
static void filters_come_and_go(void **state)
{
	bool present[FILTERS] = {false};

	(void)state;
	srand(1);
	for (unsigned round = 0; round < 400; round++) {
		unsigned i = (unsigned)rand() % FILTERS;
		unsigned t = (unsigned)rand() % TOPICS;
		uint64_t before = session_counters(harness.core)->queued;
		unsigned expected = 0;
		char id[16];

		snprintf(id, sizeof(id), "f%u", i);
		if (present[i])
			session_kick(harness.core, id, (uint32_t)strlen(id));
		else
			subscribe_offline(i);
		present[i] = !present[i];
		harness_interest(999, topics[t], "m", 1, false);
		for (unsigned k = 0; k < FILTERS; k++)
			expected += present[k] && matches(filters[k], topics[t]);
		assert_int_equal(session_counters(harness.core)->queued - before, expected);
		harness_forget();
	}
}

static void deep_filters(void **state)
{
	enum { LEVELS = 200 };
	static char filter[2 * LEVELS + 2], topic[2 * LEVELS + 2];

	(void)state;
	for (unsigned i = 0; i < LEVELS; i++) {
		filter[2 * i] = i == 150 ? '+' : 'x';
		topic[2 * i] = 'x';
		filter[2 * i + 1] = topic[2 * i + 1] = '/';
	}
	filter[(size_t)2 * LEVELS] = '#';
	topic[(size_t)2 * LEVELS] = 'y';
	harness_client(1, "a", 600);
	harness_subscribe(1, filter, 1, 0);
	harness_subscribe(1, "x/#", 1, 0);
	harness_closed(1, "closed");
	harness_forget();
	harness_interest(999, topic, "m", 1, false);
	assert_int_equal(harness_view("a").queue_len, 1);
	harness_interest(999, "x/y", "m", 1, false);
	assert_int_equal(harness_view("a").queue_len, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_up, harness_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(as_the_rule_says),
		TEST(filters_come_and_go),
		TEST(deep_filters),
	};

	return cmocka_run_group_tests_name("session_index", tests, NULL, NULL);
}
