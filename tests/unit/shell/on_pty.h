#ifndef ON_PTY_H
#define ON_PTY_H

#include "shell.h"
#include "terminal.h"

/*
 * A session of the shell at a terminal (terminal.h) of 10 lines and 80 columns; its exit status is how the session ended.
 *
 * Layer:  tests
 * Thread: single
 */

enum { PTY_ROWS = 10, PTY_COLUMNS = 80 };

/* The prompt is "box> ". */
void pty_start(const struct shell_settings *settings);

/* The settings of most tests: a table, and all rights. */
extern const struct shell_settings pty_settings;

#endif
