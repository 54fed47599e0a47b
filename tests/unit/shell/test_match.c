/* Which command is meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "shell_match.h"
#include "tree.h"

static struct shell_words words;
static struct shell_matches matches;
static struct shell_scope scope;
static const struct shell_command *command;
static size_t at;

static int set_up(void **state)
{
	(void)state;
	scope = (struct shell_scope){tree_tables, SHELL_OPERATE, SHELL_ADMIN};
	return 0;
}

static enum shell_verdict match(const char *line)
{
	shell_words_cut(&words, line, strlen(line));
	assert_int_equal(words.fault, SHELL_WORDS_FINE);
	return shell_match(&scope, words.words, words.len, &matches, &at, &command);
}

static void assert_match(const char *line, const char *pattern)
{
	assert_int_equal(match(line), SHELL_MATCHED);
	assert_string_equal(command->pattern, pattern);
}

static void assert_verdict(const char *line, enum shell_verdict verdict, size_t word)
{
	assert_int_equal(match(line), verdict);
	assert_int_equal(at, word);
}

static void whole_words_match(void **state)
{
	(void)state;
	assert_match("show lines", "show lines [<number>]");
	assert_match("show lines 5", "show lines [<number>]");
	assert_match("wipe", "wipe");
}

static void words_may_be_short(void **state)
{
	(void)state;
	assert_match("sh li", "show lines [<number>]");
	assert_match("w", "wipe");
	assert_verdict("show c", SHELL_AMBIGUOUS, 1);
	assert_match("show cl", "show clients [<client>]");
	assert_match("show co", "show config");
}

static void a_whole_word_goes_before_an_argument_before_a_short_word(void **state)
{
	(void)state;
	assert_match("kick all", "kick all");
	assert_match("kick al", "kick <client>");
	assert_match("kick x", "kick <client>");
}

static void brackets_may_be_left_out(void **state)
{
	(void)state;
	assert_match("log", "log [last <number> [of <client>]]");
	assert_verdict("log last", SHELL_INCOMPLETE, 2);
	assert_match("log last 3", "log [last <number> [of <client>]]");
	assert_verdict("log last 3 of", SHELL_INCOMPLETE, 4);
	assert_match("log last 3 of x", "log [last <number> [of <client>]]");
	assert_verdict("log last 3 of x y", SHELL_UNKNOWN, 5);
	assert_match("log clear", "log clear");
}

static void what_is_wrong_is_said_of_the_first_wrong_word(void **state)
{
	(void)state;
	assert_verdict("", SHELL_INCOMPLETE, 0);
	assert_verdict("x", SHELL_UNKNOWN, 0);
	assert_verdict("show", SHELL_INCOMPLETE, 1);
	assert_verdict("show x y", SHELL_UNKNOWN, 1);
	assert_verdict("show config x", SHELL_UNKNOWN, 2);
	assert_verdict("\"\"", SHELL_UNKNOWN, 0);
}

static void three_dots_take_all_words(void **state)
{
	(void)state;
	scope.mode = SHELL_CONFIGURE;
	assert_verdict("set a", SHELL_INCOMPLETE, 2);
	assert_match("set a b", "set <word> <text...>");
	assert_match("set a b c d e f", "set <word> <text...>");
}

static void modes_and_privileges_hide_commands(void **state)
{
	(void)state;
	scope.mode = SHELL_CONFIGURE;
	assert_match("show", "show");
	assert_verdict("wipe", SHELL_UNKNOWN, 0);
	assert_match("exit", "exit");
	scope.mode = SHELL_OPERATE;
	scope.privilege = SHELL_VIEW;
	assert_verdict("wipe", SHELL_UNKNOWN, 0);
	assert_verdict("set a b", SHELL_UNKNOWN, 0);
}

static void patterns_that_are_none_are_refused(void **state)
{
	static const char *const wrong[] = {"", " ", "<>", "<x", "a <", "[]",
		"a b c d e f g h i j k l m n o p q r s t u v w x y"};
	struct shell_pattern pattern;
	char longest[SHELL_NAME_MAX + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(shell_pattern_read(&pattern, wrong[i]));
	memset(longest, 'a', sizeof(longest));
	longest[SHELL_NAME_MAX] = '\0';
	assert_false(shell_pattern_read(&pattern, longest));
	longest[SHELL_NAME_MAX - 1] = '\0';
	assert_true(shell_pattern_read(&pattern, longest));
}

static void types_are_found_in_tables_and_in_the_engine(void **state)
{
	(void)state;
	assert_non_null(shell_type_find(tree_tables, "number"));
	assert_string_equal(shell_type_find(tree_tables, "client")->help, "a client id");
	assert_null(shell_type_find(tree_tables, "nothing"));
	assert_string_equal(shell_word_help(tree_tables, "show"), "look around");
	assert_null(shell_word_help(tree_tables, "wipe"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(whole_words_match, set_up),
		cmocka_unit_test_setup(words_may_be_short, set_up),
		cmocka_unit_test_setup(
			a_whole_word_goes_before_an_argument_before_a_short_word, set_up),
		cmocka_unit_test_setup(brackets_may_be_left_out, set_up),
		cmocka_unit_test_setup(what_is_wrong_is_said_of_the_first_wrong_word, set_up),
		cmocka_unit_test_setup(three_dots_take_all_words, set_up),
		cmocka_unit_test_setup(modes_and_privileges_hide_commands, set_up),
		cmocka_unit_test(patterns_that_are_none_are_refused),
		cmocka_unit_test(types_are_found_in_tables_and_in_the_engine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
