#include "shell_history.h"

#include <stdlib.h>
#include <string.h>

void shell_history_add(struct shell_history *history, const char *line)
{
	const char *newest = shell_history_get(history, 0);
	char *copy;
	size_t slot;

	if (line[strspn(line, " \t")] == '\0' || (newest != NULL && strcmp(newest, line) == 0))
		return;
	copy = strdup(line);
	if (copy == NULL)
		return;
	if (history->len == SHELL_HISTORY_MAX) {
		free(history->lines[history->begin]);
		history->begin = (history->begin + 1) % SHELL_HISTORY_MAX;
		history->len--;
	}
	slot = (history->begin + history->len) % SHELL_HISTORY_MAX;
	history->lines[slot] = copy;
	history->len++;
}

const char *shell_history_get(const struct shell_history *history, size_t back)
{
	if (back >= history->len)
		return NULL;
	return history->lines[(history->begin + history->len - 1 - back) % SHELL_HISTORY_MAX];
}

void shell_history_fini(struct shell_history *history)
{
	for (size_t i = 0; i < history->len; i++)
		free(history->lines[(history->begin + i) % SHELL_HISTORY_MAX]);
	*history = (struct shell_history){0};
}
