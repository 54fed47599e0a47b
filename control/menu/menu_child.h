#ifndef MENU_CHILD_H
#define MENU_CHILD_H

#include <stddef.h>

#include "shell.h"

/*
 * Programs that the menu runs in other ways than shell_exec: their output as a value, or the terminal for themselves.
 *
 * Layer:     menu (shell)
 * Thread:    one, the shell's; waits for the program
 * Ownership: texts are the caller's (free)
 */

/*
 * What a program writes to standard output and error, at most `bytes_max` bytes and within limit_s: then it is killed.
 * *status is its exit status, 128 + signal, or 127 when it could not be run. NULL = no memory, or none of that.
 */
char *menu_child_capture(const char *const *argv, size_t bytes_max, unsigned limit_s, size_t *len,
	int *status) __attribute__((warn_unused_result));

/*
 * Runs a program that talks to the terminal by itself (ZMODEM). The result is its exit status, 128 + signal, or
 * negative errno. Only where somebody sits at a terminal: else -ENOTTY.
 */
int menu_child_attach(struct shell_call *call, const char *const *argv)
	__attribute__((warn_unused_result));

#endif
