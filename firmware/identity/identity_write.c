#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "identity_priv.h"

/* The name of a file is on the disk when its folder is. */
static int sync_folder(const char *path)
{
	char copy[IDENTITY_PATH_MAX];
	int fd, error = 0;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fsync(fd) < 0)
		error = -errno;
	close(fd);
	return error;
}

static int write_all(int fd, const char *text)
{
	size_t bytes = strlen(text);
	ssize_t n;

	while (bytes > 0) {
		n = write(fd, text, bytes);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		bytes -= (size_t)n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

int identity_write(const char *path, unsigned mode, const char *text)
{
	char new[IDENTITY_PATH_MAX];
	int fd, error;

	if (snprintf(new, sizeof(new), "%s.new", path) >= (int)sizeof(new))
		return -ENAMETOOLONG;
	/* What a cut of power left half done is in the way. */
	unlink(new);
	fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	error = write_all(fd, text);
	if (close(fd) < 0 && error == 0)
		error = -errno;
	if (error == 0 && rename(new, path) < 0)
		error = -errno;
	if (error != 0)
		unlink(new);
	return error != 0 ? error : sync_folder(path);
}
