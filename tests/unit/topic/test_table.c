#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "topic_priv.h"

/*
 * The table alone, against a plain array, at all the places where growth could go wrong: what still lies in the old
 * array is found, changed and removed; hashes that collide; memory that runs out and comes back.
 */

#if defined(__SANITIZE_ADDRESS__)
enum { OPERATIONS = 100 * 1000 };
#else
enum { OPERATIONS = 1000 * 1000 };
#endif

enum { KEYS = 6000 };

struct bench {
	struct fixture *f;
	struct topic_heap heap;
	struct topic_table table;
	uint32_t ref_of[KEYS]; /* 0 = not there */
	uint32_t key_of[KEYS * 2 + 1]; /* by ref */
	uint32_t hash_mask, hash_shift, hash_add;
	uint32_t len;
	uint64_t random;
	unsigned met_old[3]; /* finds, removals, updates while the table grew */
};

static uint32_t hash_of(const struct bench *b, uint32_t key)
{
	return (((key * 0x9e3779b1u) >> 8 & b->hash_mask) << b->hash_shift) + b->hash_add;
}

static bool is_same(const void *owner, uint32_t ref, const void *key)
{
	const struct bench *b = owner;

	assert_true(ref > 0 && ref <= KEYS * 2);
	return b->key_of[ref] == *(const uint32_t *)key;
}

static uint32_t find(const struct bench *b, uint32_t key)
{
	return topic_table_find(&b->table, hash_of(b, key), is_same, b, &key);
}

static void bench_init(struct bench *b, struct fixture *f, uint32_t hash_mask, uint32_t shift)
{
	memset(b, 0, sizeof(*b));
	b->f = f;
	b->heap = (struct topic_heap){f->mem, MEM_CLASS};
	b->hash_mask = hash_mask;
	b->hash_shift = shift;
	b->random = 5;
	assert_int_equal(topic_table_init(&b->table, b->heap), 0);
}

static void add(struct bench *b, uint32_t key)
{
	uint32_t ref = key + 1;

	b->key_of[ref] = key;
	if (topic_table_insert(&b->table, b->heap, hash_of(b, key), ref) < 0)
		return;
	b->ref_of[key] = ref;
	b->len++;
}

static void drop(struct bench *b, uint32_t key)
{
	b->met_old[1] += b->table.old != NULL;
	topic_table_remove(&b->table, hash_of(b, key), b->ref_of[key]);
	b->ref_of[key] = 0;
	b->len--;
}

/* A key has two refs, between which updates change. */
static void change(struct bench *b, uint32_t key)
{
	uint32_t to = b->ref_of[key] == key + 1 ? key + 1 + KEYS : key + 1;

	b->met_old[2] += b->table.old != NULL;
	b->key_of[to] = key;
	topic_table_update(&b->table, hash_of(b, key), b->ref_of[key], to);
	b->ref_of[key] = to;
}

/* The invariants that the comments in the code promise. */
static void assert_sound(const struct bench *b)
{
	const struct topic_table *t = &b->table;

	assert_int_equal(t->used, b->len);
	assert_true(t->used <= t->mask - t->mask / 8);
	if (t->old != NULL) {
		assert_int_equal(t->mask, t->old_mask * 2 + 1);
		assert_true(t->moved <= t->old_mask);
	}
}

static void step(struct bench *b, uint32_t keys, uint32_t adding)
{
	uint32_t key = draw_below(&b->random, keys);

	b->met_old[0] += b->table.old != NULL;
	assert_int_equal(find(b, key), b->ref_of[key]);
	if (b->ref_of[key] == 0)
		draw_below(&b->random, 100) < adding ? add(b, key) : (void)0;
	else if (draw_below(&b->random, 3) == 0)
		change(b, key);
	else if (draw_below(&b->random, 100) >= adding)
		drop(b, key);
	assert_sound(b);
}

static void assert_all_there(const struct bench *b)
{
	uint32_t used = 0;

	for (uint32_t key = 0; key < KEYS; key++) {
		assert_int_equal(find(b, key), b->ref_of[key]);
		used += b->ref_of[key] != 0;
	}
	assert_int_equal(used, b->table.used);
}

static void bench_fini(struct bench *b)
{
	assert_all_there(b);
	topic_table_fini(&b->table, b->heap);
}

