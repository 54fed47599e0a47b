#include <string.h>

#include "base_hash.h"
#include "build.h"
#include "guard.h"

/*
 * Tables that are not what they say: refused, or checked without a byte read beyond their end, at which memory ends.
 */

#if defined(__SANITIZE_ADDRESS__)
enum { ROUNDS = 30 * 1000 };
#else
enum { ROUNDS = 300 * 1000 };
#endif

enum { AT_BYTES = 8 }; /* of the length in the table's head */

static struct bench bench;

/* The last rule ends with a condition, a topic, or a placeholder, so that each lies next to the unreadable page. */
static size_t build_with(unsigned kind, const char *fill)
{
	int bytes;

	rule_build_begin(&bench.build, bench.buf, sizeof(bench.buf));
	rule(&bench, true, RULE_PUBLISH);
	rule_build_and(&bench.build, 2);
	rule_build_or(&bench.build, 2);
	rule_build_username(&bench.build, str("user"));
	rule_build_client_id(&bench.build, str("client"));
	network(&bench, "2001:db8::", 32);
	topic(&bench, "d/${clientid}/#");
	literal(&bench, "a/b");
	topic(&bench, fill);
	rule(&bench, false, RULE_SUBSCRIBE);
	rule_build_all(&bench.build);
	topic(&bench, "$SYS/#");
	rule(&bench, true, BOTH);
	switch (kind) {
	case 0:
		rule_build_or(&bench.build, 1);
		network(&bench, "10.0.0.0", 8);
		break;
	case 1:
		rule_build_username(&bench.build, str("user-at-the-end"));
		break;
	case 2:
		rule_build_all(&bench.build);
		topic(&bench, "a/+/b");
		break;
	case 3:
		rule_build_all(&bench.build);
		topic(&bench, "last/${username}");
		break;
	default:
		rule_build_or(&bench.build, 0);
		break;
	}
	bytes = rule_build_end(&bench.build);
	assert_true(bytes > 0);
	return (size_t)bytes;
}

/* In a multiple of 8 bytes, so that the table is aligned where it ends with memory. */
static size_t build(unsigned kind)
{
	size_t bytes = build_with(kind, "f");

	return bytes % 8 == 0 ? bytes : build_with(kind, "filler");
}

/* Every question that can lead to another part of the table. */
static unsigned ask_all(const struct rule_table *table)
{
	static const uint8_t addrs[][16] = {
		{0x20, 0x01, 0x0d, 0xb8},
		{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 1, 2, 3},
	};
	static const char *const usernames[] = {"user", NULL, "user-at-the-end"};
	static const char *const topics[] = {"d/client/x", "a/x/b", "$SYS/x", "last/user"};
	unsigned sum = rule_table_is_open(table) + rule_table_len(table);

	for (unsigned i = 0; i < 2 * 3 * 4 * 2; i++) {
		struct rule_who who = {str(usernames[i % 3]), str("client"), addrs[i / 3 % 2]};
		struct rule_what what = {
			.action = i / 24 != 0 ? RULE_PUBLISH : RULE_SUBSCRIBE,
			.topic = str(topics[i / 6 % 4]),
		};

		enum rule_verdict verdict = rule_table_check(table, &who, &what), settled;

		if (rule_table_is_settled(table, &who, what.action, &settled))
			assert_int_equal(verdict, settled);
		sum += verdict;
	}
	return sum;
}

struct counts {
	unsigned opened, refused;
};

static void try_blob(struct guard *guard, const uint8_t *blob, size_t bytes, struct counts *counts)
{
	const struct rule_table *table = rule_table_open(guard_place(guard, blob, bytes), bytes);

	if (table == NULL) {
		counts->refused++;
		return;
	}
	ask_all(table);
	counts->opened++;
}

static void write_bytes(uint8_t *blob, size_t bytes)
{
	uint32_t value = (uint32_t)bytes;

	memcpy(blob + AT_BYTES, &value, sizeof(value));
}

