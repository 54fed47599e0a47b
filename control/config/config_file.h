#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include <stddef.h>

#include "config.h"

/*
 * The reader of the files that people write: entries "key = value" in sections. sluice.conf and board.conf are
 * written in this language; config_file.c says what it is.
 *
 * Layer:  config
 * Thread: any; no state
 */

/* One faults' receiver for all of a load, and their number. */
struct config_report {
	config_line_fn *line;
	void *arg;
	unsigned faults;
};

void config_fault(struct config_report *report, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* "key = value" of a file, with the number of its line; `text` is NUL-terminated, without quotes. */
struct config_entry {
	const char *path;
	const char *text;
	unsigned line;
};
typedef void config_entry_fn(void *arg, const struct config_entry *entry);

/* Calls `each` for every entry of a file's text, and reports what is not well formed as "NAME:LINE: ...". */
void config_file_parse(const char *name, const char *text, size_t text_bytes, config_entry_fn *each,
	void *arg, struct config_report *report);

/*
 * Reads the file at `path` and parses it. 0, or what the system said (reported too); faults of the file's text are
 * in report->faults alone.
 */
int config_file_read(const char *path, config_entry_fn *each, void *arg,
	struct config_report *report) __attribute__((warn_unused_result));

#endif
