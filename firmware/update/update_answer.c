#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "update_fetch.h"
#include "update_manifest.h"

/* No bundle is larger: two files and what is around them. */
#define BODY_BYTES_MAX (2 * UPDATE_FILE_BYTES_MAX + (UINT64_C(1) << 20))

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Digits of a base up to the first other character, which is *end. False without any, or beyond the limit. */
static bool read_number(const char *text, unsigned base, uint64_t *out, const char **end)
{
	const char *at = text;
	uint64_t value = 0;
	int digit;

	for (; (digit = digit_of(*at)) >= 0 && (unsigned)digit < base; at++) {
		value = value * base + (unsigned)digit;
		if (value > BODY_BYTES_MAX)
			return false;
	}
	*out = value;
	*end = at;
	return at > text;
}

int update_chunk_parse(const char *line, uint64_t *bytes)
{
	const char *end;

	if (!read_number(line, 16, bytes, &end))
		return -EBADMSG;
	end += strspn(end, " \t");
	return *end == '\0' || *end == ';' ? 0 : -EBADMSG;
}

static int take_status(struct update_answer *out, const char *line)
{
	const char *end;
	uint64_t status;

	if (strncmp(line, "HTTP/1.", 7) != 0 || (line[7] != '0' && line[7] != '1') ||
		line[8] != ' ' || !read_number(line + 9, 10, &status, &end) || end != line + 12 ||
		(*end != ' ' && *end != '\0'))
		return -EBADMSG;
	out->status = (unsigned)status;
	return 0;
}

static int take_header(struct update_answer *out, const char *name, const char *value)
{
	const char *end;
	uint64_t bytes;

	if (strcasecmp(name, "Content-Length") == 0) {
		if (!read_number(value, 10, &bytes, &end) || *end != '\0' ||
			(out->bytes != UPDATE_BYTES_UNKNOWN && out->bytes != bytes))
			return -EBADMSG;
		out->bytes = bytes;
	} else if (strcasecmp(name, "Transfer-Encoding") == 0) {
		if (strcasecmp(value, "chunked") != 0)
			return -EBADMSG;
		out->is_chunked = true;
	} else if (strcasecmp(name, "Location") == 0) {
		if (strlen(value) >= sizeof(out->location))
			return -EBADMSG;
		memcpy(out->location, value, strlen(value) + 1);
	}
	return 0;
}

/* NAME: VALUE, without blanks around the value. */
static int take_line(struct update_answer *out, char *line)
{
	char *colon = strchr(line, ':'), *value;
	size_t len;

	if (colon == NULL || colon == line)
		return -EBADMSG;
	*colon = '\0';
	value = colon + 1 + strspn(colon + 1, " \t");
	len = strlen(value);
	while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
		value[--len] = '\0';
	return take_header(out, line, value);
}

int update_answer_parse(struct update_answer *out, char *text)
{
	char *line = text, *next;
	bool is_first = true;
	int error = 0;

	*out = (struct update_answer){.bytes = UPDATE_BYTES_UNKNOWN};
	for (; line != NULL && error == 0; line = next) {
		next = strchr(line, '\n');
		if (next != NULL) {
			if (next > line && next[-1] == '\r')
				next[-1] = '\0';
			*next++ = '\0';
			if (*next == '\0')
				next = NULL;
		}
		error = is_first ? take_status(out, line) : take_line(out, line);
		is_first = false;
	}
	/* RFC 9112, 6.3: with both, the length says nothing. */
	if (out->is_chunked)
		out->bytes = UPDATE_BYTES_UNKNOWN;
	return error;
}
