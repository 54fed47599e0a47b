#ifndef UPDATE_SOURCE_H
#define UPDATE_SOURCE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "update_fault.h"

/*
 * Where a bundle's bytes come from: a file, a server, a stick, the serial line. Read once, in order.
 *
 * Layer:     update
 * Thread:    one; blocks
 * Ownership: an opener allocates `state`; update_source_close frees it and takes back what the opener did (mounts,
 *            temporary files)
 */

struct update_source {
	/* Up to `room` bytes; 0 at the end; a negative errno with the fault filled in. */
	ssize_t (*read)(void *state, void *out, size_t room, struct update_fault *fault);
	void (*close)(void *state);
	void *state;
	uint64_t bytes; /* in all; UPDATE_BYTES_UNKNOWN when the sender did not say */
};

#define UPDATE_BYTES_UNKNOWN UINT64_MAX

/* A regular file. Errors: what the system says. */
int update_source_file(struct update_source *out, const char *path, struct update_fault *fault)
	__attribute__((warn_unused_result));

/* Exactly `bytes`: -ENODATA when the source ends before, with a fault that says so of `what`. */
int update_source_fill(struct update_source *source, void *out, size_t bytes, const char *what,
	struct update_fault *fault) __attribute__((warn_unused_result));

/* May be called twice. */
void update_source_close(struct update_source *source);

#endif
