#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shell_priv.h"

/* What may stand at a place of a line. */

static char *copy_cut(const char *text, size_t max)
{
	size_t len = strnlen(text, max - 1);

	while (len > 0 && text[len] != '\0' && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return strndup(text, len);
}

static void add(struct shell_offer *offer, const char *word, const char *help, bool is_hint)
{
	struct shell_offered *offered;

	for (size_t i = 0; i < offer->len; i++)
		if (strcmp(offer->offered[i].word, word) == 0)
			return;
	if (offer->len == SHELL_OFFERS_MAX) {
		offer->is_cut = true;
		return;
	}
	offered = &offer->offered[offer->len];
	*offered = (struct shell_offered){copy_cut(word, SHELL_OFFER_WORD_MAX),
		copy_cut(help != NULL ? help : "", SHELL_OFFER_HELP_MAX), is_hint};
	if (offered->word != NULL && offered->help != NULL) {
		offer->len++;
		return;
	}
	free(offered->word);
	free(offered->help);
}

/* A line holds no control characters: a client id that has some would speak to the terminal as it is drawn. */
static bool can_be_typed(const char *word)
{
	size_t clean_len;
	char *clean = shell_clean(word, strlen(word), &clean_len);
	bool can = clean != NULL && strcmp(clean, word) == 0;

	free(clean);
	return can;
}

void shell_offer(struct shell_offer *offer, const char *word, const char *help)
{
	if (strlen(word) < SHELL_OFFER_WORD_MAX && word[0] != '\0' &&
		strncmp(word, offer->prefix, strlen(offer->prefix)) == 0)
		add(offer, word, help, !can_be_typed(word));
}

void shell_offer_hint(struct shell_offer *offer, const char *what, const char *help)
{
	add(offer, what, help, true);
}

/* "show log" for the word that is number `i` of a pattern. */
static void print_path(char *out, size_t out_bytes, const struct shell_pattern *pattern, size_t i)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t k = 0; k <= i && used < out_bytes; k++)
		used += (size_t)snprintf(out + used, out_bytes - used, "%s%s", k > 0 ? " " : "",
			pattern->elements[k].name);
}

static void offer_name(struct shell_offer *offer, struct shell *shell,
	const struct shell_command *command, const struct shell_pattern *pattern, size_t i)
{
	char path[SHELL_OFFER_WORD_MAX];
	const char *help;

	print_path(path, sizeof(path), pattern, i);
	help = shell_pattern_may_end(pattern, i + 1)
		       ? NULL
		       : shell_word_help(shell->settings->tables, path);
	shell_offer(offer, pattern->elements[i].name, help != NULL ? help : command->help);
}

static void offer_arg(struct shell_offer *offer, struct shell *shell,
	const struct shell_command *command, const struct shell_element *element, size_t len)
{
	const struct shell_type *type = shell_type_find(shell->settings->tables, element->name);
	char word[SHELL_NAME_MAX + 2];
	struct shell_call *call;

	snprintf(word, sizeof(word), "<%s>", element->name);
	shell_offer_hint(offer, word, type != NULL ? type->help : "");
	if (type == NULL || type->complete == NULL || offer->names_only)
		return;
	call = malloc(sizeof(*call));
	if (call == NULL)
		return;
	shell_call_init(call, shell, command, offer->words.words, len);
	type->complete(call, offer->prefix, offer);
	free(call);
}

static void offer_next(struct shell_offer *offer, struct shell *shell,
	const struct shell_command *command, size_t len)
{
	struct shell_pattern pattern;
	const struct shell_element *element;

	if (!shell_pattern_read(&pattern, command->pattern))
		return;
	element = shell_pattern_at(&pattern, len);
	if (offer->prefix[0] == '\0' && len > 0 && shell_pattern_may_end(&pattern, len))
		shell_offer_hint(offer, "Enter", command->help);
	if (element != NULL && element->is_arg)
		offer_arg(offer, shell, command, element, len);
	else if (element != NULL)
		offer_name(offer, shell, command, &pattern, len);
}

/* Behind a bar; `len` words are complete. */
static void offer_filter(struct shell_offer *offer, const struct shell_word_at *words, size_t len)
{
	if (len == 0) {
		for (unsigned i = 0; i < SHELL_FILTERS; i++)
			shell_offer(offer, shell_filter_kinds[i].name, shell_filter_kinds[i].help);
		return;
	}
	for (unsigned i = 0; i < SHELL_FILTERS; i++) {
		if (strncmp(shell_filter_kinds[i].name, words[0].text, strlen(words[0].text)) != 0)
			continue;
		if (shell_filter_kinds[i].has_regex && len == 1)
			shell_offer_hint(
				offer, "<regex>", "a regular expression; with blanks: in quotes");
		else
			shell_offer_hint(offer, "Enter", "run it");
	}
}

/* Sets prefix and begin; the result is the number of words that are complete. */
static size_t split_partial(struct shell_offer *offer, size_t line_len)
{
	struct shell_words *words = &offer->words;
	const struct shell_word_at *last = words->len > 0 ? &words->words[words->len - 1] : NULL;

	offer->begin = line_len;
	offer->prefix[0] = '\0';
	if (last == NULL || last->end != line_len || last->is_bar)
		return words->len;
	offer->begin = last->begin;
	snprintf(offer->prefix, sizeof(offer->prefix), "%s", last->text);
	return words->len - 1;
}

static int compare(const void *a, const void *b)
{
	const struct shell_offered *left = a, *right = b;

	if (left->is_hint != right->is_hint)
		return left->is_hint ? -1 : 1;
	return strcmp(left->word, right->word);
}

enum shell_verdict shell_offer_fill(
	struct shell_offer *offer, struct shell *shell, const char *line, size_t len, size_t *at)
{
	const struct shell_scope scope = shell_scope_of(shell);
	const struct shell_word_at *words = offer->words.words;
	struct shell_matches matches;
	enum shell_verdict verdict;
	size_t done, bar, wrong;

	shell_words_cut(&offer->words, line, len);
	done = split_partial(offer, len);
	for (bar = done; bar > 0 && !words[bar - 1].is_bar; bar--)
		;
	if (bar > 0) {
		offer_filter(offer, words + bar, done - bar);
		return SHELL_MATCHED;
	}
	verdict = shell_match_begin(&scope, words, done, &matches, &wrong);
	if (verdict != SHELL_MATCHED) {
		*at = words[wrong].begin;
		return verdict;
	}
	for (size_t i = 0; i < matches.len; i++)
		offer_next(offer, shell, matches.commands[i], done);
	qsort(offer->offered, offer->len, sizeof(offer->offered[0]), compare);
	return SHELL_MATCHED;
}

void shell_offer_fini(struct shell_offer *offer)
{
	for (size_t i = 0; i < offer->len; i++) {
		free(offer->offered[i].word);
		free(offer->offered[i].help);
	}
	offer->len = 0;
}
