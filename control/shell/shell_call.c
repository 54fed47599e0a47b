#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shell_priv.h"

/* What a handler sees of its command: arguments, output, questions. */

void shell_call_init(struct shell_call *call, struct shell *shell,
	const struct shell_command *command, const struct shell_word_at *words, size_t len)
{
	*call = (struct shell_call){
		.shell = shell, .command = command, .words = words, .word_len = len};
	call->is_paged =
		shell->is_interactive && !shell->is_single && (command->flags & SHELL_RAW) == 0;
	if (!shell_pattern_read(&call->pattern, command->pattern))
		abort();
}

/* Joins the words from `i` on. */
static const char *join(struct shell_call *call, size_t i)
{
	size_t used = 0;

	for (call->rest[0] = '\0'; i < call->word_len && used < sizeof(call->rest); i++)
		used += (size_t)snprintf(call->rest + used, sizeof(call->rest) - used, "%s%s",
			used > 0 ? " " : "", call->words[i].text);
	return call->rest;
}

const char *shell_arg(const struct shell_call *call, const char *name)
{
	union {
		const struct shell_call *given;
		struct shell_call *own; /* where the words are joined */
	} u = {.given = call};

	for (size_t i = 0; i < call->pattern.len && i < call->word_len; i++) {
		const struct shell_element *element = &call->pattern.elements[i];

		if (!element->is_arg || strcmp(element->name, name) != 0)
			continue;
		return element->is_rest ? join(u.own, i) : call->words[i].text;
	}
	return NULL;
}

long shell_number(const struct shell_call *call, const char *name, long otherwise)
{
	const char *text = shell_arg(call, name);

	return text != NULL ? strtol(text, NULL, 10) : otherwise;
}

void *shell_context(const struct shell_call *call)
{
	return call->shell->settings->context;
}

const char *shell_user(const struct shell_call *call)
{
	return call->shell->settings->user;
}

struct shell_term *shell_terminal(const struct shell_call *call)
{
	return call->shell->term;
}

bool shell_stopped(struct shell_call *call)
{
	call->lines_unchecked = 0;
	if (!call->is_stopped && shell_term_is_interrupted(call->shell->term)) {
		call->is_stopped = true;
		if (call->shell->is_interactive)
			shell_term_print(call->shell->term, "^C\n");
	}
	return call->is_stopped;
}

/* Makes lines of text that may hold newlines. */
static bool put_text(struct shell_call *call, const char *text, size_t len)
{
	const char *end = text + len;
	bool goes_on = true;

	for (const char *next; goes_on && text <= end; text = next + 1) {
		size_t bytes, clean_len;
		char *clean;

		next = memchr(text, '\n', (size_t)(end - text));
		next = next != NULL ? next : end;
		bytes = (size_t)(next - text);
		if (bytes > 0 && text[bytes - 1] == '\r')
			bytes--;
		clean = shell_clean(text, bytes, &clean_len);
		goes_on = clean != NULL && shell_put_line(call, clean, clean_len);
		free(clean);
	}
	return goes_on;
}

bool shell_print(struct shell_call *call, const char *fmt, ...)
{
	char *text;
	va_list ap;
	bool goes_on;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (len < 0)
		return false;
	goes_on = put_text(call, text, (size_t)len);
	free(text);
	return goes_on;
}

bool shell_write(struct shell_call *call, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len && !call->is_stopped; i++) {
		bool is_end = bytes[i] == '\n';

		if (!is_end)
			call->partial[call->partial_len++] = bytes[i];
		if (!is_end && call->partial_len < sizeof(call->partial))
			continue;
		(void)put_text(call, call->partial, call->partial_len);
		call->partial_len = 0;
	}
	return !call->is_stopped;
}

int shell_fail(struct shell_call *call, const char *fmt, ...)
{
	va_list ap;

	call->has_failed = true;
	va_start(ap, fmt);
	shell_vsay(call->shell, fmt, ap);
	va_end(ap);
	return SHELL_NOT_DONE;
}

bool shell_wants_json(const struct shell_call *call)
{
	return call->wants_json;
}

/*
 * Takes the reference over. All text is ASCII, DEL is escaped too: nothing is left to be made safe. What could not be
 * made (text that is not UTF-8) is null, so that what stands around it stays JSON.
 */
static char *json_text(json_t *value, size_t flags)
{
	char *plain = json_dumps(
		value != NULL ? value : json_null(), flags | JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
	size_t used = 0, len = plain != NULL ? strlen(plain) : 0;
	char *text = malloc(6 * len + 1);

	for (size_t i = 0; text != NULL && i < len; i++) {
		if (plain[i] == 0x7f)
			used += (size_t)sprintf(text + used, "\\u007f");
		else
			text[used++] = plain[i];
	}
	if (text != NULL)
		text[used] = '\0';
	free(plain);
	json_decref(value);
	return text;
}

bool shell_json(struct shell_call *call, json_t *value)
{
	char *text = json_text(value, JSON_INDENT(2));
	bool goes_on;

	call->has_json = true;
	goes_on = shell_print(call, "%s", text != NULL ? text : "null");
	free(text);
	return goes_on;
}

/* One entry a line, so that a filter behind `| json` takes or leaves whole entries. */
bool shell_json_item(struct shell_call *call, json_t *value)
{
	bool goes_on = call->json_item != NULL ? shell_print(call, " %s,", call->json_item)
					       : shell_print(call, "[");

	free(call->json_item);
	call->json_item = json_text(value, JSON_COMPACT);
	return goes_on && call->json_item != NULL;
}
