#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "revision_priv.h"

/* What control starts with. */

static void ignore(void *arg, const char *line)
{
	(void)arg;
	(void)line;
}

/* The factory's access rules come along into DIR: a configuration names them relative to its own folder. */
static void bring_rules(const struct revision_place *place, config_line_fn *report, void *arg)
{
	char from[REVISION_FILE_PATH_MAX], to[REVISION_FILE_PATH_MAX], fault[REVISION_FAULT_MAX];
	struct config config;
	size_t bytes;
	char *text;

	if (config_load(&config, place->factory, NULL, ignore, NULL) != 0 ||
		config.authorization.file[0] == '\0' || config.authorization.file[0] == '/')
		return;
	revision_path(place, config.authorization.file, to);
	if (access(to, F_OK) == 0 || config_path_resolve(from, sizeof(from), place->factory,
					     config.authorization.file) != 0)
		return;
	text = revision_disk_read(from, &bytes);
	if (text != NULL && revision_disk_write(to, text, fault) != 0)
		report(arg, fault);
	free(text);
}

/* A pending commit whose time is over, or that another boot left, is undone on the disk. */
static void revert(const struct revision_place *place, config_line_fn *report, void *arg)
{
	char fault[REVISION_FAULT_MAX];
	struct revision_wait wait;

	if (revision_wait_read(place, &wait) == 1 && revision_wait_is_over(&wait) &&
		revision_wait_revert(place, &wait, report, arg, fault) < 0)
		report(arg, fault);
}

/* DIR/running.conf leads to `path`, so that what control reads follows a commit. */
static bool point_running(
	const struct revision_place *place, const char *path, config_line_fn *report, void *arg)
{
	char link[REVISION_FILE_PATH_MAX], fault[REVISION_FAULT_MAX];
	size_t dir_bytes = strlen(place->dir);
	char *whole = NULL;
	int rc;

	if (strncmp(path, place->dir, dir_bytes) == 0 && path[dir_bytes] == '/')
		path += dir_bytes + 1;
	else
		whole = realpath(path, NULL);
	revision_path(place, REVISION_RUNNING, link);
	rc = revision_disk_symlink(link, whole ? whole : path, fault);
	free(whole);
	if (rc != 0)
		report(arg, fault);
	return rc == 0;
}

static bool is_link_there(const char *path)
{
	return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

void revision_boot(const struct revision_place *place, char path[REVISION_FILE_PATH_MAX],
	config_line_fn *report, void *arg)
{
	char startup[REVISION_FILE_PATH_MAX], link[REVISION_FILE_PATH_MAX];
	char fault[REVISION_FAULT_MAX];
	struct revision_state state;
	int lock = revision_disk_lock(place->dir, fault);
	bool is_startup;

	if (lock < 0) {
		report(arg, fault);
	} else {
		revision_recover(place);
		bring_rules(place, report, arg);
		revert(place, report, arg);
	}
	revision_state_read(place, &state, report, arg);
	memcpy(path, state.path, sizeof(state.path));
	revision_path(place, REVISION_STARTUP, startup);
	revision_path(place, REVISION_RUNNING, link);
	is_startup = strcmp(path, startup) == 0;
	if (!is_startup && access(startup, F_OK) == 0)
		revision_tell(
			report, arg, "%s cannot be used: %s runs in its place", startup, path);
	else if (!is_startup)
		revision_tell(report, arg, "nothing was committed yet: %s runs", path);
	/* control may run with the link already: it is never taken away */
	if (lock >= 0 && (!is_startup || is_link_there(link)) &&
		point_running(place, path, report, arg) && !is_startup)
		memcpy(path, link, sizeof(link));
	if (lock >= 0)
		revision_disk_unlock(lock);
}
