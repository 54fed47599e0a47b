#include <stdio.h>
#include <string.h>

#include "board_priv.h"

/* The facts for shell scripts, and the keys for people. */

struct page {
	config_line_fn *line;
	void *arg;
};

static void assignment(void *arg, const char *path, const char *value)
{
	const struct page *page = arg;
	char name[96], line[BOARD_VALUE_MAX + sizeof(name) + 8];

	snprintf(name, sizeof(name), "%s%s", strncmp(path, "board.", 6) == 0 ? "" : "board_", path);
	for (char *at = name; *at != '\0'; at++)
		if (*at == '.')
			*at = '_';
	snprintf(line, sizeof(line), "%s='%s'", name, value);
	page->line(page->arg, line);
}

void board_shell(const struct board *board, config_line_fn *line, void *arg)
{
	struct page page = {line, arg};

	board_each(board, assignment, &page);
}

/* "a PCI address ...", "1 to 3", "arm64 or amd64" */
static void expect(const struct board_key *key, char *out, size_t out_bytes)
{
	if (key->form != BOARD_FORM_NONE)
		snprintf(out, out_bytes, "%s", board_form_expect(key->form));
	else
		config_value_expect(&key->key, out, out_bytes);
}

void board_help(config_line_fn *line, void *arg)
{
	char text[512], expected[256];

	line(arg, "Keys of board.conf. Those that are not said to be optional must be there; the "
		  "sections port.mgmt and qemu");
	line(arg, "may be left out as a whole.");
	for (size_t i = 0; i < board_key_len; i++) {
		const struct config_key *key = &board_keys[i].key;

		expect(&board_keys[i], expected, sizeof(expected));
		snprintf(text, sizeof(text), "%s%s", key->path, key->preset ? " (optional)" : "");
		line(arg, text);
		snprintf(text, sizeof(text), "    %s", key->help);
		line(arg, text);
		snprintf(text, sizeof(text), "    %s", expected);
		line(arg, text);
	}
}
