#ifndef INIT_SPAWN_H
#define INIT_SPAWN_H

#include <stdint.h>
#include <sys/types.h>

#include "init.h"

/*
 * How a process is started: a session and group of its own, nothing inherited but three descriptors.
 *
 * Layer:  init
 * Thread: one
 */

/*
 * Starts a service. What it prints comes out of *out, which never blocks; with a terminal, only its standard error
 * does. A command that cannot be run says so there and ends with status 127. Returns the pid, or a negative errno.
 */
pid_t init_spawn(const struct init_kind *kind, int *out) __attribute__((warn_unused_result));

/*
 * Runs a command and waits for its end, at most `limit_ms`, then kills it; its output goes nowhere. Returns its status as
 * of waitpid, or a negative errno (-ETIMEDOUT). For the time before the loop.
 */
int init_spawn_wait(const char *const *argv, uint32_t limit_ms) __attribute__((warn_unused_result));

#endif
