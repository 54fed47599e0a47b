#ifndef KIT_MEM_H
#define KIT_MEM_H

#include <stddef.h>
#include <stdint.h>

/*
 * malloc with a count of bytes by class: what `sluicectl memory` prints for the control process.
 *
 * Layer:     kit (base only)
 * Thread:    control's loop
 * Ownership: the caller names class and size again when it frees, so no header is stored
 */

enum kit_mem_class {
#define KIT_MEM_CLASS(id, name) KIT_MEM_##id,
#include "kit_mem.def"
#undef KIT_MEM_CLASS
	KIT_MEM_CLASSES
};

/* Cleared memory, or NULL when the class is at its limit or the system has none; either is counted. */
void *kit_mem_alloc(enum kit_mem_class class_id, size_t bytes) __attribute__((warn_unused_result));

/* `bytes` is what was asked for. NULL is allowed. */
void kit_mem_free(enum kit_mem_class class_id, void *ptr, size_t bytes);

/* No allocation takes the class above `bytes`; 0 = no limit (the default). */
void kit_mem_limit(enum kit_mem_class class_id, size_t bytes);

const char *kit_mem_name(enum kit_mem_class class_id);
size_t kit_mem_used(enum kit_mem_class class_id); /* bytes */
uint64_t kit_mem_objects(enum kit_mem_class class_id); /* live allocations */
uint64_t kit_mem_failures(enum kit_mem_class class_id); /* allocations refused since the start */

#endif
