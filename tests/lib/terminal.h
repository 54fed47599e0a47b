#ifndef TERMINAL_H
#define TERMINAL_H

#include <stddef.h>

/*
 * A program behind a pseudo terminal of 24 lines and 80 columns, as a user sits before it. One at a time.
 *
 * Layer:  tests
 * Thread: single
 *
 * All waits are bounded. Functions that return int give 0, or -1 after telling on standard error what came instead.
 */

/* Runs `child` in a process of its own, whose exit status is its result. */
int terminal_start(int (*child)(const void *arg), const void *arg)
	__attribute__((warn_unused_result));

int terminal_send(const char *bytes, size_t len) __attribute__((warn_unused_result));

/* Reads until `text` has come; what comes behind it is kept for the next call. */
int terminal_expect(const char *text) __attribute__((warn_unused_result));

/* What came before the text that was expected last. */
const char *terminal_before(void);

void terminal_resize(unsigned rows, unsigned columns);

/* The terminal goes away. */
void terminal_hang_up(void);

/* Waits until the program has ended; its exit status, or -1 when a signal ended it. */
int terminal_end(void) __attribute__((warn_unused_result));

#endif
