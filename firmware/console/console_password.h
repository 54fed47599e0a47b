#ifndef CONSOLE_PASSWORD_H
#define CONSOLE_PASSWORD_H

#include <stddef.h>

#include "console_users.h"

/*
 * Passwords: made, hashed (yescrypt), compared, judged.
 *
 * Layer:     console (libcrypt)
 * Thread:    any; a hash takes about a tenth of a second of one core and 16 MB
 * Ownership: the caller's memory; nothing of a password is left behind
 */

enum {
	CONSOLE_PASSWORD_MAX = 65, /* bytes, with the NUL; more is not taken */
	CONSOLE_PASSWORD_MIN_LEN = 10, /* of one that a user chooses */
	CONSOLE_RANDOM_LEN = 12, /* of one that the box makes: 59 bits */
};

/* A new hash with a salt of its own. 0 or negative errno. */
int console_password_hash(const char *password, char hash[CONSOLE_HASH_MAX])
	__attribute__((warn_unused_result));

/*
 * 1 when it is the password, 0 when not, negative errno when it could not be found out (no memory, or not a hash).
 * The hash is compared in constant time.
 */
int console_password_check(const char *password, const char *hash)
	__attribute__((warn_unused_result));

/* A hash that no password has, and that takes as long to check as any: for users that there are not. */
int console_password_decoy(char hash[CONSOLE_HASH_MAX]) __attribute__((warn_unused_result));

/* CONSOLE_RANDOM_LEN letters and digits that nobody takes for one another. 0 or negative errno. */
int console_password_random(char out[CONSOLE_PASSWORD_MAX]) __attribute__((warn_unused_result));

/* Why `fresh` cannot be the new password of `user`, as an end of "The password ..."; NULL = it can. */
const char *console_password_fault(const char *fresh, const char *old, const char *user);

#endif
