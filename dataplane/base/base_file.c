#include "base_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int base_file_write_all(int fd, const void *data, size_t bytes)
{
	const char *at = data;

	while (bytes > 0) {
		ssize_t n = write(fd, at, bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		at += n;
		bytes -= (size_t)n;
	}
	return 0;
}

int base_file_sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX] = ".";
	int fd, error;

	if (slash != NULL && (size_t)snprintf(folder, sizeof(folder), "%.*s",
				     (int)(slash - path) + 1, path) >= sizeof(folder))
		return -ENAMETOOLONG;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	error = fsync(fd) < 0 ? -errno : 0;
	close(fd);
	return error;
}

/* Nobody else's file, nor with its mode: what a cut has left is taken away. */
static int open_new(const char *path, unsigned mode)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
	int fd = open(path, flags, (mode_t)mode);

	if (fd < 0 && errno == EEXIST && unlink(path) == 0)
		fd = open(path, flags, (mode_t)mode);
	return fd < 0 ? -errno : fd;
}

int base_file_replace(const char *path, unsigned mode, const void *data, size_t bytes)
{
	char unfinished[PATH_MAX];
	int fd, error;

	if ((size_t)snprintf(unfinished, sizeof(unfinished), "%s" BASE_FILE_UNFINISHED, path) >=
		sizeof(unfinished))
		return -ENAMETOOLONG;
	fd = open_new(unfinished, mode);
	if (fd < 0)
		return fd;
	error = base_file_write_all(fd, data, bytes);
	if (error == 0 && fsync(fd) < 0)
		error = -errno;
	if (close(fd) < 0 && error == 0)
		error = -errno;
	if (error == 0 && rename(unfinished, path) < 0)
		error = -errno;
	if (error == 0)
		return base_file_sync_folder(path);
	unlink(unfinished);
	return error;
}
