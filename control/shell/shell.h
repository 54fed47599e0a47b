#ifndef SHELL_H
#define SHELL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "shell_term.h"

/*
 * The shell: a tree of commands, a prompt, and what runs between them.
 *
 * Layer:     shell (child, jansson)
 * Thread:    one; blocks on the terminal
 * Ownership: tables are static; a session borrows its terminal and its context
 * Limits:    SHELL_LINE_MAX bytes a line, SHELL_WORDS_MAX words, SHELL_HISTORY_MAX lines of history
 *
 * A command is one entry of a table, with a pattern of its words:
 *
 *     "show log [lines <number>]"    words as they are typed; an argument by the name of its type;
 *                                    what is in brackets may be left out, from there to the end
 *     "set <key> <text...>"          three dots: all words up to the end of the line, joined by one blank
 *
 * Words may be shortened as long as one command alone fits. Arguments with blanks are quoted: "a b", or a\ b.
 * Behind every command may stand `| match REGEX`, `| except REGEX`, `| count`, `| json`, `| no-more`, several in a row.
 */

enum {
	SHELL_WORDS_MAX = 64,
	SHELL_HISTORY_MAX = 100,
};

struct shell;
struct shell_call;
struct shell_offer;

enum shell_mode { SHELL_OPERATE = 1 << 0, SHELL_CONFIGURE = 1 << 1 };
enum shell_privilege { SHELL_VIEW, SHELL_ADMIN };
enum shell_flag {
	SHELL_JSON = 1 << 0, /* the command has a JSON form; without it `| json` is refused */
	SHELL_RAW = 1 << 1, /* no pager: the command streams (ping) or talks to the user */
};

/* Exit statuses, as everywhere in the tree; a handler returns one of them. */
enum shell_status { SHELL_DONE = 0, SHELL_NOT_DONE = 1, SHELL_USAGE = 2 };

/* Does what the command says. The result is an exit status; what went wrong was told by shell_fail. */
typedef int shell_run_fn(struct shell_call *call);

/* Whether `text` may stand for an argument; if not, `fault` says what is expected ("a number from 1 to 9"). */
typedef bool shell_check_fn(
	struct shell_call *call, const char *text, char *fault, size_t fault_bytes);

/* Offers words for an argument that begins with `prefix`; others may be offered too, they are left out. */
typedef void shell_complete_fn(
	struct shell_call *call, const char *prefix, struct shell_offer *offer);

/* A kind of argument. The engine has number, word and text; a table may add its own. */
struct shell_type {
	const char *name; /* "client" in "show clients [<client>]" */
	const char *help; /* "a client id" */
	shell_check_fn *check; /* NULL = everything fits */
	shell_complete_fn *complete; /* NULL = only the help is shown */
};

struct shell_command {
	const char *pattern;
	unsigned modes; /* enum shell_mode, several by | */
	enum shell_privilege privilege;
	unsigned flags; /* enum shell_flag */
	shell_run_fn *run;
	const char *help; /* "connected clients and sessions", without full stop */
};

/* The help of a word that several commands begin with: {"show", "look at the box and the broker"}. */
struct shell_word {
	const char *path;
	const char *help;
};

/* Arrays end with an entry that is all zero; `types` and `words` may be NULL. */
struct shell_table {
	const struct shell_command *commands;
	const struct shell_type *types;
	const struct shell_word *words;
};

struct shell_settings {
	const struct shell_table *const *tables; /* ends with NULL */
	const char *host; /* the prompt: "host> ", "host# " */
	const char *user; /* for the log; or NULL */
	enum shell_privilege privilege;
	unsigned idle_s; /* the session ends after so long without a key; 0 = never */
	bool yes; /* destructive commands do not ask */
	void *context; /* the tables' own: shell_context() */
};

enum shell_end { SHELL_END_EXIT, SHELL_END_IDLE, SHELL_END_HANGUP };

/*
 * Prompts and runs commands until the user leaves, the line hangs up, or nobody types. Ctrl-D in an empty line leaves; in
 * configure mode it is the command `exit`, which asks where something would be lost.
 */
