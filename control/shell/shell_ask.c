#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shell_priv.h"

/* Questions to the user, and what a handler changes of the session. */

bool shell_is_interactive(const struct shell_call *call)
{
	return call->shell->is_interactive;
}

int shell_ask(struct shell_call *call, const char *prompt, char *out, size_t out_bytes, bool hidden)
{
	struct shell *shell = call->shell;
	int rc;

	out[0] = '\0';
	if (!shell->is_interactive)
		return -ENOTTY;
	shell_term_flush(shell->term);
	rc = shell_term_ask(shell->term, prompt, out, out_bytes, hidden ? SHELL_ASK_HIDDEN : 0,
		shell->settings->idle_s);
	if (rc == -ETIMEDOUT) {
		shell->end = SHELL_END_IDLE;
		shell->is_leaving = true;
	}
	return rc;
}

bool shell_confirm(struct shell_call *call, const char *word, const char *question, ...)
{
	char answer[SHELL_NAME_MAX], prompt[SHELL_PROMPT_MAX];
	va_list ap;

	if (call->shell->settings->yes)
		return true;
	va_start(ap, question);
	shell_vsay(call->shell, question, ap);
	va_end(ap);
	if (!call->shell->is_interactive) {
		shell_fail(call, "Nothing was changed: no terminal is here to ask at. --yes goes "
				 "on without asking.");
		return false;
	}
	snprintf(prompt, sizeof(prompt), "Type '%s' to go on: ", word);
	if (shell_ask(call, prompt, answer, sizeof(answer), false) > 0 && strcmp(answer, word) == 0)
		return true;
	shell_say(call->shell, "Nothing was changed.");
	return false;
}

enum shell_mode shell_mode(const struct shell_call *call)
{
	return call->shell->mode;
}

void shell_set_mode(struct shell_call *call, enum shell_mode mode)
{
	call->shell->mode = mode;
}

void shell_set_banner(struct shell_call *call, const char *text)
{
	snprintf(call->shell->banner, sizeof(call->shell->banner), "%s", text != NULL ? text : "");
}

void shell_leave(struct shell_call *call)
{
	call->shell->is_leaving = true;
}
