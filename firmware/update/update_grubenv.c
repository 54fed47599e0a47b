#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "update_bootenv.h"

/* The block: this line, then KEY=VALUE lines, then # up to its end. */
static const char head[] = "# GRUB Environment Block\n";
enum { HEAD_BYTES = sizeof(head) - 1, PAD = '#' };

int update_grubenv_check(const char block[UPDATE_GRUBENV_BYTES])
{
	return memcmp(block, head, HEAD_BYTES) == 0 ? 0 : -EBADMSG;
}

/* Where the padding begins: behind the last newline. */
static size_t used_bytes(const char *block)
{
	const char *last = memrchr(block, '\n', UPDATE_GRUBENV_BYTES);

	return (size_t)(last - block) + 1;
}

/* The line of a key, with its length without the newline; NULL. */
static const char *find_line(const char *block, const char *key, size_t *line_bytes)
{
	size_t key_bytes = strlen(key);
	const char *at = block + HEAD_BYTES, *end = block + used_bytes(block);

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		if ((size_t)(newline - at) > key_bytes && memcmp(at, key, key_bytes) == 0 &&
			at[key_bytes] == '=') {
			*line_bytes = (size_t)(newline - at);
			return at;
		}
		at = newline + 1;
	}
	return NULL;
}

bool update_grubenv_get(
	const char block[UPDATE_GRUBENV_BYTES], const char *key, char *out, size_t room)
{
	size_t bytes, skip = strlen(key) + 1;
	const char *line = find_line(block, key, &bytes);

	if (line == NULL || bytes - skip >= room)
		return false;
	memcpy(out, line + skip, bytes - skip);
	out[bytes - skip] = '\0';
	return true;
}

int update_grubenv_set(char block[UPDATE_GRUBENV_BYTES], const char *key, const char *value)
{
	size_t old_bytes = 0, used = used_bytes(block), new_bytes = strlen(key) + strlen(value) + 2;
	const char *line = find_line(block, key, &old_bytes);
	size_t at = line ? (size_t)(line - block) : used;
	size_t behind = line ? at + old_bytes + 1 : used, tail = used - behind;
	char copy[UPDATE_GRUBENV_BYTES];

	if (at + new_bytes + tail > UPDATE_GRUBENV_BYTES)
		return -ENOSPC;
	memset(copy, PAD, sizeof(copy));
	memcpy(copy, block, at);
	/* The newline takes the place of snprintf's NUL. */
	snprintf(copy + at, new_bytes, "%s=%s", key, value);
	copy[at + new_bytes - 1] = '\n';
	memcpy(copy + at + new_bytes, block + behind, tail);
	memcpy(block, copy, sizeof(copy));
	return 0;
}
