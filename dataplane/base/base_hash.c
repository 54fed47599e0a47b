#include "base_hash.h"

#include <string.h>

/*
 * Two 64-bit words a step, each step one 64x64 -> 128 bit multiplication whose halves are folded
 * together (the construction of the wyhash family): one multiplication on x86-64, two on aarch64,
 * and no unaligned access through a cast. The first operand is masked by a constant and the second
 * by the state, so that without the seed a client cannot choose an operand that is zero.
 */
static const uint64_t KEY_0 = 0x9e3779b97f4a7c15ull; /* 2^64 / golden ratio */
static const uint64_t KEY_1 = 0xbf58476d1ce4e5b9ull;
static const uint64_t KEY_2 = 0x94d049bb133111ebull;

static inline uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t load64(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint64_t load32(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

uint64_t base_hash_bytes(const void *data, size_t bytes, uint64_t seed)
{
	const unsigned char *p = data;
	size_t left = bytes;
	uint64_t secret = fold(seed ^ KEY_0, KEY_1);
	uint64_t state = seed ^ secret;
	uint64_t a = 0;
	uint64_t b = 0;

	while (left > 16) {
		state = fold(load64(p) ^ KEY_1 ^ secret, load64(p + 8) ^ state);
		p += 16;
		left -= 16;
	}
	/*
	 * The last 1..16 bytes; the words may overlap, the length that goes in below tells cases
	 * apart.
	 */
	if (left >= 8) {
		a = load64(p);
		b = load64(p + left - 8);
	} else if (left >= 4) {
		a = load32(p);
		b = load32(p + left - 4);
	} else if (left > 0) {
		a = (uint64_t)p[0] << 16 | (uint64_t)p[left / 2] << 8 | p[left - 1];
	}
	state = fold(a ^ KEY_2 ^ secret, b ^ state);
	return fold(state ^ KEY_0, (uint64_t)bytes ^ KEY_1 ^ secret);
}
