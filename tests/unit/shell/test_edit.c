/* Keys out of bytes, the line that they make, its picture, and history. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "shell_edit.h"
#include "shell_history.h"

static struct shell_decoder decoder;
static struct shell_edit edit;

static int set_up(void **state)
{
	(void)state;
	decoder = (struct shell_decoder){0};
	memset(&edit, 0, sizeof(edit));
	return 0;
}

/* What the last byte gives; the bytes before it must give nothing. */
static enum shell_key key_of(const char *bytes)
{
	for (; bytes[1] != '\0'; bytes++)
		assert_int_equal(shell_key_feed(&decoder, (unsigned char)*bytes), SHELL_KEY_NONE);
	return shell_key_feed(&decoder, (unsigned char)*bytes);
}

static void type(const char *bytes)
{
	for (; *bytes != '\0'; bytes++) {
		enum shell_key key = shell_key_feed(&decoder, (unsigned char)*bytes);

		if (key == SHELL_KEY_TEXT)
			shell_edit_insert(&edit, decoder.text, decoder.text_bytes);
		else if (key != SHELL_KEY_NONE)
			assert_true(shell_edit_key(&edit, key));
	}
}

static void assert_line(const char *bytes, const char *text, size_t cursor)
{
	set_up(NULL);
	type(bytes);
	assert_string_equal(edit.text, text);
	assert_int_equal(edit.len, strlen(text));
	assert_int_equal(edit.at, cursor);
}

static void every_end_of_line_is_one_enter(void **state)
{
	(void)state;
	assert_int_equal(key_of("\r"), SHELL_KEY_ENTER);
	assert_int_equal(key_of("\n"), SHELL_KEY_NONE);
	assert_int_equal(key_of("\n"), SHELL_KEY_ENTER);
	assert_int_equal(key_of("\r"), SHELL_KEY_ENTER);
	assert_int_equal(key_of("\r"), SHELL_KEY_ENTER);
}

static void sequences_are_keys(void **state)
{
	(void)state;
	assert_int_equal(key_of("\x1b[A"), SHELL_KEY_UP);
	assert_int_equal(key_of("\x1bOB"), SHELL_KEY_DOWN);
	assert_int_equal(key_of("\x1b[1;5C"), SHELL_KEY_WORD_RIGHT);
	assert_int_equal(key_of("\x1b[D"), SHELL_KEY_LEFT);
	assert_int_equal(key_of("\x1b[3~"), SHELL_KEY_DELETE);
	assert_int_equal(key_of("\x1b[4~"), SHELL_KEY_END);
	assert_int_equal(key_of("\x1b[H"), SHELL_KEY_HOME);
	assert_int_equal(key_of("\x1b"
				"b"),
		SHELL_KEY_WORD_LEFT);
	assert_int_equal(key_of("\x7f"), SHELL_KEY_BACKSPACE);
	assert_int_equal(key_of("\x08"), SHELL_KEY_BACKSPACE);
	assert_int_equal(key_of("\x1b[99999999999999999;1~"), SHELL_KEY_NONE);
	assert_int_equal(key_of("\x1bxa"), SHELL_KEY_TEXT);
	assert_int_equal(key_of("\x1b[12\x03"), SHELL_KEY_CANCEL);
	assert_int_equal(key_of("\x1b\x1b[A"), SHELL_KEY_UP);
}

