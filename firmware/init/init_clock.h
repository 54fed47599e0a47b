#ifndef INIT_CLOCK_H
#define INIT_CLOCK_H

/*
 * The floor of the clock: a box whose clock does not run while it is off begins at the time that was saved last, not in
 * 1970.
 *
 * Layer:  init
 * Thread: one
 */

/* Saves the time in ROOT/data/clock, seconds since 1970. Returns 0 or a negative errno; then the old file stays. */
int init_clock_save(const char *root) __attribute__((warn_unused_result));

#endif
