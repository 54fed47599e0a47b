#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The worker's heap: every object of the packet path comes from one arena that is mapped at start.
 *
 * Layer:     base (C library only)
 * Thread:    single; one heap a worker
 * Ownership: the caller maps the arena (hugepages) and keeps it mapped; the heap's own book-keeping
 *            lies inside the arena. Nothing is ever given back to the kernel.
 * Cost:      alloc and free are O(1) up to 4 MiB; above, alloc looks at no more than the free runs
 *            of that length, of which there are at most arena / 4 MiB. No system call.
 * Waste:     objects up to 32 KiB come in 59 sizes, from 512 bytes up at most one ninth apart
 *            (below, alignment decides); larger ones in whole pages of 64 KiB.
 *
 * Each allocation belongs to a class (connections, messages, topic index, ...): bytes are counted,
 * and may be limited, by class.
 *
 * Our own mistakes are asserted: a pointer that is not of this heap or not the start of an object,
 * a double free, a write into a free small object (found when it is handed out again). ASan builds
 * also find every access to a free object and beyond the bytes that were asked for.
 */

enum { BASE_MEM_CLASSES_MAX = 16 };

struct base_mem;

/*
 * Lays a heap out in `arena` (aligned to 64 KiB; its bytes read as zero, and are touched only when
 * used). Returns the heap, or NULL when `arena_bytes` is below 1 MiB.
 */
struct base_mem *base_mem_init(void *arena, size_t arena_bytes);

/* Ends the heap with all that is in it: the arena is plain memory again. */
void base_mem_fini(struct base_mem *mem);

/*
 * Takes `bytes` (> 0) for class `class_id` (< BASE_MEM_CLASSES_MAX). The result is aligned to 16
 * bytes (to 64 from 64 bytes up) and not cleared. Returns NULL when the arena is used up or the
 * class is at its limit; either case is counted (base_mem_failures).
 */
void *base_mem_alloc(struct base_mem *mem, unsigned class_id, size_t bytes)
	__attribute__((warn_unused_result));

/* The same, cleared. */
void *base_mem_calloc(struct base_mem *mem, unsigned class_id, size_t bytes)
	__attribute__((warn_unused_result));

/* Gives back what base_mem_alloc returned for the same class. NULL is allowed. */
void base_mem_free(struct base_mem *mem, unsigned class_id, void *ptr);

/*
 * The bytes that `ptr` really occupies, for accounting; only those that were asked for may be used.
 */
size_t base_mem_size(const struct base_mem *mem, const void *ptr);

/* No allocation takes the class above `bytes`; 0 means no limit (the default). */
void base_mem_limit(struct base_mem *mem, unsigned class_id, size_t bytes);

size_t base_mem_used(const struct base_mem *mem, unsigned class_id); /* bytes, as occupied */
uint64_t base_mem_objects(const struct base_mem *mem, unsigned class_id); /* live objects */
uint64_t base_mem_failures(const struct base_mem *mem, unsigned class_id);
size_t base_mem_arena(const struct base_mem *mem); /* bytes of the arena */
size_t base_mem_arena_free(
	const struct base_mem *mem); /* bytes of it in pages without a live object */

#endif
