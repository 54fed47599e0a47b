#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi_ring.h"
#include "base_hash.h"

enum { SIZE = 4096, KIND = 7, HEAD = 8 };

struct pair {
	struct abi_ring_shared *shared;
	struct abi_ring producer;
	struct abi_ring consumer;
};

static int setup(void **state)
{
	struct pair *pair = calloc(1, sizeof(*pair));

	assert_non_null(pair);
	/* Exactly as large as it must be, so that ASan sees every access beyond it. */
	pair->shared = aligned_alloc(ABI_LINE_BYTES, sizeof(*pair->shared) + SIZE);
	assert_non_null(pair->shared);
	memset(pair->shared, 0, sizeof(*pair->shared) + SIZE);
	assert_int_equal(abi_ring_attach_producer(&pair->producer, pair->shared, SIZE), 0);
	assert_int_equal(abi_ring_attach_consumer(&pair->consumer, pair->shared, SIZE), 0);
	*state = pair;
	return 0;
}

static int teardown(void **state)
{
	struct pair *pair = *state;

	free(pair->shared);
	free(pair);
	return 0;
}

static uint8_t *buffer_of(const struct pair *pair)
{
	return (uint8_t *)(pair->shared + 1);
}

/* A record whose body is `bytes` times `fill`, not committed. */
static bool put(struct pair *pair, uint32_t bytes, uint8_t fill)
{
	void *body = abi_ring_reserve(&pair->producer, KIND, bytes);

	if (body == NULL)
		return false;
	assert_true((uintptr_t)body % 8 == 0);
	memset(body, fill, bytes);
	return true;
}

static void take(struct pair *pair, uint32_t bytes, uint8_t fill)
{
	struct abi_ring_record record;

	assert_int_equal(abi_ring_peek(&pair->consumer, &record), 1);
	assert_int_equal(record.kind, KIND);
	assert_int_equal(record.flags, 0);
	assert_int_equal(record.bytes, bytes);
	for (uint32_t i = 0; i < bytes; i++)
		assert_int_equal(((const uint8_t *)record.body)[i], fill);
	abi_ring_advance(&pair->consumer);
}

static void assert_nothing(struct pair *pair)
{
	struct abi_ring_record record;

	assert_true(abi_ring_is_empty(&pair->consumer));
	assert_int_equal(abi_ring_peek(&pair->consumer, &record), 0);
}

/* Brings both cursors to `offset` in the buffer (a multiple of 8, not 8). */
static void move_to(struct pair *pair, uint32_t offset)
{
	while (offset > 0) {
		uint32_t step = offset > SIZE / 2 ? SIZE / 4 : offset;

		assert_true(put(pair, step - HEAD, 0));
		abi_ring_commit(&pair->producer);
		take(pair, step - HEAD, 0);
		offset -= step;
	}
}

static void unseen_before_commit(void **state)
{
	struct pair *pair = *state;

	assert_nothing(pair);
	assert_true(put(pair, 10, 1));
	assert_true(put(pair, 0, 2));
	assert_nothing(pair);
	abi_ring_commit(&pair->producer);
	assert_false(abi_ring_is_empty(&pair->consumer));
	take(pair, 10, 1);
	take(pair, 0, 2);
	assert_nothing(pair);
}

static void cancel_forgets(void **state)
{
	struct pair *pair = *state;

	assert_true(put(pair, 10, 1));
	abi_ring_commit(&pair->producer);
	assert_true(put(pair, 100, 2));
	abi_ring_cancel(&pair->producer);
	assert_true(put(pair, 20, 3));
	abi_ring_commit(&pair->producer);
	take(pair, 10, 1);
	take(pair, 20, 3);
	assert_nothing(pair);
	assert_int_equal(abi_ring_free_bytes(&pair->producer), SIZE);
}

static void full_then_free(void **state)
{
	struct pair *pair = *state;
	unsigned len = 0;

	while (put(pair, 56, (uint8_t)len))
		len++;
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(len, SIZE / 64);
	assert_int_equal(abi_ring_free_bytes(&pair->producer), 0);
	abi_ring_commit(&pair->producer);
	assert_false(put(pair, 0, 0));
	take(pair, 56, 0);
	assert_int_equal(abi_ring_free_bytes(&pair->producer), 64);
	assert_true(put(pair, 56, 99));
	assert_false(put(pair, 0, 0));
	abi_ring_commit(&pair->producer);
	for (unsigned i = 1; i < len; i++)
		take(pair, 56, (uint8_t)i);
	take(pair, 56, 99);
	assert_nothing(pair);
}

