#ifndef FACTS_READ_H
#define FACTS_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "facts.h"

/*
 * What is read from sysfs and procfs.
 *
 * Layer:  firmware/facts
 * Thread: any; no state
 */

enum { FACTS_TEXT_MAX = 4096 };

/* The file's text without the newline at its end; "" when it cannot be read. */
bool facts_read_text(char out[FACTS_TEXT_MAX], const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The number of a file such as nr_hugepages; false when there is none. */
bool facts_read_number(unsigned long long *out, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The last part of where a link leads; false when it is no link. */
bool facts_read_link(char out[FACTS_TEXT_MAX], const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

bool facts_is_there(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* "name name ..." of a folder's entries, as many as there is room for; "none" for an empty one. */
void facts_list(char *out, size_t out_bytes, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

enum facts_coherence {
	FACTS_COHERENT,
	FACTS_NOT_COHERENT,
	FACTS_UNKNOWN, /* neither a device tree nor ACPI's IORT says so */
};

/* Whether the caches see the DMA of the device at this PCI address. */
enum facts_coherence facts_coherence(
	const struct board *board, const struct facts_machine *machine, const char *address);

#endif
