#include "console.h"

#include <string.h>

#include "base_time.h"

/* The commands that only the console has: they are about who is logged in. */

static int run_password(struct shell_call *call)
{
	struct console *console = (struct console *)shell_context(call);
	char old[CONSOLE_PASSWORD_MAX + 1];
	enum console_verdict verdict;
	unsigned wait_s = 0;
	int status = SHELL_NOT_DONE;

	if (shell_ask(call, "Old password: ", old, sizeof(old), true) < 0)
		return shell_fail(call, "The password was not changed.");
	verdict = console_account_check(
		&console->account, console->user, old, base_time_ms(), &wait_s);
	if (verdict == CONSOLE_RIGHT)
		status = console_change_password(console, old) == CONSOLE_CHANGED ? SHELL_DONE
										  : SHELL_NOT_DONE;
	else if (verdict == CONSOLE_BROKEN)
		shell_fail(call, "The password cannot be checked: there is not enough memory.");
	else if (wait_s > 0)
		shell_fail(
			call, "Too many wrong passwords: the console is locked for %u s.", wait_s);
	else
		shell_fail(call, "This is not your password.");
	explicit_bzero(old, sizeof(old));
	return status;
}

static const struct shell_command commands[] = {
	{"password", SHELL_OPERATE, SHELL_VIEW, SHELL_RAW, run_password,
		"change your own password"},
	{0},
};

const struct shell_table console_table = {.commands = commands};
