#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <glob.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "box.h"

/* Firmware, restart, factory reset, support archive: what they ask for, with a stand-in for what answers. */

enum { TEXT_MAX = 1 << 16 };

static int make(void **state)
{
	(void)state;
	box_make();
	box_write("/etc/sluice/sluice.conf", "");
	box_write("/cfg/factory/serial", "SX-0042\n");
	box_write("/data/upload/.keep", "");
	box_write("/run/sluice/log/messages", "a line of the log\n");
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	box_remove();
	return 0;
}

/* Init's end of the FIFO; what was asked of it. */
static int open_init(void)
{
	int fd;

	assert_int_equal(mkfifo(box_path("/run/sluice/init"), 0600), 0);
	fd = open(box_path("/run/sluice/init"), O_RDONLY | O_NONBLOCK);
	assert_true(fd >= 0);
	return fd;
}

static void asked_must_be(int fd, const char *wanted)
{
	char text[256];
	ssize_t len = read(fd, text, sizeof(text) - 1);

	text[len > 0 ? len : 0] = '\0';
	assert_string_equal(text, wanted);
}

static void test_reboot_and_poweroff_ask_init(void **state)
{
	int fd = open_init();

	(void)state;
	assert_int_equal(box_run("reboot"), 0);
	asked_must_be(fd, "reboot\n");
	assert_int_equal(box_run("poweroff"), 0);
	asked_must_be(fd, "poweroff\n");
	close(fd);
	/* Nobody reads it: told at once, not waited for. */
	assert_int_equal(box_run("reboot"), 1);
	box_must_say("Init does not take the request to reboot");
}

static void test_without_init_nothing_pretends(void **state)
{
	(void)state;
	assert_int_equal(box_run("reboot"), 1);
	assert_int_equal(box_run("poweroff"), 1);
	box_write("/run/sluice/init", "");
	assert_int_equal(box_run("reboot"), 1);
	box_must_say("switch it off and on");
}

static bool is_there(const char *path)
{
	return access(box_path(path), F_OK) == 0;
}

static void test_a_factory_reset_wants_its_word(void **state)
{
	int fd = open_init();

	(void)state;
	/* Nobody sits there: it is not taken for a yes. */
	assert_int_equal(box_run("factory-reset"), 1);
	assert_int_equal(box_run("factory-reset yes"), 1);
	assert_int_equal(box_run("factory-reset SX-0043"), 1);
	assert_int_equal(box_run("factory-reset \"\""), 1);
	box_must_say("Nothing was changed");
	assert_false(is_there("/cfg/reset"));
	asked_must_be(fd, "");
	assert_int_equal(box_run("factory-reset yes-erase-all"), 0);
	box_must_say("serial number, node id");
	assert_true(is_there("/cfg/reset"));
	asked_must_be(fd, "reboot\n");
	unlink(box_path("/cfg/reset"));
	assert_int_equal(box_run("factory-reset SX-0042"), 0);
	assert_true(is_there("/cfg/reset"));
	close(fd);
}

static void test_a_reset_that_cannot_be_noted_does_not_reboot(void **state)
{
	int fd = open_init();

	(void)state;
	assert_int_equal(mkdir(box_path("/cfg/reset"), 0700), 0);
	assert_int_equal(box_run("factory-reset yes-erase-all"), 1);
	box_must_say("Nothing was changed: /cfg/reset cannot be written");
	asked_must_be(fd, "");
	close(fd);
}

/* A device takes no fsync: a flag of which nobody knows whether it is on the disk is not left behind. */
static void test_a_reset_that_may_be_lost_is_taken_back(void **state)
{
	int fd = open_init();

	(void)state;
	assert_int_equal(symlink("/dev/null", box_path("/cfg/reset")), 0);
	assert_int_equal(box_run("factory-reset yes-erase-all"), 1);
	box_must_say("Nothing was changed: /cfg/reset cannot be written");
	assert_false(is_there("/cfg/reset"));
	asked_must_be(fd, "");
	close(fd);
}

static void test_an_empty_serial_number_is_no_word(void **state)
{
	(void)state;
	box_write("/cfg/factory/serial", "\n");
	assert_int_equal(box_run("factory-reset \"\""), 1);
	assert_false(is_there("/cfg/reset"));
}

/* ---- firmware ---- */

static void stand_in(const char *script)
{
	char path[4096];

	box_write("/bin/sluice-firmware", script);
	assert_int_equal(chmod(box_path("/bin/sluice-firmware"), 0755), 0);
	snprintf(path, sizeof(path), "%s:/usr/bin:/bin", box_path("/bin"));
	setenv("PATH", path, 1);
}

static void test_a_script_needs_yes(void **state)
{
	int fd = open_init();

	(void)state;
	stand_in("#!/bin/sh\necho \"asked: $*\"\n");
	for (unsigned i = 0; i < 4; i++) {
		static const char *const lines[] = {
			"reboot", "poweroff", "firmware install usb", "firmware rollback"};

		assert_int_equal(box_run_unsure(lines[i]), 1);
		box_must_say("Nothing was changed: no terminal is here to ask at. --yes");
		assert_null(strstr(box_output(), "asked:"));
	}
	asked_must_be(fd, "");
	close(fd);
}

