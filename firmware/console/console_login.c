#include "console.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base_log.h"
#include "base_time.h"

enum {
	CALM_AFTER = 8, /* ends of input in a row */
	CALM_MS = 100,
	PROMPT_BYTES = CONSOLE_NAME_MAX + 16,
};

/* Ctrl-D looks like the end of the line: whether there is one is seen at the descriptor. */
static bool is_gone(const struct console *console)
{
	struct pollfd fd = {.fd = console->in};

	if (!shell_term_is_tty(console->term))
		return true;
	return poll(&fd, 1, 0) == 1 && (fd.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

/* Somebody leans on Ctrl-D, or the line fails without hanging up: neither may take the processor. */
static void calm_down(struct console *console)
{
	const struct timespec pause = {.tv_nsec = CALM_MS * 1000000L};

	nanosleep(&pause, NULL);
	shell_term_flush(console->term);
}

/* Everything but a name asks again. False when the line is gone. */
static bool ask_name(struct console *console, char name[CONSOLE_NAME_MAX])
{
	char prompt[PROMPT_BYTES];
	unsigned ends = 0;

	snprintf(prompt, sizeof(prompt), "%s login: ", console->host);
	for (;;) {
		int len = shell_term_ask(console->term, prompt, name, CONSOLE_NAME_MAX, 0, 0);

		if (len > 0)
			return true;
		ends = len == -EPIPE ? ends + 1 : 0;
		if (len == -EPIPE && is_gone(console))
			return false;
		if (ends > CALM_AFTER)
			calm_down(console);
	}
}

static int ask_hidden(
	struct console *console, const char *prompt, char password[CONSOLE_PASSWORD_MAX + 1])
{
	return shell_term_ask(console->term, prompt, password, CONSOLE_PASSWORD_MAX + 1,
		SHELL_ASK_HIDDEN, CONSOLE_PASSWORD_S);
}

static void say_wait(struct console *console, unsigned wait_s)
{
	shell_term_print(console->term,
		"Too many wrong passwords: the console is locked for %u s.\n", wait_s);
}

static bool judge(struct console *console, const char *name, const char *password)
{
	unsigned wait_s = 0, wrong = console->account.lock.wrong;

	switch (console_account_check(&console->account, name, password, base_time_ms(), &wait_s)) {
	case CONSOLE_RIGHT:
		if (wrong > 0)
			shell_term_print(console->term,
				"Wrong passwords since the last login: %u.\n", wrong);
		return true;
	case CONSOLE_WRONG:
		shell_term_print(console->term, "Login incorrect.\n");
		if (wait_s > 0)
			say_wait(console, wait_s);
		return false;
	case CONSOLE_SHUT:
		say_wait(console, wait_s);
		return false;
	case CONSOLE_BROKEN:
		shell_term_print(console->term,
			"The password cannot be checked: there is not enough memory. Try again.\n");
		return false;
	}
	return false;
}

enum console_change console_change_password(struct console *console, const char *old)
{
	char fresh[CONSOLE_PASSWORD_MAX + 1], again[CONSOLE_PASSWORD_MAX + 1];
	enum console_change end = CONSOLE_GAVE_UP;

	while (ask_hidden(console, "New password: ", fresh) >= 0) {
		const char *fault = console_password_fault(fresh, old, console->user);
		int rc;

		if (fault != NULL) {
			shell_term_print(console->term, "The password %s.\n", fault);
			continue;
		}
		if (ask_hidden(console, "New password again: ", again) < 0)
			break;
		if (strcmp(fresh, again) != 0) {
			shell_term_print(console->term, "The two are not the same.\n");
			continue;
		}
		rc = console_account_set(&console->account, console->user, fresh, false);
		if (rc < 0)
			shell_term_print(console->term,
				"The new password cannot be stored: %s. The old one stays.\n",
				strerror(-rc));
		else if (rc > 0)
			shell_term_print(console->term, "The password is changed until the next "
							"boot: there is no disk to keep it on.\n");
		else
			shell_term_print(console->term, "The password is changed.\n");
		end = rc < 0 ? CONSOLE_UNCHANGED : CONSOLE_CHANGED;
		break;
	}
	explicit_bzero(fresh, sizeof(fresh));
	explicit_bzero(again, sizeof(again));
	return end;
}

/* A password that the box made is good for one login; where no other can be stored, the shell is worth more. */
static bool renew(struct console *console, const char *password)
{
	if (!console_account_must_change(&console->account, console->user))
		return true;
	shell_term_print(console->term,
		"Choose a password of your own, of at least %d characters. Ctrl-C leaves.\n",
		CONSOLE_PASSWORD_MIN_LEN);
	if (console_change_password(console, password) != CONSOLE_GAVE_UP)
		return true;
	shell_term_print(console->term, "Logged out: the first password was not replaced.\n");
	return false;
}

bool console_login(struct console *console)
{
	char name[CONSOLE_NAME_MAX], password[CONSOLE_PASSWORD_MAX + 1];
	bool is_in = false;

	while (!is_in) {
		if (!ask_name(console, name))
			return false;
		if (ask_hidden(console, "Password: ", password) < 0) {
			shell_term_print(console->term, "\n");
			continue;
		}
		snprintf(console->user, sizeof(console->user), "%s", name);
		is_in = judge(console, name, password) && renew(console, password);
		explicit_bzero(password, sizeof(password));
	}
	base_log(BASE_LOG_INFO, "user %s has logged in", console->user);
	return true;
}
