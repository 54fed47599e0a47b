#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A program behind a pseudo terminal of 24 lines and 80 columns, as a user sits before it. One at a time.
 *
 * Layer:  tests (cmocka)
 * Thread: single
 *
 * All waits are bounded; what does not come, or is not read, fails the test with what came instead.
 */

/* Runs `child` in a process of its own, whose exit status is its result. */
void terminal_start(int (*child)(const void *arg), const void *arg);

void terminal_send(const char *text);
void terminal_send_bytes(const char *bytes, size_t len);

/* Reads until `text` has come; what comes behind it is kept for the next call. The result is what came before it. */
const char *terminal_expect(const char *text);

/* What came before the text that was expected last. */
const char *terminal_before(void);

/* Whether the text has come at any time, expected or not. */
bool terminal_has_shown(const char *text);

/* Reads until nothing has come for a while, where input may have been thrown away; none of that is expected later. */
void terminal_settle(void);

void terminal_break(void);
void terminal_resize(unsigned rows, unsigned columns);

/* The terminal goes away. */
void terminal_hang_up(void);

/* Waits until the program has ended; its exit status, or -1 when a signal ended it. */
int terminal_end(void) __attribute__((warn_unused_result));

#endif
