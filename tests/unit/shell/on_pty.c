#include "on_pty.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "terminal.h"
#include "tree.h"

const struct shell_settings pty_settings = {
	.tables = tree_tables, .host = "box", .user = "test", .privilege = SHELL_ADMIN};

static int run_session(const void *settings)
{
	struct shell_term *term = shell_term_open(STDIN_FILENO, STDOUT_FILENO);
	enum shell_end end;

	if (term == NULL)
		return 100;
	end = shell_run(term, settings);
	shell_term_close(term);
	return (int)end;
}

void pty_start(const struct shell_settings *settings)
{
	assert_int_equal(terminal_start(run_session, settings), 0);
	terminal_resize(PTY_ROWS, PTY_COLUMNS);
	pty_expect("box> ");
}

void pty_send_bytes(const char *bytes, size_t len)
{
	assert_int_equal(terminal_send(bytes, len), 0);
}

void pty_send(const char *bytes)
{
	pty_send_bytes(bytes, strlen(bytes));
}

void pty_expect(const char *text)
{
	assert_int_equal(terminal_expect(text), 0);
}

const char *pty_before(void)
{
	return terminal_before();
}

void pty_resize(unsigned rows, unsigned columns)
{
	terminal_resize(rows, columns);
}

void pty_hang_up(void)
{
	terminal_hang_up();
}

int pty_end(void)
{
	return terminal_end();
}
