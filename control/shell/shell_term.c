#include "shell_term_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { INPUT_ROOM = 4096, ROWS = 24, COLUMNS = 80, PRINT_ROOM = 1024, CTRL_C = 3 };

struct shell_term {
	int in, out;
	bool is_own_out; /* `out` was opened here */
	bool is_tty, is_broken, is_end;
	struct termios before;
	int rows, columns; /* SHELL_SIZE_ASK = what the tty says */
	struct shell_decoder decoder;
	unsigned char input[INPUT_ROOM]; /* read, and no keys yet */
	size_t input_at, input_len;
};

static int set_raw(struct shell_term *term)
{
	struct termios raw;

	if (tcgetattr(term->in, &term->before) < 0)
		return -1;
	raw = term->before;
	raw.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL |
				   IXON | IXOFF | IXANY);
	raw.c_iflag |= IGNBRK;
	raw.c_oflag &= ~(tcflag_t)OPOST;
	raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	raw.c_cflag &= ~(tcflag_t)(CSIZE | PARENB | CRTSCTS);
	raw.c_cflag |= CS8;
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	return tcsetattr(term->in, TCSANOW, &raw);
}

/*
 * The tty opened a second time, so that writing never blocks and whoever shares the first one notices nothing. Where that
 * cannot be done, `out` as it is.
 */
static void open_own_out(struct shell_term *term)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", term->out);
	fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return;
	term->out = fd;
	term->is_own_out = true;
}

struct shell_term *shell_term_open(int in, int out)
{
	struct shell_term *term = calloc(1, sizeof(*term));

	if (term == NULL)
		return NULL;
	term->in = in;
	term->out = out;
	term->rows = term->columns = SHELL_SIZE_ASK;
	term->is_tty = isatty(in) && isatty(out);
	if (term->is_tty && set_raw(term) < 0) {
		free(term);
		return NULL;
	}
	if (term->is_tty)
		open_own_out(term);
	return term;
}

void shell_term_close(struct shell_term *term)
{
	if (term->is_tty)
		tcsetattr(term->in, TCSANOW, &term->before);
	if (term->is_own_out)
		close(term->out);
	free(term);
}

bool shell_term_is_tty(const struct shell_term *term)
{
	return term->is_tty;
}

bool shell_term_is_broken(const struct shell_term *term)
{
	return term->is_broken || term->is_end;
}

int shell_term_in(const struct shell_term *term)
{
	return term->in;
}

const char *shell_term_text(const struct shell_term *term)
{
	return term->decoder.text;
}

/* Waits for the other side to take bytes. A tty that stays full is given up: nothing may wait for it for ever. */
static bool wait_writable(struct shell_term *term)
{
	struct pollfd poll_out = {.fd = term->out, .events = POLLOUT};
	int n;

	do
		n = poll(&poll_out, 1, term->is_tty ? SHELL_WRITE_S * 1000 : -1);
	while (n < 0 && errno == EINTR);
	return n > 0 && (poll_out.revents & POLLOUT) != 0;
}

static int write_all(struct shell_term *term, const char *bytes, size_t len)
{
	while (len > 0 && !term->is_broken) {
		ssize_t n = wait_writable(term) ? write(term->out, bytes, len) : -1;

		if (n < 0 && (errno == EINTR || errno == EAGAIN) && wait_writable(term))
			continue;
		if (n <= 0) {
			term->is_broken = true;
			break;
		}
		bytes += n;
		len -= (size_t)n;
	}
	return term->is_broken ? -EPIPE : 0;
}

int shell_term_write(struct shell_term *term, const char *bytes, size_t len)
{
	char out[PRINT_ROOM];
	size_t used = 0;
	int rc = 0;

	if (!term->is_tty)
		return write_all(term, bytes, len);
	for (size_t i = 0; i < len && rc == 0; i++) {
		if (used + 2 > sizeof(out)) {
			rc = write_all(term, out, used);
			used = 0;
		}
		if (bytes[i] == '\n')
			out[used++] = '\r';
		out[used++] = bytes[i];
	}
	return rc == 0 ? write_all(term, out, used) : rc;
}

int shell_term_print(struct shell_term *term, const char *fmt, ...)
{
	char *text;
	va_list ap;
	int len, rc;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (len < 0)
		return -ENOMEM;
	rc = shell_term_write(term, text, (size_t)len);
	free(text);
	return rc;
}

void shell_term_resize(struct shell_term *term, int rows, int columns)
{
	term->rows = rows;
	term->columns = columns;
}

static struct winsize ask_size(const struct shell_term *term)
{
	struct winsize size = {0};

	if (!term->is_tty || ioctl(term->out, TIOCGWINSZ, &size) < 0)
		size = (struct winsize){0};
	return size;
}

unsigned shell_term_rows(const struct shell_term *term)
{
	unsigned rows = ask_size(term).ws_row;

	if (term->rows != SHELL_SIZE_ASK)
		return (unsigned)term->rows;
	return rows != 0 ? rows : ROWS;
}

unsigned shell_term_columns(const struct shell_term *term)
{
	unsigned columns = ask_size(term).ws_col;

	if (term->columns > 0)
		return (unsigned)term->columns;
	return columns != 0 ? columns : COLUMNS;
}

/* Reads what is there; waits for it at most timeout_ms. 0, -ETIMEDOUT, -EPIPE. */
static int fill(struct shell_term *term, int timeout_ms)
{
	struct pollfd poll_in = {.fd = term->in, .events = POLLIN};
	ssize_t bytes;
	int n;

	if (term->is_end)
		return -EPIPE;
	do
		n = poll(&poll_in, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return -ETIMEDOUT;
	if (term->input_at > 0) {
		memmove(term->input, term->input + term->input_at,
			term->input_len - term->input_at);
		term->input_len -= term->input_at;
		term->input_at = 0;
	}
	do
		bytes = read(term->in, term->input + term->input_len,
			sizeof(term->input) - term->input_len);
	while (bytes < 0 && errno == EINTR);
	if (bytes < 0 && errno == EAGAIN)
		return 0;
	if (bytes <= 0) {
		term->is_end = true;
		return -EPIPE;
	}
	term->input_len += (size_t)bytes;
	return 0;
}

bool shell_term_has_input(const struct shell_term *term)
{
	return term->input_at < term->input_len;
}

int shell_term_key(struct shell_term *term, int timeout_ms, enum shell_key *key)
{
	int rc;

	while (!shell_term_has_input(term)) {
		rc = fill(term, timeout_ms);
		if (rc < 0)
			return rc;
	}
	*key = shell_key_feed(&term->decoder, term->input[term->input_at++]);
	return 0;
}

bool shell_term_is_interrupted(struct shell_term *term)
{
	size_t at;

	/* What fills the buffer is not waited for by anybody: only a Ctrl-C in it counts. */
	if (term->input_len - term->input_at == sizeof(term->input))
		term->input_len--;
	if (term->is_tty && fill(term, 0) == -EPIPE)
		return true;
	for (at = term->input_len; at > term->input_at; at--) {
		if (term->is_tty && term->input[at - 1] == CTRL_C) {
			term->input_at = at;
			return true;
		}
	}
	return term->is_broken;
}

void shell_term_flush(struct shell_term *term)
{
	if (term->is_tty)
		tcflush(term->in, TCIFLUSH);
	term->input_at = term->input_len = 0;
	term->decoder = (struct shell_decoder){0};
}
