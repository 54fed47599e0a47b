#ifndef SHELL_HISTORY_H
#define SHELL_HISTORY_H

#include <stddef.h>

#include "shell.h"

/*
 * The lines that were typed, newest last.
 *
 * Layer:     shell
 * Thread:    any; no state but its own
 * Ownership: lines are copies; all zero at the start, shell_history_fini frees
 * Limits:    SHELL_HISTORY_MAX lines; the oldest goes
 */

struct shell_history {
	char *lines[SHELL_HISTORY_MAX]; /* a ring */
	size_t begin, len;
};

/* Empty lines, and the same line twice in a row, are left out. */
void shell_history_add(struct shell_history *history, const char *line);

/* The line that is `back` lines before the newest (0 = the newest), or NULL. */
const char *shell_history_get(const struct shell_history *history, size_t back);
void shell_history_fini(struct shell_history *history);

#endif
