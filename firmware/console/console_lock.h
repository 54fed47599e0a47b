#ifndef CONSOLE_LOCK_H
#define CONSOLE_LOCK_H

#include <stdint.h>

/*
 * How long wrong passwords keep the console shut.
 *
 * Layer:     console (C library)
 * Thread:    any
 * Ownership: the caller's memory; all zero = open
 * Lifetime:  the state is a file in /run, so that it outlives a login and the process; a mark on the disk says that a
 *            lock is on, so that a boot begins with the first step and not with nothing
 *
 * The first CONSOLE_LOCK_AFTER wrong passwords cost nothing. From then on each one shuts the console, twice as long as
 * the one before, until a right one comes.
 */

enum {
	CONSOLE_LOCK_AFTER = 5,
	CONSOLE_LOCK_FIRST_S = 30,
	CONSOLE_LOCK_LAST_S = 15 * 60,
};

struct console_lock {
	uint32_t wrong; /* passwords in a row */
	uint64_t until_ms; /* monotonic clock; 0 = open */
	uint64_t refused; /* attempts while it was shut, that nobody was told of yet */
};

/* Seconds until it opens, rounded up; 0 = open. */
unsigned console_lock_left_s(const struct console_lock *lock, uint64_t now_ms);

/* Counts a wrong password. Returns for how many seconds the console is shut now; 0 = it is not. */
unsigned console_lock_wrong(struct console_lock *lock, uint64_t now_ms);

/* The right password came. */
void console_lock_open(struct console_lock *lock);

/* Reads the state; `mark` counts when there is none. What cannot be read is taken for a lock of the first step. */
void console_lock_load(
	struct console_lock *lock, const char *state, const char *mark, uint64_t now_ms);

/* Writes state and mark (which is there while the console is, or was last, shut). 0 or negative errno. */
int console_lock_save(const struct console_lock *lock, const char *state, const char *mark)
	__attribute__((warn_unused_result));

#endif
