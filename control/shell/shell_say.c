#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shell_priv.h"

/* What is said about a line that cannot run, and other words to the user. */

void shell_vsay(struct shell *shell, const char *fmt, va_list ap)
{
	char *text, *clean = NULL;
	size_t clean_len;
	int len = vasprintf(&text, fmt, ap);

	if (len < 0)
		return;
	for (char *line = text, *end; line != NULL; line = end) {
		end = strchr(line, '\n');
		clean = shell_clean(
			line, end != NULL ? (size_t)(end++ - line) : strlen(line), &clean_len);
		if (clean != NULL && shell->is_interactive)
			shell_term_print(shell->term, "%s\n", clean);
		else if (clean != NULL)
			fprintf(stderr, "%s\n", clean);
		free(clean);
	}
	free(text);
}

void shell_say(struct shell *shell, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	shell_vsay(shell, fmt, ap);
	va_end(ap);
}

void shell_say_wrong(struct shell *shell, const char *line, size_t at, const char *fmt, ...)
{
	size_t column =
		shell_edit_width(shell->prompt, strlen(shell->prompt)) + shell_edit_width(line, at);
	size_t width = column + shell_edit_width(line + at, strlen(line + at));
	va_list ap;

	if (shell->is_interactive && !shell->is_single && width < shell_term_columns(shell->term))
		shell_term_print(shell->term, "%*s^\n", (int)column, "");
	va_start(ap, fmt);
	shell_vsay(shell, fmt, ap);
	va_end(ap);
}

/* "clients, config, cores" of what may stand at the end of the line's first `len` bytes. */
static void print_expected(
	char *out, size_t out_bytes, struct shell *shell, const char *line, size_t len)
{
	struct shell_offer *offer = calloc(1, sizeof(*offer));
	size_t used = 0, at;

	out[0] = '\0';
	if (offer == NULL)
		return;
	offer->names_only = true;
	(void)shell_offer_fill(offer, shell, line, len, &at);
	for (size_t i = 0; i < offer->len && used < out_bytes; i++)
		if (strcmp(offer->offered[i].word, "Enter") != 0)
			used += (size_t)snprintf(out + used, out_bytes - used, "%s%s",
				used > 0 ? ", " : "", offer->offered[i].word);
	shell_offer_fini(offer);
	free(offer);
}

void shell_say_verdict(struct shell *shell, const char *line, size_t at, enum shell_verdict verdict)
{
	char expected[1024], more[SHELL_LINE_MAX + 1];
	size_t bytes = strcspn(line + at, " \t");
	int word_len = (int)(bytes < SHELL_NAME_MAX ? bytes : SHELL_NAME_MAX);

	if (verdict == SHELL_INCOMPLETE) {
		int len = snprintf(more, sizeof(more), "%.*s ", (int)at, line);

		print_expected(expected, sizeof(expected), shell, more, (size_t)len);
		shell_say_wrong(
			shell, line, at, "the command is not complete; expected: %s", expected);
		return;
	}
	print_expected(expected, sizeof(expected), shell, line,
		at + (verdict == SHELL_AMBIGUOUS ? bytes : 0));
	if (verdict == SHELL_AMBIGUOUS)
		shell_say_wrong(shell, line, at, "'%.*s' is ambiguous; it may be: %s", word_len,
			line + at, expected);
	else if (expected[0] == '\0')
		shell_say_wrong(shell, line, at, "unexpected '%.*s'; the command ends before it",
			word_len, line + at);
	else
		shell_say_wrong(shell, line, at, "unknown word '%.*s'; expected: %s", word_len,
			line + at, expected);
}
