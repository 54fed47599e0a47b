#ifndef INIT_KERNEL_H
#define INIT_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "init_line.h"

/*
 * What the kernel warns of, for the log: a disk that fails, memory that is out, a device that is gone. The console hears
 * of it from the kernel itself, as loglevel= on its command line says.
 *
 * Layer:  init
 * Thread: one
 */

enum { INIT_KERNEL_LEVEL = 4 }; /* warnings and what is worse */

struct init_kernel {
	int fd; /* -1 = there are no messages to read */
	struct init_lines lines; /* for the bounds */
};

/* Opens ROOT/dev/kmsg, from the oldest message that the kernel still has. */
void init_kernel_open(struct init_kernel *kernel, const char *root, uint64_t now_ms);
void init_kernel_close(struct init_kernel *kernel);

/* Reads what is there; calls `line` for each message that counts. */
void init_kernel_read(struct init_kernel *kernel, uint64_t now_ms, init_line_fn *line, void *arg);

/*
 * The text of one record of /dev/kmsg, "LEVEL,NUMBER,TIME,FLAGS;TEXT\n ATTRIBUTE=...\n", cut to `out_bytes`. False when it is
 * none, or of no weight.
 */
bool init_kernel_text(const char *record, size_t bytes, char *out, size_t out_bytes);

#endif
