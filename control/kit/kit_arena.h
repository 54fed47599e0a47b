#ifndef KIT_ARENA_H
#define KIT_ARENA_H

#include <stddef.h>

/*
 * A heap of the worker's kind in the control process, for libraries that both link (topic). Pages that are never
 * touched cost nothing.
 *
 * Layer:     kit (base only)
 * Thread:    control's loop
 * Ownership: the mapping is the arena's, from open to close
 */

struct base_mem;

struct kit_arena {
	struct base_mem *mem; /* NULL: not open */
	void *mapped;
	size_t mapped_bytes;
};

enum { KIT_ARENA_CLASS = 0 }; /* the one class of allocations in it */

/* `bytes` is at least 1 MiB. -errno, with nothing to close, when the address space or the system has no room. */
int kit_arena_open(struct kit_arena *arena, size_t bytes) __attribute__((warn_unused_result));

/* All that was taken from the heap is gone. An arena that is not open is allowed, when it is cleared. */
void kit_arena_close(struct kit_arena *arena);

size_t kit_arena_used(const struct kit_arena *arena); /* bytes, as occupied */

#endif
