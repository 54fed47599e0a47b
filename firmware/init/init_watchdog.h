#ifndef INIT_WATCHDOG_H
#define INIT_WATCHDOG_H

/*
 * The time after which a watchdog resets the box. Not every one takes every time: how often it is told that all is well
 * follows from its own, or it would reset a box that is well.
 *
 * Layer:  init
 * Thread: one
 */

/* What is taken for its time when it says nothing about it: no watchdog of a server or a small board has less. */
enum { INIT_WATCHDOG_UNKNOWN_S = 4 };

/*
 * Wants *timeout_s of the watchdog at `fd`. Returns 0, or a negative errno when it does not take them. In either case
 * *timeout_s is the time that it has afterwards; drivers round.
 */
int init_watchdog_set(int fd, int *timeout_s);

#endif
