#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

/* Insertion with every amount of memory that is too little: nothing changes, and nothing leaks. */

enum { SLACK_MAX = 4 << 20 };

struct scene {
	const char *name;
	const char *before; /* first level of `filters` exact filters that stand already */
	const char *
		filter; /* that is inserted then, short of memory for the last of its subscribers */
	const char *group;
	uint32_t filters;
	uint32_t subscribers; /* before the last */
};

static const struct scene scenes[] = {
	{"exact", NULL, "a/b", NULL, 0, 0},
	{"exact, long text", NULL, "an-exact-filter/above-fourteen-bytes", NULL, 0, 0},
	{"wildcards, long texts", NULL,
		"level-above-fourteen-bytes/+/level-above-fourteen-bytes/+/level-of-more-bytes/#",
		NULL, 0, 0},
	{"beside others", "level-above-fourteen-bytes",
		"level-above-fourteen-bytes/+/a-second-level-of-text", NULL, 3, 0},
	{"group", NULL, "level-above-fourteen-bytes/+/x", "a-group-of-some-length", 0, 0},
	{"second of a group", NULL, "a/+", "g", 0, 1},
	{"second", NULL, "a/+", NULL, 0, 1},
	{"fifth", NULL, "a/+", NULL, 0, 4},
	{"32nd", NULL, "a/+", NULL, 0, 31},
	{"33rd: list grows and gets its table", NULL, "a/+", NULL, 0, 32},
	{"49th: table grows", NULL, "a/+", NULL, 0, 48},
	{"65th", NULL, "a/+", NULL, 0, 64},
	{"129th of a group", NULL, "a", "g", 0, 128},
	{"a chunk of nodes more", "x", "a/+/b/+", NULL, 509, 0},
	{"a chunk of nodes more, exact", "x", "a", NULL, 510, 0},
	{"a larger directory of chunks", "x", "a/b", NULL, 4094, 0},
	{"edges grow", "x", "level-above-fourteen-bytes", NULL, 8, 0},
	{"edges grow between two levels", "x", "a/b/c/d/e/f/+/g/h", NULL, 2045, 0},
};

static void build(struct fixture *f, const struct scene *scene)
{
	char filter[64];

	for (uint32_t i = 0; i < scene->filters; i++) {
		snprintf(filter, sizeof(filter), "%s/%u", scene->before, i);
		assert_int_equal(enter(f, filter, NULL, 1), 1);
	}
	for (uint32_t i = 0; i < scene->subscribers; i++)
		assert_int_equal(enter(f, scene->filter, scene->group, i), 1);
}

struct picture {
	char *text;
	struct topic_figures figures;
};

static struct picture picture_of(const struct fixture *f)
{
	struct picture picture = {.text = dump(f->index)};

	topic_index_figures(f->index, &picture.figures);
	return picture;
}

static void assert_unchanged(const struct fixture *f, const struct picture *before)
{
	struct picture now = picture_of(f);

	assert_string_equal(now.text, before->text);
	assert_int_equal(now.figures.entries, before->figures.entries);
	assert_int_equal(now.figures.filters, before->figures.filters);
	assert_int_equal(now.figures.nodes, before->figures.nodes);
	free(now.text);
}

/* Raises the limit until the insertion succeeds; returns how often it failed. */
static unsigned insert_in_narrow_memory(struct fixture *f, const struct scene *scene)
{
	struct picture before = picture_of(f);
	size_t used = base_mem_used(f->mem, MEM_CLASS);
	uint32_t last = scene->subscribers;
	unsigned failures = 0;

	for (size_t slack = 0;; slack += slack < 1024 ? 16 : slack / 16) {
		size_t held;

		base_mem_limit(f->mem, MEM_CLASS, used + slack);
		if (enter(f, scene->filter, scene->group, last) == 1)
			break;
		if (slack > SLACK_MAX)
			fail_msg("%s: fails with %zu bytes", scene->name, slack);
		failures++;
		held = base_mem_used(f->mem, MEM_CLASS);
		assert_false(stands(f, scene->filter, scene->group, last));
		assert_int_equal(enter(f, scene->filter, scene->group, last), -ENOMEM);
		assert_int_equal(base_mem_used(f->mem, MEM_CLASS), held);
		assert_unchanged(f, &before);
	}
	base_mem_limit(f->mem, MEM_CLASS, 0);
	free(before.text);
	return failures;
}

