#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config_priv.h"

/*
 * The file's language, a subset of what EMQX's and libucl's files may hold:
 *
 *   # comment                      mqtt.max_inflight = 32        listeners.tcp.default {
 *   // comment                     mqtt { max_inflight = 32 }        bind = "0.0.0.0:1883"
 *                                                                }
 *
 * `:` may stand for `=`; a comma or semicolon may end a value. A value is a string in quotes (with \" \\ \n \t), or
 * what stands up to the end of the line, a comment, comma, semicolon or closing brace. We read it ourselves because a
 * message must name the line of every value, and a value's text must reach its key unchanged ("10m" is a
 * duration here and a number elsewhere).
 */

struct reader {
	const char *name, *at, *end;
	unsigned line;
	config_entry_fn *each;
	void *arg;
	struct config_report *report;
	char path[CONFIG_PATH_MAX]; /* of the section that is open, with a '.' at its end */
	size_t path_bytes[CONFIG_DEPTH_MAX + 1]; /* length of `path` at each depth */
	unsigned section_line[CONFIG_DEPTH_MAX + 1];
	unsigned depth;
};

void config_fault(struct config_report *report, const char *fmt, ...)
{
	char line[CONFIG_FAULT_MAX + CONFIG_PATH_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	report->faults++;
	report->line(report->arg, line);
}

static void fault(struct reader *r, const char *what)
{
	config_fault(r->report, "%s:%u: %s", r->name, r->line, what);
}

static char peek(const struct reader *r, size_t ahead)
{
	return (size_t)(r->end - r->at) > ahead ? r->at[ahead] : '\0';
}

static bool at_comment(const struct reader *r)
{
	return peek(r, 0) == '#' || (peek(r, 0) == '/' && peek(r, 1) == '/');
}

static void skip_line(struct reader *r)
{
	while (r->at < r->end && *r->at != '\n')
		r->at++;
}

/* Blanks, comments and, between statements, line ends and separators. */
static void skip_space(struct reader *r, bool across_lines)
{
	while (r->at < r->end) {
		if (at_comment(r)) {
			skip_line(r);
		} else if (*r->at == ' ' || *r->at == '\t' || *r->at == '\r') {
			r->at++;
		} else if (across_lines && strchr("\n,;", *r->at) != NULL && *r->at != '\0') {
			r->line += *r->at++ == '\n';
		} else {
			return;
		}
	}
}

/* The text of a string in quotes; false after a fault. */
static bool read_quoted(struct reader *r, char *out, size_t out_bytes)
{
	size_t used = 0;

	for (r->at++; r->at < r->end && *r->at != '\n'; r->at++) {
		char c = *r->at;

		if (c == '"') {
			r->at++;
			out[used] = '\0';
			return true;
		}
		if (c == '\\') {
			static const char escapes[] = "\"\\nt", meanings[] = "\"\\\n\t";
			const char *known = strchr(escapes, peek(r, 1));

			if (known == NULL || *known == '\0') {
				fault(r, "expected \\\", \\\\, \\n or \\t after the backslash");
				return false;
			}
			c = meanings[known - escapes];
			r->at++;
		}
		if (used + 1 == out_bytes) {
			fault(r, "the text is too long");
			return false;
		}
		out[used++] = c;
	}
	fault(r, "expected a closing quote before the end of the line");
	return false;
}

static bool read_plain(struct reader *r, char *out, size_t out_bytes)
{
	const char *from = r->at;
	size_t bytes;

	while (r->at < r->end && strchr("\n,;}#", *r->at) == NULL &&
		!(at_comment(r) && isspace((unsigned char)r->at[-1])))
		r->at++;
	bytes = (size_t)(r->at - from);
	while (bytes > 0 && isspace((unsigned char)from[bytes - 1]))
		bytes--;
	if (bytes == 0) {
		fault(r, "expected a value after \"=\"");
		return false;
	}
	if (bytes >= out_bytes) {
		fault(r, "the text is too long");
		return false;
	}
	memcpy(out, from, bytes);
	out[bytes] = '\0';
	return true;
}

/* A key, whose parts may stand in quotes, behind the section's path. */
static bool read_path(struct reader *r, char *out)
{
	size_t used = r->path_bytes[r->depth];

	memcpy(out, r->path, used);
	for (;;) {
		char part[CONFIG_PATH_MAX];
		size_t bytes = 0;

		if (peek(r, 0) == '"') {
			if (!read_quoted(r, part, sizeof(part)))
				return false;
			bytes = strlen(part);
		} else {
			while (bytes + 1 < sizeof(part) &&
				(isalnum((unsigned char)peek(r, 0)) ||
					strchr("_-@$", peek(r, 0))) &&
				peek(r, 0) != '\0')
				part[bytes++] = *r->at++;
		}
		if (bytes == 0) {
			fault(r, "expected a key");
			return false;
		}
		if (used + bytes + 2 > CONFIG_PATH_MAX) {
			fault(r, "the key is too long");
			return false;
		}
		memcpy(out + used, part, bytes);
		used += bytes;
		out[used] = '\0';
		if (peek(r, 0) != '.')
			return true;
		out[used++] = '.';
		r->at++;
	}
}

static void open_section(struct reader *r, const char *path)
{
	size_t bytes = strlen(path);

	r->at++;
	if (r->depth == CONFIG_DEPTH_MAX || bytes + 2 > CONFIG_PATH_MAX) {
		fault(r, "too many sections in each other");
		return;
	}
	memcpy(r->path, path, bytes);
	r->path[bytes] = '.';
	r->path_bytes[++r->depth] = bytes + 1;
	r->section_line[r->depth] = r->line;
}

/* One statement from its first character on; false asks to go on at the next line. */
static bool statement(struct reader *r)
{
	char path[CONFIG_PATH_MAX], text[CONFIG_VALUE_MAX];
	struct config_entry entry = {.path = path, .text = text, .line = r->line};

	if (*r->at == '}') {
		r->at++;
		if (r->depth == 0)
			fault(r, "a closing brace without an open section");
		else
			r->depth--;
		return true;
	}
	if (!read_path(r, path))
		return false;
	skip_space(r, false);
	if (peek(r, 0) == '=' || peek(r, 0) == ':') {
		r->at++;
		skip_space(r, false);
		if (peek(r, 0) != '{') {
			bool is_quoted = peek(r, 0) == '"';

			if (!(is_quoted ? read_quoted(r, text, sizeof(text))
					: read_plain(r, text, sizeof(text))))
				return false;
			r->each(r->arg, &entry);
			skip_space(r, false);
			if (r->at == r->end || strchr("\n,;}", *r->at) != NULL)
				return true;
			fault(r, "expected the end of the line after the value");
			return false;
		}
	} else {
		struct reader before = *r;

		if (peek(r, 0) == '\n') /* the brace may stand on the next line */
			skip_space(r, true);
		if (peek(r, 0) != '{') {
			r->at = before.at;
			r->line = before.line;
			config_fault(r->report, "%s:%u: %s: expected \"=\" or \"{\" after the key",
				r->name, entry.line, path);
			return false;
		}
	}
	open_section(r, path);
	return true;
}

void config_file_parse(const char *name, const char *text, size_t text_bytes, config_entry_fn *each,
	void *arg, struct config_report *report)
{
	struct reader r = {
		.name = name,
		.at = text,
		.end = text + text_bytes,
		.line = 1,
		.each = each,
		.arg = arg,
		.report = report,
	};

	if (memchr(text, '\0', text_bytes) != NULL) {
		config_fault(report, "%s: expected a text file, found a NUL byte", name);
		return;
	}
	for (skip_space(&r, true); r.at < r.end; skip_space(&r, true))
		if (!statement(&r))
			skip_line(&r);
	for (; r.depth > 0; r.depth--) {
		int bytes = (int)r.path_bytes[r.depth] - 1;

		config_fault(report,
			"%s:%u: %.*s: expected a closing brace, found the end of the file", name,
			r.section_line[r.depth], bytes, r.path);
	}
}
