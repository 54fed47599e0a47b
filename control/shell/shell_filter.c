#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shell_priv.h"

/* What may stand behind a command: | match REGEX | except REGEX | count | json | no-more. */

const struct shell_filter_kind_info shell_filter_kinds[SHELL_FILTERS] = {
	[SHELL_FILTER_MATCH] = {"match", "lines that fit a regular expression", true},
	[SHELL_FILTER_EXCEPT] = {"except", "lines that do not fit a regular expression", true},
	[SHELL_FILTER_COUNT] = {"count", "the number of lines", false},
	[SHELL_FILTER_JSON] = {"json", "JSON instead of text", false},
	[SHELL_FILTER_NO_MORE] = {"no-more", "no stop at the end of a page", false},
};

/* The kind, or SHELL_FILTERS after telling what is wrong. */
static enum shell_filter_kind find_kind(
	struct shell *shell, const struct shell_word_at *word, const char *line)
{
	enum shell_filter_kind found = SHELL_FILTERS;

	for (unsigned i = 0; i < SHELL_FILTERS; i++)
		if (strncmp(shell_filter_kinds[i].name, word->text, strlen(word->text)) == 0)
			found = (enum shell_filter_kind)i;
	if (found == SHELL_FILTERS)
		shell_say_wrong(shell, line, word->begin,
			"'%s' is no filter; expected match, except, count, json or no-more",
			word->text);
	return found;
}

/*
 * What is repeated is compiled as often: nested or many repetitions make a short expression take all memory. One is enough
 * for anybody who reads a log, and 255 times is what POSIX promises.
 */
static bool is_tame(const char *regex)
{
	const char *first = strchr(regex, '{');
	unsigned long least, most;
	char *end;

	if (strlen(regex) >= SHELL_REGEX_MAX)
		return false;
	if (first == NULL)
		return true;
	least = strtoul(first + 1, &end, 10);
	most = *end == ',' ? strtoul(end + 1, NULL, 10) : least;
	return least <= _POSIX_RE_DUP_MAX && most <= _POSIX_RE_DUP_MAX &&
	       strchr(first + 1, '{') == NULL;
}

static bool read_regex(struct shell_call *call, struct shell_filter *filter,
	const struct shell_word_at *word, const char *line)
{
	char fault[128] = "it is too long, or has more than one {} or more than {255}";
	int rc = 0;

	if (is_tame(word->text)) {
		rc = regcomp(&filter->regex, word->text, REG_EXTENDED | REG_NOSUB);
		if (rc == 0)
			return true;
		regerror(rc, NULL, fault, sizeof(fault));
	}
	shell_say_wrong(call->shell, line, word->begin,
		"'%s' is no regular expression: %s; put blanks and | in quotes", word->text, fault);
	return false;
}

/* One filter behind its bar; `len` counts its words. */
static bool read_one(
	struct shell_call *call, const struct shell_word_at *words, size_t len, const char *line)
{
	struct shell_filter *filter = &call->filters[call->filter_len];
	enum shell_filter_kind kind = find_kind(call->shell, &words[0], line);
	size_t wanted;

	if (kind == SHELL_FILTERS)
		return false;
	wanted = shell_filter_kinds[kind].has_regex ? 2 : 1;
	if (len < wanted) {
		shell_say_wrong(call->shell, line, words[0].end,
			"'%s' is not complete; expected a regular expression",
			shell_filter_kinds[kind].name);
		return false;
	}
	if (len > wanted) {
		shell_say_wrong(call->shell, line, words[wanted].begin,
			"unexpected '%s'; put blanks of an expression in quotes",
			words[wanted].text);
		return false;
	}
	if (wanted == 2 && !read_regex(call, filter, &words[1], line))
		return false;
	filter->kind = kind;
	filter->counted = 0;
	call->filter_len++;
	call->wants_json |= kind == SHELL_FILTER_JSON;
	call->is_paged &= kind != SHELL_FILTER_NO_MORE;
	return true;
}

bool shell_filters_read(
	struct shell_call *call, const struct shell_word_at *words, size_t len, const char *line)
{
	for (size_t i = 0, next; i < len; i = next) {
		for (next = i + 1; next < len && !words[next].is_bar; next++)
			;
		if (next == i + 1) {
			shell_say_wrong(call->shell, line, words[i].end,
				"expected match, except, count, json or no-more behind |");
			return false;
		}
		if (call->filter_len == SHELL_FILTERS_MAX) {
			shell_say_wrong(call->shell, line, words[i].begin,
				"too many filters; at most %d", SHELL_FILTERS_MAX);
			return false;
		}
		if (!read_one(call, words + i + 1, next - i - 1, line))
			return false;
	}
	if (call->wants_json && (call->command->flags & SHELL_JSON) == 0) {
		shell_say_wrong(call->shell, line, words[0].begin,
			"'%s' has no JSON form; leave | json out", call->command->pattern);
		return false;
	}
	return true;
}

void shell_filters_fini(struct shell_call *call)
{
	for (size_t i = 0; i < call->filter_len; i++)
		if (shell_filter_kinds[call->filters[i].kind].has_regex)
			regfree(&call->filters[i].regex);
	call->filter_len = 0;
}

/* Through the filters from number `from` on, to the terminal. */
static bool pass(struct shell_call *call, size_t from, const char *line, size_t len)
{
	for (size_t i = from; i < call->filter_len; i++) {
		struct shell_filter *filter = &call->filters[i];

		if (filter->kind == SHELL_FILTER_COUNT) {
			filter->counted++;
			return true;
		}
		if (shell_filter_kinds[filter->kind].has_regex &&
			(regexec(&filter->regex, line, 0, NULL, 0) == 0) !=
				(filter->kind == SHELL_FILTER_MATCH))
			return true;
	}
	return shell_page_line(call, line, len);
}

bool shell_put_line(struct shell_call *call, const char *line, size_t len)
{
	enum { CHECK_EVERY = 32 };

	if (++call->lines_unchecked >= CHECK_EVERY && shell_stopped(call))
		return false;
	return !call->is_stopped && pass(call, 0, line, len);
}

void shell_put_end(struct shell_call *call)
{
	char line[64];

	for (size_t i = 0; i < call->filter_len && !call->is_stopped; i++) {
		if (call->filters[i].kind != SHELL_FILTER_COUNT)
			continue;
		snprintf(line, sizeof(line), "Count: %lu lines", call->filters[i].counted);
		pass(call, i + 1, line, strlen(line));
	}
}
