#include "shell_words.h"

#include <stdio.h>
#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct cutter {
	const char *line;
	size_t len, at; /* of the line */
	char *out;
};

/* Takes a quoted part; false when it does not end. */
static bool cut_quoted(struct cutter *cutter)
{
	char quote = cutter->line[cutter->at++];

	while (cutter->at < cutter->len) {
		char c = cutter->line[cutter->at++];

		if (c == quote)
			return true;
		if (c == '\\' && quote == '"' && cutter->at < cutter->len)
			c = cutter->line[cutter->at++];
		*cutter->out++ = c;
	}
	return false;
}

static bool cut_word(struct cutter *cutter)
{
	while (cutter->at < cutter->len && !is_blank(cutter->line[cutter->at])) {
		char c = cutter->line[cutter->at];

		if (c == '"' || c == '\'') {
			if (!cut_quoted(cutter))
				return false;
			continue;
		}
		cutter->at++;
		if (c == '\\' && cutter->at < cutter->len)
			c = cutter->line[cutter->at++];
		*cutter->out++ = c;
	}
	return true;
}

void shell_words_cut(struct shell_words *words, const char *line, size_t line_len)
{
	struct cutter cutter = {line, line_len, 0, words->room};

	words->len = 0;
	words->fault = SHELL_WORDS_FINE;
	while (words->fault == SHELL_WORDS_FINE) {
		struct shell_word_at *word = &words->words[words->len];

		while (cutter.at < line_len && is_blank(line[cutter.at]))
			cutter.at++;
		if (cutter.at == line_len)
			return;
		words->fault_at = cutter.at;
		if (words->len == SHELL_WORDS_MAX) {
			words->fault = SHELL_WORDS_TOO_MANY;
			return;
		}
		*word = (struct shell_word_at){.text = cutter.out, .begin = cutter.at};
		if (line[cutter.at] == '|') {
			word->is_bar = true;
			*cutter.out++ = line[cutter.at++];
		} else if (!cut_word(&cutter)) {
			word->is_open = true;
			words->fault = SHELL_WORDS_OPEN_QUOTE;
		}
		*cutter.out++ = '\0';
		word->end = cutter.at;
		words->len++;
	}
}

int shell_quote(char *out, size_t out_bytes, const char *word)
{
	size_t len = 0;

	if (word[0] != '\0' && word[strcspn(word, " \t\"'\\|?")] == '\0')
		return snprintf(out, out_bytes, "%s", word);
	for (const char *at = word; *at != '\0'; at++)
		len += *at == '"' || *at == '\\' ? 2 : 1;
	if (len + 3 > out_bytes)
		return (int)len + 2;
	*out++ = '"';
	for (; *word != '\0'; word++) {
		if (*word == '"' || *word == '\\')
			*out++ = '\\';
		*out++ = *word;
	}
	*out++ = '"';
	*out = '\0';
	return (int)len + 2;
}
