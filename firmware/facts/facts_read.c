#include "facts_read.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A path from its format; longer ones than PATH_MAX do not exist. */
#define PATH_OF(fmt)                                                                               \
	char path[PATH_MAX];                                                                       \
	va_list ap;                                                                                \
	va_start(ap, fmt);                                                                         \
	vsnprintf(path, sizeof(path), fmt, ap);                                                    \
	va_end(ap)

bool facts_read_text(char out[FACTS_TEXT_MAX], const char *fmt, ...)
{
	FILE *file;
	size_t bytes;

	PATH_OF(fmt);
	out[0] = '\0';
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	bytes = fread(out, 1, FACTS_TEXT_MAX - 1, file);
	fclose(file);
	while (bytes > 0 && out[bytes - 1] == '\n')
		bytes--;
	out[bytes] = '\0';
	return true;
}

bool facts_read_number(unsigned long long *out, const char *fmt, ...)
{
	char text[FACTS_TEXT_MAX], *end;

	PATH_OF(fmt);
	if (!facts_read_text(text, "%s", path))
		return false;
	*out = strtoull(text, &end, 0);
	return end != text;
}

bool facts_read_link(char out[FACTS_TEXT_MAX], const char *fmt, ...)
{
	char target[PATH_MAX];
	const char *slash;
	ssize_t bytes;

	PATH_OF(fmt);
	bytes = readlink(path, target, sizeof(target) - 1);
	if (bytes < 0)
		return false;
	target[bytes] = '\0';
	slash = strrchr(target, '/');
	snprintf(out, FACTS_TEXT_MAX, "%s", slash ? slash + 1 : target);
	return true;
}

bool facts_is_there(const char *fmt, ...)
{
	PATH_OF(fmt);
	return access(path, F_OK) == 0;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

void facts_list(char *out, size_t out_bytes, const char *fmt, ...)
{
	struct dirent **entries = NULL;
	size_t used = 0;
	int len;

	PATH_OF(fmt);
	snprintf(out, out_bytes, "none");
	len = scandir(path, &entries, is_visible, alphasort);
	for (int i = 0; i < len; i++) {
		if (used < out_bytes)
			used += (size_t)snprintf(out + used, out_bytes - used, "%s%s",
				i > 0 ? " " : "", entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}
