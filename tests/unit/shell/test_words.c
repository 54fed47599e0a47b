/* A line cut into words, and words put into a line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "shell_words.h"

static struct shell_words words;

/* The words in brackets, bars as themselves: "[a][b c]|[d]". */
static void assert_cut(const char *line, const char *expected)
{
	char all[SHELL_LINE_MAX * 2] = "";
	size_t used = 0;

	shell_words_cut(&words, line, strlen(line));
	for (size_t i = 0; i < words.len; i++) {
		const struct shell_word_at *word = &words.words[i];

		used += (size_t)snprintf(
			all + used, sizeof(all) - used, word->is_bar ? "%s" : "[%s]", word->text);
		assert_in_range(word->end, word->begin + 1, strlen(line));
	}
	assert_string_equal(all, expected);
}

static void blanks_part_words(void **state)
{
	(void)state;
	assert_cut("", "");
	assert_cut(" \t ", "");
	assert_cut("show", "[show]");
	assert_cut("  show \t log  ", "[show][log]");
	assert_int_equal(words.fault, SHELL_WORDS_FINE);
}

static void quotes_hold_words(void **state)
{
	(void)state;
	assert_cut("a \"b c\" d", "[a][b c][d]");
	assert_cut("a 'b \\ \"c' d", "[a][b \\ \"c][d]");
	assert_cut("a\\ b", "[a b]");
	assert_cut("\"a\\\"b\\\\\"", "[a\"b\\]");
	assert_cut("x\"a b\"y", "[xa by]");
	assert_cut("\"\" ''", "[][]");
	assert_cut("a\\", "[a\\]");
}

static void a_bar_parts_only_where_a_word_begins(void **state)
{
	(void)state;
	assert_cut("a | b", "[a]|[b]");
	assert_cut("a |b|c | d", "[a]|[b|c]|[d]");
	assert_cut("a \"|\" \\|", "[a][|][|]");
	assert_cut("|||", "|||");
}

static void an_open_quote_is_a_fault(void **state)
{
	(void)state;
	assert_cut("a 'b c", "[a][b c]");
	assert_int_equal(words.fault, SHELL_WORDS_OPEN_QUOTE);
	assert_int_equal(words.fault_at, 2);
	assert_true(words.words[1].is_open);
	assert_cut("\"a\\", "[a\\]");
	assert_int_equal(words.fault, SHELL_WORDS_OPEN_QUOTE);
}

static void too_many_words_are_a_fault(void **state)
{
	char line[2 * SHELL_WORDS_MAX + 4];

	(void)state;
	for (size_t i = 0; i < SHELL_WORDS_MAX; i++)
		memcpy(line + 2 * i, "a ", 3);
	shell_words_cut(&words, line, strlen(line));
	assert_int_equal(words.fault, SHELL_WORDS_FINE);
	assert_int_equal(words.len, SHELL_WORDS_MAX);
	memcpy(line + strlen(line), "b", 2);
	shell_words_cut(&words, line, strlen(line));
	assert_int_equal(words.fault, SHELL_WORDS_TOO_MANY);
	assert_int_equal(words.len, SHELL_WORDS_MAX);
	assert_int_equal(words.fault_at, 2 * SHELL_WORDS_MAX);
}

static void quoting_is_undone_by_cutting(void **state)
{
	static const char *const all[] = {
		"plain", "a b", "", "\"", "\\", "a|b", "it's", "?", "\t", "\xc3\xbc\"\\'|"};
	char line[64];

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		int len = shell_quote(line, sizeof(line), all[i]);

		assert_int_equal(len, strlen(line));
		shell_words_cut(&words, line, strlen(line));
		assert_int_equal(words.fault, SHELL_WORDS_FINE);
		assert_int_equal(words.len, 1);
		assert_false(words.words[0].is_bar);
		assert_string_equal(words.words[0].text, all[i]);
	}
}

static void quoting_says_how_much_room_it_wants(void **state)
{
	char line[8] = "kept";

	(void)state;
	assert_int_equal(shell_quote(line, 7, "a b\"c"), 8);
	assert_string_equal(line, "kept");
	assert_int_equal(shell_quote(line, 6, "a b"), 5);
	assert_string_equal(line, "\"a b\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blanks_part_words),
		cmocka_unit_test(quotes_hold_words),
		cmocka_unit_test(a_bar_parts_only_where_a_word_begins),
		cmocka_unit_test(an_open_quote_is_a_fault),
		cmocka_unit_test(too_many_words_are_a_fault),
		cmocka_unit_test(quoting_is_undone_by_cutting),
		cmocka_unit_test(quoting_says_how_much_room_it_wants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
