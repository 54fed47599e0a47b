#ifndef ON_PTY_H
#define ON_PTY_H

#include "shell.h"

/*
 * A session of the shell in a process of its own, behind a pseudo terminal of 10 lines and 80 columns.
 *
 * All waits are bounded; what does not come fails the test with what came instead.
 */

enum { PTY_ROWS = 10, PTY_COLUMNS = 80 };

/* The prompt is "box> ". */
void pty_start(const struct shell_settings *settings);

/* What is not NULL in the settings' place: a table, and all rights. */
extern const struct shell_settings pty_settings;

void pty_send(const char *bytes);
void pty_send_bytes(const char *bytes, size_t len);

/* Reads until `text` has come; keeps what comes behind it for the next call. */
void pty_expect(const char *text);

/* What came before the text that was expected last. */
const char *pty_before(void);

void pty_resize(unsigned rows, unsigned columns);

/* The terminal goes away. */
void pty_hang_up(void);

/* Waits for the session; its end, or -1 when the process broke. */
int pty_end(void);

#endif
