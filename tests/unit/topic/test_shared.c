#include <stdlib.h>
#include <string.h>

#include "harness.h"

/* Shared subscriptions (MQTT 5, 4.8.2): one member of each group of each matching filter takes the message. */

enum { ASKED_MAX = 64 };

/* Takes the offer number `take`, counted from 0 on over all groups; all are refused when it is negative. */
struct asking {
	int take;
	uint32_t asked[ASKED_MAX];
	uint32_t len;
	uint32_t plain;
	const struct fixture *f;
	const char *filter, *group;
};

static void on_entries(void *context, const struct topic_entry *entries, uint32_t len)
{
	struct asking *a = context;

	assert_non_null(entries);
	a->plain += len;
}

static bool on_shared(
	void *context, const struct topic_entry *entry, const struct topic_group_ref *group)
{
	struct asking *a = context;
	char text[64];
	int bytes = topic_index_filter_text(a->f->index, group->node, text, sizeof(text));

	assert_true(a->len < ASKED_MAX);
	if (a->filter != NULL) {
		assert_int_equal(bytes, strlen(a->filter));
		assert_memory_equal(text, a->filter, strlen(a->filter));
		assert_int_equal(group->name.bytes, strlen(a->group));
		assert_memory_equal(group->name.data, a->group, strlen(a->group));
	}
	a->asked[a->len] = entry->subscriber;
	return a->take == (int)a->len++;
}

static struct asking ask(struct fixture *f, const char *topic, int take)
{
	static const struct topic_visitor visitor = {on_entries, on_shared};
	struct asking a = {.take = take, .f = f};

	topic_index_match(f->index, text_of(topic), &visitor, &a);
	return a;
}

static void test_groups_apart(void **state)
{
	struct fixture *f = *state;

	enter(f, "a/+", "g", 1);
	enter(f, "a/+", "h", 2);
	enter(f, "a/+", NULL, 3);
	enter(f, "a/b", "g", 4);
	enter(f, "#", "g", 5);
	assert_string_equal(match_text(f, "a/b"), "3 g=1 g=4 g=5 h=2");
	assert_string_equal(match_text(f, "$a"), "");
	assert_true(stands(f, "a/+", "g", 1));
	assert_false(stands(f, "a/+", "h", 1));
	assert_false(stands(f, "a/+", NULL, 1));
	assert_false(leave(f, "a/+", "h", 1));
	assert_false(leave(f, "a/+", "i", 1));
	assert_true(leave(f, "a/+", "h", 2));
	assert_string_equal(match_text(f, "a/b"), "3 g=1 g=4 g=5");
	assert_true(leave(f, "a/+", NULL, 3));
	assert_true(leave(f, "a/+", "g", 1));
	assert_string_equal(match_text(f, "a/b"), "g=4 g=5");
}

/* A group's name is compared whole. */
static void test_names(void **state)
{
	struct fixture *f = *state;

	enter(f, "a", "g", 1);
	enter(f, "a", "gg", 2);
	enter(f, "a", "G", 3);
	assert_string_equal(match_text(f, "a"), "G=3 g=1 gg=2");
	assert_true(leave(f, "a", "gg", 2));
	assert_string_equal(match_text(f, "a"), "G=3 g=1");
}

static void test_reference(void **state)
{
	static const struct topic_visitor visitor = {on_entries, on_shared};
	static const char *const filters[] = {"sport/tennis/scores", "sport/+/scores", "sport/#"};
	struct fixture *f = *state;

	for (size_t i = 0; i < 3; i++) {
		struct asking a = {.take = -1, .f = f, .filter = filters[i], .group = "workers"};

		enter(f, filters[i], "workers", 1);
		enter(f, filters[i], "workers", 2);
		topic_index_match(f->index, text_of("sport/tennis/scores"), &visitor, &a);
		assert_int_equal(a.len, 2);
		leave(f, filters[i], "workers", 1);
		leave(f, filters[i], "workers", 2);
	}
}

/* Who refuses hands on to the next; each member is asked once. */
static void test_each_member_once(void **state)
{
	enum { MEMBERS = 50 };
	struct fixture *f = *state;

	for (uint32_t i = 0; i < MEMBERS; i++)
		assert_int_equal(enter(f, "a/+", "g", i), 1);
	for (int take = -1; take < MEMBERS; take++) {
		struct asking a = ask(f, "a/b", take);
		uint64_t seen = 0;

		assert_int_equal(a.len, take < 0 ? MEMBERS : take + 1);
		for (uint32_t i = 0; i < a.len; i++)
			seen |= 1ull << a.asked[i];
		assert_int_equal(__builtin_popcountll(seen), a.len);
		assert_int_equal(a.plain, 0);
	}
}