static void test_scenes(void **state)
{
	unsigned failures = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		const struct scene *scene = &scenes[i];
		struct fixture *f;
		void *fresh;

		assert_int_equal(fixture_setup(&fresh), 0);
		f = fresh;
		build(f, scene);
		failures += insert_in_narrow_memory(f, scene);
		for (uint32_t k = 0; k <= scene->subscribers; k++)
			assert_true(stands(f, scene->filter, scene->group, k));
		for (uint32_t k = 0; k <= scene->subscribers; k++)
			assert_true(leave(f, scene->filter, scene->group, k));
		assert_false(stands(f, scene->filter, scene->group, 0));
		fixture_teardown(&fresh);
	}
	assert_true(failures > 50);
}

static void name_of(char *filter, size_t size, uint32_t i)
{
	static const char *const before[] = {"e", "w", "a-level-above-fourteen", "an-exact-filter"};
	static const char *const behind[] = {"", "/+", "/#", ""};

	snprintf(filter, size, "%s/%u%s", before[i % 4], i, behind[i % 4]);
}

/* While an index grows, each filter is tried with less memory than it may need. */
static void test_each_of_many(void **state)
{
	static const size_t slacks[] = {0, 64, 128, 1024, 9000, 17000, 33000, 66000, 132000};
	enum { FILTERS = 9000, SLACKS = sizeof(slacks) / sizeof(slacks[0]) };
	struct fixture *f = *state;
	char filter[64];
	unsigned failures = 0;

	for (uint32_t i = 0; i < FILTERS; i++) {
		struct topic_figures before, after;
		int result = -ENOMEM;

		name_of(filter, sizeof(filter), i);
		topic_index_figures(f->index, &before);
		for (unsigned k = 0; k < SLACKS && result < 0; k++) {
			base_mem_limit(
				f->mem, MEM_CLASS, base_mem_used(f->mem, MEM_CLASS) + slacks[k]);
			result = enter(f, filter, i % 3 == 0 ? "g" : NULL, i);
			topic_index_figures(f->index, &after);
			failures += result < 0;
			if (result < 0)
				assert_memory_equal(&before, &after, sizeof(before));
		}
		assert_int_equal(result, 1);
	}
	assert_true(failures > FILTERS / 4);
	base_mem_limit(f->mem, MEM_CLASS, 1);
	for (uint32_t i = 0; i < FILTERS; i++) {
		name_of(filter, sizeof(filter), i);
		assert_true(stands(f, filter, i % 3 == 0 ? "g" : NULL, i));
		assert_true(leave(f, filter, i % 3 == 0 ? "g" : NULL, i));
	}
	base_mem_limit(f->mem, MEM_CLASS, 0);
}

/* A lone subscriber that gets an identifier may need memory; without it the old options stand. */
static void test_identifier_without_memory(void **state)
{
	struct fixture *f = *state;
	struct topic_entry bare = {.subscriber = 1}, named = {1, 9, 0};
	struct topic_text filter = text_of("a"), none = {NULL, 0};
	char *before, *after;

	assert_int_equal(topic_index_insert(f->index, filter, none, &bare), 1);
	before = dump(f->index);
	base_mem_limit(f->mem, MEM_CLASS, 1);
	assert_int_equal(topic_index_insert(f->index, filter, none, &named), -ENOMEM);
	after = dump(f->index);
	assert_string_equal(after, before);
	assert_true(topic_index_has(f->index, filter, none, 1));
	assert_int_equal(topic_index_insert(f->index, filter, none, &bare), 0);
	base_mem_limit(f->mem, MEM_CLASS, 0);
	assert_int_equal(topic_index_insert(f->index, filter, none, &named), 0);
	free(before);
	free(after);
}

