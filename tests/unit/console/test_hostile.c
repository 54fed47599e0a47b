#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>

#include "console.h"
#include "pty_box.h"

/* Whatever comes over the line, the next user finds a login prompt that works. */

static struct pty pty;

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
	pty_send(&pty, "\x03\x15\r");
	pty_expect(&pty, PTY_LOGIN);
	for (int i = 0; i < 3; i++) {
		pty_send(&pty, "\x03");
		pty_expect(&pty, PTY_LOGIN);
	}
	pty_log_in(&pty, "admin", PTY_PASSWORD);
	pty_expect(&pty, PTY_PROMPT);
	pty_send(&pty, "exit\r");
	pty_expect(&pty, PTY_LOGIN);
}

static void begin(void)
{
	pty_start(&pty, NULL);
	pty_log_in_first(&pty);
	pty_send(&pty, "exit\r");
	pty_expect(&pty, PTY_LOGIN);
}

/* Noise holds line ends, and so attempts to log in, which lock. The lock is not what is tested here. */
static void end_the_lock(void)
{
	FILE *file;

	pty_stop(&pty);
	file = fopen(pty_path("/run/sluice/console.lock"), "w");
	assert_non_null(file);
	fputs("5 1 0\n", file);
	fclose(file);
	pty_start(&pty, NULL);
	pty_expect(&pty, PTY_LOGIN);
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
	pty_send_bytes(&pty, noise, sizeof(noise));
	pty_send(&pty, "\x03\x03\r");
	pty_expect(&pty, PTY_LOGIN);
	end_the_lock();
	must_be_well();
	pty_stop(&pty);
}

static void test_a_line_of_a_megabyte_for_name_and_password(void **state)
{
	static char line[1 << 20];

	(void)state;
	begin();
	memset(line, 'a', sizeof(line));
	pty_send_bytes(&pty, line, sizeof(line));
	pty_send(&pty, "\r");
	pty_expect(&pty, "Password: ");
	pty_send_bytes(&pty, line, sizeof(line));
	pty_send(&pty, "\r");
	pty_expect(&pty, "Login incorrect.");
	pty_expect(&pty, PTY_LOGIN);
	must_be_well();
	pty_stop(&pty);
}

static void test_the_end_of_a_long_password_does_not_count_as_one(void **state)
{
	char longest[200];

	(void)state;
	begin();
	snprintf(longest, sizeof(longest), "%s%0*d", PTY_PASSWORD, 100, 7);
	pty_log_in(&pty, "admin", longest);
	pty_expect(&pty, "Login incorrect.");
	pty_expect(&pty, PTY_LOGIN);
	must_be_well();
	pty_stop(&pty);
}

static void test_every_control_character_at_each_prompt(void **state)
{
	(void)state;
	begin();
	for (int c = 1; c < ' '; c++) {
		const char keys[] = {(char)c, (char)c, (char)c};

		/* Twice: Ctrl-V takes the key behind it for text. */
		pty_send_bytes(&pty, keys, sizeof(keys));
		pty_send(&pty, "\x03\x03");
		pty_expect(&pty, PTY_LOGIN);
	}
	pty_settle(&pty);
	for (int c = 1; c < ' '; c++) {
		const char keys[] = {(char)c};

		if (c == '\r' || c == '\n')
			continue; /* they are an answer */
		pty_send(&pty, "\x03");
		pty_expect(&pty, PTY_LOGIN);
		pty_send(&pty, "nobody\r");
		pty_expect(&pty, "Password: ");
		pty_send_bytes(&pty, keys, sizeof(keys));
		pty_send(&pty, "\x03\x03");
		pty_expect(&pty, PTY_LOGIN);
	}
	pty_settle(&pty);
	must_be_well();
	pty_stop(&pty);
}

static void test_ends_of_input_without_end(void **state)
{
	(void)state;
	begin();
	for (int i = 0; i < 200; i++)
		pty_send(&pty, "\x04");
	pty_settle(&pty);
	must_be_well();
	pty_stop(&pty);
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
		pty_send(&pty, pieces[i]);
		pty_send(&pty, "\x03\x03");
		pty_expect(&pty, PTY_LOGIN);
	}
	/* A piece of a character in front of the name is dropped, not taken for a part of it. */
	pty_send(&pty, "\x03\x03");
	pty_expect(&pty, PTY_LOGIN);
	pty_log_in(&pty,
		"\xe2\x82"
		"admin",
		PTY_PASSWORD);
	pty_expect(&pty, PTY_PROMPT);
	pty_stop(&pty);
}

static void test_breaks_and_nuls(void **state)
{
	static const char nuls[512];

	(void)state;
	begin();
	for (int i = 0; i < 10; i++)
		assert_int_equal(tcsendbreak(pty.fd, 0), 0);
	pty_send_bytes(&pty, nuls, sizeof(nuls));
	must_be_well();
	pty_stop(&pty);
}

static void test_a_thousand_wrong_passwords(void **state)
{
	(void)state;
	begin();
	for (int i = 0; i < 1000; i++) {
		pty_log_in(&pty, "admin", "wrong one");
		pty_expect(&pty, i < CONSOLE_LOCK_AFTER ? "Login incorrect." : "locked for ");
		pty_expect(&pty, PTY_LOGIN);
	}
	pty_log_in(&pty, "admin", PTY_PASSWORD);
	pty_expect(&pty, "locked for ");
	end_the_lock();
	must_be_well();
	pty_stop(&pty);
}

static void test_signals_of_a_terminal_mean_nothing(void **state)
{
	(void)state;
	begin();
	/* Ctrl-\, Ctrl-Z, Ctrl-S, Ctrl-Q */
	pty_send(&pty, "\x1c\x1a\x13\x11");
	must_be_well();
	pty_log_in(&pty, "admin", PTY_PASSWORD);
	pty_expect(&pty, PTY_PROMPT);
	pty_send(&pty, "\x1c\x1a\x13\x11\x15\r");
	pty_expect(&pty, PTY_PROMPT);
	pty_stop(&pty);
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
