#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "box.h"

/* Configure mode on a box without control: what is edited, shown, committed, undone. */

static int make(void **state)
{
	(void)state;
	box_make();
	box_write("/etc/sluice/sluice.conf", "mqtt {\n\tmax_awaiting_rel = 50\n}\n");
	box_write("/etc/sluice/acl.conf", "");
	box_write("/cfg/config/acl.conf", "");
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	box_remove();
	return 0;
}

static bool says(const char *text)
{
	return strstr(box_output(), text) != NULL || strstr(box_errors(), text) != NULL;
}

static void must_say(const char *text)
{
	if (!says(text))
		fail_msg("'%s' is not in: %s %s", text, box_output(), box_errors());
}

static void must_not_say(const char *text)
{
	if (says(text))
		fail_msg("'%s' is in: %s %s", text, box_output(), box_errors());
}

static void value_must_be(const char *key, const char *value)
{
	char line[128], wanted[128];

	snprintf(line, sizeof(line), "show config %s", key);
	snprintf(wanted, sizeof(wanted), "%s = %s\n", key, value);
	assert_int_equal(box_run(line), 0);
	assert_string_equal(box_output(), wanted);
}

static void test_nothing_holds_before_a_commit(void **state)
{
	(void)state;
	box_session("configure\nset mqtt.max_inflight 64\ncompare\nexit discard\n");
	must_say("+ mqtt.max_inflight = 64");
	value_must_be("mqtt.max_inflight", "32");
}

static void test_a_commit_says_what_it_does_and_holds(void **state)
{
	(void)state;
	box_session(
		"configure\nset mqtt.max_inflight 64\nset dataplane.core 3\ncommit comment more "
		"of it\n");
	must_say("mqtt.max_inflight: 32 -> 64   for new connections");
	must_say("dataplane.core: 0 -> 3   restart");
	must_say("Committed as revision");
	value_must_be("mqtt.max_inflight", "64");
	value_must_be("mqtt.max_awaiting_rel", "50");
	assert_int_equal(box_run("show config history"), 0);
	must_say("more of it");
	must_say("test");
}

static void test_a_key_of_a_section_can_be_typed_inside_it(void **state)
{
	(void)state;
	box_session(
		"configure\nedit mqtt\nset max_inflight 7\nshow max_inflight\nup\nshow\ncommit\n");
	must_say("mqtt.max_inflight = 7\n");
	must_say(" max_inflight = 7\n");
	value_must_be("mqtt.max_inflight", "7");
	box_session("configure\nedit listeners.tcp.inside\nset bind "
		    "0.0.0.0:1884\nexit\ncompare\nexit discard\n");
	must_say("+ listeners.tcp.inside.bind = ");
}

static void test_what_is_no_key_section_or_value_is_refused(void **state)
{
	char line[4096], key[1000] = "";

	(void)state;
	box_session("configure\nset mqtt.none 1\nset mqtt.max_inflight many\nedit nowhere\nedit "
		    "mqtt.max_inflight\n"
		    "delete nowhere\nrollback 999\nload nothing\ncommit-confirm 0\ncommit-confirm "
		    "61\ncompare\n");
	must_say("mqtt.none");
	must_say("expected an integer from 1 to 65535, found \"many\"");
	must_say("There is no section nowhere");
	must_say("mqtt.max_inflight is a key");
	must_say("nothing");
	must_say("The last 50 commits are kept");
	must_say("1 to 60 minutes, not 0");
	must_say("1 to 60 minutes, not 61");
	must_say("There is no difference.");
	memset(key, 'k', sizeof(key) - 1);
	snprintf(line, sizeof(line), "configure\nset %s 1\nedit mqtt\ndelete \"\"\ncompare\n", key);
	box_session(line);
	must_say("There is no difference.");
}

static void test_a_configuration_that_is_wrong_as_a_whole_stays_a_candidate(void **state)
{
	(void)state;
	box_session("configure\nset mqtt.max_packet_size 200MB\ncommit\ncompare\nexit discard\n");
	must_say("max_packet_size");
	must_say("not committed");
	must_say("+ mqtt.max_packet_size = 200MB");
	must_not_say("Committed");
	value_must_be("mqtt.max_packet_size", "1MB");
}

static void test_commit_check_changes_nothing(void **state)
{
	(void)state;
	box_session(
		"configure\ncommit check\nset mqtt.max_inflight 64\ncommit check\nexit discard\n");
	must_say("There is nothing to commit.");
	must_say("Nothing restarts");
	value_must_be("mqtt.max_inflight", "32");
	assert_int_equal(access(box_path("/cfg/config/startup.conf"), F_OK), -1);
}

static void test_rollback_takes_the_one_before(void **state)
{
	(void)state;
	box_session(
		"configure\nset mqtt.max_inflight 64\ncommit\nset mqtt.max_inflight 65\ncommit\n"
		"rollback 1\ncompare\ncommit\n");
	must_say("- mqtt.max_inflight = 65");
	must_say("+ mqtt.max_inflight = 64");
	value_must_be("mqtt.max_inflight", "64");
}

