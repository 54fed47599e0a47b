#ifndef SHELL_EDIT_H
#define SHELL_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "shell_key.h"
#include "shell_term.h"

/*
 * A line that is being edited, and how it looks on one row of a terminal.
 *
 * Layer:     shell
 * Thread:    any; no state but the line's
 * Ownership: the caller's memory; all zero at the start
 * Limits:    SHELL_LINE_MAX bytes with the NUL; what comes beyond is dropped, and is_cut says so
 */

struct shell_edit {
	char text[SHELL_LINE_MAX]; /* always ends with a NUL */
	size_t len, at; /* bytes; `at` is where the cursor stands */
	bool is_cut;
	char killed[SHELL_LINE_MAX];
	size_t killed_len;
};

/* The line becomes `text`, with the cursor at its end; what was killed stays. */
void shell_edit_set(struct shell_edit *edit, const char *text);

/* Inserts at the cursor: all of it, or nothing. */
void shell_edit_insert(struct shell_edit *edit, const char *text, size_t len);

/* Removes the `len` bytes before the cursor. */
void shell_edit_remove(struct shell_edit *edit, size_t len);

/* Moves the cursor or changes the line; false when the key does neither. */
bool shell_edit_key(struct shell_edit *edit, enum shell_key key);

/* How many columns `len` bytes take: one a character. */
size_t shell_edit_width(const char *text, size_t len);

/*
 * Draws prompt and line on the row where the cursor is, into `out` (at most SHELL_DRAW_MAX bytes for 512 columns). A line
 * that is too long is shown in part: *first is the byte that its picture begins with, kept from one drawing to the next.
 */
enum { SHELL_COLUMNS_MAX = 512, SHELL_DRAW_MAX = 8192, SHELL_PROMPT_MAX = 256 };
size_t shell_edit_draw(const struct shell_edit *edit, const char *prompt, unsigned columns,
	size_t *first, char *out);

#endif
