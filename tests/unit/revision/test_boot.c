#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crash.h"
#include "place.h"

/* What a start runs with, whatever lies in the folder. */

#define KEY "mqtt.max_inflight"

static struct place place;

static int begin(void **state)
{
	(void)state;
	place_begin(&place, KEY " = 10\n");
	return 0;
}

static int end(void **state)
{
	(void)state;
	crash_fail_at(0, 0, 0);
	place_end(&place);
	return 0;
}

/* Boots: the file below the root, and what was said. */
static const char *boot(const char *file)
{
	char path[REVISION_FILE_PATH_MAX], expected[256];
	const char *said;

	snprintf(expected, sizeof(expected), "%s/%s", place.root, file);
	revision_boot(&place.place, path, place_line, NULL);
	said = place_lines();
	if (strcmp(path, expected) != 0)
		print_error("%s\n", said);
	assert_string_equal(path, expected);
	return said;
}

/* Where running.conf leads, as control reads it. */
static uint64_t running_value(void)
{
	struct config config;
	char path[128];

	snprintf(path, sizeof(path), "%s/running.conf", place.dir);
	assert_int_equal(config_load(&config, path, NULL, place_line, NULL), 0);
	return config.mqtt.max_inflight;
}

static void test_nothing_was_committed(void **state)
{
	(void)state;
	assert_non_null(strstr(boot("cfg/running.conf"), "nothing was committed yet: "));
	assert_int_equal(running_value(), 10);
	assert_string_equal(place_read(&place, "cfg/acl.conf"), "{allow, all}.\n");
	assert_false(place_has(&place, "cfg/startup.conf"));
	/* control that runs with the link reads what is committed now */
	place_commit(&place, KEY, "20", 0);
	assert_int_equal(running_value(), 20);
	assert_string_equal(boot("cfg/startup.conf"), "");
	assert_int_equal(running_value(), 20);
	/* rules of the box are its own */
	place_write(&place, "cfg/acl.conf", "{deny, all}.\n");
	boot("cfg/startup.conf");
	assert_string_equal(place_read(&place, "cfg/acl.conf"), "{deny, all}.\n");
}

static void test_a_damaged_file(void **state)
{
	(void)state;
	place_commit(&place, "authorization.file", "", 0);
	place_commit(&place, KEY, "20", 0);
	place_write(&place, "cfg/startup.conf", "mqtt { max_inflight = 2");
	assert_non_null(strstr(boot("cfg/running.conf"), "expected a closing brace"));
	assert_int_equal(running_value(), 20);
	/* one that reads well, but is not what was written */
	place_write(
		&place, "cfg/startup.conf", "## check: 00000000\n## revision: 9\n\nmqtt {\n}\n");
	assert_non_null(
		strstr(boot("cfg/running.conf"), "startup.conf: the checksum in its first"));
	assert_int_equal(running_value(), 20);
	place_write(&place, "cfg/history/000003.conf", "");
	place_write(&place, "cfg/history/000002.conf", "x");
	place_remove(&place, "cfg/history/000003.conf");
	boot("cfg/running.conf");
	assert_int_equal(running_value(), 10);
	/* a commit makes it whole again, with a number of its own */
	assert_int_equal(place_commit(&place, KEY, "30", 0), 3);
	boot("cfg/startup.conf");
}

static void test_a_newer_firmware_was_here(void **state)
{
	const char *said;

	(void)state;
	boot("cfg/running.conf");
	place_commit(&place, KEY, "20", 0);
	place_write(
		&place, "cfg/startup.conf", "tls.certificate = \"a\"\nmqtt.max_inflight = 30\n");
	place_write(&place, "cfg/history/000003.conf", "tls.certificate = \"a\"\n");
	said = boot("cfg/running.conf");
	assert_non_null(strstr(said, "startup.conf:1: tls.certificate: unknown key"));
	assert_non_null(strstr(said, "startup.conf cannot be used: "));
	assert_int_equal(running_value(), 20);
	/* it is still there for that firmware */
	assert_non_null(strstr(place_read(&place, "cfg/startup.conf"), "tls.certificate"));
}

