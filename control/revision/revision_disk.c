#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base_file.h"
#include "revision_priv.h"

/*
 * A file is written under another name, made durable, and takes its name by a rename that is made durable too: a
 * power cut leaves the old one or the new one, whole.
 */

enum {
	LOCK_TRIES = 50, /* a commit's moment is short */
	LOCK_PAUSE_MS = 100,
	FILE_MODE = 0600, /* a configuration may hold secrets */
	FOLDER_MODE = 0700,
};

int revision_fault(char *fault, int error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(fault, REVISION_FAULT_MAX, fmt, ap);
	va_end(ap);
	return error;
}

void revision_tell(config_line_fn *report, void *arg, const char *fmt, ...)
{
	char line[2 * REVISION_FAULT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	report(arg, line);
}

char *revision_disk_read(const char *path, size_t *bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error = 0;
	char *text = fd < 0 ? NULL : malloc(REVISION_TEXT_MAX + 1);
	ssize_t n = 1;

	if (text == NULL) {
		error = fd < 0 ? errno : ENOMEM;
		if (fd >= 0)
			close(fd);
		errno = error;
		return NULL;
	}
	for (*bytes = 0; n > 0 && *bytes <= REVISION_TEXT_MAX; *bytes += n > 0 ? (size_t)n : 0) {
		n = read(fd, text + *bytes, REVISION_TEXT_MAX + 1 - *bytes);
		error = n < 0 ? errno : 0;
	}
	close(fd);
	if (error == 0 && *bytes > REVISION_TEXT_MAX)
		error = EFBIG;
	if (error != 0) {
		free(text);
		errno = error;
		return NULL;
	}
	text[*bytes] = '\0';
	return text;
}

static void unfinished_name(const char *path, char out[REVISION_FILE_PATH_MAX])
{
	snprintf(out, REVISION_FILE_PATH_MAX, "%s" BASE_FILE_UNFINISHED, path);
}

static int disk_fault(char *fault, const char *path, int error)
{
	const char *hint = error == -ENOSPC  ? "; make room on that disk"
			   : error == -EROFS ? "; that disk is read-only: look at the log why"
					     : "";

	return revision_fault(fault, error, "cannot write %s: %s%s", path, strerror(-error), hint);
}

/* Gives the file its name; `error` is what writing it said. */
static int finish(const char *unfinished, const char *path, int error, char *fault)
{
	if (error == 0 && rename(unfinished, path) < 0)
		error = -errno;
	if (error == 0)
		error = base_file_sync_folder(path);
	else
		unlink(unfinished);
	return error == 0 ? 0 : disk_fault(fault, path, error);
}

int revision_disk_write(const char *path, const char *text, char *fault)
{
	int rc = base_file_replace(path, FILE_MODE, text, strlen(text));

	return rc == 0 ? 0 : disk_fault(fault, path, rc);
}

int revision_disk_symlink(const char *path, const char *target, char *fault)
{
	char unfinished[REVISION_FILE_PATH_MAX];

	unfinished_name(path, unfinished);
	unlink(unfinished);
	return finish(unfinished, path, symlink(target, unfinished) < 0 ? -errno : 0, fault);
}

int revision_disk_link(const char *path, const char *target, char *fault)
{
	char unfinished[REVISION_FILE_PATH_MAX];

	unfinished_name(path, unfinished);
	unlink(unfinished);
	return finish(unfinished, path, link(target, unfinished) < 0 ? -errno : 0, fault);
}

int revision_disk_remove(const char *path, char *fault)
{
	int rc;

	if (unlink(path) < 0)
		return errno == ENOENT ? 0
				       : revision_fault(fault, -errno, "cannot remove %s: %s", path,
						 strerror(errno));
	rc = base_file_sync_folder(path);
	return rc == 0 ? 0 : disk_fault(fault, path, rc);
}

static int make_folder(const char *path, char *fault)
{
	int rc;

	if (mkdir(path, FOLDER_MODE) < 0)
		return errno == EEXIST ? 0 : disk_fault(fault, path, -errno);
	rc = base_file_sync_folder(path);
	return rc == 0 ? 0 : disk_fault(fault, path, rc);
}

static int make_folders(const char *dir, char *fault)
{
	static const char *const names[] = {"", "/" REVISION_HISTORY, "/" REVISION_SAVED};
	char path[REVISION_FILE_PATH_MAX];
	int rc = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && rc == 0; i++) {
		snprintf(path, sizeof(path), "%s%s", dir, names[i]);
		rc = make_folder(path, fault);
	}
	return rc;
}

int revision_disk_lock(const char *dir, char *fault)
{
	static const struct timespec pause = {.tv_nsec = LOCK_PAUSE_MS * 1000000L};
	char path[REVISION_FILE_PATH_MAX];
	int fd, rc = make_folders(dir, fault);

	if (rc != 0)
		return rc;
	snprintf(path, sizeof(path), "%s/lock", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
	if (fd < 0)
		return disk_fault(fault, path, -errno);
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return fd;
		rc = -errno;
		if (rc != -EWOULDBLOCK && rc != -EINTR)
			break;
		nanosleep(&pause, NULL);
	}
	close(fd);
	return revision_fault(fault, rc,
		"cannot lock %s: %s; another session commits: try again in a moment", path,
		strerror(-rc));
}

void revision_disk_unlock(int lock)
{
	close(lock);
}

void revision_disk_clean(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		size_t bytes = strlen(entry->d_name), suffix = strlen(BASE_FILE_UNFINISHED);

		if (bytes > suffix &&
			strcmp(entry->d_name + bytes - suffix, BASE_FILE_UNFINISHED) == 0)
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	closedir(dir);
}