static void test_firmware_commands_run_the_program(void **state)
{
	(void)state;
	stand_in("#!/bin/sh\nshift 2\necho \"asked: $*\"\n");
	assert_int_equal(box_run("firmware install http://198.51.100.1/x.bundle"), 0);
	box_must_say("asked: install http://198.51.100.1/x.bundle");
	assert_int_equal(box_run("firmware rollback"), 0);
	box_must_say("asked: rollback");
	assert_int_equal(box_run("firmware mark-good"), 0);
	box_must_say("asked: mark-good");
	assert_int_equal(box_run("show firmware"), 0);
	box_must_say("asked: status");
	assert_int_equal(box_run("firmware install --no-reboot"), 1);
	box_must_say("A source is");
}

static void test_what_firmware_says_of_a_failure_is_shown(void **state)
{
	(void)state;
	stand_in("#!/bin/sh\necho 'sluice-firmware: bad signature' >&2\nexit 1\n");
	assert_int_equal(box_run("firmware install usb"), 1);
	box_must_say("sluice-firmware: bad signature");
	assert_int_equal(box_run("show firmware | json"), 1);
	box_must_say("bad signature");
	stand_in("#!/bin/sh\nkill -9 $$\n");
	assert_int_equal(box_run("firmware install usb"), 1);
	box_must_say("signal 9");
}

static void test_firmware_as_json_is_what_the_program_says(void **state)
{
	json_t *value;

	(void)state;
	stand_in("#!/bin/sh\necho '{\"slot\": \"a\"}'\n");
	assert_int_equal(box_run("show firmware | json"), 0);
	value = json_loads(box_output(), 0, NULL);
	assert_string_equal(json_string_value(json_object_get(value, "slot")), "a");
	json_decref(value);
}

/* Whoever ends a script's command, as Ctrl-C does, ends what it runs too. */
static void test_a_script_and_its_program_are_one_group(void **state)
{
	json_t *value;

	(void)state;
	stand_in("#!/bin/sh\necho \"{\\\"group\\\": $(cut -d' ' -f5 /proc/self/stat)}\"\n");
	assert_int_equal(box_run("show firmware | json"), 0);
	value = json_loads(box_output(), 0, NULL);
	assert_int_equal(json_integer_value(json_object_get(value, "group")), getpgrp());
	json_decref(value);
}

static void test_firmware_that_answers_and_fails_has_failed(void **state)
{
	(void)state;
	stand_in("#!/bin/sh\necho '{\"slot\": \"b\"}'\nexit 1\n");
	assert_int_equal(box_run("show firmware | json"), 1);
	box_must_say("\"slot\"");
}

static void test_without_the_program_it_is_said(void **state)
{
	(void)state;
	setenv("PATH", "/nonexistent", 1);
	assert_int_equal(box_run("show firmware"), 1);
	box_must_say("sluice-firmware");
	assert_int_equal(box_run("show firmware | json"), 1);
	box_must_say("sluice-firmware status has no answer");
	setenv("PATH", "/usr/bin:/bin", 1);
}

/* ---- tech-support ---- */

/* The path of the only archive below the box, or NULL. */
static const char *archive(const char *pattern, size_t wanted)
{
	static char path[512];
	glob_t found;

	if (glob(box_path(pattern), 0, NULL, &found) != 0) {
		assert_int_equal(wanted, 0);
		return NULL;
	}
	assert_int_equal(found.gl_pathc, wanted);
	snprintf(path, sizeof(path), "%s", found.gl_pathv[found.gl_pathc - 1]);
	globfree(&found);
	return path;
}

/* All that is in the archive, as one text. */
static const char *unpacked(const char *path)
{
	static char text[TEXT_MAX];
	char command[600];
	FILE *tar;
	size_t len;

	snprintf(command, sizeof(command), "tar -xOzf '%s' && tar -tzf '%s'", path, path);
	tar = popen(command, "r");
	assert_non_null(tar);
	len = fread(text, 1, sizeof(text) - 1, tar);
	text[len] = '\0';
	while (fgetc(tar) != EOF)
		;
	assert_int_equal(pclose(tar), 0);
	return text;
}

/* `dmesg` and the like of the machine are long: what matters here is made short. */
static void quiet_programs(void)
{
	static const char *const programs[] = {"dmesg", "ps", "df", "ip", "sluice-board"};
	char path[64];

	stand_in("#!/bin/sh\necho '{}'\n");
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		snprintf(path, sizeof(path), "/bin/%s", programs[i]);
		box_write(path, "#!/bin/sh\necho said by ${0##*/}\n");
		assert_int_equal(chmod(box_path(path), 0755), 0);
	}
}

