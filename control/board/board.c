#include "board.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base_assert.h"
#include "board_priv.h"

void board_fault(struct board_load *load, const char *path, const char *fmt, ...)
{
	unsigned line = load->lines[board_key_find(path)];
	char what[CONFIG_FAULT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (line != 0)
		config_fault(&load->report, "%s:%u: %s: %s", load->name, line, path, what);
	else
		config_fault(&load->report, "%s: %s: %s", load->name, path, what);
}

static int set(struct board *board, const struct board_key *key, const char *text, char *what)
{
	/* what may be left out may also be there and empty */
	bool may_be_empty = key->key.preset != NULL && text[0] == '\0';

	if (!may_be_empty && !board_form_fits(key->form, text)) {
		snprintf(what, CONFIG_FAULT_MAX, "expected %s, found \"%.80s\"",
			board_form_expect(key->form), text);
		return -EINVAL;
	}
	return config_value_parse(&key->key, board, text, what);
}

static void fill(void *arg, const struct config_entry *entry)
{
	struct board_load *load = arg;
	size_t i = board_key_find(entry->path);
	char what[CONFIG_FAULT_MAX];

	if (i == board_key_len)
		config_fault(&load->report, "%s:%u: %s: unknown key; board/README.md lists them",
			load->name, entry->line, entry->path);
	else if (load->lines[i] != 0)
		config_fault(&load->report, "%s:%u: %s: is set twice, first in line %u", load->name,
			entry->line, entry->path, load->lines[i]);
	else if (set(load->board, &board_keys[i], entry->text, what) < 0)
		config_fault(
			&load->report, "%s:%u: %s: %s", load->name, entry->line, entry->path, what);
	if (i < board_key_len)
		load->lines[i] = entry->line;
}

/* Whether a key of the section is there: a section that may be missing is either whole or not there at all. */
static bool has_section(const struct board_load *load, const char *prefix)
{
	for (size_t i = 0; i < board_key_len; i++)
		if (load->lines[i] != 0 &&
			strncmp(board_keys[i].key.path, prefix, strlen(prefix)) == 0)
			return true;
	return false;
}

static void check_missing(struct board_load *load)
{
	struct board *board = load->board;

	board->has_mgmt = has_section(load, "port.mgmt.");
	board->has_qemu = has_section(load, "qemu.");
	for (size_t i = 0; i < board_key_len; i++) {
		const struct config_key *key = &board_keys[i].key;

		if (load->lines[i] != 0 || key->preset != NULL)
			continue;
		if (strncmp(key->path, "port.mgmt.", 10) == 0 && !board->has_mgmt)
			continue;
		if (strncmp(key->path, "qemu.", 5) == 0 && !board->has_qemu)
			continue;
		config_fault(
			&load->report, "%s: %s is missing: %s", load->name, key->path, key->help);
	}
}

int board_load(struct board *board, const char *path, config_line_fn *report, void *arg)
{
	struct board_load load = {
		.board = board,
		.name = path,
		.report = {.line = report, .arg = arg},
	};
	int rc;

	BASE_ASSERT(board_key_len < BOARD_KEYS_MAX);
	memset(board, 0, sizeof(*board));
	rc = config_file_read(path, fill, &load, &load.report);
	if (rc != 0)
		return rc;
	check_missing(&load);
	if (load.report.faults == 0)
		board_check(&load);
	return load.report.faults == 0 ? 0 : -EINVAL;
}

static bool is_missing(const struct board *board, const char *path)
{
	return (strncmp(path, "port.mgmt.", 10) == 0 && !board->has_mgmt) ||
	       (strncmp(path, "qemu.", 5) == 0 && !board->has_qemu);
}

static void print(const struct board *board, const struct config_key *key, char *out)
{
	_Static_assert((int)BOARD_VALUE_MAX >= (int)CONFIG_VALUE_MAX, "values fit");
	if (is_missing(board, key->path))
		out[0] = '\0';
	else
		config_value_print(key, board, out);
}

void board_each(const struct board *board, board_each_fn *each, void *arg)
{
	char value[BOARD_VALUE_MAX];

	for (size_t i = 0; i < board_key_len; i++) {
		print(board, &board_keys[i].key, value);
		each(arg, board_keys[i].key.path, value);
	}
}

int board_get(const struct board *board, const char *path, char *out)
{
	size_t i = board_key_find(path);

	if (i == board_key_len)
		return -ENOENT;
	print(board, &board_keys[i].key, out);
	return 0;
}
