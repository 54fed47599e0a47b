#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "revision_candidate.h"
#include "revision_priv.h"

/*
 *   ## check: 1a2b3c4d                  CRC-32 of all behind this line
 *   ## revision: 12
 *   ## who: admin
 *   ## when: 2026-11-24T22:41:01Z
 *   ## why: more clients
 *
 *   mqtt {
 *           max_inflight = 64
 *   }
 *
 * A file that lost its end at the end of a section would read well; the checksum tells. A file without the first line
 * was made by hand and is taken as it is.
 */

#define CHECK "## check: "
enum { CHECK_LINE_BYTES = sizeof(CHECK) - 1 + 8 + 1 };

static uint32_t crc32_of(const char *text, size_t bytes)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < bytes; i++) {
		crc ^= (unsigned char)text[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
	}
	return ~crc;
}

static bool has_check(const char *text)
{
	return strncmp(text, CHECK, sizeof(CHECK) - 1) == 0;
}

bool revision_text_is_whole(const char *text, size_t text_bytes)
{
	char line[CHECK_LINE_BYTES + 1];

	if (!has_check(text))
		return true;
	if (text_bytes < CHECK_LINE_BYTES)
		return false;
	snprintf(line, sizeof(line), CHECK "%08" PRIx32 "\n",
		crc32_of(text + CHECK_LINE_BYTES, text_bytes - CHECK_LINE_BYTES));
	return memcmp(text, line, CHECK_LINE_BYTES) == 0;
}

static void take_line(const char *text, const char *name, char *out, size_t out_bytes)
{
	const char *at = strstr(text, name);
	size_t bytes;

	out[0] = '\0';
	if (at == NULL)
		return;
	at += strlen(name);
	bytes = strcspn(at, "\n");
	if (bytes >= out_bytes)
		bytes = out_bytes - 1;
	memcpy(out, at, bytes);
	out[bytes] = '\0';
}

void revision_text_head(const char *text, struct revision_info *info)
{
	const char *end = has_check(text) ? strstr(text, "\n\n") : NULL;
	char head[1024], number[16];
	size_t bytes = end ? (size_t)(end - text) : 0;

	memset(info, 0, sizeof(*info));
	if (bytes == 0 || bytes >= sizeof(head))
		return;
	memcpy(head, text, bytes);
	head[bytes] = '\0';
	take_line(head, "\n## revision: ", number, sizeof(number));
	take_line(head, "\n## who: ", info->who, sizeof(info->who));
	take_line(head, "\n## when: ", info->when, sizeof(info->when));
	take_line(head, "\n## why: ", info->why, sizeof(info->why));
	info->number = (unsigned)strtoul(number, NULL, 10);
	if (info->number > REVISION_NUMBER_MAX)
		info->number = 0;
}

/* A byte of UTF-8 that does not begin a character. */
static bool is_inside(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* One line, cut to its room: between characters, as half of one is no text for those who read the history as JSON. */
static void take_text(char *out, size_t out_bytes, const char *text)
{
	size_t used = 0;

	for (; text != NULL && *text != '\0' && used + 1 < out_bytes; text++)
		out[used++] = iscntrl((unsigned char)*text) ? ' ' : *text;
	if (text != NULL && is_inside(*text)) {
		while (used > 0 && is_inside(out[used - 1]))
			used--;
		used -= used > 0;
	}
	out[used] = '\0';
}

void revision_info_init(
	struct revision_info *info, unsigned number, const char *who, const char *why)
{
	time_t now = time(NULL);
	struct tm parts;

	info->number = number;
	take_text(info->who, sizeof(info->who), who);
	take_text(info->why, sizeof(info->why), why);
	gmtime_r(&now, &parts);
	strftime(info->when, sizeof(info->when), "%Y-%m-%dT%H:%M:%SZ", &parts);
}

struct page {
	const char *section; /* that is wanted; NULL = all */
	char open[REVISION_PATH_MAX]; /* the section whose brace is open; "" = none */
	bool is_masked, is_begun;
	config_line_fn *line;
	void *arg;
};

static void put_value(const struct page *page, const char *name, const struct revision_entry *entry)
{
	const char *text =
		page->is_masked ? config_key_shown(entry->key, entry->text) : entry->text;
	char line[REVISION_PATH_MAX + 2 * CONFIG_VALUE_MAX];
	size_t used;

	if (!config_key_is_quoted(entry->key)) {
		revision_tell(page->line, page->arg, "\t%s = %s", name, text);
		return;
	}
	used = (size_t)snprintf(line, sizeof(line), "\t%s = \"", name);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			line[used++] = '\\';
		line[used++] = *text;
	}
	line[used++] = '"';
	line[used] = '\0';
	page->line(page->arg, line);
}

static void put_entry(void *arg, const struct revision_entry *entry)
{
	struct page *page = arg;
	const char *dot = strrchr(entry->path, '.');
	int section_bytes = (int)(dot - entry->path);

	if (!entry->is_set ||
		(page->section != NULL && !revision_is_in_section(entry->path, page->section)))
		return;
	if (strlen(page->open) != (size_t)section_bytes ||
		strncmp(page->open, entry->path, (size_t)section_bytes) != 0) {
		if (page->open[0] != '\0') {
			page->line(page->arg, "}");
			page->line(page->arg, "");
		}
		snprintf(page->open, sizeof(page->open), "%.*s", section_bytes, entry->path);
		revision_tell(page->line, page->arg, "%s {", page->open);
	}
	put_value(page, dot + 1, entry);
}

static void put_all(const struct revision_keys *keys, struct page *page)
{
	revision_keys_each(keys, put_entry, page);
	if (page->open[0] != '\0')
		page->line(page->arg, "}");
}

void revision_text_show(
	const struct revision_keys *keys, const char *section, config_line_fn *line, void *arg)
{
	struct page page = {.section = section, .is_masked = true, .line = line, .arg = arg};

	put_all(keys, &page);
}

static void write_line(void *arg, const char *line)
{
	fprintf(arg, "%s\n", line);
}

char *revision_text_new(const struct revision_keys *keys, const struct revision_info *info)
{
	char *text = NULL, check[9];
	size_t bytes;
	FILE *file = open_memstream(&text, &bytes);
	struct page page = {.line = write_line, .arg = file};

	if (file == NULL)
		return NULL;
	fprintf(file, CHECK "00000000\n## revision: %u\n## who: %s\n## when: %s\n## why: %s\n\n",
		info->number, info->who, info->when, info->why);
	put_all(keys, &page);
	if (fclose(file) != 0) {
		free(text);
		return NULL;
	}
	snprintf(check, sizeof(check), "%08" PRIx32,
		crc32_of(text + CHECK_LINE_BYTES, bytes - CHECK_LINE_BYTES));
	memcpy(text + sizeof(CHECK) - 1, check, 8);
	return text;
}
