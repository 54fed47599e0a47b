#ifndef SHELL_TERM_H
#define SHELL_TERM_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A terminal: bytes in, lines out, whatever sends them.
 *
 * Layer:     shell (C library only)
 * Thread:    one; blocks, never longer than it is told
 * Ownership: shell_term_open borrows both descriptors; shell_term_close gives the tty its settings back
 * Limits:    SHELL_LINE_MAX bytes of a line: the rest is dropped and said; SHELL_WRITE_S for the other side to read
 *
 * Only VT100 sequences are sent, and none when the output is no tty. NULs, control characters and broken
 * UTF-8 are dropped where they come in. CR, LF and CR LF end a line. Every line goes out with CR LF on a tty.
 */

enum {
	SHELL_LINE_MAX = 4096, /* bytes of a line, with the NUL */
	SHELL_WRITE_S = 10,
};

struct shell_term;

/*
 * `in` and `out` may be one tty, or pipes. A tty is set raw, without flow control. NULL with errno set.
 */
struct shell_term *shell_term_open(int in, int out) __attribute__((warn_unused_result));
void shell_term_close(struct shell_term *term);

/* Whether lines are edited here: both ends are a tty. */
bool shell_term_is_tty(const struct shell_term *term);

/* Text as it is, with CR LF for each newline on a tty. -EPIPE when the other side is gone or does not read. */
int shell_term_write(struct shell_term *term, const char *bytes, size_t len);
int shell_term_print(struct shell_term *term, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

enum shell_term_ask {
	SHELL_ASK_HIDDEN = 1 << 0, /* nothing of the answer is shown */
};

/*
 * Prints `prompt` and reads one line into `out`, without its end; longer ones are cut at out_bytes - 1. Returns
 * its length in bytes; -ETIMEDOUT after idle_s (0 = never) without a key, -EINTR on Ctrl-C, -EPIPE on hang-up or Ctrl-D.
 */
int shell_term_ask(struct shell_term *term, const char *prompt, char *out, size_t out_bytes,
	unsigned flags, unsigned idle_s);

/*
 * Lines of a page and columns of a line; SHELL_SIZE_ASK = what the tty says (24 and 80 where it does not know), at
 * each use. 0 rows = no pages.
 */
enum { SHELL_SIZE_ASK = -1 };
void shell_term_resize(struct shell_term *term, int rows, int columns);
unsigned shell_term_rows(const struct shell_term *term);
unsigned shell_term_columns(const struct shell_term *term);

/* Throws away what was typed and not read yet; before a password is asked for. */
void shell_term_flush(struct shell_term *term);

#endif
