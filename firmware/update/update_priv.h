#ifndef UPDATE_PRIV_H
#define UPDATE_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "update_fault.h"

/*
 * What the files of update share.
 *
 * Layer:  update
 * Thread: any
 */

/* "SLUICEFW", then format and manifest bytes as 32-bit little-endian numbers. */
#define UPDATE_MAGIC "SLUICEFW"
enum { UPDATE_MAGIC_BYTES = 8 };

/* The SHA-256 of two pieces, one behind the other. */
void update_sha256(const void *first, size_t first_bytes, const void *second, size_t second_bytes,
	uint8_t out[32]);

/* Decimal digits and nothing else, at least one, at most the value `max`; *out is set only then. */
bool update_number(const char *text, uint64_t max, uint64_t *out);

/* Reads a whole small file: *out is from malloc, with a NUL behind its *bytes. -EFBIG beyond `max`. */
int update_slurp(const char *path, size_t max, char **out, size_t *bytes,
	struct update_fault *fault) __attribute__((warn_unused_result));

/* base_file_replace, with a fault that names the file. */
int update_replace(const char *path, const void *data, size_t bytes, struct update_fault *fault)
	__attribute__((warn_unused_result));

#endif
