/* The tree as a whole: every entry is one that the shell can run and explain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "menu.h"
#include "shell_match.h"

static const struct shell_command *nth(size_t n)
{
	for (size_t t = 0; menu_tables[t] != NULL; t++)
		for (const struct shell_command *c = menu_tables[t]->commands; c->pattern != NULL;
			c++)
			if (n-- == 0)
				return c;
	return NULL;
}

static void every_command_is_whole(void **state)
{
	const struct shell_command *command;

	(void)state;
	for (size_t i = 0; (command = nth(i)) != NULL; i++) {
		struct shell_pattern pattern;

		if (!shell_pattern_read(&pattern, command->pattern))
			fail_msg("'%s' is no pattern", command->pattern);
		if (command->run == NULL || command->help == NULL || command->help[0] == '\0' ||
			command->modes == 0)
			fail_msg("'%s' lacks something", command->pattern);
		for (size_t e = 0; e < pattern.len; e++)
			if (pattern.elements[e].is_arg &&
				shell_type_find(menu_tables, pattern.elements[e].name) == NULL)
				fail_msg("'%s': there is no type %s", command->pattern,
					pattern.elements[e].name);
	}
	assert_true(nth(10) != NULL);
}

static void no_command_hides_another(void **state)
{
	const struct shell_command *command, *other;

	(void)state;
	for (size_t i = 0; (command = nth(i)) != NULL; i++)
		for (size_t k = i + 1; (other = nth(k)) != NULL; k++)
			if ((command->modes & other->modes) != 0 &&
				strcmp(command->pattern, other->pattern) == 0)
				fail_msg("'%s' is there twice", command->pattern);
}

/* Half of the room: configure mode also has the operational commands, behind `run`. */
static void all_commands_fit(void **state)
{
	size_t len = 0;

	(void)state;
	while (nth(len) != NULL)
		len++;
	assert_in_range(len, 1, SHELL_COMMANDS_MAX / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_is_whole),
		cmocka_unit_test(no_command_hides_another),
		cmocka_unit_test(all_commands_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
