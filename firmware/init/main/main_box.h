#ifndef MAIN_BOX_H
#define MAIN_BOX_H

/*
 * What only the first process of a box does, before its loop.
 *
 * Layer:  program sluice-init
 * Thread: one
 */

/* Mounts /proc, /sys, /dev, /run, /tmp and /dev/shm. What cannot be mounted is said on the console. */
void main_mount(void);

/*
 * Loads the watchdog's module ("" = none) and starts it. Returns its descriptor, or -1; says why there is none. The box is
 * reset when the descriptor is not written to for *timeout_s, which is what was wanted or what the watchdog takes: closing
 * it does not stop that.
 */
int main_watchdog(const char *module, int *timeout_s);

/* A line on the console before the loop has it. */
void main_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
