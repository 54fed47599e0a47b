#ifndef STACK_ISN_H
#define STACK_ISN_H

#include <stddef.h>
#include <stdint.h>

/*
 * Initial sequence numbers that nobody else can guess (RFC 6528).
 *
 * Layer:  stack (pure)
 * Thread: any
 */

/* SipHash-2-4 of `bytes` bytes with a 128-bit key: a keyed function fit for secrets, unlike base_hash.h. */
uint64_t stack_isn_siphash(const uint64_t key[2], const void *data, size_t bytes);

/* The number for the 4-tuple in `tuple`: its keyed hash plus a clock of 4 microseconds. */
uint32_t stack_isn(const uint64_t key[2], const void *tuple, size_t tuple_bytes, uint64_t now_ns);

#endif
