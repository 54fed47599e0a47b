#ifndef CONSOLE_ACCOUNT_H
#define CONSOLE_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "console_lock.h"
#include "console_password.h"
#include "console_users.h"

/*
 * Who may log in: the users' file, the lock-out, and the rules between them.
 *
 * Layer:     console (base, libcrypt)
 * Thread:    one; a check of a password takes about a tenth of a second
 * Ownership: the caller's memory; `root` is borrowed
 *
 * A box whose disk for the configuration is lost or cannot be written has users all the same: they are kept in /run,
 * until the next boot. Every wrong password and every lock is logged, by base_log.
 */

#define CONSOLE_ADMIN "admin"

enum console_verdict {
	CONSOLE_RIGHT,
	CONSOLE_WRONG, /* the user or the password: nobody learns which */
	CONSOLE_SHUT, /* nothing was looked at */
	CONSOLE_BROKEN, /* no memory to find out */
};

struct console_account {
	const char *root; /* before every path; "" on the box */
	struct console_users users;
	bool is_on_disk; /* the users came from /cfg, or went there */
	bool needs_first; /* nobody has ever logged in, and this boot has not printed a password yet */
	struct console_lock lock;
	char decoy[CONSOLE_HASH_MAX];
};

/* Reads the users and the lock. Files that cannot be read are logged, and count as not there. */
void console_account_open(struct console_account *account, const char *root, uint64_t now_ms);

/* On CONSOLE_SHUT, and on CONSOLE_WRONG when this one was one too many, *wait_s says how long; else it is 0. */
enum console_verdict console_account_check(struct console_account *account, const char *user,
	const char *password, uint64_t now_ms, unsigned *wait_s)
	__attribute__((warn_unused_result));

bool console_account_must_change(struct console_account *account, const char *user);

/*
 * Gives the user a password, and stores it: 0; 1 when it holds until the next boot only, as there is no disk to write
 * to; negative errno when the old one stays.
 */
int console_account_set(struct console_account *account, const char *user, const char *password,
	bool must_change) __attribute__((warn_unused_result));

/*
 * This boot has printed its first password. The order is: show one (console_password_random), console_account_set, then
 * this. A cut of power in between leaves nobody with a password that the box does not know: the next boot makes another.
 */
void console_account_first_done(struct console_account *account);

#endif