static void test_one_byte(void **state)
{
	struct guard *guard = guard_new(4096);

	(void)state;
	for (unsigned kind = 0; kind < 5; kind++) {
		size_t bytes = build(kind);
		struct counts counts = {0};

		try_blob(guard, bench.buf, bytes, &counts);
		assert_int_equal(counts.opened, 1);
		for (size_t at = 0; at < bytes; at++) {
			uint8_t was = bench.buf[at];

			for (unsigned flip = 1; flip < 256; flip++) {
				bench.buf[at] = (uint8_t)(was ^ flip);
				try_blob(guard, bench.buf, bytes, &counts);
			}
			bench.buf[at] = was;
		}
		assert_true(counts.opened > 100 && counts.refused > 100);
	}
	guard_free(guard);
}

static void test_truncated(void **state)
{
	struct guard *guard = guard_new(4096);

	(void)state;
	for (unsigned kind = 0; kind < 5; kind++) {
		size_t bytes = build(kind);
		struct counts counts = {0};

		for (size_t left = 0; left < bytes; left++) {
			try_blob(guard, bench.buf, left, &counts);
			assert_int_equal(counts.opened, 0);
		}
		/* The same with a head that tells the shorter length. */
		for (size_t left = 16; left < bytes; left++) {
			write_bytes(bench.buf, left);
			try_blob(guard, bench.buf, left, &counts);
		}
		assert_int_equal(counts.opened, 0);
	}
	guard_free(guard);
}

static void test_longer(void **state)
{
	struct guard *guard = guard_new(4096);
	size_t bytes = build(2);
	struct counts counts = {0};

	(void)state;
	for (size_t more = 1; more <= 64; more++) {
		build(2);
		memset(bench.buf + bytes, 0, more);
		try_blob(guard, bench.buf, bytes + more, &counts);
		write_bytes(bench.buf, bytes + more);
		try_blob(guard, bench.buf, bytes + more, &counts);
	}
	assert_int_equal(counts.opened, 0);
	guard_free(guard);
}

/* A value that means nothing is refused, not read as another. */
static void test_fields(void **state)
{
	enum { RULE = 16, AT_RETAIN = 7, TABLE = 16 + 16, RULE_BYTES = 16 };
	uint8_t *rule_at = bench.buf + RULE;

	(void)state;
	for (unsigned value = 0; value < 256; value++) {
		bench_begin(&bench);
		rule(&bench, true, BOTH);
		rule_build_all(&bench.build);
		assert_int_equal(rule_build_end(&bench.build), TABLE);
		rule_at[AT_RETAIN] = (uint8_t)value;
		assert_int_equal(
			rule_table_open(bench.buf, TABLE) != NULL, value <= RULE_RETAIN_FALSE);
	}
	/* Bytes behind a rule's last topic, within the rule. */
	rule_at[AT_RETAIN] = 0;
	rule_at[0] = RULE_BYTES + 8;
	memset(bench.buf + TABLE, 0, 8);
	write_bytes(bench.buf, TABLE + 8);
	assert_null(rule_table_open(bench.buf, TABLE + 8));
}

/* Several bytes at once, favouring small values, which lengths are; any length, told in the head. */
static void test_random(void **state)
{
	struct guard *guard = guard_new(4096);
	struct counts counts = {0};
	uint64_t random = 1;

	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t bits = base_hash_u64(random++, 9);
		size_t bytes = build(i % 5);
		unsigned changes = 1 + bits % 4;

		if (bits >> 8 & 1)
			bytes = (16 + (bits >> 16) % (bytes - 15)) & ~(size_t)7;
		for (unsigned k = 0; k < changes; k++) {
			uint64_t change = base_hash_u64(random++, 9);
			size_t at = 12 + change % (bytes - 12);

			bench.buf[at] = (uint8_t)(change >> 32 & (change >> 63 ? 0xff : 0x1f));
		}
		write_bytes(bench.buf, bytes);
		try_blob(guard, bench.buf, bytes, &counts);
	}
	assert_true(counts.opened > ROUNDS / 50 && counts.refused > ROUNDS / 50);
	guard_free(guard);
}

static void test_unaligned(void **state)
{
	size_t bytes = build(0);

	(void)state;
	for (size_t off = 1; off < 8; off++) {
		memmove(bench.buf + off, bench.buf + off - 1, bytes);
		assert_null(rule_table_open(bench.buf + off, bytes));
	}
	assert_null(rule_table_open(bench.buf, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_byte),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_longer),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_unaligned),
	};

	return cmocka_run_group_tests_name("rule_corrupt", tests, NULL, NULL);
}