static void test_rules_that_do_not_compile(void **state)
{
	(void)state;
	boot("cfg/running.conf");
	place_commit(&place, KEY, "20", 0);
	place_write(&place, "cfg/acl.conf", "{maybe, all}.\n");
	assert_non_null(strstr(boot("cfg/running.conf"), "acl.conf:1:"));
	assert_int_equal(running_value(), 10);
}

static void test_a_disk_that_cannot_be_written(void **state)
{
	(void)state;
	boot("cfg/running.conf");
	place_remove(&place, "cfg/running.conf");
	crash_fail_at(1, EROFS, 1);
	assert_non_null(strstr(boot("etc/sluice.conf"), "Read-only file system"));
	crash_fail_at(0, 0, 0);
	place_commit(&place, KEY, "20", 0);
	crash_fail_at(1, EROFS, 1);
	assert_non_null(strstr(boot("cfg/startup.conf"), "Read-only file system"));
	crash_fail_at(0, 0, 0);
	/* a commit that waits does not run although it cannot be undone on the disk */
	place_commit(&place, KEY, "30", 5);
	place_other_boot(&place);
	crash_fail_at(1, EROFS, 1);
	boot("cfg/history/000002.conf");
}

static void test_no_folder_at_all(void **state)
{
	(void)state;
	place.place.dir = "/nonexistent/config";
	assert_non_null(strstr(boot("etc/sluice.conf"),
		"cannot write /nonexistent/config: No such file or directory"));
}

static void test_a_commit_that_was_not_confirmed(void **state)
{
	(void)state;
	boot("cfg/running.conf");
	place_commit(&place, KEY, "20", 0);
	place_commit(&place, KEY, "30", 5);
	/* control starts again in the same boot */
	boot("cfg/startup.conf");
	assert_string_equal(place_get(&place, KEY), "30");
	place_other_boot(&place);
	assert_string_equal(place_get(&place, KEY), "20");
	assert_non_null(
		strstr(boot("cfg/startup.conf"), "revision 3 was not confirmed: revision 2 again"));
	assert_string_equal(place_get(&place, KEY), "20");
	assert_false(place_has(&place, "cfg/pending"));
}

static void test_leftovers(void **state)
{
	(void)state;
	boot("cfg/running.conf");
	place_commit(&place, KEY, "20", 0);
	place_write(&place, "cfg/startup.conf.new", "half");
	place_write(&place, "cfg/history/000003.conf.new", "half");
	place_write(&place, "cfg/saved/x.conf.new", "half");
	place_write(&place, "cfg/history/000003.conf", "never ran");
	place_write(&place, "cfg/pending", "garbage\n");
	boot("cfg/startup.conf");
	assert_false(place_has(&place, "cfg/startup.conf.new"));
	assert_false(place_has(&place, "cfg/history/000003.conf.new"));
	assert_false(place_has(&place, "cfg/saved/x.conf.new"));
	assert_false(place_has(&place, "cfg/history/000003.conf"));
	assert_false(place_has(&place, "cfg/pending"));
	assert_true(place_has(&place, "cfg/history/000002.conf"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing_was_committed, begin, end),
		cmocka_unit_test_setup_teardown(test_a_damaged_file, begin, end),
		cmocka_unit_test_setup_teardown(test_a_newer_firmware_was_here, begin, end),
		cmocka_unit_test_setup_teardown(test_rules_that_do_not_compile, begin, end),
		cmocka_unit_test_setup_teardown(test_a_disk_that_cannot_be_written, begin, end),
		cmocka_unit_test_setup_teardown(test_no_folder_at_all, begin, end),
		cmocka_unit_test_setup_teardown(test_a_commit_that_was_not_confirmed, begin, end),
		cmocka_unit_test_setup_teardown(test_leftovers, begin, end),
	};

	return cmocka_run_group_tests_name("revision: boot", tests, NULL, NULL);
}
