#include "menu_config.h"

#include <stdio.h>
#include <string.h>

/*
 * `run show status` in configure mode: every operational command once more, with "run" before it. As commands of their
 * own they complete, filter and check as they do elsewhere.
 */

enum { COMMANDS_MAX = 128, PATTERN_MAX = 96 };

static struct shell_command commands[COMMANDS_MAX + 1];
static char patterns[COMMANDS_MAX][PATTERN_MAX];
static size_t command_len;

static const struct shell_word words[] = {
	{"run", "run an operational command"},
	{0},
};

const struct shell_table menu_run_table = {commands, NULL, words};

static void add(const struct shell_command *command)
{
	int len;

	if ((command->modes & SHELL_OPERATE) == 0 || (command->modes & SHELL_CONFIGURE) != 0 ||
		strcmp(command->pattern, "configure") == 0 || command_len == COMMANDS_MAX)
		return;
	len = snprintf(patterns[command_len], PATTERN_MAX, "run %s", command->pattern);
	if (len < 0 || len >= PATTERN_MAX)
		return;
	commands[command_len] = *command;
	commands[command_len].pattern = patterns[command_len];
	commands[command_len].modes = SHELL_CONFIGURE;
	command_len++;
}

void menu_run_fill(void)
{
	if (command_len > 0)
		return;
	for (size_t t = 0; menu_tables[t] != NULL; t++)
		for (const struct shell_command *c = menu_tables[t]->commands;
			menu_tables[t] != &menu_run_table && c->pattern != NULL; c++)
			add(c);
}
