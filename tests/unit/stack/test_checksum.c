#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base_hash.h"
#include "stack_checksum.h"

enum { SIZE = 2048 };

static uint8_t bytes[SIZE];

/* RFC 1071, section 4.1, byte by byte. */
static uint16_t naive(const uint8_t *data, size_t size)
{
	uint32_t sum = 0;
	uint8_t wire[2];
	uint16_t result;

	for (size_t i = 0; i < size; i++)
		sum += (i & 1) == 0 ? (uint32_t)data[i] << 8 : data[i];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum & 0xffff;
	wire[0] = (uint8_t)(sum >> 8);
	wire[1] = (uint8_t)sum;
	memcpy(&result, wire, 2);
	return result;
}

static void fill(uint64_t seed)
{
	for (size_t i = 0; i < SIZE; i++)
		bytes[i] = (uint8_t)base_hash_u64(i, seed);
}

static uint16_t whole(const uint8_t *data, size_t size)
{
	struct stack_checksum sum = {0};

	stack_checksum_add(&sum, data, size);
	return stack_checksum_finish(&sum);
}

static void example_of_the_standard(void **state)
{
	const uint8_t data[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
	struct stack_checksum sum = {0};
	uint8_t wire[2];
	uint16_t folded;

	(void)state;
	stack_checksum_add(&sum, data, sizeof(data));
	folded = stack_checksum_fold(&sum);
	memcpy(wire, &folded, 2);
	assert_int_equal(wire[0], 0xdd);
	assert_int_equal(wire[1], 0xf2);
}

static void every_length_and_alignment(void **state)
{
	(void)state;
	fill(1);
	for (size_t offset = 0; offset < 9; offset++)
		for (size_t size = 0; size < 300; size++)
			assert_int_equal(whole(bytes + offset, size), naive(bytes + offset, size));
	assert_int_equal(whole(bytes, SIZE), naive(bytes, SIZE));
}

static void carries(void **state)
{
	(void)state;
	memset(bytes, 0xff, SIZE);
	for (size_t size = 0; size < SIZE; size += 31)
		assert_int_equal(whole(bytes, size), naive(bytes, size));
	memset(bytes, 0, SIZE);
	assert_int_equal(whole(bytes, SIZE), 0xffff);
}

static void chains(void **state)
{
	(void)state;
	for (uint64_t round = 0; round < 500; round++) {
		struct stack_checksum sum = {0};
		size_t at = 0, size = base_hash_u64(round, 7) % SIZE;
		uint64_t draw = round << 32;

		fill(round);
		while (at < size) {
			size_t piece = base_hash_u64(draw++, 3) % 70;

			if (piece > size - at)
				piece = size - at;
			stack_checksum_add(&sum, bytes + at, piece);
			at += piece;
		}
		assert_int_equal(stack_checksum_finish(&sum), naive(bytes, size));
	}
}

static void fields(void **state)
{
	struct stack_checksum sum = {0};
	const uint8_t wire[2] = {0x12, 0x34};

	(void)state;
	stack_checksum_add_u16(&sum, 0x1234);
	assert_int_equal(stack_checksum_finish(&sum), naive(wire, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(example_of_the_standard),
		cmocka_unit_test(every_length_and_alignment),
		cmocka_unit_test(carries),
		cmocka_unit_test(chains),
		cmocka_unit_test(fields),
	};

	return cmocka_run_group_tests_name("stack_checksum", tests, NULL, NULL);
}
