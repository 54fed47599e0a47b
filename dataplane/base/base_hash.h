#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/*
 * Seeded 64-bit hashing for tables whose keys come from the network.
 *
 * Layer:  base (C library only)
 * Thread: any; pure
 *
 * The seed is drawn once at start, so that a client cannot choose keys that collide. A hash is
 * never taken for the key itself: tables compare the keys.
 */

/*
 * Hash of `bytes` bytes at `data`; every bit of the result depends on every bit of data and seed.
 */
uint64_t base_hash_bytes(const void *data, size_t bytes, uint64_t seed);

/* Finaliser for integer keys. */
static inline uint64_t base_hash_u64(uint64_t key, uint64_t seed)
{
	key ^= seed;
	key = (key ^ (key >> 32)) * 0xd6e8feb86659fd93ull;
	key = (key ^ (key >> 32)) * 0xd6e8feb86659fd93ull;
	return key ^ (key >> 32);
}

#endif
