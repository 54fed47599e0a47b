#include "init_clock.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "init.h"

int init_clock_save(const char *root)
{
	char path[INIT_PATH_MAX], new[INIT_PATH_MAX];
	FILE *file;
	int error = 0;

	snprintf(path, sizeof(path), "%s/data/clock", root);
	snprintf(new, sizeof(new), "%s/data/clock.new", root);
	file = fopen(new, "we");
	if (file == NULL)
		return -errno;
	fprintf(file, "%lld\n", (long long)time(NULL));
	if (ferror(file))
		error = -EIO;
	if (fclose(file) != 0)
		error = -errno;
	if (error == 0 && rename(new, path) < 0)
		error = -errno;
	if (error != 0)
		unlink(new);
	return error;
}
