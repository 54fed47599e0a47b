#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "pty_box.h"

/* Whatever comes over the line, the next user finds a login prompt that works. */

static int make_box(void **state)
{
	(void)state;
	pty_box();
	return 0;
}

static int remove_box(void **state)
{
	(void)state;
	pty_box_remove();
	return 0;
}

/* An empty line gives a prompt of its own, wherever the noise has left us. */
static void must_be_well(void)
{
	terminal_send("\x03\x15\r");
	terminal_expect(PTY_LOGIN);
	for (int i = 0; i < 3; i++) {
		terminal_send("\x03");
		terminal_expect(PTY_LOGIN);
	}
	pty_log_in("admin", PTY_PASSWORD);
	terminal_expect(PTY_PROMPT);
	terminal_send("exit\r");
	terminal_expect(PTY_LOGIN);
}

static void begin(void)
{
	pty_start(NULL);
	pty_log_in_first();
	terminal_send("exit\r");
	terminal_expect(PTY_LOGIN);
}

/* Noise holds line ends, and so attempts to log in, which lock. The lock is not what is tested here. */
static void end_the_lock(void)
{
	FILE *file;

	pty_stop();
	file = fopen(pty_path("/run/sluice/console.lock"), "w");
	assert_non_null(file);
	fputs("5 1 0\n", file);
	fclose(file);
	pty_start(NULL);
	terminal_expect(PTY_LOGIN);
}

static void test_binary_noise(void **state)
{
	static char noise[64 * 1024];
	uint32_t random = 1;

	(void)state;
	begin();
	for (size_t i = 0; i < sizeof(noise); i++) {
		random = random * 1664525 + 1013904223;
		noise[i] = (char)(random >> 24);
	}
	terminal_send_bytes(noise, sizeof(noise));
	terminal_send("\x03\x03\r");
	terminal_expect(PTY_LOGIN);
	end_the_lock();
	must_be_well();
	pty_stop();
}

static void test_a_line_of_a_megabyte_for_name_and_password(void **state)
{
	static char line[1 << 20];

	(void)state;
	begin();
	memset(line, 'a', sizeof(line));
	terminal_send_bytes(line, sizeof(line));
	terminal_send("\r");
	terminal_expect("Password: ");
	terminal_send_bytes(line, sizeof(line));
	terminal_send("\r");
	terminal_expect("Login incorrect.");
	terminal_expect(PTY_LOGIN);
	must_be_well();
	pty_stop();
}

static void test_the_end_of_a_long_password_does_not_count_as_one(void **state)
{
	char longest[200];

	(void)state;
	begin();
	snprintf(longest, sizeof(longest), "%s%0*d", PTY_PASSWORD, 100, 7);
	pty_log_in("admin", longest);
	terminal_expect("Login incorrect.");
	terminal_expect(PTY_LOGIN);
	must_be_well();
	pty_stop();
}

static void test_every_control_character_at_each_prompt(void **state)
{
	(void)state;
	begin();
	for (int c = 1; c < ' '; c++) {
		const char keys[] = {(char)c, (char)c, (char)c};

		/* Twice: Ctrl-V takes the key behind it for text. */
		terminal_send_bytes(keys, sizeof(keys));
		terminal_send("\x03\x03");
		terminal_expect(PTY_LOGIN);
	}
	terminal_settle();
	for (int c = 1; c < ' '; c++) {
		const char keys[] = {(char)c};

		if (c == '\r' || c == '\n')
			continue; /* they are an answer */
		terminal_send("\x03");
		terminal_expect(PTY_LOGIN);
		terminal_send("nobody\r");
		terminal_expect("Password: ");
		terminal_send_bytes(keys, sizeof(keys));
		terminal_send("\x03\x03");
		terminal_expect(PTY_LOGIN);
	}
	terminal_settle();
	must_be_well();
	pty_stop();
}

static void test_ends_of_input_without_end(void **state)
{
	(void)state;
	begin();
	for (int i = 0; i < 200; i++)
		terminal_send("\x04");
	terminal_settle();
	must_be_well();
	pty_stop();
}

static void test_broken_utf8_and_escapes(void **state)
{
	static const char *const pieces[] = {"\xc3", "\xe2\x82", "\xf0\x9f\x98", "\xff\xfe",
		"\x80\x80", "\xed\xa0\x80", "\xc0\xaf", "\x1b", "\x1b[", "\x1b[999999999999;1",
		"\x1b[A\x1b[B\x1b[C\x1b[D", "\x1b]0;title\x07", "\x1bP", "\x1b[?1049h", "\x9b",
		"\x0e\x0f"};

	(void)state;
	begin();
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		terminal_send(pieces[i]);
		terminal_send("\x03\x03");
		terminal_expect(PTY_LOGIN);
	}
	/* A piece of a character in front of the name is dropped, not taken for a part of it. */
	terminal_send("\x03\x03");
	terminal_expect(PTY_LOGIN);
	pty_log_in("\xe2\x82"
		   "admin",
		PTY_PASSWORD);
	terminal_expect(PTY_PROMPT);
	pty_stop();
}

static void test_breaks_and_nuls(void **state)
{
	static const char nuls[512];

	(void)state;
	begin();
	for (int i = 0; i < 10; i++)
		terminal_break();
	terminal_send_bytes(nuls, sizeof(nuls));
	must_be_well();
	pty_stop();
}

static void test_a_thousand_wrong_passwords(void **state)
{
	(void)state;
	begin();
	for (int i = 0; i < 1000; i++) {
		pty_log_in("admin", "wrong one");
		terminal_expect(i < CONSOLE_LOCK_AFTER ? "Login incorrect." : "locked for ");
		terminal_expect(PTY_LOGIN);
	}
	pty_log_in("admin", PTY_PASSWORD);
	terminal_expect("locked for ");
	end_the_lock();
	must_be_well();
	pty_stop();
}

static void test_signals_of_a_terminal_mean_nothing(void **state)
{
	(void)state;
	begin();
	/* Ctrl-\, Ctrl-Z, Ctrl-S, Ctrl-Q */
	terminal_send("\x1c\x1a\x13\x11");
	must_be_well();
	pty_log_in("admin", PTY_PASSWORD);
	terminal_expect(PTY_PROMPT);
	terminal_send("\x1c\x1a\x13\x11\x15\r");
	terminal_expect(PTY_PROMPT);
	pty_stop();
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_box, remove_box)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_binary_noise),
		TEST(test_a_line_of_a_megabyte_for_name_and_password),
		TEST(test_the_end_of_a_long_password_does_not_count_as_one),
		TEST(test_every_control_character_at_each_prompt),
		TEST(test_ends_of_input_without_end),
		TEST(test_broken_utf8_and_escapes),
		TEST(test_breaks_and_nuls),
		TEST(test_a_thousand_wrong_passwords),
		TEST(test_signals_of_a_terminal_mean_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
