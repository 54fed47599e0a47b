#ifndef CONSOLE_USERS_H
#define CONSOLE_USERS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The file of users: one line each, NAME:HASH:FLAGS, where the flag "change" asks for a new password at the next login.
 *
 * Layer:     console (C library)
 * Thread:    any; no state
 * Ownership: the caller's memory
 * Limits:    CONSOLE_USERS_MAX users, names of CONSOLE_NAME_MAX - 1 bytes
 */

enum {
	CONSOLE_USERS_MAX = 16,
	CONSOLE_NAME_MAX = 65, /* bytes, with the NUL */
	CONSOLE_HASH_MAX = 256,
	CONSOLE_PATH_MAX = 256,
};

struct console_user {
	char name[CONSOLE_NAME_MAX];
	char hash[CONSOLE_HASH_MAX]; /* as crypt(5) */
	bool must_change;
};

struct console_users {
	struct console_user entries[CONSOLE_USERS_MAX];
	size_t len;
};

/* -ENOENT when there is no file, -EBADMSG when a line of it is none of ours; both leave *users empty. */
int console_users_load(struct console_users *users, const char *path)
	__attribute__((warn_unused_result));

/* Replaces the file whole: a cut of power leaves the old one or the new one. Mode 0600. */
int console_users_save(const struct console_users *users, const char *path)
	__attribute__((warn_unused_result));

/* NULL = there is no such user. */
struct console_user *console_users_find(struct console_users *users, const char *name);

/* Adds the user, or replaces what was known of it. -ENOSPC when there are too many, -EINVAL for a name with ':'. */
int console_users_set(struct console_users *users, const char *name, const char *hash,
	bool must_change) __attribute__((warn_unused_result));

#endif
