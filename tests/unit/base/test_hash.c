#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base_hash.h"

enum { BYTES_MAX = 80, BUCKETS = 4096, KEYS = 8 * BUCKETS };

/* Reads exactly the key: each is hashed in memory of just its size, at each alignment, for ASan to see. */
static void place_does_not_matter(void **state)
{
	unsigned char key[BYTES_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (unsigned char)(i * 37 + 1);
	for (size_t bytes = 0; bytes <= BYTES_MAX; bytes++) {
		uint64_t expected = base_hash_bytes(key, bytes, 5);

		for (size_t shift = 0; shift < 8; shift++) {
			unsigned char *copy = malloc(shift + bytes + (bytes == 0));

			assert_non_null(copy);
			memcpy(copy + shift, key, bytes);
			assert_true(base_hash_bytes(copy + shift, bytes, 5) == expected);
			free(copy);
		}
	}
}

static void every_bit_counts(void **state)
{
	unsigned char key[BYTES_MAX] = {0};

	(void)state;
	for (size_t bytes = 1; bytes <= BYTES_MAX; bytes++) {
		uint64_t hash = base_hash_bytes(key, bytes, 9);
		uint64_t flipped = 0;

		for (size_t bit = 0; bit < bytes * 8; bit++) {
			uint64_t other;

			key[bit / 8] ^= (unsigned char)(1u << bit % 8);
			other = base_hash_bytes(key, bytes, 9);
			key[bit / 8] ^= (unsigned char)(1u << bit % 8);
			assert_true(other != hash);
			flipped += (uint64_t)__builtin_popcountll(other ^ hash);
		}
		/* On average half of the 64 bits change. */
		assert_in_range(flipped / (bytes * 8), 24, 40);
	}
}

static void length_and_seed_count(void **state)
{
	unsigned char zero[BYTES_MAX] = {0};

	(void)state;
	for (size_t bytes = 0; bytes < BYTES_MAX; bytes++) {
		for (size_t other = bytes + 1; other <= BYTES_MAX; other++)
			assert_true(
				base_hash_bytes(zero, bytes, 1) != base_hash_bytes(zero, other, 1));
		for (unsigned bit = 0; bit < 64; bit++)
			assert_true(base_hash_bytes(zero, bytes, 0) !=
				    base_hash_bytes(zero, bytes, 1ull << bit));
	}
}

/* Chi-square over the low and the high bits, for keys that differ as topics and addresses do. */
static void assert_even(const unsigned *buckets)
{
	double sum = 0;

	for (size_t i = 0; i < BUCKETS; i++) {
		double off = (double)buckets[i] - (double)KEYS / BUCKETS;

		sum += off * off / ((double)KEYS / BUCKETS);
	}
	/* Mean 4095, standard deviation 90.5: six of them either way. The seeds are fixed. */
	assert_true(sum > 4095 - 543 && sum < 4095 + 543);
}

static void similar_keys_spread(void **state)
{
	static unsigned low[BUCKETS];
	static unsigned high[BUCKETS];
	static unsigned low_u64[BUCKETS];
	static unsigned high_u64[BUCKETS];

	(void)state;
	for (uint64_t seed = 0; seed < 4; seed++) {
		memset(low, 0, sizeof(low));
		memset(high, 0, sizeof(high));
		memset(low_u64, 0, sizeof(low_u64));
		memset(high_u64, 0, sizeof(high_u64));
		for (uint32_t i = 0; i < KEYS; i++) {
			char topic[32] = "plant/line/00000/temperature";
			uint64_t hash;

			for (uint32_t digit = 0, rest = i; digit < 5; digit++, rest /= 10)
				topic[15 - digit] = (char)('0' + rest % 10);
			hash = base_hash_bytes(topic, strlen(topic), seed);
			low[hash % BUCKETS]++;
			high[hash >> 52]++;
			hash = base_hash_u64((uint64_t)i << 16, seed);
			low_u64[hash % BUCKETS]++;
			high_u64[hash >> 52]++;
		}
		assert_even(low);
		assert_even(high);
		assert_even(low_u64);
		assert_even(high_u64);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(place_does_not_matter),
		cmocka_unit_test(every_bit_counts),
		cmocka_unit_test(length_and_seed_count),
		cmocka_unit_test(similar_keys_spread),
	};

	return cmocka_run_group_tests_name("base_hash", tests, NULL, NULL);
}
