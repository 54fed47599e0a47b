#include "stack_isn.h"

#include <string.h>

static uint64_t rotate(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static void rounds(uint64_t v[4], int count)
{
	for (int i = 0; i < count; i++) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] = rotate(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] = rotate(v[2], 32);
	}
}

/* Little-endian, whatever the machine: the published test vectors are. */
static uint64_t get_le(const uint8_t *at, size_t bytes)
{
	uint64_t value = 0;

	for (size_t i = 0; i < bytes; i++)
		value |= (uint64_t)at[i] << (8 * i);
	return value;
}

uint64_t stack_isn_siphash(const uint64_t key[2], const void *data, size_t bytes)
{
	const uint8_t *at = data;
	uint64_t last = (uint64_t)bytes << 56;
	uint64_t v[4] = {
		key[0] ^ 0x736f6d6570736575ull,
		key[1] ^ 0x646f72616e646f6dull,
		key[0] ^ 0x6c7967656e657261ull,
		key[1] ^ 0x7465646279746573ull,
	};

	for (; bytes >= 8; bytes -= 8, at += 8) {
		uint64_t word = get_le(at, 8);

		v[3] ^= word;
		rounds(v, 2);
		v[0] ^= word;
	}
	last |= get_le(at, bytes);
	v[3] ^= last;
	rounds(v, 2);
	v[0] ^= last;
	v[2] ^= 0xff;
	rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint32_t stack_isn(const uint64_t key[2], const void *tuple, size_t tuple_bytes, uint64_t now_ns)
{
	return (uint32_t)(now_ns / 4000) + (uint32_t)stack_isn_siphash(key, tuple, tuple_bytes);
}