static void characters_are_whole_and_there(void **state)
{
	static const char *const good[] = {"a", " ", "~", "\xc2\xa0", "\xc3\xbc", "\xe0\xa0\x80",
		"\xe2\x82\xac", "\xed\x9f\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"};
	static const char *const bad[] = {"\xff", "\x80", "\xc0\x80", "\xc1\xbf", "\xc2\x9b",
		"\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80", "\x01\x02\x1f"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(key_of(good[i]), SHELL_KEY_TEXT);
		assert_string_equal(decoder.text, good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		for (const char *byte = bad[i]; *byte != '\0'; byte++)
			assert_int_not_equal(
				shell_key_feed(&decoder, (unsigned char)*byte), SHELL_KEY_TEXT);
		assert_int_equal(key_of("z"), SHELL_KEY_TEXT);
		assert_string_equal(decoder.text, "z");
	}
	assert_int_equal(key_of("\xe2\x82"
				"a"),
		SHELL_KEY_TEXT);
	assert_string_equal(decoder.text, "a");
}

static void keys_move_and_change(void **state)
{
	(void)state;
	assert_line("abc\x1b[D\x1b[DX", "aXbc", 2);
	assert_line("abc\x01X\x05Y", "XabcY", 5);
	assert_line("a\xc3\xbc"
		    "b\x1b[D\x08",
		"ab", 1);
	assert_line("one two three\x17", "one two ", 8);
	assert_line("one two\x17\x19\x19", "one twotwo", 10);
	assert_line("one two\x1b[D\x1b[D\x1b[D\x15", "two", 0);
	assert_line("one two\x1b[D\x1b[D\x1b[D\x0b", "one ", 4);
	assert_line("abc\x01\x04\x1b[3~", "c", 0);
	assert_line("one two\x1b"
		    "b\x1b"
		    "bX\x1b"
		    "f!",
		"Xone! two", 5);
	assert_line("\x08\x7f\x04\x15\x0b\x17\x1b[D\x1b[C\x19", "", 0);
}

static void a_line_has_a_limit(void **state)
{
	(void)state;
	for (int i = 0; i < 1000000; i++)
		type("x");
	assert_int_equal(edit.len, SHELL_LINE_MAX - 1);
	assert_true(edit.is_cut);
	type("\x15\x19");
	assert_int_equal(edit.len, SHELL_LINE_MAX - 1);
	type("\x19");
	assert_int_equal(edit.len, SHELL_LINE_MAX - 1);
	shell_edit_set(&edit, "new");
	assert_false(edit.is_cut);
}

static void noise_never_breaks_a_line(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int i = 0; i < 300000; i++) {
		enum shell_key key;

		seed = seed * 1664525 + 1013904223;
		key = shell_key_feed(&decoder, (unsigned char)(seed >> 24));
		if (key == SHELL_KEY_TEXT)
			shell_edit_insert(&edit, decoder.text, decoder.text_bytes);
		else
			(void)shell_edit_key(&edit, key);
		assert_true(edit.at <= edit.len && edit.len < SHELL_LINE_MAX);
		assert_int_equal(strlen(edit.text), edit.len);
		assert_true(((unsigned char)edit.text[edit.at] & 0xc0) != 0x80);
	}
}

static void assert_drawn(unsigned columns, size_t *first, const char *expected)
{
	char out[SHELL_DRAW_MAX + 1];
	size_t len = shell_edit_draw(&edit, "> ", columns, first, out);

	out[len] = '\0';
	assert_string_equal(out, expected);
}

static void the_picture_holds_the_cursor(void **state)
{
	size_t first = 0;

	(void)state;
	type("abcdef");
	assert_drawn(20, &first, "\r> abcdef\x1b[K");
	type("\x1b[D\x1b[D");
	assert_drawn(20, &first, "\r> abcdef\x1b[K\r\x1b[6C");
	shell_edit_set(&edit, "0123456789abcdefghij");
	assert_drawn(12, &first, "\r> fghij\x1b[K");
	type("\x01");
	assert_drawn(12, &first, "\r> 012345678\x1b[K\r\x1b[2C");
	assert_int_equal(first, 0);
}

static void a_picture_fits_its_room(void **state)
{
	char out[SHELL_DRAW_MAX], prompt[SHELL_PROMPT_MAX + 10];
	size_t first = 0;

	(void)state;
	memset(prompt, 'p', sizeof(prompt) - 1);
	prompt[sizeof(prompt) - 1] = '\0';
	for (int i = 0; i < 1000; i++)
		type("\xf0\x9f\x98\x80");
	for (unsigned columns = 1; columns < 2000; columns += 7) {
		assert_true(shell_edit_draw(&edit, prompt, columns, &first, out) < SHELL_DRAW_MAX);
		type(columns % 2 == 0 ? "\x1b[D"
				      : "\x1b"
					"b");
	}
}

static void history_is_bounded(void **state)
{
	struct shell_history history = {0};
	char line[32];

	(void)state;
	assert_null(shell_history_get(&history, 0));
	for (int i = 0; i < 3 * SHELL_HISTORY_MAX; i++) {
		snprintf(line, sizeof(line), "line %d", i);
		shell_history_add(&history, line);
		shell_history_add(&history, line);
		shell_history_add(&history, "  ");
	}
	for (size_t i = 0; i < SHELL_HISTORY_MAX; i++) {
		snprintf(line, sizeof(line), "line %zu", 3 * SHELL_HISTORY_MAX - 1 - i);
		assert_string_equal(shell_history_get(&history, i), line);
	}
	assert_null(shell_history_get(&history, SHELL_HISTORY_MAX));
	shell_history_fini(&history);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_end_of_line_is_one_enter, set_up),
		cmocka_unit_test_setup(sequences_are_keys, set_up),
		cmocka_unit_test_setup(characters_are_whole_and_there, set_up),
		cmocka_unit_test_setup(keys_move_and_change, set_up),
		cmocka_unit_test_setup(a_line_has_a_limit, set_up),
		cmocka_unit_test_setup(noise_never_breaks_a_line, set_up),
		cmocka_unit_test_setup(the_picture_holds_the_cursor, set_up),
		cmocka_unit_test_setup(a_picture_fits_its_room, set_up),
		cmocka_unit_test(history_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