/* Replacing one of many needs no memory. */
static void test_replace_without_memory(void **state)
{
	struct fixture *f = *state;

	for (uint32_t i = 0; i < 200; i++)
		assert_int_equal(enter(f, "a/+", NULL, i), 1);
	base_mem_limit(f->mem, MEM_CLASS, 1);
	for (uint32_t i = 0; i < 200; i++)
		assert_int_equal(enter(f, "a/+", NULL, i), 0);
	for (uint32_t i = 0; i < 200; i++)
		assert_true(leave(f, "a/+", NULL, i));
	assert_int_equal(enter(f, "b", NULL, 1), 1); /* a freed node is at hand */
}

/*
 * Filters until memory is used up. What stands is found and removed, and the room can be used again: the edges are
 * then as full as they may get.
 */
static void test_used_up(void **state)
{
	enum { FILTERS = 40000, LIMIT = 900 << 10 };
	struct fixture *f = *state;
	char filter[32];
	uint32_t stood[2] = {0, 0};

	base_mem_limit(f->mem, MEM_CLASS, LIMIT);
	for (unsigned round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < FILTERS; i++) {
			snprintf(filter, sizeof(filter), i % 3 ? "e/%u" : "w/%u/+", i);
			if (enter(f, filter, NULL, i) < 0)
				break;
			stood[round]++;
		}
		assert_true(stood[round] > 1000 && stood[round] < FILTERS);
		for (uint32_t i = 0; i < FILTERS; i++) {
			snprintf(filter, sizeof(filter), i % 3 ? "e/%u" : "w/%u/+", i);
			assert_int_equal(stands(f, filter, NULL, i), i < stood[round]);
			assert_int_equal(leave(f, filter, NULL, i), i < stood[round]);
		}
	}
	assert_true(stood[1] >= stood[0]);
	assert_true(base_mem_failures(f->mem, MEM_CLASS) > 0);
}

/* The same load again takes no more memory. */
static void test_used_again(void **state)
{
	enum { FILTERS = 5000, SUBSCRIBERS = 300 };
	struct fixture *f = *state;
	size_t used[3];
	char filter[64];

	for (unsigned round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < FILTERS; i++) {
			snprintf(filter, sizeof(filter), "w/%u/+/level-above-fourteen-bytes", i);
			assert_int_equal(enter(f, filter, i % 2 ? "g" : NULL, i), 1);
		}
		for (uint32_t i = 0; i < SUBSCRIBERS; i++)
			assert_int_equal(enter(f, "many", NULL, i), 1);
		for (uint32_t i = 0; i < SUBSCRIBERS; i++)
			assert_true(leave(f, "many", NULL, i));
		for (uint32_t i = 0; i < FILTERS; i++) {
			snprintf(filter, sizeof(filter), "w/%u/+/level-above-fourteen-bytes", i);
			assert_true(leave(f, filter, i % 2 ? "g" : NULL, i));
		}
		used[round] = base_mem_used(f->mem, MEM_CLASS);
	}
	assert_int_equal(used[1], used[2]);
	assert_true(used[1] <= used[0]);
}

static void test_new_without_memory(void **state)
{
	struct fixture *f = *state;
	struct topic_index *index = NULL;
	unsigned failures = 0;

	for (size_t limit = 16; index == NULL; limit += 64, failures++) {
		base_mem_limit(f->mem, MEM_CLASS + 1, limit);
		index = topic_index_new(f->mem, MEM_CLASS + 1, 1, LAST_RESORT);
		if (index == NULL)
			assert_int_equal(base_mem_used(f->mem, MEM_CLASS + 1), 0);
	}
	assert_true(failures > 1);
	topic_index_free(index);
	assert_int_equal(base_mem_used(f->mem, MEM_CLASS + 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scenes),
		cmocka_unit_test_setup_teardown(test_each_of_many, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			test_identifier_without_memory, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			test_replace_without_memory, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_used_up, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_used_again, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			test_new_without_memory, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests_name("topic_memory", tests, NULL, NULL);
}
