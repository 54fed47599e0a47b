#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "shell_term_priv.h"

/* Keys into one line: drawing, history, hooks. Pasted bytes are drawn once they are all in. */

static bool is_drawn(const struct shell_reader *reader)
{
	return shell_term_is_tty(reader->term);
}

/* Whether the row shows the line but for bytes at its end: those alone are sent, which keeps a slow line fast. */
static bool draw_appended(struct shell_reader *reader)
{
	const struct shell_edit *edit = &reader->edit;
	size_t width = shell_edit_width(reader->prompt, strlen(reader->prompt)) +
		       shell_edit_width(edit->text, edit->len);

	if (!reader->is_plain || edit->at != edit->len || edit->len < reader->shown ||
		width >= shell_term_columns(reader->term))
		return false;
	shell_term_write(reader->term, edit->text + reader->shown, edit->len - reader->shown);
	reader->shown = edit->len;
	return true;
}

/* With more input to come the drawing waits, but for `now`. */
static void draw(struct shell_reader *reader, bool now)
{
	char out[SHELL_DRAW_MAX];
	size_t len;

	reader->is_stale = !now && shell_term_has_input(reader->term);
	if (reader->is_stale || reader->hidden || !is_drawn(reader) || draw_appended(reader))
		return;
	len = shell_edit_draw(&reader->edit, reader->prompt, shell_term_columns(reader->term),
		&reader->first, out);
	shell_term_write(reader->term, out, len);
	reader->is_plain = reader->first == 0 && reader->edit.at == reader->edit.len;
	reader->shown = reader->edit.len;
}

void shell_reader_leave_row(struct shell_reader *reader)
{
	if (is_drawn(reader))
		shell_term_write(reader->term, "\n", 1);
}

static void show_history(struct shell_reader *reader, bool older)
{
	const char *line = "";

	if (reader->history == NULL || (!older && reader->back == 0))
		return;
	if (older) {
		line = shell_history_get(reader->history, reader->back);
		if (line == NULL)
			return;
		reader->back++;
	} else if (--reader->back > 0) {
		line = shell_history_get(reader->history, reader->back - 1);
	}
	shell_edit_set(&reader->edit, line);
}

/* The character behind Ctrl-V, as text. */
static int insert_literal(struct shell_reader *reader)
{
	enum shell_key key;
	int rc = shell_term_key(
		reader->term, reader->idle_s ? (int)reader->idle_s * 1000 : -1, &key);

	if (rc == 0 && key == SHELL_KEY_TEXT) {
		const char *text = shell_term_text(reader->term);

		shell_edit_insert(&reader->edit, text, strlen(text));
	}
	return rc;
}

/* Hooks print below the line; with more input to come (a paste) nobody would read that. */
static void help_key(struct shell_reader *reader, enum shell_key key)
{
	if (key == SHELL_KEY_TAB && reader->tab != NULL)
		reader->tab(reader, reader->is_tab);
	else if (key == SHELL_KEY_TEXT)
		reader->help(reader);
}

static bool is_help(const struct shell_reader *reader, enum shell_key key)
{
	return key == SHELL_KEY_TAB || (key == SHELL_KEY_TEXT && reader->help != NULL &&
					       strcmp(shell_term_text(reader->term), "?") == 0);
}

/* 1 to go on. */
static int take_key(struct shell_reader *reader, enum shell_key key)
{
	const char *text = shell_term_text(reader->term);

	if (key == SHELL_KEY_ENTER || key == SHELL_KEY_CANCEL) {
		if (reader->is_stale)
			draw(reader, true);
		if (is_drawn(reader))
			shell_term_print(reader->term, key == SHELL_KEY_CANCEL ? "^C\n" : "\n");
		if (key == SHELL_KEY_CANCEL)
			return -EINTR;
		return reader->edit.is_cut ? -EMSGSIZE : 0;
	}
	if (key == SHELL_KEY_END_OF_INPUT && reader->edit.len == 0) {
		shell_reader_leave_row(reader);
		return -EPIPE;
	}
	if (key != SHELL_KEY_TEXT)
		reader->is_plain = false;
	if (key == SHELL_KEY_LITERAL) {
		int rc = insert_literal(reader);

		if (rc < 0)
			return rc;
	} else if (key == SHELL_KEY_CLEAR && is_drawn(reader)) {
		shell_term_print(reader->term, "\x1b[H\x1b[2J");
	} else if (is_help(reader, key)) {
		reader->is_plain = false;
		help_key(reader, key);
	} else if (key == SHELL_KEY_TEXT) {
		reader->is_plain &= reader->edit.at == reader->edit.len;
		shell_edit_insert(&reader->edit, text, strlen(text));
	} else if (key == SHELL_KEY_UP || key == SHELL_KEY_DOWN) {
		show_history(reader, key == SHELL_KEY_UP);
	} else {
		shell_edit_key(&reader->edit, key);
	}
	draw(reader, false);
	return 1;
}

int shell_reader_run(struct shell_reader *reader)
{
	int timeout_ms = reader->idle_s != 0 ? (int)reader->idle_s * 1000 : -1;
	enum shell_key key;
	int rc;

	shell_edit_set(&reader->edit, "");
	reader->first = reader->back = reader->shown = 0;
	reader->is_plain = true;
	reader->is_tab = reader->is_stale = false;
	if (is_drawn(reader))
		shell_term_print(reader->term, "%s", reader->prompt);
	do {
		rc = shell_term_key(reader->term, timeout_ms, &key);
		/* The last line of a pipe may lack its end. */
		if (rc == -EPIPE && !is_drawn(reader) && reader->edit.len > 0)
			return reader->edit.is_cut ? -EMSGSIZE : 0;
		if (rc < 0)
			return rc;
		rc = 1;
		if (key != SHELL_KEY_NONE) {
			rc = take_key(reader, key);
			reader->is_tab = key == SHELL_KEY_TAB;
		} else if (reader->is_stale) {
			draw(reader, false);
		}
	} while (rc > 0);
	return rc;
}

int shell_term_ask(struct shell_term *term, const char *prompt, char *out, size_t out_bytes,
	unsigned flags, unsigned idle_s)
{
	struct shell_reader reader = {.term = term,
		.prompt = prompt,
		.idle_s = idle_s,
		.hidden = (flags & SHELL_ASK_HIDDEN) != 0};
	int rc = shell_reader_run(&reader);
	size_t len = strnlen(reader.edit.text, out_bytes - 1);

	out[0] = '\0';
	if (rc == 0 || rc == -EMSGSIZE) {
		memcpy(out, reader.edit.text, len);
		out[len] = '\0';
		rc = (int)len;
	}
	explicit_bzero(&reader.edit, sizeof(reader.edit));
	return rc;
}
