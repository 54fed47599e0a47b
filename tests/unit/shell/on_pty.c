#include "on_pty.h"

#include <unistd.h>

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
	terminal_start(run_session, settings);
	terminal_resize(PTY_ROWS, PTY_COLUMNS);
	terminal_expect("box> ");
}
