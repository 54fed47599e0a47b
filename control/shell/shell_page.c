#include <errno.h>

#include "shell_priv.h"

/* Output that stops at the end of a page and waits for a key. */

static void stop(struct shell_call *call)
{
	call->is_stopped = true;
}

/* A key of the pager; false while it is none of its keys. */
static bool take_key(struct shell_call *call, enum shell_key key, const char *text)
{
	if (key == SHELL_KEY_CANCEL || key == SHELL_KEY_END_OF_INPUT ||
		(key == SHELL_KEY_TEXT && (*text == 'q' || *text == 'Q')))
		stop(call);
	else if (key == SHELL_KEY_ENTER || key == SHELL_KEY_DOWN)
		call->rows_used--;
	else if (key == SHELL_KEY_TEXT && *text == ' ')
		call->rows_used = 0;
	else if (key == SHELL_KEY_END || (key == SHELL_KEY_TEXT && *text == 'G'))
		call->is_paged = false;
	else
		return false;
	return true;
}

static void wait_for_key(struct shell_call *call)
{
	struct shell *shell = call->shell;
	unsigned idle_s = shell->settings->idle_s;
	enum shell_key key = SHELL_KEY_NONE;
	int rc;

	shell_term_print(shell->term, "-- more -- (Space: page, Enter: line, G: all, q: end)");
	do
		rc = shell_term_key(shell->term, idle_s ? (int)idle_s * 1000 : -1, &key);
	while (rc == 0 && !take_key(call, key, shell_term_text(shell->term)));
	shell_term_print(shell->term, "\r\x1b[K");
	if (rc < 0) {
		shell->end = rc == -ETIMEDOUT ? SHELL_END_IDLE : SHELL_END_HANGUP;
		shell->is_leaving = true;
		stop(call);
	}
}

bool shell_page_line(struct shell_call *call, const char *line, size_t len)
{
	struct shell_term *term = call->shell->term;
	unsigned rows = shell_term_rows(term), columns = shell_term_columns(term);
	size_t width = shell_edit_width(line, len);
	unsigned needed = width == 0 ? 1 : (unsigned)((width - 1) / columns + 1);

	/* A line that is higher than the page is shown whole. */
	if (call->is_paged && rows > 1 && call->rows_used > 0 &&
		call->rows_used + needed > rows - 1) {
		call->rows_used = rows - 1;
		wait_for_key(call);
	}
	call->rows_used += needed;
	if (!call->is_stopped &&
		(shell_term_write(term, line, len) < 0 || shell_term_write(term, "\n", 1) < 0))
		stop(call);
	return !call->is_stopped;
}
