#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "pty_box.h"

/* Programs that get the line for themselves, as ZMODEM does, and give it back; and one that is only listened to. */

static void write_program(const char *name, const char *text)
{
	char path[64];
	FILE *file;

	mkdir(pty_path("/bin"), 0755);
	snprintf(path, sizeof(path), "/bin/%s", name);
	file = fopen(pty_path(path), "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(pty_path(path), 0755), 0);
}

static void use_programs(const char *box)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/bin:/usr/bin:/bin", box);
	setenv("PATH", path, 1);
}

static int make_box(void **state)
{
	(void)state;
	pty_box();
	assert_int_equal(mkdir(pty_path("/data/upload"), 0700), 0);
	write_program("dmesg", "#!/bin/sh\n");
	return 0;
}

static int remove_box(void **state)
{
	(void)state;
	pty_box_remove();
	return 0;
}

static void must_be_well(void)
{
	terminal_send("show version | match version\r");
	terminal_expect("1.2.3-test");
	terminal_expect(PTY_PROMPT);
}

static void test_a_program_talks_over_the_line_and_gives_it_back(void **state)
{
	(void)state;
	write_program("sz",
		"#!/bin/sh\necho \"sz sends $3\"\nread -r word\necho \"it heard $word\" >&2\n");
	pty_start(use_programs);
	pty_log_in_first();
	terminal_send("tech-support send\r");
	terminal_expect("sz sends ");
	assert_non_null(strstr(terminal_expect("\r\n"), "/data/upload/tech-support-"));
	/* Line ends are as they come here, as the line is raw: the program says what it wants. */
	terminal_send("hello\n");
	terminal_expect("it heard hello\r\n");
	terminal_expect(PTY_PROMPT);
	must_be_well();
	pty_stop();
}

static void test_one_that_fails_says_where_the_archive_is(void **state)
{
	(void)state;
	write_program("sz", "#!/bin/sh\nexit 7\n");
	pty_start(use_programs);
	pty_log_in_first();
	terminal_send("tech-support send\r");
	terminal_expect("It was not sent (status 7); the archive is ");
	terminal_expect(PTY_PROMPT);
	must_be_well();
	pty_stop();
}

static void test_ctrl_c_ends_it_and_not_the_console(void **state)
{
	(void)state;
	write_program("sluice-firmware", "#!/bin/sh\necho \"waits: $*\"\nexec sleep 60\n");
	pty_start(use_programs);
	pty_log_in_first();
	terminal_send("firmware install serial\r");
	terminal_expect("Type 'yes' to go on: ");
	terminal_send("yes\r");
	terminal_expect("waits: --root ");
	terminal_expect("install serial");
	terminal_send("\x03");
	terminal_expect("was ended by signal 2");
	terminal_expect(PTY_PROMPT);
	must_be_well();
	pty_stop();
}

/* The line is raw, so that Ctrl-C is a key: a group of its own takes nothing from the program, and is killed whole. */
static void test_one_that_is_listened_to_has_its_group(void **state)
{
	const char *said;
	int pid = 0, group = 0;

	(void)state;
	write_program("sluice-firmware",
		"#!/bin/sh\necho \"[\\\"$$ $(cut -d' ' -f5 /proc/self/stat)\\\"]\"\n");
	pty_start(use_programs);
	pty_log_in_first();
	terminal_send("show firmware | json\r");
	terminal_expect("[");
	said = strchr(terminal_expect("]"), '"');
	assert_non_null(said);
	assert_int_equal(sscanf(said, "\"%d %d\"", &pid, &group), 2);
	assert_int_equal(group, pid);
	terminal_expect(PTY_PROMPT);
	must_be_well();
	pty_stop();
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_box, remove_box)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_a_program_talks_over_the_line_and_gives_it_back),
		TEST(test_one_that_fails_says_where_the_archive_is),
		TEST(test_ctrl_c_ends_it_and_not_the_console),
		TEST(test_one_that_is_listened_to_has_its_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
