#ifndef UPDATE_STATUS_H
#define UPDATE_STATUS_H

#include <jansson.h>

#include "update_box.h"
#include "update_fault.h"

/*
 * What is in the slots, as one JSON object:
 *
 *   {"board", "running": "a|b|recovery|none", "version", "minimum", "order": ["a", "b"],
 *    "slots": {"a": {"version", "sequence", "ok", "tries", "good", "trial", "running"}, "b": ...},
 *    "recovery": {"version", "sequence"}}
 *
 * Layer:     update (jansson)
 * Thread:    one; blocks
 * Ownership: the result is the caller's (json_decref)
 *
 * A version or sequence that cannot be read is null. Without a disk of slots, "slots" and "order" are missing.
 */

/* Never fails for want of a disk: *fault then says what is missing, and has no text when nothing is. */
json_t *update_status(const struct update_box *box, struct update_fault *fault)
	__attribute__((warn_unused_result));

#endif