/* The keys widen as the run goes on, so that growth happens many times, with waves of removals in between. */
static void run_wide(struct fixture *f, uint32_t hash_mask, uint32_t shift, uint32_t operations)
{
	static struct bench b;

	bench_init(&b, f, hash_mask, shift);
	for (uint32_t i = 0; i < operations; i++) {
		uint32_t keys = 4u << (i / (operations / 11 + 1));

		step(&b, keys < KEYS ? keys : KEYS, i / 5000 % 3 == 2 ? 20 : 80);
	}
	assert_all_there(&b);
	for (unsigned i = 0; i < 3; i++)
		assert_true(b.met_old[i] > 0);
	bench_fini(&b);
}

static void test_good_hash(void **state)
{
	run_wide(*state, 0xffffff, 8, OPERATIONS);
}

/* Few hashes: long runs, and many keys of one hash. */
static void test_bad_hash(void **state)
{
	run_wide(*state, 0x1ff, 0, OPERATIONS / 10);
}

/* All homes lie in the last slots, so that every run goes around the end. */
static void test_around_end(void **state)
{
	static struct bench b;

	bench_init(&b, *state, 0x3, 0);
	b.hash_add = UINT32_MAX - 3;
	for (uint32_t i = 0; i < OPERATIONS / 20; i++)
		step(&b, 100, 50);
	bench_fini(&b);
}

/* Growth at every size, each time with all old entries met at once: found, changed, removed. */
static void test_right_after_growth(void **state)
{
	static struct bench b;

	for (uint32_t what = 0; what < 3; what++)
		for (uint32_t until = 3; until < 800; until++) {
			bench_init(&b, *state, 0xffffff, 8);
			for (uint32_t key = 0; key < until; key++)
				add(&b, key);
			for (uint32_t key = 0; key < until && what == 1; key++)
				change(&b, key);
			for (uint32_t key = 0; key < until && what == 2; key++)
				drop(&b, key);
			bench_fini(&b);
		}
}

/* Many removals, then insertions: the old array has gone before the table grows again (grow asserts that). */
static void test_removals_then_inserts(void **state)
{
	static struct bench b;

	bench_init(&b, *state, 0xffffff, 8);
	for (uint32_t round = 0; round < 200; round++) {
		uint32_t rising = 1 + draw_below(&b.random, KEYS);

		for (uint32_t key = 0; key < rising; key++)
			if (b.ref_of[key] == 0)
				add(&b, key);
		for (uint32_t key = 0; key < KEYS; key++)
			if (b.ref_of[key] != 0 && draw_below(&b.random, 10) < round % 11)
				drop(&b, key);
		assert_sound(&b);
	}
	bench_fini(&b);
}

/* Growth fails, the load rises until entries are refused; with memory the table grows, and all is there. */
static void test_growth_fails(void **state)
{
	static struct bench b;
	struct fixture *f = *state;

	for (uint32_t start = 3; start < 2000; start = start * 2 + 1) {
		uint32_t key = 0, held;

		bench_init(&b, f, 0xffffff, 8);
		while (key < start)
			add(&b, key++);
		base_mem_limit(f->mem, MEM_CLASS, 1);
		for (; key < start * 4 + 16; key++)
			add(&b, key);
		held = b.len;
		assert_true(held < key);
		assert_int_equal(held, b.table.mask - b.table.mask / 8);
		assert_sound(&b);
		assert_all_there(&b);
		drop(&b, 0);
		add(&b, 0);
		add(&b, key - 1);
		assert_int_equal(b.len, held);
		base_mem_limit(f->mem, MEM_CLASS, 0);
		for (key = 0; key < KEYS; key++)
			if (b.ref_of[key] == 0)
				add(&b, key);
		assert_int_equal(b.len, KEYS);
		bench_fini(&b);
	}
}

/* Memory that comes and goes at random. */
static void test_memory_comes_and_goes(void **state)
{
	static struct bench b;
	struct fixture *f = *state;

	bench_init(&b, f, 0xffffff, 8);
	for (uint32_t i = 0; i < OPERATIONS / 2; i++) {
		if (i % 300 == 0)
			base_mem_limit(f->mem, MEM_CLASS, draw_below(&b.random, 2));
		step(&b, KEYS >> (i / 40000 % 4), i / 20000 % 2 ? 40 : 85);
	}
	base_mem_limit(f->mem, MEM_CLASS, 0);
	bench_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_good_hash, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_bad_hash, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_around_end, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			test_right_after_growth, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			test_removals_then_inserts, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_growth_fails, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			test_memory_comes_and_goes, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests_name("topic_table", tests, NULL, NULL);
}
