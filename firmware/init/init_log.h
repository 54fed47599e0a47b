#ifndef INIT_LOG_H
#define INIT_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "init.h"

/*
 * The log of all services: files of INIT_LOG_FILE_BYTES, INIT_LOG_FILES of them; messages is the newest, then
 * messages.1 and so on.
 *
 * Layer:  init (base)
 * Thread: one
 *
 * A line is TIME NAME TEXT, the time as in RFC 3339. While /data/log cannot be written (not mounted yet, full, read-only,
 * gone) the log is in /run/log, in memory and shorter; it moves back by itself, with what was written meanwhile.
 */

enum {
	INIT_LOG_FILES = 4,
	INIT_LOG_FILE_BYTES = 1024 * 1024,
	INIT_LOG_MEMORY_BYTES = 256 * 1024, /* of each file in memory */
	INIT_LOG_TIME_BYTES = 25, /* "2026-01-02T03:04:05.678Z" and the NUL */
};

struct init_log {
	char data[INIT_PATH_MAX], memory[INIT_PATH_MAX]; /* folders */
	char link[INIT_PATH_MAX]; /* leads to the one in use */
	int fd; /* messages; -1 = none at all */
	uint64_t bytes; /* in it */
	bool is_on_data;
	int error; /* why it is not on data */
	uint64_t lost; /* lines that could be written nowhere */
};

/* Begins in memory. `root` as in init.h. */
void init_log_open(struct init_log *log, const char *root);
void init_log_close(struct init_log *log);

/*
 * Moves to /data/log, if it can be written; from now on a line that cannot be written there moves the log to
 * memory. Returns whether it is there.
 */
bool init_log_try_data(struct init_log *log);

/* Moves to memory, with nothing open on the disk any more. */
void init_log_leave_data(struct init_log *log);

/* Writes one line. A time with which the text begins (base_log's) is taken for the line's. */
void init_log_write(struct init_log *log, const char *name, const char *text);

/* The time of day, in INIT_LOG_TIME_BYTES bytes; ms since 1970. */
void init_log_time(uint64_t wall_ms, char *out);

#endif
