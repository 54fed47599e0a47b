#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

/* What the index tells of itself: walk, texts of filters, figures. */

static void test_empty(void **state)
{
	struct fixture *f = *state;
	struct topic_figures figures;
	char *text = dump(f->index);

	assert_string_equal(text, "");
	free(text);
	topic_index_figures(f->index, &figures);
	assert_int_equal(figures.filters, 0);
	assert_int_equal(figures.entries, 0);
	assert_int_equal(figures.nodes, 0);
	assert_string_equal(match_text(f, "a"), "");
}

static void test_texts(void **state)
{
	struct fixture *f = *state;
	char *text;

	enter(f, "a/b", NULL, 1);
	enter(f, "a/b", NULL, 2);
	enter(f, "a/b", "group", 3);
	enter(f, "#", NULL, 1);
	enter(f, "+/", NULL, 1);
	enter(f, "//+", NULL, 1);
	enter(f, "$SYS/#", "g", 1);
	enter(f, "a/level-above-fourteen/+", NULL, 1);
	enter(f, "a/level-above-fourteen/+", "g", 1);
	enter(f, "an-exact-filter/above-fourteen", NULL, 1);
	text = dump(f->index);
	assert_string_equal(text, "#  1\n"
				  "$SYS/# g 1\n"
				  "+/  1\n"
				  "//+  1\n"
				  "a/b  2\n"
				  "a/b group 1\n"
				  "a/level-above-fourteen/+  1\n"
				  "a/level-above-fourteen/+ g 1\n"
				  "an-exact-filter/above-fourteen  1\n");
	free(text);
}

static void on_filter(
	void *context, struct topic_text filter, struct topic_text group, uint32_t entries)
{
	unsigned *shown = context;

	assert_true(filter.bytes > 0 && group.data == NULL);
	assert_int_equal(entries, 1);
	(*shown)++;
}

/* Any step shows all, and no step shows more filters than it was allowed to. */
static void test_steps(void **state)
{
	enum { FILTERS = 3000 };
	struct fixture *f = *state;
	char filter[32];

	for (uint32_t i = 0; i < FILTERS; i++) {
		snprintf(filter, sizeof(filter), i % 2 ? "x/%u/+/t" : "x/%u", i);
		assert_int_equal(enter(f, filter, NULL, i), 1);
	}
	for (uint32_t step = 1; step < 100000; step = step * 3 + 1) {
		unsigned shown = 0, before, steps = 0;
		uint32_t cursor = 0;

		do {
			before = shown;
			cursor = topic_index_walk(f->index, cursor, step, on_filter, &shown);
			assert_true(shown - before <= step);
			steps++;
		} while (cursor != 0);
		assert_int_equal(shown, FILTERS);
		assert_true(steps >= FILTERS / step);
	}
}

/* Nodes without filters take steps too: a walk over removed filters is bounded, and ends. */
static void test_steps_without_filters(void **state)
{
	enum { FILTERS = 3000, STEP = 10 };
	struct fixture *f = *state;
	char filter[32];
	unsigned shown = 0, steps = 0;
	uint32_t cursor = 0;

	for (uint32_t i = 0; i < FILTERS; i++) {
		snprintf(filter, sizeof(filter), "x/%u/+", i);
		assert_int_equal(enter(f, filter, NULL, i), 1);
	}
	for (uint32_t i = 0; i < FILTERS; i++) {
		snprintf(filter, sizeof(filter), "x/%u/+", i);
		assert_true(leave(f, filter, NULL, i));
	}
	do {
		cursor = topic_index_walk(f->index, cursor, STEP, on_filter, &shown);
		steps++;
	} while (cursor != 0);
	assert_int_equal(shown, 0);
	assert_true(steps > FILTERS / STEP);
}

static void skip_entries(void *context, const struct topic_entry *entries, uint32_t len)
{
	(void)context, (void)entries, (void)len;
}

static bool on_shared(
	void *context, const struct topic_entry *entry, const struct topic_group_ref *group)
{
	assert_int_equal(entry->subscriber, 1);
	*(uint32_t *)context = group->node;
	return true;
}

static void test_text_size(void **state)
{
	static const char filter[] = "a/+/level-above-fourteen/#";
	static const struct topic_visitor visitor = {skip_entries, on_shared};
	struct fixture *f = *state;
	char text[sizeof(filter)];
	uint32_t node = 0;

	enter(f, filter, "g", 1);
	topic_index_match(f->index, text_of("a//level-above-fourteen"), &visitor, &node);
	assert_true(node != 0);
	for (size_t size = 0; size < sizeof(filter) - 1; size++)
		assert_int_equal(topic_index_filter_text(f->index, node, text, size), -ENOSPC);
	assert_int_equal(topic_index_filter_text(f->index, node, text, sizeof(filter) - 1),
		sizeof(filter) - 1);
	assert_memory_equal(text, filter, sizeof(filter) - 1);
}

static void assert_figures(
	const struct fixture *f, uint64_t filters, uint64_t entries, uint64_t nodes)
{
	struct topic_figures figures;

	topic_index_figures(f->index, &figures);
	assert_int_equal(figures.filters, filters);
	assert_int_equal(figures.entries, entries);
	assert_int_equal(figures.nodes, nodes);
}

/* One node for an exact filter; one for each level of others, shared where they begin alike. */
static void test_figures(void **state)
{
	struct fixture *f = *state;

	enter(f, "a/b/c", NULL, 1);
	assert_figures(f, 1, 1, 1);
	enter(f, "a/b/+", NULL, 1);
	assert_figures(f, 2, 2, 4);
	enter(f, "a/b/#", NULL, 1);
	assert_figures(f, 3, 3, 5);
	enter(f, "a/b/#", NULL, 2);
	assert_figures(f, 3, 4, 5);
	leave(f, "a/b/+", NULL, 1);
	assert_figures(f, 2, 3, 4);
	leave(f, "a/b/#", NULL, 2);
	leave(f, "a/b/#", NULL, 1);
	assert_figures(f, 1, 1, 1);
	leave(f, "a/b/c", NULL, 1);
	assert_figures(f, 0, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_empty, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_texts, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_steps, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			test_steps_without_filters, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_text_size, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_figures, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests_name("topic_walk", tests, NULL, NULL);
}