static void test_the_archive_holds_what_helps_and_no_key(void **state)
{
	const char *text;

	(void)state;
	quiet_programs();
	box_write("/etc/sluice/version", "9.8.7\n");
	box_write("/cfg/users", "admin:$y$secret-hash:\n");
	box_write("/cfg/keys/host.key", "secret-key\n");
	box_write("/data/crash/000001-worker", "crash of the worker\n");
	box_write("/data/crash/000002-worker", "another crash\n");
	assert_int_equal(box_run("tech-support"), 0);
	box_must_say("/data/upload/tech-support-");
	text = unpacked(archive("/data/upload/tech-support-*.tar.gz", 1));
	assert_non_null(strstr(text, "9.8.7"));
	assert_non_null(strstr(text, "a line of the log"));
	assert_non_null(strstr(text, "crash of the worker"));
	assert_non_null(strstr(text, "another crash"));
	assert_non_null(strstr(text, "said by dmesg"));
	assert_non_null(strstr(text, "MemAvailable"));
	assert_non_null(strstr(text, "control did not answer"));
	assert_null(strstr(text, "secret-hash"));
	assert_null(strstr(text, "secret-key"));
}

static void test_a_huge_log_keeps_its_end(void **state)
{
	static char big[3 << 20];
	struct stat info;

	(void)state;
	quiet_programs();
	memset(big, 'x', sizeof(big) - 1);
	memcpy(big + sizeof(big) - 12, "the very end", 11);
	box_write("/run/sluice/log/messages", big);
	assert_int_equal(box_run("tech-support | json"), 0);
	box_must_say("\"bytes\"");
	assert_int_equal(stat(archive("/data/upload/tech-support-*.tar.gz", 1), &info), 0);
	assert_in_range(info.st_size, 1, 1 << 20);
	assert_non_null(strstr(unpacked(archive("/data/upload/tech-support-*.tar.gz", 1)), "x"));
}

static void test_what_was_made_before_does_not_pile_up(void **state)
{
	(void)state;
	quiet_programs();
	box_write("/data/upload/tech-support-20200101-000000.tar.gz", "old");
	box_write("/data/upload/tech-support-20200102-000000.tar.gz", "old");
	box_write("/data/upload/tech-support-20200103-000000.tar.gz", "old");
	box_write("/data/upload/tech-support-20200104-000000/part", "a cut of power left it");
	assert_int_equal(box_run("tech-support"), 0);
	assert_non_null(archive("/data/upload/tech-support-*", 2));
	assert_true(is_there("/data/upload/tech-support-20200103-000000.tar.gz"));
}

static void test_without_a_disk_it_is_made_in_memory(void **state)
{
	(void)state;
	quiet_programs();
	assert_int_equal(unlink(box_path("/data/upload/.keep")), 0);
	assert_int_equal(rmdir(box_path("/data/upload")), 0);
	assert_int_equal(box_run("tech-support"), 0);
	assert_non_null(archive("/run/sluice/tech-support-*.tar.gz", 1));
}

static void test_what_tar_complains_of_is_said(void **state)
{
	(void)state;
	quiet_programs();
	box_write("/bin/tar", "#!/bin/sh\necho 'tar: no room' >&2\ntouch \"$2\"\nexit 2\n");
	assert_int_equal(chmod(box_path("/bin/tar"), 0755), 0);
	assert_int_equal(box_run("tech-support"), 1);
	box_must_say("cannot be written: tar: no room");
	assert_null(archive("/data/upload/tech-support-*", 0));
}

static void test_without_tar_nothing_is_left_behind(void **state)
{
	(void)state;
	setenv("PATH", "/nonexistent", 1);
	assert_int_equal(box_run("tech-support"), 1);
	box_must_say("cannot be written");
	setenv("PATH", "/usr/bin:/bin", 1);
	assert_null(archive("/data/upload/tech-support-*", 0));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_reboot_and_poweroff_ask_init),
		TEST(test_a_script_needs_yes),
		TEST(test_without_init_nothing_pretends),
		TEST(test_a_factory_reset_wants_its_word),
		TEST(test_a_reset_that_cannot_be_noted_does_not_reboot),
		TEST(test_a_reset_that_may_be_lost_is_taken_back),
		TEST(test_an_empty_serial_number_is_no_word),
		TEST(test_firmware_commands_run_the_program),
		TEST(test_what_firmware_says_of_a_failure_is_shown),
		TEST(test_firmware_as_json_is_what_the_program_says),
		TEST(test_a_script_and_its_program_are_one_group),
		TEST(test_firmware_that_answers_and_fails_has_failed),
		TEST(test_without_the_program_it_is_said),
		TEST(test_the_archive_holds_what_helps_and_no_key),
		TEST(test_a_huge_log_keeps_its_end),
		TEST(test_what_was_made_before_does_not_pile_up),
		TEST(test_without_a_disk_it_is_made_in_memory),
		TEST(test_what_tar_complains_of_is_said),
		TEST(test_without_tar_nothing_is_left_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
