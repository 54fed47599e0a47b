#include "update_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct file_source {
	int fd;
	char *path;
};

static ssize_t file_read(void *state, void *out, size_t room, struct update_fault *fault)
{
	struct file_source *file = state;
	ssize_t got;

	do
		got = read(file->fd, out, room);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return update_fail(
			fault, -errno, "cannot read %s: %s", file->path, strerror(errno));
	return got;
}

static void file_close(void *state)
{
	struct file_source *file = state;

	close(file->fd);
	free(file->path);
	free(file);
}

int update_source_file(struct update_source *out, const char *path, struct update_fault *fault)
{
	struct file_source *file;
	struct stat facts;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return update_fail(fault, -errno, "cannot open %s: %s", path, strerror(errno));
	if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) {
		close(fd);
		return update_fail(fault, -EINVAL, "%s is not a file", path);
	}
	file = calloc(1, sizeof(*file));
	if (file == NULL || (file->path = strdup(path)) == NULL) {
		free(file);
		close(fd);
		return update_fail(fault, -ENOMEM, "no memory left to read %s", path);
	}
	file->fd = fd;
	*out = (struct update_source){
		.read = file_read,
		.close = file_close,
		.state = file,
		.bytes = (uint64_t)facts.st_size,
	};
	return 0;
}

int update_source_fill(struct update_source *source, void *out, size_t bytes, const char *what,
	struct update_fault *fault)
{
	for (size_t at = 0; at < bytes;) {
		ssize_t got = source->read(source->state, (char *)out + at, bytes - at, fault);

		if (got < 0)
			return (int)got;
		if (got == 0)
			return update_fail(fault, -ENODATA,
				"the bundle ends within its %s: it was not copied whole, fetch it "
				"again",
				what);
		at += (size_t)got;
	}
	return 0;
}

void update_source_close(struct update_source *source)
{
	if (source->close != NULL)
		source->close(source->state);
	*source = (struct update_source){0};
}
