#ifndef SHELL_PRIV_H
#define SHELL_PRIV_H

#include <regex.h>
#include <stdarg.h>

#include "shell.h"
#include "shell_match.h"
#include "shell_term_priv.h"

/*
 * A session, and one command that it runs.
 *
 * Layer: shell
 */

enum { SHELL_FILTERS_MAX = 8, SHELL_REGEX_MAX = 256, SHELL_BANNER_MAX = 128 };

struct shell {
	struct shell_term *term;
	const struct shell_settings *settings;
	enum shell_mode mode;
	bool is_interactive; /* a tty: somebody sits there */
	bool is_single; /* one command: no prompt, no pages */
	bool is_leaving;
	enum shell_end end;
	char banner[SHELL_BANNER_MAX];
	char prompt[SHELL_PROMPT_MAX];
	struct shell_history history;
	struct shell_words words; /* of the line that runs, or that is completed */
};

enum shell_filter_kind {
	SHELL_FILTER_MATCH,
	SHELL_FILTER_EXCEPT,
	SHELL_FILTER_COUNT,
	SHELL_FILTER_JSON,
	SHELL_FILTER_NO_MORE,
	SHELL_FILTERS
};

struct shell_filter {
	enum shell_filter_kind kind;
	regex_t regex; /* of match and except */
	unsigned long counted;
};

struct shell_filter_kind_info {
	const char *name;
	const char *help;
	bool has_regex;
};
extern const struct shell_filter_kind_info shell_filter_kinds[SHELL_FILTERS];

struct shell_call {
	struct shell *shell;
	const struct shell_command *command;
	struct shell_pattern pattern;
	const struct shell_word_at *words;
	size_t word_len;
	char rest[SHELL_LINE_MAX]; /* <name...> */
	struct shell_filter filters[SHELL_FILTERS_MAX];
	size_t filter_len;
	bool wants_json, is_paged, is_stopped;
	bool has_failed, has_json; /* then no empty array follows */
	char *json_item; /* the newest entry of an array: what follows it is not known yet */
	unsigned rows_used; /* of the page */
	unsigned lines_unchecked; /* since Ctrl-C was last looked for */
	char partial[SHELL_LINE_MAX]; /* of shell_write: the line so far */
	size_t partial_len;
};

/* The command of words[0..len), for its handler or for a completer. */
void shell_call_init(struct shell_call *call, struct shell *shell,
	const struct shell_command *command, const struct shell_word_at *words, size_t len);

/* Reads "| match x | count" from the words that begin with a bar. False after telling what is wrong in `line`. */
bool shell_filters_read(struct shell_call *call, const struct shell_word_at *words, size_t len,
	const char *line) __attribute__((warn_unused_result));
void shell_filters_fini(struct shell_call *call);

/* One line through the filters to the user. False when nobody wants more. */
bool shell_put_line(struct shell_call *call, const char *line, size_t len);

/* What is still in the filters, once the command has ended. */
void shell_put_end(struct shell_call *call);

/* One line to the terminal, after a stop at the end of a page. */
bool shell_page_line(struct shell_call *call, const char *line, size_t len);

/* Control characters and broken UTF-8 as \xNN, tabs as blanks; from malloc. */
char *shell_clean(const char *text, size_t len, size_t *clean_len);

/* Tells that something is wrong at byte `at` of the line: a caret below it when it stands on the row, then the text. */
void shell_say_wrong(struct shell *shell, const char *line, size_t at, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Tells the user, whatever filters there are. */
void shell_say(struct shell *shell, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void shell_vsay(struct shell *shell, const char *fmt, va_list ap);

struct shell_scope shell_scope_of(const struct shell *shell);

/* Runs a line. The exit status. */
int shell_execute(struct shell *shell, const char *line);

/* Hooks of the reader, whose arg is the session. */
void shell_complete_tab(struct shell_reader *reader, bool again);
void shell_complete_help(struct shell_reader *reader);

/* What may stand at the place of the cursor. */
enum { SHELL_OFFERS_MAX = 400, SHELL_OFFER_WORD_MAX = 256, SHELL_OFFER_HELP_MAX = 128 };

struct shell_offered {
	char *word;
	char *help;
	bool is_hint; /* stands for what is typed ("<number>"), is not typed itself */
};

struct shell_offer {
	bool names_only; /* arguments are hints: nobody is asked for their words */
	struct shell_words words;
	char prefix[SHELL_OFFER_WORD_MAX];
	struct shell_offered offered[SHELL_OFFERS_MAX];
	size_t len;
	bool is_cut; /* there are more */
	size_t begin; /* where the word begins in the line */
};

/*
 * Fills `offer` (all zero) with what may stand at the end of `line`; shell_offer_fini frees. The first verdict that is not
 * SHELL_MATCHED says why there is nothing; *at is the byte that is wrong.
 */
enum shell_verdict shell_offer_fill(
	struct shell_offer *offer, struct shell *shell, const char *line, size_t len, size_t *at);
void shell_offer_fini(struct shell_offer *offer);

/* Tells why the line is no command: the verdict on its word that is at byte `at`. */
void shell_say_verdict(
	struct shell *shell, const char *line, size_t at, enum shell_verdict verdict);

#endif
