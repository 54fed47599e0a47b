#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The list of commands, as both ends know it.
 *
 * Layer:  cli
 * Thread: any; constant
 */

enum cli_command_id {
#define CLI_COMMAND(function, words, args, fewest, most, list, help) CLI_##function,
#include "cli_command.def"
#undef CLI_COMMAND
	CLI_COMMANDS
};

struct cli_command {
	const char *words; /* "clients show" */
	const char *args; /* for help: "<client id>" */
	unsigned fewest, most; /* arguments behind the words */
	bool is_list; /* comes in pages */
	const char *help;
};

extern const struct cli_command cli_commands[CLI_COMMANDS];

/*
 * The command whose words are the first of `words`; *used is set to their number. CLI_COMMANDS when there is none; then
 * *used is the number of first words that some command begins with.
 */
enum cli_command_id cli_command_find(const char *const *words, size_t word_len, size_t *used);

#endif
