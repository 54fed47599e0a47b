#ifndef SHELL_TERM_PRIV_H
#define SHELL_TERM_PRIV_H

#include "shell_edit.h"
#include "shell_history.h"
#include "shell_key.h"
#include "shell_term.h"

/*
 * What the shell itself needs of a terminal: keys, and lines with help.
 *
 * Layer: shell
 */

/*
 * The next key within timeout_ms (-1 = as long as it takes). SHELL_KEY_NONE stands for bytes that are no key. Returns 0,
 * -ETIMEDOUT, or -EPIPE when the line hangs up.
 */
int shell_term_key(struct shell_term *term, int timeout_ms, enum shell_key *key);

/* The character of the last SHELL_KEY_TEXT. */
const char *shell_term_text(const struct shell_term *term);

/* Whether bytes were read that are not keys yet: drawing can wait. */
bool shell_term_has_input(const struct shell_term *term);

/*
 * Whether Ctrl-C was typed, or the line hung up, without waiting. What was typed ahead is kept, but for what stands
 * before a Ctrl-C.
 */
bool shell_term_is_interrupted(struct shell_term *term);

/* The descriptors, for poll. */
int shell_term_in(const struct shell_term *term);

/* Whether what was written arrives no longer. */
bool shell_term_is_broken(const struct shell_term *term);

/* Reads one line. */
struct shell_reader {
	struct shell_term *term;
	const char *prompt;
	unsigned idle_s; /* 0 = no limit */
	bool hidden; /* nothing of the line is shown */
	const struct shell_history *history; /* NULL = none */
	void (*tab)(struct shell_reader *reader, bool again); /* NULL = Tab does nothing */
	void (*help)(struct shell_reader *reader); /* '?'; NULL = a character as any other */
	void *arg;

	struct shell_edit edit; /* the line */
	size_t first; /* where its picture begins */
	size_t back; /* 1 + which line of history is shown; 0 = none */
	bool is_tab; /* the key before was Tab */
	bool is_stale; /* the terminal does not show the line as it is */
	bool is_plain; /* it shows the first `shown` bytes, and the cursor stands behind them */
	size_t shown;
};

/*
 * 0: the line is in reader->edit.text. -EMSGSIZE when it was longer than a line may be; -EINTR on Ctrl-C; -EPIPE on
 * hang-up, or Ctrl-D in an empty line; -ETIMEDOUT.
 */
int shell_reader_run(struct shell_reader *reader);

/* Below the line: for hooks that print. The reader draws its line anew after the hook. */
void shell_reader_leave_row(struct shell_reader *reader);

#endif
