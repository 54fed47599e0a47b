#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "init_console.h"
#include "init_kernel.h"
#include "init_line.h"

/* Lines of services, and init's own on the console. */

enum { LINES_KEPT = 4 };

static struct {
	char last[LINES_KEPT][INIT_LINE_BYTES + 64]; /* the newest first */
	unsigned len;
} got;
static struct init_lines lines;

static void take(void *arg, const char *line)
{
	(void)arg;
	memmove(got.last[1], got.last[0], sizeof(got.last) - sizeof(got.last[0]));
	snprintf(got.last[0], sizeof(got.last[0]), "%s", line);
	got.len++;
}

static int up(void **state)
{
	(void)state;
	memset(&got, 0, sizeof(got));
	init_lines_init(&lines, 0);
	return 0;
}

static void feed(const char *text, uint64_t now_ms)
{
	init_lines_feed(&lines, text, strlen(text), now_ms, take, NULL);
}

static void lines_come_whole(void **state)
{
	(void)state;
	feed("one\ntw", 0);
	assert_int_equal(got.len, 1);
	assert_string_equal(got.last[0], "one");
	feed("o\r\n\nrest", 0);
	assert_int_equal(got.len, 3);
	assert_string_equal(got.last[1], "two");
	assert_string_equal(got.last[0], "");
	init_lines_end(&lines, take, NULL);
	assert_string_equal(got.last[0], "rest");
	init_lines_end(&lines, take, NULL);
	assert_int_equal(got.len, 4);
}

static void control_characters_are_written_out(void **state)
{
	(void)state;
	init_lines_feed(&lines, "a\0b\x1b[2J\x7f\tc\xc3\xa9\n", 13, 0, take, NULL);
	assert_string_equal(got.last[0], "a\\x00b\\x1b[2J\\x7f\tc\xc3\xa9");
}

static void long_line_is_cut(void **state)
{
	char block[997];

	(void)state;
	memset(block, 'x', sizeof(block));
	/* a megabyte without an end */
	for (unsigned i = 0; i < 1052; i++)
		init_lines_feed(&lines, block, sizeof(block), 0, take, NULL);
	assert_int_equal(got.len, 0);
	feed("\nnext\n", 0);
	assert_int_equal(got.len, 2);
	assert_int_equal(strlen(got.last[1]), INIT_LINE_BYTES + strlen(" [cut]"));
	assert_string_equal(got.last[1] + INIT_LINE_BYTES, " [cut]");
	assert_string_equal(got.last[0], "next");
	/* The last character that is written out does not go beyond the room. */
	memset(block, '\x01', sizeof(block));
	init_lines_feed(&lines, block, sizeof(block), 0, take, NULL);
	feed("\n", 0);
	assert_int_equal(strlen(got.last[0]), INIT_LINE_BYTES + strlen(" [cut]"));
}

static void flood_is_bounded_and_counted(void **state)
{
	const unsigned flood = 100000;
	uint64_t next_ms;

	(void)state;
	for (unsigned i = 0; i < flood; i++)
		feed("again\n", 0);
	assert_int_equal(got.len, INIT_LINE_BURST);
	assert_int_equal(lines.dropped, flood - INIT_LINE_BURST);
	next_ms = init_lines_tell(&lines, 0, take, NULL);
	assert_int_equal(got.len, INIT_LINE_BURST);
	assert_true(init_lines_tell(&lines, next_ms, take, NULL) == UINT64_MAX);
	assert_string_equal(
		got.last[0], "99000 lines were left out: it prints more than 100 a second");
	/* A second later there is room for as many as a second brings. */
	got.len = 0;
	for (unsigned i = 0; i < flood; i++)
		feed("again\n", 1000);
	assert_int_equal(got.len, INIT_LINE_RATE);
	/* After a long quiet, for a burst again, and for no more. */
	got.len = 0;
	for (unsigned i = 0; i < flood; i++)
		feed("again\n", 1000 * 1000 * 1000);
	assert_int_equal(got.len, INIT_LINE_BURST);
}

/* A line that nobody reads takes a buffer and no more; what does not fit is counted, and that is said later. */
static void console_never_waits(void **state)
{
	static struct init_console console;
	char path[] = "/tmp/init-console.XXXXXX", text[128 * 1024], *at;
	unsigned long dropped;
	size_t bytes = 0;
	ssize_t n;
	int fd;

	(void)state;
	close(mkstemp(path));
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDONLY | O_NONBLOCK);
	init_console_open(&console, path);
	assert_true(console.fd >= 0);
	for (unsigned i = 0; i < 20000; i++)
		init_console_say(&console, "init", "a line that nobody reads");
	assert_true(init_console_flush(&console));
	assert_true(console.dropped > 10000);
	dropped = console.untold;
	/* It is read at last. */
	while (read(fd, text, sizeof(text)) > 0)
		init_console_flush(&console);
	init_console_say(&console, "init", "the last one");
	while ((n = read(fd, text + bytes, sizeof(text) - 1 - bytes)) > 0)
		bytes += (size_t)n;
	text[bytes] = '\0';
	at = strstr(text, "init: ");
	assert_non_null(at);
	assert_int_equal(strtoul(at + strlen("init: "), NULL, 10), dropped);
	assert_non_null(strstr(at, "lines were left out here"));
	assert_non_null(strstr(at, "init: the last one\r\n"));
	/* Nobody at the other end is no reason to stop either. */
	signal(SIGPIPE, SIG_IGN);
	close(fd);
	init_console_say(&console, "init", "to nobody");
	assert_false(init_console_flush(&console));
	init_console_close(&console);
	init_console_say(&console, "init", "to nothing");
	unlink(path);
}

static void kernel_messages_that_count(void **state)
{
	static const struct {
		const char *record, *text; /* NULL = of no weight */
	} cases[] = {
		{"3,812,1000,-;EXT4-fs error (device vda6)\n SUBSYSTEM=block\n",
			"EXT4-fs error (device vda6)"},
		{"4,1,0,-;a warning", "a warning"},
		{"12,1,0,-;of a program that wrote to /dev/kmsg\n",
			"of a program that wrote to /dev/kmsg"},
		{"6,1,0,-;information\n", NULL},
		{"30,1,0,-;information of a program\n", NULL},
		{"3,1,0,-;\n", ""},
		{"no record", NULL},
		{";", NULL},
		{"", NULL},
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool counts = init_kernel_text(
			cases[i].record, strlen(cases[i].record), text, sizeof(text));

		assert_int_equal(counts, cases[i].text != NULL);
		if (counts)
			assert_string_equal(text, cases[i].text);
	}
	assert_true(init_kernel_text("3,1,0,-;long", 10, text, 2));
	assert_string_equal(text, "l");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, up)
	const struct CMUnitTest tests[] = {
		CASE(lines_come_whole),
		CASE(control_characters_are_written_out),
		CASE(long_line_is_cut),
		CASE(flood_is_bounded_and_counted),
		CASE(console_never_waits),
		CASE(kernel_messages_that_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
