#include "init_file.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "init.h"

int init_file_replace(const char *path, const char *text)
{
	char new[INIT_PATH_MAX + sizeof(".new")];
	FILE *file;
	int error = 0;

	snprintf(new, sizeof(new), "%s.new", path);
	file = fopen(new, "we");
	if (file == NULL)
		return -errno;
	if (fputs(text, file) < 0)
		error = -EIO;
	if (fclose(file) != 0)
		error = -errno;
	if (error == 0 && rename(new, path) < 0)
		error = -errno;
	if (error != 0)
		unlink(new);
	return error;
}