/* The largest record fits into the empty ring wherever its cursors stand; a larger one never does. */
static void largest_fits_everywhere(void **state)
{
	struct pair *pair = *state;
	uint32_t max = abi_ring_body_max(&pair->producer);

	assert_int_equal(max, SIZE / 2 - HEAD);
	assert_null(abi_ring_reserve(&pair->producer, KIND, max + 1));
	assert_int_equal(errno, EMSGSIZE);
	assert_null(abi_ring_reserve(&pair->producer, KIND, UINT32_MAX));
	assert_int_equal(errno, EMSGSIZE);
	for (uint32_t i = 0; i < 2 * SIZE / 8; i++) {
		assert_true(put(pair, max, 5));
		abi_ring_commit(&pair->producer);
		take(pair, max, 5);
		move_to(pair, 8 + SIZE / 2); /* so that the next begins 8 further */
	}
}

static uint32_t random_bytes(uint64_t number)
{
	return (uint32_t)(base_hash_u64(number, 2) % 900);
}

static void random_sizes_keep_order(void **state)
{
	struct pair *pair = *state;
	uint64_t sent = 0;
	uint64_t seen = 0;

	for (uint64_t step = 0; step < 100000; step++) {
		uint64_t draw = base_hash_u64(step, 1);

		if (draw % 3 != 0 && put(pair, random_bytes(sent), (uint8_t)sent)) {
			sent++;
		} else if (!abi_ring_is_empty(&pair->consumer)) {
			take(pair, random_bytes(seen), (uint8_t)seen);
			seen++;
		}
		if (draw % 5 == 0)
			abi_ring_commit(&pair->producer);
	}
	abi_ring_commit(&pair->producer);
	for (; seen < sent; seen++)
		take(pair, random_bytes(seen), (uint8_t)seen);
	assert_nothing(pair);

	assert_true(sent > 30000);
}

static void newcomers_go_on(void **state)
{
	struct pair *pair = *state;
	struct abi_ring_record record;

	move_to(pair, 3000);
	assert_true(put(pair, 500, 1));
	assert_true(put(pair, 500, 2));
	abi_ring_commit(&pair->producer);
	assert_true(put(pair, 500, 66)); /* dies with its producer */
	assert_int_equal(abi_ring_attach_producer(&pair->producer, pair->shared, SIZE), 0);
	assert_true(put(pair, 600, 3));
	abi_ring_commit(&pair->producer);
	take(pair, 500, 1);
	assert_int_equal(abi_ring_peek(&pair->consumer, &record), 1); /* seen, but not passed */
	assert_int_equal(abi_ring_attach_consumer(&pair->consumer, pair->shared, SIZE), 0);
	take(pair, 500, 2);
	take(pair, 600, 3);
	assert_nothing(pair);
}

static void attach_refuses_wrong_cursors(void **state)
{
	static const uint64_t wrong[][2] = {{8, 0}, {0, SIZE + 8}, {4, 8}, {0, 4}};
	struct pair *pair = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		atomic_store(&pair->shared->head, wrong[i][0]);
		atomic_store(&pair->shared->tail, wrong[i][1]);
		assert_int_equal(
			abi_ring_attach_producer(&pair->producer, pair->shared, SIZE), -EPROTO);
		assert_int_equal(
			abi_ring_attach_consumer(&pair->consumer, pair->shared, SIZE), -EPROTO);
	}
}

static void write_at(struct pair *pair, uint32_t offset, uint16_t kind, uint32_t bytes)
{
	struct abi_ring_head head = {.bytes = bytes, .kind = kind};

	memcpy(buffer_of(pair) + offset, &head, sizeof(head));
}

/* What a producer never writes: `at` is where the consumer stands, `tail` what is published. */
struct fault {
	uint32_t at, tail;
	uint32_t kind, bytes;
	uint32_t kind_at_0, bytes_at_0;
};

static const struct fault faults[] = {
	{0, 16, KIND, 9, 0, 0}, /* beyond what is published */
	{0, 16, KIND, UINT32_MAX, 0, 0}, {0, 16, KIND, UINT32_MAX - 7, 0, 0},
	{0, 16, KIND, UINT32_MAX - 8, 0, 0},
	{0, SIZE, KIND, SIZE / 2 - 7, 0, 0}, /* larger than any record */
	{4000, 4000 + 200, KIND, 100, KIND, 8}, /* beyond the buffer's end */
	{4000, 4000 + 200, ABI_RING_WRAP, 80, KIND, 8}, /* wrap not up to the end */
	{4000, 4000 + 200, ABI_RING_WRAP, 96, KIND, 8}, /* wrap beyond the end */
	{4000, 4096, ABI_RING_WRAP, 88, KIND, 8}, /* nothing after the wrap */
	{4000, 4008, ABI_RING_WRAP, 88, KIND, 8}, /* a wrap beyond what is published */
	{4000, 4000 + 200, ABI_RING_WRAP, 88, ABI_RING_WRAP, 8}, /* wrap after wrap */
	{4000, 4000 + 112, ABI_RING_WRAP, 88, KIND,
		100}, /* beyond what is published, after a wrap */
	{0, 4096, ABI_RING_WRAP, 4088, 0, 0}, /* a wrap of the whole buffer */
	{0, 4, KIND, 0, 0, 0}, /* misaligned */
	{0, SIZE + 8, KIND, 8, 0, 0}, /* more published than there is */
	{64, 56, KIND, 8, 0, 0}, /* less published than was consumed */
};

