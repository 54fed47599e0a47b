#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "topic_priv.h"

/*
 * The table alone, against a plain array, at all the places where growth could go wrong: buckets
 * that are split while others are not yet, chains behind full buckets, hashes that collide; memory
 * that runs out and comes back.
 */

#if defined(__SANITIZE_ADDRESS__)
enum { OPERATIONS = 100 * 1000 };
#else
enum { OPERATIONS = 1000 * 1000 };
#endif

enum { KEYS = 8000 };

struct bench {
	struct fixture *f;
	struct topic_heap heap;
	struct topic_table table;
	uint32_t ref_of[KEYS]; /* 0 = not there */
	uint32_t key_of[KEYS * 2 + 1]; /* by ref */
	uint32_t hash_mask, hash_shift, hash_add;
	uint32_t len;
	uint64_t random;
	unsigned met_chain[3]; /* finds, removals, updates in a bucket with others behind it */
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

static bool is_chained(const struct bench *b, uint32_t key)
{
	return topic_table_bucket(&b->table, hash_of(b, key))->next != NULL;
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
	b->met_chain[1] += is_chained(b, key);
	topic_table_remove(&b->table, b->heap, hash_of(b, key), b->ref_of[key]);
	b->ref_of[key] = 0;
	b->len--;
}

/* A key has two refs, between which updates change. */
static void change(struct bench *b, uint32_t key)
{
	uint32_t to = b->ref_of[key] == key + 1 ? key + 1 + KEYS : key + 1;

	b->met_chain[2] += is_chained(b, key);
	b->key_of[to] = key;
	topic_table_update(&b->table, hash_of(b, key), b->ref_of[key], to);
	b->ref_of[key] = to;
}

/* The invariants that the comments in the code promise. */
static void assert_sound(const struct bench *b)
{
	const struct topic_table *t = &b->table;

	assert_int_equal(t->used, b->len);
	assert_int_equal(t->mask & (t->mask + 1), 0);
	assert_in_range(t->bucket_len, t->mask + 1, 2 * (t->mask + 1));
	assert_true(t->used <= t->bucket_len * TOPIC_BUCKET_SLOTS * 2 + 1);
}

/* One chain: filled from the front, its entries in their bucket. Returns their number. */
static uint32_t chain_len(const struct topic_table *t, uint32_t at)
{
	const struct topic_bucket *head = &t->segments[at / TOPIC_SEGMENT][at % TOPIC_SEGMENT];
	uint32_t len = 0;
	bool is_over = false;

	for (const struct topic_bucket *bucket = head; bucket != NULL; bucket = bucket->next) {
		assert_true(bucket == head || bucket->ref[0] != 0);
		for (unsigned i = 0; i < TOPIC_BUCKET_SLOTS; i++) {
			is_over = is_over || bucket->ref[i] == 0;
			assert_int_equal(is_over, bucket->ref[i] == 0);
			if (is_over)
				continue;
			assert_ptr_equal(topic_table_bucket(t, bucket->hash[i]), head);
			len++;
		}
	}
	return len;
}

static void step(struct bench *b, uint32_t keys, uint32_t adding)
{
	uint32_t key = draw_below(&b->random, keys);

	b->met_chain[0] += is_chained(b, key);
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
	for (uint32_t at = 0; at < b->table.bucket_len; at++)
		used -= chain_len(&b->table, at);
	assert_int_equal(used, 0);
}

static void bench_fini(struct bench *b)
{
	assert_all_there(b);
	topic_table_fini(&b->table, b->heap);
}

/* The keys widen as the run goes on, so that growth goes on, with waves of removals in between. */
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
		assert_true(b.met_chain[i] > 0);
	bench_fini(&b);
}

static void test_good_hash(void **state)
{
	run_wide(*state, 0xffffff, 8, OPERATIONS);
}

/* Few hashes: long chains, and many keys of one hash. */
static void test_bad_hash(void **state)
{
	run_wide(*state, 0x1ff, 0, OPERATIONS / 10);
}

/* Hashes that differ in no bit that selects a bucket: splits do not part them. */
static void test_one_bucket(void **state)
{
	static struct bench b;

	bench_init(&b, *state, 0x3, 30);
	b.hash_add = 0x12345;
	for (uint32_t i = 0; i < OPERATIONS / 20; i++)
		step(&b, 100, 50);
	bench_fini(&b);
}

/* Growth to every size, then all entries at once: found, changed, removed. */
static void test_right_after_growth(void **state)
{
	static struct bench b;

	for (uint32_t what = 0; what < 3; what++)
		for (uint32_t until = 3; until < 800; until += 1 + until / 32) {
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

/* Many removals, then insertions: the buckets that are there are filled again. */
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

/* Growth fails, the load rises until entries are refused; with memory the table grows. */
static void test_growth_fails(void **state)
{
	static struct bench b;
	struct fixture *f = *state;

	for (uint32_t start = 3; start < 1000; start = start * 2 + 1) {
		uint32_t key = 0;

		bench_init(&b, f, 0xffffff, 8);
		while (key < start)
			add(&b, key++);
		base_mem_limit(f->mem, MEM_CLASS, 1);
		for (; key < start * 6 + 16; key++)
			add(&b, key);
		assert_in_range(b.len, start, key - 1);
		assert_all_there(&b);
		base_mem_limit(f->mem, MEM_CLASS, 0);
		for (key = 0; key < KEYS; key++)
			if (b.ref_of[key] == 0)
				add(&b, key);
		assert_int_equal(b.len, KEYS);
		bench_fini(&b);
	}
}

/* With memory for chains but not for a segment, entries are taken until there are two buckets each. */
static void test_chains_end(void **state)
{
	enum { LEN = 64 };
	static struct bench b;
	struct fixture *f = *state;
	uint32_t key = 0;

	bench_init(&b, f, 0xffffff, 8);
	while (b.table.bucket_len < LEN)
		add(&b, key++);
	base_mem_limit(f->mem, MEM_CLASS,
		base_mem_used(f->mem, MEM_CLASS) + 2 * LEN * sizeof(struct topic_bucket) - 64);
	for (; key < KEYS; key++) {
		add(&b, key);
		assert_sound(&b);
	}
	assert_int_equal(b.table.bucket_len, LEN);
	assert_int_equal(b.len, LEN * TOPIC_BUCKET_SLOTS * 2);
	assert_all_there(&b);
	base_mem_limit(f->mem, MEM_CLASS, 0);
	bench_fini(&b);
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
		cmocka_unit_test_setup_teardown(test_one_bucket, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			test_right_after_growth, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			test_removals_then_inserts, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_growth_fails, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_chains_end, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			test_memory_comes_and_goes, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests_name("topic_table", tests, NULL, NULL);
}
