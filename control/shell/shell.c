#include "shell.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shell_priv.h"

/* One line after the other. */

struct shell_scope shell_scope_of(const struct shell *shell)
{
	return (struct shell_scope){
		shell->settings->tables, shell->mode, shell->settings->privilege};
}

void shell_print_commands(struct shell_call *call)
{
	const struct shell_scope scope = shell_scope_of(call->shell);
	struct shell_matches matches;
	size_t at;

	(void)shell_match_begin(&scope, NULL, 0, &matches, &at);
	for (size_t i = 0; i < matches.len; i++)
		if (!shell_print(call, "  %-34s %s", matches.commands[i]->pattern,
			    matches.commands[i]->help))
			return;
}

/* Whether every argument is of its type. */
static bool check_args(struct shell_call *call, const char *line)
{
	char fault[256];

	for (size_t i = 0; i < call->word_len; i++) {
		const struct shell_element *element = shell_pattern_at(&call->pattern, i);
		const struct shell_type *type =
			element->is_arg
				? shell_type_find(call->shell->settings->tables, element->name)
				: NULL;

		if (type == NULL || type->check == NULL || element->is_rest ||
			type->check(call, call->words[i].text, fault, sizeof(fault)))
			continue;
		shell_say_wrong(call->shell, line, call->words[i].begin, "expected %s, found '%s'",
			fault, call->words[i].text);
		return false;
	}
	return true;
}

/* Ends an array that the handler filled, or stands for one that it had nothing for. */
static void end_json(struct shell_call *call)
{
	if (!call->wants_json || call->has_json)
		return;
	if (call->json_item != NULL)
		shell_print(call, " %s\n]", call->json_item);
	else if (!call->has_failed)
		shell_print(call, "[]");
	free(call->json_item);
}

static int run_call(struct shell_call *call, size_t bar, size_t len, const char *line)
{
	int status = SHELL_USAGE;

	if (check_args(call, line) &&
		shell_filters_read(call, call->words + bar, len - bar, line)) {
		status = call->command->run(call);
		if (call->partial_len > 0)
			shell_write(call, "\n", 1);
		end_json(call);
		shell_put_end(call);
	}
	shell_filters_fini(call);
	return status;
}

/* Whether the line is cut into words; false after telling why not. */
static bool cut_line(struct shell *shell, const char *line)
{
	const struct shell_words *words = &shell->words;

	shell_words_cut(&shell->words, line, strlen(line));
	if (words->fault == SHELL_WORDS_OPEN_QUOTE)
		shell_say_wrong(shell, line, words->fault_at, "the quote does not end");
	else if (words->fault == SHELL_WORDS_TOO_MANY)
		shell_say_wrong(shell, line, words->fault_at,
			"too many words; a line has at most %d", SHELL_WORDS_MAX);
	return words->fault == SHELL_WORDS_FINE;
}

int shell_execute(struct shell *shell, const char *line)
{
	const struct shell_scope scope = shell_scope_of(shell);
	const struct shell_word_at *words = shell->words.words;
	const struct shell_command *command;
	struct shell_matches matches;
	enum shell_verdict verdict;
	struct shell_call *call;
	size_t bar = 0, at;
	int status;

	if (line[strspn(line, " \t")] == '#' || line[strspn(line, " \t")] == '\0')
		return SHELL_DONE;
	if (!cut_line(shell, line))
		return SHELL_USAGE;
	while (bar < shell->words.len && !words[bar].is_bar)
		bar++;
	verdict = shell_match(&scope, words, bar, &matches, &at, &command);
	if (verdict != SHELL_MATCHED) {
		size_t byte = at < bar ? words[at].begin : bar > 0 ? words[bar - 1].end : 0;

		shell_say_verdict(shell, line, byte, verdict);
		return SHELL_USAGE;
	}
	call = malloc(sizeof(*call));
	if (call == NULL)
		return SHELL_NOT_DONE;
	shell_call_init(call, shell, command, words, bar);
	status = run_call(call, bar, shell->words.len, line);
	free(call);
	return status;
}

static void print_prompt(struct shell *shell)
{
	snprintf(shell->prompt, sizeof(shell->prompt), "%s%s ", shell->settings->host,
		shell->mode == SHELL_CONFIGURE ? "#" : ">");
	if (shell->banner[0] != '\0' && shell->is_interactive)
		shell_term_print(shell->term, "%s\n", shell->banner);
}

/* What the reader brought. */
static void take_line(struct shell *shell, const struct shell_reader *reader, int rc)
{
	if (rc == 0) {
		shell_history_add(&shell->history, reader->edit.text);
		(void)shell_execute(shell, reader->edit.text);
	} else if (rc == -EMSGSIZE) {
		shell_say(shell, "a line has at most %d bytes; this one was longer and did not run",
			SHELL_LINE_MAX - 1);
	} else if (rc == -ETIMEDOUT) {
		shell_say(shell, "\nno key for %u s: the session ends", shell->settings->idle_s);
		shell->end = SHELL_END_IDLE;
		shell->is_leaving = true;
	} else if (rc == -EPIPE && shell->mode == SHELL_CONFIGURE && shell->is_interactive &&
		   !shell_term_is_broken(shell->term)) {
		(void)shell_execute(shell, "exit");
	} else if (rc != -EINTR) {
		shell->end = shell->is_interactive && shell_term_is_broken(shell->term)
				     ? SHELL_END_HANGUP
				     : SHELL_END_EXIT;
		shell->is_leaving = true;
	}
}

static void init(
	struct shell *shell, struct shell_term *term, const struct shell_settings *settings)
{
	*shell = (struct shell){.term = term,
		.settings = settings,
		.mode = SHELL_OPERATE,
		.is_interactive = shell_term_is_tty(term)};
}

enum shell_end shell_run(struct shell_term *term, const struct shell_settings *settings)
{
	struct shell shell;
	struct shell_reader reader = {.term = term,
		.prompt = shell.prompt,
		.idle_s = settings->idle_s,
		.history = &shell.history,
		.tab = shell_complete_tab,
		.help = shell_complete_help,
		.arg = &shell};

	init(&shell, term, settings);
	while (!shell.is_leaving) {
		int rc;

		print_prompt(&shell);
		rc = shell_reader_run(&reader);
		take_line(&shell, &reader, rc);
		if (shell.is_interactive && shell_term_is_broken(term) && !shell.is_leaving) {
			shell.end = SHELL_END_HANGUP;
			shell.is_leaving = true;
		}
	}
	shell_history_fini(&shell.history);
	return shell.end;
}

int shell_run_line(struct shell_term *term, const struct shell_settings *settings, const char *line)
{
	struct shell shell;

	init(&shell, term, settings);
	shell.is_single = true;
	return shell_execute(&shell, line);
}