enum shell_end shell_run(struct shell_term *term, const struct shell_settings *settings);

/*
 * Runs one command without prompt and pager: its output goes to the terminal's out, what went wrong to the tty or to
 * standard error. It asks only on a tty. The result is the exit status.
 */
int shell_run_line(
	struct shell_term *term, const struct shell_settings *settings, const char *line);

/* `word` as it must be typed in a line to be that one word; as snprintf. */
int shell_quote(char *out, size_t out_bytes, const char *word);

/* ---- For handlers: what was typed ---- */

/* The argument of that name in the command's pattern ("number", "text..." as "text"), or NULL when it was left out. */
const char *shell_arg(const struct shell_call *call, const char *name);

/* The argument as a number: it was checked already. `otherwise` when it was left out. */
long shell_number(const struct shell_call *call, const char *name, long otherwise);

void *shell_context(const struct shell_call *call);
const char *shell_user(const struct shell_call *call);
struct shell_term *shell_terminal(const struct shell_call *call);

/* Adds one word to what may stand here; `help` may be NULL. Both are copied. With control characters it is a hint. */
void shell_offer(struct shell_offer *offer, const char *word, const char *help);

/* Adds a line to the list that is no word: Tab never inserts it. */
void shell_offer_hint(struct shell_offer *offer, const char *what, const char *help);

/* ---- For handlers: output ---- */

/*
 * One line of output, without newline; newlines inside make several. Control characters are printed as \xNN. False
 * when nobody wants to read on (q in the pager, Ctrl-C): the handler ends early.
 */
bool shell_print(struct shell_call *call, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Text as it comes, in pieces: lines are made of it. For what streams; never printed as JSON. */
bool shell_write(struct shell_call *call, const char *bytes, size_t len);

/* What went wrong, who and why and what to do: goes to the user past all filters. Returns SHELL_NOT_DONE. */
int shell_fail(struct shell_call *call, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Whether `| json` was asked for: then a handler calls shell_json once, or shell_json_item as often as needed. */
bool shell_wants_json(const struct shell_call *call);
bool shell_json(struct shell_call *call, json_t *value); /* takes the reference over */
bool shell_json_item(struct shell_call *call, json_t *value); /* one entry of an array */

/* Whether the user has stopped the command: q in the pager, or Ctrl-C, which is looked for here. */
bool shell_stopped(struct shell_call *call);

/* All commands that may be typed in this mode, with their help. */
void shell_print_commands(struct shell_call *call);

/* ---- For handlers: the user and other programs ---- */

/* Whether somebody sits there: false for a single command from a script. */
bool shell_is_interactive(const struct shell_call *call);

/*
 * Asks, and wants `word` typed whole ("yes"). True without asking when settings.yes is set; false without asking when
 * nobody sits there, as a script that forgot --yes must not end what others use. On false "Nothing was changed" has
 * been said.
 */
bool shell_confirm(struct shell_call *call, const char *word, const char *question, ...)
	__attribute__((format(printf, 3, 4)));

/* Asks for a line of text; as shell_term_ask. -ENOTTY when nobody sits there. */
int shell_ask(
	struct shell_call *call, const char *prompt, char *out, size_t out_bytes, bool hidden);

/*
 * Runs a program (argv[0] by PATH); what it writes is the command's output as it comes, and Ctrl-C ends it: SIGINT,
 * SIGKILL after SHELL_CHILD_GRACE_S. Its input is empty. The result is its exit status, 128 + signal, or -errno.
 */
enum { SHELL_CHILD_GRACE_S = 5 };
int shell_exec(struct shell_call *call, const char *const *argv);

/* ---- For handlers: the session ---- */

enum shell_mode shell_mode(const struct shell_call *call);
void shell_set_mode(struct shell_call *call, enum shell_mode mode);

/* A line above the prompt, such as "[edit mqtt]"; copied; NULL or "" = none. */
void shell_set_banner(struct shell_call *call, const char *text);

/* The session ends when the handler returns. */
void shell_leave(struct shell_call *call);

#endif
