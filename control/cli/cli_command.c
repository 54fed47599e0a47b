#include "cli_command.h"

#include <string.h>

const struct cli_command cli_commands[CLI_COMMANDS] = {
#define CLI_COMMAND(function, words, args, fewest, most, list, help)                               \
	[CLI_##function] = {words, args, fewest, most, list, help},
#include "cli_command.def"
#undef CLI_COMMAND
};

/* How many of `words` stand at the beginning of `text`; *whole when they are all of it. */
static size_t shared_words(const char *text, const char *const *words, size_t word_len, bool *whole)
{
	size_t shared = 0;

	*whole = false;
	while (shared < word_len) {
		size_t bytes = strcspn(text, " ");

		if (strlen(words[shared]) != bytes || memcmp(words[shared], text, bytes) != 0)
			break;
		shared++;
		*whole = text[bytes] == '\0';
		if (*whole)
			break;
		text += bytes + 1;
	}
	return shared;
}

enum cli_command_id cli_command_find(const char *const *words, size_t word_len, size_t *used)
{
	enum cli_command_id best = CLI_COMMANDS;
	size_t best_shared = 0, most_shared = 0;

	for (unsigned i = 0; i < CLI_COMMANDS; i++) {
		bool whole;
		size_t shared = shared_words(cli_commands[i].words, words, word_len, &whole);

		if (whole && shared > best_shared) {
			best = (enum cli_command_id)i;
			best_shared = shared;
		}
		most_shared = shared > most_shared ? shared : most_shared;
	}
	*used = best == CLI_COMMANDS ? most_shared : best_shared;
	return best;
}
