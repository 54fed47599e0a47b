#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config_priv.h"

/* The whole file in memory; its size in *bytes. */
static char *read_file(const char *path, size_t *bytes, int *error)
{
	FILE *file = fopen(path, "re");
	struct stat st;
	char *text = NULL;

	*error = 0;
	if (file == NULL) {
		*error = -errno;
		return NULL;
	}
	if (fstat(fileno(file), &st) < 0)
		*error = -errno;
	else if (S_ISDIR(st.st_mode))
		*error = -EISDIR;
	else
		text = malloc(CONFIG_FILE_MAX + 1);
	if (text == NULL && *error == 0)
		*error = -ENOMEM;
	if (text != NULL) {
		*bytes = fread(text, 1, CONFIG_FILE_MAX + 1, file);
		if (ferror(file))
			*error = -EIO;
		else if (*bytes > CONFIG_FILE_MAX)
			*error = -EFBIG;
	}
	fclose(file);
	if (*error != 0) {
		free(text);
		text = NULL;
	}
	return text;
}

int config_file_read(
	const char *path, config_entry_fn *each, void *arg, struct config_report *report)
{
	size_t bytes = 0;
	int error;
	char *text = read_file(path, &bytes, &error);

	if (text == NULL) {
		config_fault(report, "%s: %s", path, strerror(-error));
		return error;
	}
	config_file_parse(path, text, bytes, each, arg, report);
	free(text);
	return 0;
}