static void broken_producer_is_found(void **state)
{
	struct pair *pair = *state;

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		const struct fault *fault = &faults[i];
		struct abi_ring_record record;

		atomic_store(&pair->shared->head, fault->at);
		atomic_store(&pair->shared->tail, fault->at);
		assert_int_equal(abi_ring_attach_consumer(&pair->consumer, pair->shared, SIZE), 0);
		assert_int_equal(abi_ring_attach_producer(&pair->producer, pair->shared, SIZE), 0);
		write_at(pair, 0, (uint16_t)fault->kind_at_0, fault->bytes_at_0);
		write_at(pair, fault->at, (uint16_t)fault->kind, fault->bytes);
		atomic_store(&pair->shared->tail, fault->tail);
		if (abi_ring_peek(&pair->consumer, &record) != -EBADMSG)
			fail_msg("fault %zu was not found", i);
		assert_int_equal(abi_ring_peek(&pair->consumer, &record), -EBADMSG);
		abi_ring_discard(&pair->consumer);
		assert_nothing(pair);
	}
}

/* Whatever bytes and whatever tail: an error or a record inside the buffer, never a read outside it. */
static void random_bytes_are_harmless(void **state)
{
	struct pair *pair = *state;
	unsigned records = 0;
	unsigned errors = 0;

	for (uint64_t round = 0; round < 3000; round++) {
		struct abi_ring_record record;
		int result;

		for (uint32_t i = 0; i < SIZE; i += 8) {
			uint64_t word = base_hash_u64(round * SIZE + i, 3);

			/* Mostly small and round sizes, or nothing would ever be accepted. */
			word &= word >> 63 ? UINT64_MAX : 0xffff0000000000ffull;
			memcpy(buffer_of(pair) + i, &word, 8);
		}
		atomic_store(&pair->shared->head, base_hash_u64(round, 4) % SIZE / 8 * 8);
		atomic_store(&pair->shared->tail, atomic_load(&pair->shared->head));
		assert_int_equal(abi_ring_attach_consumer(&pair->consumer, pair->shared, SIZE), 0);
		atomic_fetch_add(&pair->shared->tail,
			base_hash_u64(round, 5) % (SIZE + 64) & (round % 8 == 0 ? ~0ull : ~7ull));
		while ((result = abi_ring_peek(&pair->consumer, &record)) == 1) {
			const uint8_t *body = record.body;

			assert_true(body >= buffer_of(pair) + HEAD);
			assert_true(body + record.bytes <= buffer_of(pair) + SIZE);
			abi_ring_advance(&pair->consumer);
			records++;
		}
		errors += result == -EBADMSG;
	}

	assert_true(records > 1000 && errors > 1000);
}

static void broken_consumer_gets_nothing_more(void **state)
{
	struct pair *pair = *state;

	move_to(pair, 64);
	while (put(pair, 56, 1))
		;
	abi_ring_commit(&pair->producer);
	atomic_store(&pair->shared->head, SIZE * 4); /* ahead of the tail */
	assert_false(put(pair, 8, 2));
	assert_false(put(pair, 8, 2));
	assert_int_equal(abi_ring_free_bytes(&pair->producer), 0);
	atomic_store(&pair->shared->head, 0); /* back further than the ring is long */
	assert_false(put(pair, 8, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(unseen_before_commit, setup, teardown),
		cmocka_unit_test_setup_teardown(cancel_forgets, setup, teardown),
		cmocka_unit_test_setup_teardown(full_then_free, setup, teardown),
		cmocka_unit_test_setup_teardown(largest_fits_everywhere, setup, teardown),
		cmocka_unit_test_setup_teardown(random_sizes_keep_order, setup, teardown),
		cmocka_unit_test_setup_teardown(newcomers_go_on, setup, teardown),
		cmocka_unit_test_setup_teardown(attach_refuses_wrong_cursors, setup, teardown),
		cmocka_unit_test_setup_teardown(broken_producer_is_found, setup, teardown),
		cmocka_unit_test_setup_teardown(random_bytes_are_harmless, setup, teardown),
		cmocka_unit_test_setup_teardown(broken_consumer_gets_nothing_more, setup, teardown),
	};

	return cmocka_run_group_tests_name("abi_ring", tests, NULL, NULL);
}
