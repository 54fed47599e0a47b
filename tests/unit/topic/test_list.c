#include <stdio.h>

#include "harness.h"

/* Very many subscribers of one filter, and what memory they leave behind when they go. */

enum { SUBSCRIBERS = 20000, STRIDE = 7919 };

static size_t used(const struct fixture *f)
{
	return base_mem_used(f->mem, MEM_CLASS);
}

/* In an order that is neither that of the list nor its reverse. */
static uint32_t nth(uint32_t i)
{
	return (uint32_t)((uint64_t)i * STRIDE % SUBSCRIBERS) + 1;
}

static void fill(struct fixture *f, const char *group)
{
	for (uint32_t i = 0; i < SUBSCRIBERS; i++)
		assert_int_equal(enter(f, "a/+", group, nth(i)), 1);
}

/* Removes from the front of the order until `len` are left; `gone` were removed before. */
static uint32_t shrink(struct fixture *f, const char *group, uint32_t gone, uint32_t len)
{
	for (; SUBSCRIBERS - gone > len; gone++) {
		assert_true(leave(f, "a/+", group, nth(gone)));
		assert_false(stands(f, "a/+", group, nth(gone)));
	}
	for (uint32_t i = gone; i < SUBSCRIBERS; i += len / 16 + 1)
		assert_true(stands(f, "a/+", group, nth(i)));
	return gone;
}

static void check_memory(struct fixture *f, const char *group)
{
	/*
	 * An entry takes 12 bytes in a list of up to four times its length, in pages of 64 KiB, and
	 * 32 in a table.
	 */
	static const struct {
		uint32_t len;
		size_t bytes;
	} steps[] = {{SUBSCRIBERS / 4, SUBSCRIBERS / 4 * 120}, {SUBSCRIBERS / 40, 90000},
		{17, 40000}, {16, 1200}, {2, 300}, {1, 200}};
	size_t before = used(f), most;
	uint32_t gone = 0;

	fill(f, group);
	most = used(f) - before;
	assert_in_range(most, SUBSCRIBERS * 24, SUBSCRIBERS * 50);
	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		gone = shrink(f, group, gone, steps[i].len);
		assert_in_range(used(f) - before, 0, steps[i].bytes);
	}
	shrink(f, group, gone, 0);
	assert_int_equal(used(f), before);
}

static void test_plain(void **state)
{
	struct fixture *f = *state;

	/* What the index keeps: its first records. */
	assert_int_equal(enter(f, "b/+", NULL, 1), 1);
	assert_int_equal(enter(f, "a/+", "g", 1), 1);
	check_memory(f, NULL);
	check_memory(f, NULL);
}

static void test_group(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(enter(f, "b/+", "g", 1), 1);
	assert_int_equal(enter(f, "a/+", NULL, 1), 1);
	check_memory(f, "g");
}

/* Filters by the thousand come and go: the table of edges shrinks with them. */
static void test_edges(void **state)
{
	struct fixture *f = *state;
	size_t most;
	char filter[32];

	for (uint32_t i = 0; i < SUBSCRIBERS; i++) {
		snprintf(filter, sizeof(filter), "x/%u", i);
		assert_int_equal(enter(f, filter, NULL, i), 1);
	}
	most = used(f);
	for (uint32_t i = 0; i < SUBSCRIBERS; i++) {
		snprintf(filter, sizeof(filter), "x/%u", nth(i) - 1);
		assert_true(leave(f, filter, NULL, nth(i) - 1));
		if (i + 1 == SUBSCRIBERS)
			break;
		snprintf(filter, sizeof(filter), "x/%u", nth(i + 1) - 1);
		assert_true(stands(f, filter, NULL, nth(i + 1) - 1));
	}
	/* 16 bytes an edge, less what never shrinks. */
	assert_true(used(f) + SUBSCRIBERS * 16 - (32 << 10) - (8 << 10) < most);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_plain, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_group, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_edges, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests_name("topic_list", tests, NULL, NULL);
}
