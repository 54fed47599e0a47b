#ifndef SHELL_WORDS_H
#define SHELL_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "shell.h"

/*
 * A line cut into words.
 *
 * Layer:  shell
 * Thread: any; no state
 *
 * Blanks and tabs part words; "..." with \ inside, '...' without, and \ before any character take them in. A '|' that
 * begins a word is a word of its own, and begins a filter; inside of a word it is a character ("a|b").
 */

enum shell_words_fault { SHELL_WORDS_FINE, SHELL_WORDS_OPEN_QUOTE, SHELL_WORDS_TOO_MANY };

struct shell_word_at {
	const char *text; /* without quotes */
	size_t begin, end; /* in the line */
	bool is_bar; /* '|', not quoted */
	bool is_open; /* its quote does not end */
};

struct shell_words {
	struct shell_word_at words[SHELL_WORDS_MAX];
	size_t len;
	enum shell_words_fault fault;
	size_t fault_at; /* in the line */
	char room[SHELL_LINE_MAX + SHELL_WORDS_MAX];
};

/* Cuts the first `line_len` bytes. On a fault the words before it are there, with an open quote also that word. */
void shell_words_cut(struct shell_words *words, const char *line, size_t line_len);

#endif
