#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "menu_show.h"

/* Commands about this session and its terminal; and ping. */

enum { PING_COUNT = 4, ROWS_MAX = 1000, COLUMNS_LEAST = 20 };

bool menu_check_host(struct shell_call *call, const char *text, char *fault, size_t fault_bytes)
{
	bool is_host = text[0] != '\0' && text[0] != '-';

	(void)call;
	for (const char *at = text; *at != '\0'; at++)
		is_host &= isalnum((unsigned char)*at) || strchr(".:-_%", *at) != NULL;
	if (!is_host)
		snprintf(fault, fault_bytes, "the name or the address of a host");
	return is_host;
}

int menu_ping(struct shell_call *call)
{
	char count[24];
	const char *argv[] = {"ping", "-c", count, shell_arg(call, "host"), NULL};
	long wanted = shell_number(call, "number", shell_is_interactive(call) ? 0 : PING_COUNT);
	int rc;

	if (wanted == 0) {
		argv[1] = argv[3];
		argv[2] = NULL;
	}
	snprintf(count, sizeof(count), "%ld", wanted);
	rc = shell_exec(call, argv);
	if (rc < 0)
		return shell_fail(call, "ping cannot be started: %s", strerror(-rc));
	if (rc == 127)
		return shell_fail(call, "there is no ping on this machine");
	return rc == 0 ? SHELL_DONE : SHELL_NOT_DONE;
}

int menu_clear_screen(struct shell_call *call)
{
	if (shell_is_interactive(call))
		shell_term_print(shell_terminal(call), "\x1b[H\x1b[2J");
	return SHELL_DONE;
}

int menu_terminal_length(struct shell_call *call)
{
	struct shell_term *term = shell_terminal(call);
	long rows = shell_number(call, "number", 0);

	if (rows == 1 || rows > ROWS_MAX)
		return shell_fail(call, "a page has 2 to %d lines; 0 = no pages", ROWS_MAX);
	shell_term_resize(term, (int)rows, (int)shell_term_columns(term));
	return SHELL_DONE;
}

int menu_terminal_width(struct shell_call *call)
{
	struct shell_term *term = shell_terminal(call);
	long columns = shell_number(call, "number", 0);

	if (columns != 0 && (columns < COLUMNS_LEAST || columns > ROWS_MAX))
		return shell_fail(call, "a line has %d to %d columns; 0 = what the terminal says",
			COLUMNS_LEAST, ROWS_MAX);
	shell_term_resize(
		term, (int)shell_term_rows(term), columns == 0 ? SHELL_SIZE_ASK : (int)columns);
	return SHELL_DONE;
}
