#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdbool.h>

#include "console_account.h"
#include "menu.h"
#include "shell.h"

/*
 * The serial console: who logs in, and the shell that follows.
 *
 * Layer:     console (base, shell, menu, libcrypt)
 * Thread:    one; blocks on the terminal, for which this process alone waits
 * Ownership: what a struct console points to is borrowed
 * Limits:    CONSOLE_PASSWORD_S for an answer to a password's question, CONSOLE_IDLE_S for a key in the shell
 *
 * Nothing here needs control, a disk, or a file: what is missing is said, and the shell comes all the same.
 */

enum {
	CONSOLE_PASSWORD_S = 60,
	CONSOLE_IDLE_S = 10 * 60,
};

struct console {
	struct menu menu; /* first: the menu takes the shell's context for its own */
	struct shell_term *term;
	int in; /* the descriptor that `term` reads */
	struct console_account account;
	char host[CONSOLE_NAME_MAX];
	char user[CONSOLE_NAME_MAX]; /* who is logged in */
};

/* Users, lock and host name; the box's first password is made, shown and stored here. `root` as in console_account. */
void console_open(struct console *console, struct shell_term *term, int in, const char *root);

/* Login, shell, and again, until nobody is at the other end of the line any more. */
void console_run(struct console *console);

/* Asks for user and password until they are right. False when the line is gone. */
bool console_login(struct console *console);

/* How a dialogue about a new password ended. */
enum console_change { CONSOLE_CHANGED, CONSOLE_UNCHANGED, CONSOLE_GAVE_UP };

/* Asks twice for a new password in place of `old`, and stores it. It says what came of it. */
enum console_change console_change_password(struct console *console, const char *old);

/* Product, version, host, slot; facts of the board that do not hold, disks that are not there. */
void console_banner(struct console *console);

/* The commands that only the console has. */
extern const struct shell_table console_table;

#endif