static void test_copies_are_kept_by_name(void **state)
{
	(void)state;
	box_session("configure\nset mqtt.max_inflight 9\nsave mine\ndiscard\ncompare\nload "
		    "mine\ncompare\nexit discard\n");
	must_say("Saved as mine");
	must_say("There is no difference.");
	must_say("+ mqtt.max_inflight = 9");
	value_must_be("mqtt.max_inflight", "32");
}

static void test_a_commit_waits_to_be_confirmed(void **state)
{
	(void)state;
	box_session("configure\nset mqtt.max_inflight 64\ncommit-confirm 5\n");
	must_say("Without 'confirm' within 5 min");
	box_session("configure\nexit\n");
	must_say("waits for 'confirm'");
	assert_int_equal(box_run("confirm"), 0);
	must_say("Confirmed");
	assert_int_equal(box_run("confirm"), 1);
	must_say("No commit waits");
	box_session("configure\nexit\n");
	must_not_say("waits for");
	value_must_be("mqtt.max_inflight", "64");
}

static void test_a_commit_confirms_one_that_waits(void **state)
{
	(void)state;
	box_session("configure\nset mqtt.max_inflight 64\ncommit-confirm 5\ncommit\n");
	must_say("what waited to be confirmed stays");
	assert_int_equal(box_run("confirm"), 1);
}

/* Whoever asks for more time does not say that all is well. */
static void test_a_commit_to_be_confirmed_confirms_nothing(void **state)
{
	(void)state;
	box_session("configure\nset mqtt.max_inflight 64\ncommit-confirm 5\ncommit-confirm 60\n");
	must_say("waits on");
	must_not_say("stays");
	box_session("configure\nexit\n");
	must_say("revision 1 comes back");
	assert_int_equal(box_run("confirm"), 0);
	box_session("configure\ncommit-confirm 5\n");
	must_say("There is nothing to commit.");
	assert_int_equal(box_run("confirm"), 1);
}

static void test_operational_commands_run_in_configure_mode(void **state)
{
	(void)state;
	box_write("/etc/sluice/version", "9.8.7\n");
	box_session("configure\nrun show version | match version\nrun sh ver | match version\nshow "
		    "version\n");
	must_say("9.8.7");
	must_say("version: unknown key"); /* here `show` is about the configuration */
}

static void test_keys_and_configurations_as_json(void **state)
{
	json_t *value;

	(void)state;
	assert_int_equal(box_run("show config mqtt | json"), 0);
	value = json_loads(box_output(), 0, NULL);
	assert_string_equal(
		json_string_value(json_object_get(value, "mqtt.max_awaiting_rel")), "50");
	assert_null(json_object_get(value, "log.level"));
	json_decref(value);
	assert_int_equal(box_run("show config history | json"), 0);
	value = json_loads(box_output(), 0, NULL);
	assert_true(json_is_array(value));
	json_decref(value);
	assert_int_equal(box_run("show config nothing"), 1);
	must_say("There is no key or section nothing.");
}

/* A comment that is cut is cut between characters: half of one would leave a hole in the JSON. */
static void test_a_long_comment_leaves_the_history_whole(void **state)
{
	char lines[512], comment[201] = "";
	json_t *value;

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(comment); i += 2)
		memcpy(comment + i, "\xc3\xa9", 2);
	snprintf(lines, sizeof(lines), "configure\nset mqtt.max_inflight 64\ncommit comment %s\n",
		comment);
	box_session(lines);
	must_say("Committed as revision");
	assert_int_equal(box_run("show config history | json"), 0);
	value = json_loads(box_output(), 0, NULL);
	assert_int_equal(json_array_size(value), 2);
	assert_int_equal(
		strlen(json_string_value(json_object_get(json_array_get(value, 0), "why"))), 158);
	json_decref(value);
}

static void test_a_key_is_explained(void **state)
{
	(void)state;
	box_session("configure\nexplain mqtt.max_inflight\nexplain mqtt.none\n");
	must_say("expected: an integer from 1 to 65535");
	must_say("default: 32");
	must_say("a change: new connections");
	must_say("mqtt.none");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_holds_before_a_commit),
		TEST(test_a_commit_says_what_it_does_and_holds),
		TEST(test_a_key_of_a_section_can_be_typed_inside_it),
		TEST(test_what_is_no_key_section_or_value_is_refused),
		TEST(test_a_configuration_that_is_wrong_as_a_whole_stays_a_candidate),
		TEST(test_commit_check_changes_nothing),
		TEST(test_rollback_takes_the_one_before),
		TEST(test_copies_are_kept_by_name),
		TEST(test_a_commit_waits_to_be_confirmed),
		TEST(test_a_commit_confirms_one_that_waits),
		TEST(test_a_commit_to_be_confirmed_confirms_nothing),
		TEST(test_operational_commands_run_in_configure_mode),
		TEST(test_keys_and_configurations_as_json),
		TEST(test_a_long_comment_leaves_the_history_whole),
		TEST(test_a_key_is_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
