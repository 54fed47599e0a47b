#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_isn.h"

static const uint64_t key[2] = {0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull};

/* Published with SipHash: key 00..0f, data 00..n-1. */
static void siphash_vectors(void **state)
{
	static const struct {
		size_t bytes;
		uint64_t hash;
	} vectors[] = {
		{0, 0x726fdb47dd0e0e31ull},
		{1, 0x74f839c593dc67fdull},
		{7, 0xab0200f58b01d137ull},
		{8, 0x93f5f5799a932462ull},
		{15, 0xa129ca6149be45e5ull},
	};
	uint8_t data[16];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		assert_true(stack_isn_siphash(key, data, vectors[i].bytes) == vectors[i].hash);
}

/* RFC 6528: for the same 4-tuple the number grows by one in 4 microseconds. */
static void clock_of_four_microseconds(void **state)
{
	uint32_t first = stack_isn(key, "tuple", 5, 1000000000);

	(void)state;
	assert_int_equal(stack_isn(key, "tuple", 5, 1000000000 + 4000) - first, 1);
	assert_int_equal(stack_isn(key, "tuple", 5, 2000000000) - first, 250000);
}

static void depends_on_tuple_and_key(void **state)
{
	const uint64_t other_key[2] = {1, 2};
	uint32_t first = stack_isn(key, "tuple", 5, 0);

	(void)state;
	assert_int_not_equal(stack_isn(key, "tupla", 5, 0), first);
	assert_int_not_equal(stack_isn(other_key, "tuple", 5, 0), first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siphash_vectors),
		cmocka_unit_test(clock_of_four_microseconds),
		cmocka_unit_test(depends_on_tuple_and_key),
	};

	return cmocka_run_group_tests_name("stack_isn", tests, NULL, NULL);
}