/* In turn: n messages to n members give each one. */
static void test_round_robin(void **state)
{
	enum { MEMBERS = 7, ROUNDS = 5 };
	struct fixture *f = *state;
	unsigned taken[MEMBERS] = {0};

	for (uint32_t i = 0; i < MEMBERS; i++)
		enter(f, "a", "g", i);
	for (unsigned i = 0; i < MEMBERS * ROUNDS; i++)
		taken[ask(f, "a", 0).asked[0]]++;
	for (unsigned i = 0; i < MEMBERS; i++)
		assert_int_equal(taken[i], ROUNDS);
}

/* Whoever took the message is asked last next time, also when others refused before. */
static void test_turn_after_refusal(void **state)
{
	struct fixture *f = *state;
	struct asking first, next;

	for (uint32_t i = 0; i < 4; i++)
		enter(f, "a", "g", i);
	first = ask(f, "a", 2);
	next = ask(f, "a", -1);
	assert_int_equal(next.len, 4);
	assert_int_equal(next.asked[3], first.asked[2]);
}

/* The turn stays good when the group shrinks below it. */
static void test_turn_beyond_end(void **state)
{
	struct fixture *f = *state;

	for (uint32_t i = 0; i < 6; i++)
		enter(f, "a", "g", i);
	for (uint32_t i = 0; i < 5; i++)
		ask(f, "a", 0);
	for (uint32_t i = 1; i < 6; i++)
		assert_true(leave(f, "a", "g", i));
	assert_string_equal(match_text(f, "a"), "g=0");
	assert_string_equal(match_text(f, "a"), "g=0");
}

static void test_last_resort(void **state)
{
	struct fixture *f = *state;
	struct asking a;

	enter(f, "a", "g", LAST_RESORT);
	assert_string_equal(match_text(f, "a"), "g=999");
	for (uint32_t i = 0; i < 3; i++)
		enter(f, "a", "g", i);
	for (unsigned i = 0; i < 10; i++)
		assert_true(ask(f, "a", 0).asked[0] < 3);
	a = ask(f, "a", -1);
	assert_int_equal(a.len, 4);
	assert_int_equal(a.asked[3], LAST_RESORT);
	/* Among plain subscribers it is one like others. */
	enter(f, "b", NULL, LAST_RESORT);
	enter(f, "b", NULL, 1);
	assert_string_equal(match_text(f, "b"), "1 999");
}

/* The last resort does not take a turn from the others. */
static void test_fair_beside_last_resort(void **state)
{
	enum { MEMBERS = 4, ROUNDS = 6 };
	struct fixture *f = *state;
	unsigned taken[MEMBERS] = {0};

	enter(f, "a", "g", 0);
	enter(f, "a", "g", 1);
	enter(f, "a", "g", LAST_RESORT);
	enter(f, "a", "g", 2);
	enter(f, "a", "g", 3);
	for (unsigned i = 0; i < MEMBERS * ROUNDS; i++)
		taken[ask(f, "a", 0).asked[0]]++;
	for (unsigned i = 0; i < MEMBERS; i++)
		assert_int_equal(taken[i], ROUNDS);
}

static void test_replace(void **state)
{
	struct fixture *f = *state;
	struct topic_figures figures;

	assert_int_equal(enter(f, "a", "g", 1), 1);
	assert_int_equal(enter(f, "a", "g", 1), 0);
	assert_int_equal(enter(f, "a", "h", 1), 1);
	assert_int_equal(enter(f, "a", NULL, 1), 1);
	topic_index_figures(f->index, &figures);
	assert_int_equal(figures.entries, 3);
	assert_int_equal(figures.filters, 3);
	assert_int_equal(figures.nodes, 1);
	assert_true(leave(f, "a", "g", 1));
	assert_true(leave(f, "a", NULL, 1));
	assert_true(leave(f, "a", "h", 1));
	topic_index_figures(f->index, &figures);
	assert_int_equal(figures.entries, 0);
	assert_int_equal(figures.filters, 0);
	assert_int_equal(figures.nodes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_groups_apart, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_names, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_reference, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			test_each_member_once, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_round_robin, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			test_turn_after_refusal, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			test_turn_beyond_end, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_last_resort, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			test_fair_beside_last_resort, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_replace, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests_name("topic_shared", tests, NULL, NULL);
}
