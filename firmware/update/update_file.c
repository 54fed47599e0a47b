#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "update_priv.h"

static int slurp_fd(
	int fd, const char *path, size_t max, char *text, size_t *bytes, struct update_fault *fault)
{
	size_t len = 0;
	ssize_t got;

	while ((got = read(fd, text + len, max + 1 - len)) > 0)
		len += (size_t)got;
	if (got < 0)
		return update_fail(fault, -errno, "cannot read %s: %s", path, strerror(errno));
	if (len > max)
		return update_fail(fault, -EFBIG,
			"%s is larger than %zu bytes: not what belongs there", path, max);
	text[len] = '\0';
	*bytes = len;
	return 0;
}

int update_slurp(
	const char *path, size_t max, char **out, size_t *bytes, struct update_fault *fault)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error;
	char *text;

	if (fd < 0)
		return update_fail(fault, -errno, "cannot open %s: %s", path, strerror(errno));
	text = malloc(max + 2);
	if (text == NULL)
		error = update_fail(fault, -ENOMEM, "no memory left to read %s", path);
	else
		error = slurp_fd(fd, path, max, text, bytes, fault);
	close(fd);
	if (error != 0)
		free(text);
	else
		*out = text;
	return error;
}

int update_write_all(int fd, const void *data, size_t bytes)
{
	const char *at = data;

	while (bytes > 0) {
		ssize_t put = write(fd, at, bytes);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return put < 0 ? -errno : -EIO;
		at += put;
		bytes -= (size_t)put;
	}
	return 0;
}

static int sync_folder(const char *path)
{
	char copy[PATH_MAX];
	int fd, error = 0;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fsync(fd) != 0)
		error = -errno;
	close(fd);
	return error;
}

int update_replace(const char *path, const void *data, size_t bytes, struct update_fault *fault)
{
	char temporary[PATH_MAX];
	int fd, error;

	snprintf(temporary, sizeof(temporary), "%s.new", path);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return update_fail(
			fault, -errno, "cannot write %s: %s", temporary, strerror(errno));
	error = update_write_all(fd, data, bytes);
	if (error == 0 && fsync(fd) != 0)
		error = -errno;
	close(fd);
	if (error == 0 && rename(temporary, path) != 0)
		error = -errno;
	if (error != 0) {
		unlink(temporary);
		return update_fail(fault, error, "cannot write %s: %s", path, strerror(-error));
	}
	error = sync_folder(path);
	return error == 0
		       ? 0
		       : update_fail(fault, error, "cannot write %s: %s", path, strerror(-error));
}
