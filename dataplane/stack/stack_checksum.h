#ifndef STACK_CHECKSUM_H
#define STACK_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The internet checksum (RFC 1071), in C that compilers turn into vector code.
 *
 * Layer:  stack (pure)
 * Thread: any
 *
 * Sums are of 16-bit words as they lie in memory, so that the result is stored as it is, on either byte
 * order.
 */

struct stack_checksum {
	uint64_t sum;
	bool odd; /* an odd number of bytes was added so far */
};

/* Adds the next piece of what is summed; pieces may have any length and alignment. */
void stack_checksum_add(struct stack_checksum *checksum, const void *data, size_t bytes);

/* Adds a 16-bit field (a length, a protocol number), host order. Only after an even number of bytes. */
void stack_checksum_add_u16(struct stack_checksum *checksum, uint16_t value);

/* The sum folded to 16 bits, not complemented: what a device wants in the field before it adds the rest. */
uint16_t stack_checksum_fold(const struct stack_checksum *checksum);

/* The complement: what the field gets; 0 when the data includes a right checksum. */
uint16_t stack_checksum_finish(const struct stack_checksum *checksum);

#endif
