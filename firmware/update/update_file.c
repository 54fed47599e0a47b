#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base_file.h"
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

int update_replace(const char *path, const void *data, size_t bytes, struct update_fault *fault)
{
	int error = base_file_replace(path, 0644, data, bytes);

	return error == 0
		       ? 0
		       : update_fail(fault, error, "cannot write %s: %s", path, strerror(-error));
}
