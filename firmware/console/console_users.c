#include "console_users.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base_file.h"

enum { LINE_MAX_BYTES = CONSOLE_NAME_MAX + CONSOLE_HASH_MAX + 32 };

static bool is_name(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len >= CONSOLE_NAME_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] <= ' ' || name[i] == ':' || name[i] == 0x7f)
			return false;
	return true;
}

static bool is_hash(const char *hash)
{
	size_t len = strlen(hash);

	return len > 0 && len < CONSOLE_HASH_MAX && strpbrk(hash, ": \t\n") == NULL;
}

struct console_user *console_users_find(struct console_users *users, const char *name)
{
	for (size_t i = 0; i < users->len; i++)
		if (strcmp(users->entries[i].name, name) == 0)
			return &users->entries[i];
	return NULL;
}

int console_users_set(
	struct console_users *users, const char *name, const char *hash, bool must_change)
{
	struct console_user *user = console_users_find(users, name);

	if (!is_name(name) || !is_hash(hash))
		return -EINVAL;
	if (user == NULL) {
		if (users->len == CONSOLE_USERS_MAX)
			return -ENOSPC;
		user = &users->entries[users->len++];
	}
	snprintf(user->name, sizeof(user->name), "%s", name);
	snprintf(user->hash, sizeof(user->hash), "%s", hash);
	user->must_change = must_change;
	return 0;
}

/* `line` without its newline; it is cut into its parts. */
static int take_line(struct console_users *users, char *line)
{
	char *name = strsep(&line, ":");
	char *hash = line ? strsep(&line, ":") : NULL;

	if (hash == NULL || line == NULL || (*line != '\0' && strcmp(line, "change") != 0))
		return -EBADMSG;
	if (console_users_find(users, name) != NULL)
		return -EBADMSG;
	return console_users_set(users, name, hash, *line != '\0') < 0 ? -EBADMSG : 0;
}

static int take_file(struct console_users *users, FILE *file)
{
	char line[LINE_MAX_BYTES];

	while (fgets(line, sizeof(line), file) != NULL) {
		size_t len = strlen(line);

		if (len == 0 || line[len - 1] != '\n')
			return -EBADMSG; /* too long, with a NUL, or cut off */
		line[len - 1] = '\0';
		if (take_line(users, line) < 0)
			return -EBADMSG;
	}
	if (ferror(file))
		return -EIO;
	return users->len > 0 ? 0 : -EBADMSG;
}

int console_users_load(struct console_users *users, const char *path)
{
	FILE *file = fopen(path, "re");
	int rc;

	users->len = 0;
	if (file == NULL)
		return -errno;
	rc = take_file(users, file);
	fclose(file);
	if (rc < 0)
		users->len = 0;
	return rc;
}

int console_users_save(const struct console_users *users, const char *path)
{
	char text[CONSOLE_USERS_MAX * LINE_MAX_BYTES];
	size_t used = 0;

	for (size_t i = 0; i < users->len; i++) {
		const struct console_user *u = &users->entries[i];

		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s:%s:%s\n", u->name,
			u->hash, u->must_change ? "change" : "");
	}
	return base_file_replace(path, 0600, text, used);
}
