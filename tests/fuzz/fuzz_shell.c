/* libs: shell */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "shell.h"

/*
 * What comes over a serial line, to a session of the shell. The first two bytes are the terminal's rows and columns,
 * the rest is typed; PAUSE parts what comes at once. However it goes, the session ends with its input, and nothing but
 * characters and the shell's own sequences is sent to the terminal.
 */
enum { PAUSE = 0xff, LINES = 60, OUTPUT_MAX = 16 << 20, ESC = 0x1b };

static int out = -1;

static void check(bool is_right, const char *what)
{
	if (!is_right) {
		dprintf(STDERR_FILENO, "fuzz_shell: %s\n", what);
		abort();
	}
}

/* These stand before the C library's: a socket and a file in memory pass for a terminal, which would be slow. */
int isatty(int fd)
{
	(void)fd;
	return 1;
}

int tcgetattr(int fd, struct termios *termios_p)
{
	(void)fd;
	*termios_p = (struct termios){0};
	return 0;
}

int tcsetattr(int fd, int optional_actions, const struct termios *termios_p)
{
	(void)fd;
	(void)optional_actions;
	(void)termios_p;
	return 0;
}

int tcflush(int fd, int queue_selector)
{
	(void)fd;
	(void)queue_selector;
	return 0;
}

/* ---- The commands: one of each kind ---- */

static int print_lines(struct shell_call *call)
{
	long lines = shell_number(call, "number", 3);

	for (long i = 1; i <= lines && i <= LINES; i++)
		if (!shell_print(call, "line %ld", i))
			return SHELL_NOT_DONE;
	return SHELL_DONE;
}

static int print_clients(struct shell_call *call)
{
	const char *client = shell_arg(call, "client");

	if (client == NULL)
		return shell_fail(call, "which one?");
	if (shell_wants_json(call))
		shell_json_item(call, json_pack("{s:s}", "client", client));
	else
		shell_print(call, "client %s", client);
	return SHELL_DONE;
}

static int print_rest(struct shell_call *call)
{
	const char *text = shell_arg(call, "text");

	return shell_write(call, text, strlen(text)) ? SHELL_DONE : SHELL_NOT_DONE;
}

static int ask(struct shell_call *call)
{
	char answer[8];
	int bytes = shell_ask(call, "Secret: ", answer, sizeof(answer), true);

	shell_print(call, "%d %s", bytes, answer);
	return SHELL_DONE;
}

static int configure(struct shell_call *call)
{
	shell_set_mode(call, SHELL_CONFIGURE);
	shell_set_banner(call, "[edit]");
	return SHELL_DONE;
}

static int leave(struct shell_call *call)
{
	if (!shell_confirm(call, "yes", "This leaves %s.", "it"))
		return SHELL_NOT_DONE;
	shell_leave(call);
	return SHELL_DONE;
}

static void complete_client(struct shell_call *call, const char *prefix, struct shell_offer *offer)
{
	(void)call;
	(void)prefix;
	shell_offer(offer, "meter 1", "with a blank");
	shell_offer(offer, "meter \"2\"\\", NULL);
	shell_offer(offer, "\x1b[2J\xff", "not for a terminal");
	shell_offer(offer, "\xc3\xbc", NULL);
	shell_offer(offer, "\xc3\xa4", NULL);
}

static const struct shell_table table = {
	.commands =
		(const struct shell_command[]){
			{"show lines [<number>]", SHELL_OPERATE, SHELL_VIEW, 0, print_lines,
				"lines"},
			{"show clients [<client>]", SHELL_OPERATE, SHELL_VIEW, SHELL_JSON,
				print_clients, "clients"},
			{"say <text...>", SHELL_OPERATE, SHELL_VIEW, 0, print_rest, "say it"},
			{"ask", SHELL_OPERATE, SHELL_VIEW, 0, ask, "ask for it"},
			{"configure", SHELL_OPERATE, SHELL_VIEW, 0, configure, "change things"},
			{"set <word> <text...>", SHELL_CONFIGURE, SHELL_VIEW, 0, print_rest,
				"set a key"},
			{"exit", SHELL_OPERATE | SHELL_CONFIGURE, SHELL_VIEW, 0, leave, "leave"},
			{0},
		},
	.types = (const struct shell_type[]){{"client", "a client", NULL, complete_client}, {0}},
	.words = (const struct shell_word[]){{"show", "look around"}, {0}},
};
static const struct shell_table *const tables[] = {&table, NULL};

/* ---- What comes out ---- */

/* Bytes of one of the shell's own sequences: cursor right, home, clear the row or the screen. 0 = none of them. */
static size_t sequence(const uint8_t *at, size_t left)
{
	size_t bytes = 2;

	if (left < 3 || at[1] != '[')
		return 0;
	while (bytes < left && at[bytes] >= '0' && at[bytes] <= '9')
		bytes++;
	return bytes < left && strchr("CHJK", at[bytes]) != NULL && at[bytes] != '\0' ? bytes + 1
										      : 0;
}

/* Bytes of one character that is no control character. 0 = none. */
static size_t character(const uint8_t *at, size_t left)
{
	size_t bytes = at[0] < 0x80 ? 1 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;

	if (at[0] < ' ' || at[0] == 0x7f || (at[0] >= 0x80 && at[0] < 0xc2) || at[0] > 0xf4 ||
		bytes > left || (at[0] == 0xc2 && at[1] < 0xa0))
		return 0;
	for (size_t i = 1; i < bytes; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	return bytes;
}

static void check_output(const uint8_t *data, size_t bytes)
{
	for (size_t at = 0, used; at < bytes; at += used) {
		if (data[at] == '\r' || data[at] == '\n')
			used = 1;
		else if (data[at] == ESC)
			used = sequence(data + at, bytes - at);
		else
			used = character(data + at, bytes - at);
		check(used > 0, "what is no character reaches the terminal");
	}
}

/* ---- What goes in ---- */

/* Each piece is what one read gets. What the line has no room for is not typed. */
static void type(int line, const uint8_t *data, size_t bytes)
{
	while (bytes > 0) {
		const uint8_t *pause = memchr(data, PAUSE, bytes);
		size_t piece = pause != NULL ? (size_t)(pause - data) : bytes;

		if (piece > 0 && send(line, data, piece, MSG_DONTWAIT) < 0)
			return;
		piece += pause != NULL;
		data += piece;
		bytes -= piece;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static const struct shell_settings settings = {
		.tables = tables, .host = "box", .privilege = SHELL_ADMIN};
	static uint8_t output[OUTPUT_MAX];
	struct shell_term *term;
	ssize_t output_bytes;
	int line[2];

	if (bytes < 2)
		return 0;
	if (out < 0)
		out = memfd_create("terminal", MFD_CLOEXEC);
	check(ftruncate(out, 0) == 0 && socketpair(AF_UNIX, SOCK_SEQPACKET, 0, line) == 0,
		"no terminal");
	type(line[1], data + 2, bytes - 2);
	close(line[1]);
	term = shell_term_open(line[0], out);
	if (term != NULL) {
		shell_term_resize(term, data[0], data[1]);
		(void)shell_run(term, &settings);
		shell_term_close(term);
	}
	close(line[0]);
	output_bytes = pread(out, output, sizeof(output), 0);
	check(output_bytes > 0, "no prompt");
	check_output(output, (size_t)output_bytes);
	return 0;
}
