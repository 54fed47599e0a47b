#include "shell_match.h"

#include <stdio.h>
#include <string.h>

static bool read_element(struct shell_element *element, const char *text, size_t len)
{
	element->is_arg = text[0] == '<';
	if (element->is_arg) {
		if (len < 3 || text[len - 1] != '>')
			return false;
		text++;
		len -= 2;
		element->is_rest = len > 3 && memcmp(text + len - 3, "...", 3) == 0;
		if (element->is_rest)
			len -= 3;
	}
	if (len == 0 || len >= sizeof(element->name))
		return false;
	memcpy(element->name, text, len);
	element->name[len] = '\0';
	return true;
}

bool shell_pattern_read(struct shell_pattern *pattern, const char *text)
{
	bool may_end = false;

	*pattern = (struct shell_pattern){0};
	while (*(text += strspn(text, " ]")) != '\0') {
		struct shell_element *element = &pattern->elements[pattern->len];
		size_t len;

		if (*text == '[') {
			may_end = true;
			text++;
			continue;
		}
		len = strcspn(text, " []");
		if (pattern->len == SHELL_ELEMENTS_MAX || !read_element(element, text, len))
			return false;
		element->may_end = may_end;
		may_end = false;
		pattern->len++;
		text += len;
	}
	return pattern->len > 0;
}

const struct shell_element *shell_pattern_at(const struct shell_pattern *pattern, size_t i)
{
	if (i < pattern->len)
		return &pattern->elements[i];
	if (pattern->elements[pattern->len - 1].is_rest)
		return &pattern->elements[pattern->len - 1];
	return NULL;
}

bool shell_pattern_may_end(const struct shell_pattern *pattern, size_t len)
{
	const struct shell_element *next = len < pattern->len ? &pattern->elements[len] : NULL;

	return next == NULL || (len > 0 && next->may_end);
}

static const struct shell_element *element_of(
	const struct shell_command *command, size_t i, struct shell_pattern *pattern)
{
	return shell_pattern_read(pattern, command->pattern) ? shell_pattern_at(pattern, i) : NULL;
}

static void collect(const struct shell_scope *scope, struct shell_matches *matches)
{
	matches->len = 0;
	for (size_t t = 0; scope->tables[t] != NULL; t++) {
		const struct shell_command *command = scope->tables[t]->commands;

		for (; command->pattern != NULL; command++)
			if ((command->modes & scope->mode) != 0 &&
				command->privilege <= scope->privilege &&
				matches->len < SHELL_COMMANDS_MAX)
				matches->commands[matches->len++] = command;
	}
}

/* How a word fits what a command has at its place, the best first. */
enum fit { FIT_WHOLE, FIT_ARG, FIT_SHORT, FIT_NOT };

static enum fit fit_of(const struct shell_element *element, const char *word)
{
	if (element == NULL)
		return FIT_NOT;
	if (element->is_arg)
		return FIT_ARG;
	if (strcmp(element->name, word) == 0)
		return FIT_WHOLE;
	return word[0] != '\0' && strncmp(element->name, word, strlen(word)) == 0 ? FIT_SHORT
										  : FIT_NOT;
}

/* Keeps the commands that word `i` fits best. */
static enum shell_verdict narrow(struct shell_matches *matches, const char *word, size_t i)
{
	struct shell_matches kept = {.len = 0};
	struct shell_pattern pattern;
	char name[SHELL_NAME_MAX] = "";
	enum fit best = FIT_NOT;

	for (size_t c = 0; c < matches->len; c++) {
		enum fit fit = fit_of(element_of(matches->commands[c], i, &pattern), word);

		best = fit < best ? fit : best;
	}
	if (best == FIT_NOT)
		return SHELL_UNKNOWN;
	for (size_t c = 0; c < matches->len; c++) {
		const struct shell_element *element = element_of(matches->commands[c], i, &pattern);

		if (fit_of(element, word) != best)
			continue;
		if (best == FIT_SHORT && name[0] != '\0' && strcmp(name, element->name) != 0)
			return SHELL_AMBIGUOUS;
		snprintf(name, sizeof(name), "%s", element->name);
		kept.commands[kept.len++] = matches->commands[c];
	}
	*matches = kept;
	return SHELL_MATCHED;
}

enum shell_verdict shell_match_begin(const struct shell_scope *scope,
	const struct shell_word_at *words, size_t len, struct shell_matches *matches, size_t *at)
{
	collect(scope, matches);
	for (*at = 0; *at < len; ++*at) {
		enum shell_verdict verdict = narrow(matches, words[*at].text, *at);

		if (verdict != SHELL_MATCHED)
			return verdict;
	}
	return SHELL_MATCHED;
}

enum shell_verdict shell_match(const struct shell_scope *scope, const struct shell_word_at *words,
	size_t len, struct shell_matches *matches, size_t *at, const struct shell_command **command)
{
	enum shell_verdict verdict = shell_match_begin(scope, words, len, matches, at);
	struct shell_pattern pattern;

	if (verdict != SHELL_MATCHED)
		return verdict;
	for (size_t c = 0; c < matches->len; c++) {
		*command = matches->commands[c];
		if (shell_pattern_read(&pattern, (*command)->pattern) &&
			shell_pattern_may_end(&pattern, len))
			return SHELL_MATCHED;
	}
	return SHELL_INCOMPLETE;
}

const char *shell_word_help(const struct shell_table *const *tables, const char *path)
{
	for (size_t t = 0; tables[t] != NULL; t++) {
		const struct shell_word *word = tables[t]->words;

		for (; word != NULL && word->path != NULL; word++)
			if (strcmp(word->path, path) == 0)
				return word->help;
	}
	return NULL;
}
