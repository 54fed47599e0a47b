#ifndef LAB_H
#define LAB_H

#include <sys/types.h>

/*
 * A lab network from within a test: both real processes in a namespace, started by tools/lab.
 *
 * Layer:  tests; needs root
 * Thread: single; lab_enter moves the calling thread into the lab's namespace for good
 *
 * A test that fails leaves its lab to lab_down_all, which runs at exit.
 */

enum lab_program { LAB_CONTROL, LAB_DATAPLANE };

/* Starts lab `name`; `options` is the rest of the command line of tools/lab/up, or "". Returns 0 or -1, with the
 * reason on standard error. */
int lab_up(const char *name, const char *options) __attribute__((warn_unused_result));

/* Sets a configuration key, as SLUICE_PART__PART, for labs that start afterwards; NULL unsets it. */
void lab_setenv(const char *key, const char *value);

/* 0, or -1 when something stayed behind or a process had complained of its own mistakes (sanitizers). */
int lab_down(const char *name);

/* The namespace's TCP/IP stack becomes this thread's. */
int lab_enter(const char *name) __attribute__((warn_unused_result));

pid_t lab_pid(const char *name, enum lab_program program);

/* SIGKILL, and waits until the process is gone. */
int lab_kill(const char *name, enum lab_program program) __attribute__((warn_unused_result));

/* Starts a program that was killed, and waits until it is ready. */
int lab_start(const char *name, enum lab_program program) __attribute__((warn_unused_result));

/* Runs a shell command beside the broker; returns its exit status. */
int lab_exec(const char *name, const char *command) __attribute__((warn_unused_result));

/* The same, and keeps the first size - 1 bytes of its standard output. */
int lab_output(const char *name, const char *command, char *output, size_t size)
	__attribute__((warn_unused_result));

/* Until the worker has told its figures anew, which it does four times a second: what holds now is in them then. Returns 0
 * or -1. */
int lab_await_figures(const char *name) __attribute__((warn_unused_result));

#endif
