#ifndef MENU_CHILD_H
#define MENU_CHILD_H

#include "shell.h"

/*
 * Programs that have the terminal for themselves. shell_exec shows what others say; child_capture has it as a value.
 *
 * Layer:     menu (shell, child)
 * Thread:    one, the shell's; waits for the program
 */

/*
 * Runs a program that talks to the terminal by itself (ZMODEM). The result is its exit status, 128 + signal, or
 * negative errno. Only where somebody sits at a terminal: else -ENOTTY.
 */
int menu_child_attach(struct shell_call *call, const char *const *argv)
	__attribute__((warn_unused_result));

#endif
