#ifndef SHELL_MATCH_H
#define SHELL_MATCH_H

#include "shell_words.h"

/*
 * Words against the tree: which command is meant, and what may stand next.
 *
 * Layer:  shell
 * Thread: any; no state
 */

enum { SHELL_ELEMENTS_MAX = 24, SHELL_COMMANDS_MAX = 256, SHELL_NAME_MAX = 64 };

/* A part of a pattern: a word, or an argument by the name of its type. */
struct shell_element {
	char name[SHELL_NAME_MAX];
	bool is_arg;
	bool is_rest; /* <name...> */
	bool may_end; /* the line may end before it */
};

struct shell_pattern {
	struct shell_element elements[SHELL_ELEMENTS_MAX];
	size_t len;
};

/* Reads "show log [lines <number>]". False when the pattern is none, or too long. */
bool shell_pattern_read(struct shell_pattern *pattern, const char *text)
	__attribute__((warn_unused_result));

/* The element that word `i` belongs to, or NULL behind the end. */
const struct shell_element *shell_pattern_at(const struct shell_pattern *pattern, size_t i);

/* Whether a line of `len` words may end there. */
bool shell_pattern_may_end(const struct shell_pattern *pattern, size_t len);

/* Who may type what. */
struct shell_scope {
	const struct shell_table *const *tables;
	unsigned mode;
	enum shell_privilege privilege;
};

/* The commands that the words fit, after each word. */
struct shell_matches {
	const struct shell_command *commands[SHELL_COMMANDS_MAX];
	size_t len;
};

enum shell_verdict {
	SHELL_MATCHED,
	SHELL_UNKNOWN, /* no command has this word here */
	SHELL_AMBIGUOUS, /* several words begin so */
	SHELL_INCOMPLETE, /* more must follow */
};

/*
 * Narrows down to the commands that begin with words[0..len). A whole word goes before an argument, and an argument before
 * a word that is cut short. SHELL_MATCHED, or what is wrong with word *at; then `matches` are those of the words before.
 */
enum shell_verdict shell_match_begin(const struct shell_scope *scope,
	const struct shell_word_at *words, size_t len, struct shell_matches *matches, size_t *at);

/* The same, and the line ends there: on SHELL_MATCHED *command is the one. */
enum shell_verdict shell_match(const struct shell_scope *scope, const struct shell_word_at *words,
	size_t len, struct shell_matches *matches, size_t *at,
	const struct shell_command **command);

/* The type by its name, from the tables or the engine's own; NULL = any text. */
const struct shell_type *shell_type_find(const struct shell_table *const *tables, const char *name);

/* What a word of a pattern is for; `path` is the pattern's words up to it, with one blank between. */
const char *shell_word_help(const struct shell_table *const *tables, const char *path);

#endif
