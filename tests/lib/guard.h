#ifndef GUARD_H
#define GUARD_H

#include <stddef.h>
#include <stdint.h>

/*
 * Input that ends where memory ends: reading one byte past it faults at once, in every build.
 *
 * Layer:     tests
 * Ownership: guard_new to guard_free; what guard_place returns lives until the next guard_place
 */
struct guard;

struct guard *guard_new(size_t bytes_max); /* ends the program when there is no memory */
void guard_free(struct guard *guard);

/* Copies `bytes` (at most bytes_max) to right before an unreadable page; NULL data gives zeros. */
uint8_t *guard_place(struct guard *guard, const void *data, size_t bytes);

#endif
