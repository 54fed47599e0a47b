#include "shell_edit.h"

#include <stdio.h>
#include <string.h>

static bool is_inside(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static size_t before(const struct shell_edit *edit, size_t at)
{
	while (at > 0 && is_inside(edit->text[--at]))
		;
	return at;
}

static size_t after(const struct shell_edit *edit, size_t at)
{
	if (at < edit->len)
		at++;
	while (at < edit->len && is_inside(edit->text[at]))
		at++;
	return at;
}

static size_t word_left(const struct shell_edit *edit)
{
	size_t at = edit->at;

	while (at > 0 && edit->text[at - 1] == ' ')
		at--;
	while (at > 0 && edit->text[at - 1] != ' ')
		at--;
	return at;
}

static size_t word_right(const struct shell_edit *edit)
{
	size_t at = edit->at;

	while (at < edit->len && edit->text[at] == ' ')
		at++;
	while (at < edit->len && edit->text[at] != ' ')
		at++;
	return at;
}

void shell_edit_set(struct shell_edit *edit, const char *text)
{
	size_t len = strlen(text);

	edit->is_cut = len >= sizeof(edit->text);
	if (edit->is_cut)
		len = sizeof(edit->text) - 1;
	memcpy(edit->text, text, len);
	edit->text[len] = '\0';
	edit->len = edit->at = len;
}

void shell_edit_insert(struct shell_edit *edit, const char *text, size_t len)
{
	if (len >= sizeof(edit->text) - edit->len) {
		edit->is_cut = true;
		return;
	}
	memmove(edit->text + edit->at + len, edit->text + edit->at, edit->len - edit->at + 1);
	memcpy(edit->text + edit->at, text, len);
	edit->len += len;
	edit->at += len;
}

static void cut(struct shell_edit *edit, size_t from, size_t to)
{
	memmove(edit->text + from, edit->text + to, edit->len - to + 1);
	edit->len -= to - from;
	edit->at = from;
}

void shell_edit_remove(struct shell_edit *edit, size_t len)
{
	cut(edit, edit->at - (len < edit->at ? len : edit->at), edit->at);
}

static void kill_range(struct shell_edit *edit, size_t from, size_t to)
{
	if (from == to)
		return;
	memcpy(edit->killed, edit->text + from, to - from);
	edit->killed_len = to - from;
	cut(edit, from, to);
}

static bool change(struct shell_edit *edit, enum shell_key key)
{
	if (key == SHELL_KEY_BACKSPACE)
		cut(edit, before(edit, edit->at), edit->at);
	else if (key == SHELL_KEY_DELETE || key == SHELL_KEY_END_OF_INPUT)
		cut(edit, edit->at, after(edit, edit->at));
	else if (key == SHELL_KEY_KILL_START)
		kill_range(edit, 0, edit->at);
	else if (key == SHELL_KEY_KILL_END)
		kill_range(edit, edit->at, edit->len);
	else if (key == SHELL_KEY_KILL_WORD)
		kill_range(edit, word_left(edit), edit->at);
	else if (key == SHELL_KEY_YANK)
		shell_edit_insert(edit, edit->killed, edit->killed_len);
	else
		return false;
	return true;
}

bool shell_edit_key(struct shell_edit *edit, enum shell_key key)
{
	if (key == SHELL_KEY_LEFT)
		edit->at = before(edit, edit->at);
	else if (key == SHELL_KEY_RIGHT)
		edit->at = after(edit, edit->at);
	else if (key == SHELL_KEY_HOME)
		edit->at = 0;
	else if (key == SHELL_KEY_END)
		edit->at = edit->len;
	else if (key == SHELL_KEY_WORD_LEFT)
		edit->at = word_left(edit);
	else if (key == SHELL_KEY_WORD_RIGHT)
		edit->at = word_right(edit);
	else
		return change(edit, key);
	return true;
}

size_t shell_edit_width(const char *text, size_t len)
{
	size_t width = 0;

	for (size_t i = 0; i < len; i++)
		width += !is_inside(text[i]);
	return width;
}

/* The first byte of a picture of `room` columns that holds the cursor; it moves by half a picture. */
static size_t scroll(const struct shell_edit *edit, size_t first, size_t room)
{
	if (first > edit->at)
		first = edit->at;
	if (is_inside(edit->text[first]))
		first = before(edit, first);
	if (shell_edit_width(edit->text, edit->len) < room)
		return 0;
	if (first == edit->at || shell_edit_width(edit->text + first, edit->at - first) >= room) {
		first = edit->at;
		for (size_t i = 0; i < room / 2; i++)
			first = before(edit, first);
	}
	return first;
}

size_t shell_edit_draw(const struct shell_edit *edit, const char *prompt, unsigned columns,
	size_t *first, char *out)
{
	size_t prompt_bytes = strnlen(prompt, SHELL_PROMPT_MAX);
	size_t prompt_width = shell_edit_width(prompt, prompt_bytes);
	size_t used = 0, room, end, column;

	if (columns > SHELL_COLUMNS_MAX)
		columns = SHELL_COLUMNS_MAX;
	room = columns > prompt_width + 8 ? columns - prompt_width : 8;
	*first = scroll(edit, *first, room);
	end = *first;
	for (size_t i = 0; i + 1 < room; i++)
		end = after(edit, end);
	out[used++] = '\r';
	memcpy(out + used, prompt, prompt_bytes);
	used += prompt_bytes;
	memcpy(out + used, edit->text + *first, end - *first);
	used += end - *first;
	memcpy(out + used, "\x1b[K", 3);
	used += 3;
	if (end == edit->at)
		return used;
	column = prompt_width + shell_edit_width(edit->text + *first, edit->at - *first);
	used += (size_t)snprintf(out + used, SHELL_DRAW_MAX - used, "\r\x1b[%zuC", column);
	return used - (column == 0 ? 4 : 0);
}
