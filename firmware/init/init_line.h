#ifndef INIT_LINE_H
#define INIT_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a service prints, as lines: bounded in length and in number, harmless to a terminal.
 *
 * Layer:  init
 * Thread: any; no state but the caller's
 * Limits: INIT_LINE_BYTES a line, the rest of it is left out; INIT_LINE_BURST lines at once, INIT_LINE_RATE a second
 *         in the long run. What is beyond is counted, and a line tells how many there were.
 */

enum {
	INIT_LINE_BYTES = 1000, /* without the NUL */
	INIT_LINE_BURST = 1000,
	INIT_LINE_RATE = 100,
};

/* One line without its end, NUL-terminated; borrowed for the call. */
typedef void init_line_fn(void *arg, const char *line);

struct init_lines {
	char text[INIT_LINE_BYTES + 32]; /* room for the note that a line was cut */
	size_t used;
	bool is_cut;
	uint64_t credit; /* thousandths of a line */
	uint64_t credited_ms;
	uint64_t untold; /* dropped since the last note */
	uint64_t told_ms; /* when that was */
	uint64_t dropped; /* in all */
};

void init_lines_init(struct init_lines *lines, uint64_t now_ms);

/* Takes bytes as they come; calls `line` for each that is whole. A NUL or control character becomes \xNN. */
void init_lines_feed(struct init_lines *lines, const char *data, size_t bytes, uint64_t now_ms,
	init_line_fn *line, void *arg);

/* What was begun and never ended is a line too. */
void init_lines_end(struct init_lines *lines, init_line_fn *line, void *arg);

/* Tells of dropped lines, once a second. Returns when it has to be called again; UINT64_MAX = not. */
uint64_t init_lines_tell(struct init_lines *lines, uint64_t now_ms, init_line_fn *line, void *arg);

#endif
