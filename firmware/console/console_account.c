#include "console_account.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base_log.h"

#define USERS "/cfg/users"
#define USERS_BAD "/cfg/users.bad"
#define USERS_UNTIL_BOOT "/run/sluice/users"
#define LOCK_STATE "/run/sluice/console.lock"
#define LOCK_MARK "/cfg/users.locked"
#define FIRST_DONE "/run/sluice/console.first"

enum { LOAD_RETRIES = 5 }; /* a second apart */

static const char *at(const struct console_account *account, const char *path, char *out)
{
	snprintf(out, CONSOLE_PATH_MAX, "%s%s", account->root, path);
	return out;
}

/* A file that is not ours would shut everybody out for ever: it goes out of the way, and is said. */
static void put_aside(const struct console_account *account, const char *path, int error)
{
	char bad[CONSOLE_PATH_MAX];

	base_log(BASE_LOG_ERROR,
		"cannot read the users in %s: %s; it is kept as users.bad, and a new first "
		"password is made",
		path, error == EBADMSG ? "this is not a file of users" : strerror(error));
	if (rename(path, at(account, USERS_BAD, bad)) < 0)
		base_log(BASE_LOG_ERROR, "cannot move %s to %s: %s", path, bad, strerror(errno));
}

/* What may pass by itself (no memory, a disk that is slow to answer) must not cost the users. */
static bool may_pass(int rc)
{
	return rc < 0 && rc != -ENOENT && rc != -EBADMSG;
}

static void load_users(struct console_account *account)
{
	char path[CONSOLE_PATH_MAX];
	int rc = console_users_load(&account->users, at(account, USERS, path));

	for (unsigned i = 0; i < LOAD_RETRIES && may_pass(rc); i++) {
		sleep(1);
		rc = console_users_load(&account->users, path);
	}
	account->is_on_disk = rc == 0;
	if (rc == 0)
		return;
	if (rc != -ENOENT)
		put_aside(account, path, -rc);
	if (console_users_load(&account->users, at(account, USERS_UNTIL_BOOT, path)) < 0)
		account->users.len = 0;
}

void console_account_open(struct console_account *account, const char *root, uint64_t now_ms)
{
	char state[CONSOLE_PATH_MAX], mark[CONSOLE_PATH_MAX], done[CONSOLE_PATH_MAX];
	struct console_user *admin;

	*account = (struct console_account){.root = root};
	load_users(account);
	admin = console_users_find(&account->users, CONSOLE_ADMIN);
	account->needs_first =
		admin == NULL ||
		(admin->must_change && access(at(account, FIRST_DONE, done), F_OK) < 0);
	console_lock_load(&account->lock, at(account, LOCK_STATE, state),
		at(account, LOCK_MARK, mark), now_ms);
	if (console_password_decoy(account->decoy) < 0)
		snprintf(account->decoy, sizeof(account->decoy), "*");
}

static void save_lock(const struct console_account *account)
{
	char state[CONSOLE_PATH_MAX], mark[CONSOLE_PATH_MAX];
	int rc = console_lock_save(
		&account->lock, at(account, LOCK_STATE, state), at(account, LOCK_MARK, mark));

	if (rc < 0)
		base_log(BASE_LOG_WARNING, "cannot keep the lock-out in %s and %s: %s", state, mark,
			strerror(-rc));
}

/* While the console is shut, attempts are counted and told as one line: they must not push other lines out of the log. */
static void tell_refused(struct console_account *account)
{
	if (account->lock.refused > 0)
		base_log(BASE_LOG_WARNING,
			"%llu attempts to log in were refused while the console was locked",
			(unsigned long long)account->lock.refused);
	account->lock.refused = 0;
}

static enum console_verdict refuse(struct console_account *account)
{
	if (account->lock.refused++ == 0)
		base_log(BASE_LOG_WARNING,
			"an attempt to log in was refused: the console is locked");
	save_lock(account);
	return CONSOLE_SHUT;
}

static enum console_verdict count_wrong(
	struct console_account *account, bool is_known, uint64_t now_ms, unsigned *wait_s)
{
	*wait_s = console_lock_wrong(&account->lock, now_ms);
	/* Not the name: people type passwords where a name is asked for. */
	base_log(BASE_LOG_WARNING, "wrong password number %u, for %s", account->lock.wrong,
		is_known ? "a user of this box" : "a name that no user has");
	if (*wait_s > 0)
		base_log(BASE_LOG_WARNING, "the console is locked for %u s", *wait_s);
	save_lock(account);
	return CONSOLE_WRONG;
}

enum console_verdict console_account_check(struct console_account *account, const char *user,
	const char *password, uint64_t now_ms, unsigned *wait_s)
{
	const struct console_user *known = console_users_find(&account->users, user);
	int rc;

	*wait_s = console_lock_left_s(&account->lock, now_ms);
	if (*wait_s > 0)
		return refuse(account);
	tell_refused(account);
	rc = console_password_check(password, known ? known->hash : account->decoy);
	if (rc < 0 && rc != -EINVAL) {
		base_log(BASE_LOG_ERROR, "cannot check a password: %s", strerror(-rc));
		return CONSOLE_BROKEN;
	}
	if (rc != 1 || known == NULL)
		return count_wrong(account, known != NULL, now_ms, wait_s);
	console_lock_open(&account->lock);
	save_lock(account);
	return CONSOLE_RIGHT;
}

bool console_account_must_change(struct console_account *account, const char *user)
{
	const struct console_user *known = console_users_find(&account->users, user);

	return known != NULL && known->must_change;
}

static int store(struct console_account *account)
{
	char path[CONSOLE_PATH_MAX];
	int rc = console_users_save(&account->users, at(account, USERS, path));

	if (rc == 0) {
		account->is_on_disk = true;
		return 0;
	}
	base_log(BASE_LOG_ERROR, "cannot write the users to %s: %s", path, strerror(-rc));
	if (account->is_on_disk)
		return rc; /* the next boot reads the old ones */
	rc = console_users_save(&account->users, at(account, USERS_UNTIL_BOOT, path));
	if (rc < 0)
		base_log(BASE_LOG_ERROR,
			"cannot write the users to %s: %s; they last until this process ends", path,
			strerror(-rc));
	return 1;
}

int console_account_set(
	struct console_account *account, const char *user, const char *password, bool must_change)
{
	struct console_users before = account->users;
	char hash[CONSOLE_HASH_MAX];
	int rc = console_password_hash(password, hash);

	if (rc == 0)
		rc = console_users_set(&account->users, user, hash, must_change);
	if (rc == 0)
		rc = store(account);
	if (rc < 0)
		account->users = before;
	return rc;
}

void console_account_first_done(struct console_account *account)
{
	char path[CONSOLE_PATH_MAX];
	int fd = open(at(account, FIRST_DONE, path), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	account->needs_first = false;
	if (fd >= 0)
		close(fd);
}
