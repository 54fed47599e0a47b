#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "place.h"

/* Editing and looking; nothing of it reaches the disk but a saved copy. */

#define FACTORY                                                                                    \
	"net { ipv4 = \"198.18.0.2/15\" }\n"                                                       \
	"listeners.tcp.in { bind = \"0.0.0.0:1884\" }\n"                                           \
	"mqtt { max_inflight = 16\n"                                                               \
	"max_topic_alias = 9 }\n"

static struct place place;
static struct revision_candidate *candidate;
static char fault[REVISION_FAULT_MAX];

static int begin(void **state)
{
	(void)state;
	place_begin(&place, FACTORY);
	candidate = revision_candidate_new(&place.place, fault);
	assert_non_null(candidate);
	return 0;
}

static int end(void **state)
{
	(void)state;
	revision_candidate_free(candidate);
	place_end(&place);
	return 0;
}

static const char *show(const char *section)
{
	assert_int_equal(revision_candidate_show(candidate, section, place_line, NULL, fault), 0);
	return place_lines();
}

static const char *compare(unsigned back, int lines)
{
	assert_int_equal(
		revision_candidate_compare(candidate, back, place_line, NULL, fault), lines);
	return place_lines();
}

static void set(const char *path, const char *text)
{
	assert_int_equal(revision_candidate_set(candidate, path, text, fault), 0);
}

static void delete (const char *path)
{
	assert_int_equal(revision_candidate_delete(candidate, path, fault), 0);
}

static void test_begins_as_what_runs(void **state)
{
	(void)state;
	assert_string_equal(show(NULL), "net {\n\tipv4 = \"198.18.0.2/15\"\n}\n\n"
					"listeners.tcp.in {\n\tbind = \"0.0.0.0:1884\"\n}\n\n"
					"mqtt {\n\tmax_topic_alias = 9\n\tmax_inflight = 16\n}\n");
	assert_false(revision_candidate_is_changed(candidate));
	assert_string_equal(compare(0, 0), "");
}

static void test_set_and_delete(void **state)
{
	(void)state;
	set("mqtt.max_inflight", "32"); /* its default, but set */
	set("sys_topics.sys_msg_interval", "90s"); /* an alias */
	set("listeners.tcp.out.enable", "no");
	delete ("mqtt.max_topic_alias");
	delete ("listeners.tcp.in");
	assert_true(revision_candidate_is_changed(candidate));
	assert_string_equal(show(NULL), "net {\n\tipv4 = \"198.18.0.2/15\"\n}\n\n"
					"listeners.tcp.out {\n\tenable = false\n}\n\n"
					"mqtt {\n\tmax_inflight = 32\n}\n\n"
					"broker {\n\tsys_msg_interval = 90s\n}\n");
	assert_string_equal(compare(0, 6), "+ listeners.tcp.out.enable = false\n"
					   "- mqtt.max_topic_alias = 9\n"
					   "- mqtt.max_inflight = 16\n"
					   "+ mqtt.max_inflight = 32\n"
					   "+ broker.sys_msg_interval = 90s\n"
					   "- listeners.tcp.in.bind = \"0.0.0.0:1884\"\n");
	delete ("sys_topics.sys_msg_interval");
	assert_string_equal(show("broker"), "");
	assert_string_equal(show("mqtt"), "mqtt {\n\tmax_inflight = 32\n}\n");
	assert_string_equal(show("mqtt.max_inflight"), "mqtt {\n\tmax_inflight = 32\n}\n");
	delete ("mqtt");
	delete ("listeners");
	delete ("net");
	assert_string_equal(show(NULL), "");
	assert_int_equal(revision_candidate_config(candidate)->listener_len, 1);
	assert_int_equal(revision_candidate_discard(candidate, fault), 0);
	assert_false(revision_candidate_is_changed(candidate));
}

static void test_listeners_keep_their_order(void **state)
{
	(void)state;
	set("listeners.tcp.b.bind", "1885");
	set("listeners.tcp.a.bind", "1886");
	set("listeners.tcp.default.enable", "false");
	delete ("listeners.tcp.b.bind");
	assert_string_equal(show("listeners"),
		"listeners.tcp.default {\n\tenable = false\n}\n\n"
		"listeners.tcp.in {\n\tbind = \"0.0.0.0:1884\"\n}\n\n"
		"listeners.tcp.a {\n\tbind = \"[::]:1886\"\n}\n");
	set("listeners.tcp.c.bind", "1");
	set("listeners.tcp.d.bind", "2");
	set("listeners.tcp.e.bind", "3");
	set("listeners.tcp.f.bind", "4");
	set("listeners.tcp.g.bind", "5");
	assert_int_equal(
		revision_candidate_set(candidate, "listeners.tcp.h.bind", "6", fault), -EINVAL);
	assert_string_equal(fault, "listeners.tcp.h.bind: expected at most 8 listeners");
	delete ("listeners.tcp.a");
	set("listeners.tcp.h.bind", "6");
}

static void test_faults(void **state)
{
	static const struct {
		const char *path, *text, *fault; /* no text: delete */
		int rc;
	} cases[] = {
		{"mqtt.max_inflight", "0",
			"mqtt.max_inflight: expected an integer from 1 to 65535, found \"0\"",
			-EINVAL},
		{"mqtt.max_inflihgt", "5",
			"mqtt.max_inflihgt: unknown key; did you mean mqtt.max_inflight?", -EINVAL},
		{"listeners.tcp.new.bind", "x",
			"listeners.tcp.new.bind: expected an address and port such as 0.0.0.0:1883 "
			"or "
			"[::]:1883, or a port, found \"x\"",
			-EINVAL},
		{"mqtt.max_inflihgt", NULL,
			"mqtt.max_inflihgt: unknown key; did you mean mqtt.max_inflight?", -ENOENT},
		{"mqtt.idle_timeout", NULL,
			"mqtt.idle_timeout is not set: it is at its default already", -ENOENT},
		{"tcp", NULL, "tcp is not set: it is at its default already", -ENOENT},
		{"listeners.tcp.none.bind", NULL,
			"listeners.tcp.none.bind: there is no such listener", -ENOENT},
		{"nowhere", NULL, "nowhere: unknown key", -ENOENT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int rc = cases[i].text == NULL
				 ? revision_candidate_delete(candidate, cases[i].path, fault)
				 : revision_candidate_set(
					   candidate, cases[i].path, cases[i].text, fault);

		assert_int_equal(rc, cases[i].rc);
		assert_string_equal(fault, cases[i].fault);
		assert_false(revision_candidate_is_changed(candidate));
	}
	/* a listener whose value was refused does not exist */
	assert_int_equal(revision_candidate_config(candidate)->listener_len, 2);
	assert_int_equal(
		revision_candidate_show(candidate, "nowhere", place_line, NULL, fault), -ENOENT);
	assert_string_equal(fault, "nowhere: unknown key");
}

static void test_get(void **state)
{
	char value[CONFIG_VALUE_MAX];
	bool is_set;

	(void)state;
	assert_int_equal(
		revision_candidate_get(candidate, "mqtt.max_inflight", value, &is_set, fault), 0);
	assert_string_equal(value, "16");
	assert_true(is_set);
	assert_int_equal(revision_candidate_get(
				 candidate, "sys_topics.sys_msg_interval", value, &is_set, fault),
		0);
	assert_string_equal(value, "1m");
	assert_false(is_set);
	assert_int_equal(
		revision_candidate_get(candidate, "listeners.tcp.x.bind", value, &is_set, fault),
		-ENOENT);
	assert_string_equal(fault, "listeners.tcp.x.bind: there is no such listener");
	assert_int_equal(revision_candidate_get(candidate, "mqtt", value, &is_set, fault), -ENOENT);
}

static void test_saved_copies(void **state)
{
	static const char *const bad[] = {"", "..", "a/b", ".hidden", "with blank",
		"a-name-that-is-longer-than-it-may-be-by-one-byte"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(revision_candidate_save(candidate, bad[i], fault), -EINVAL);
		assert_int_equal(revision_candidate_load(candidate, bad[i], fault), -EINVAL);
	}
	assert_int_equal(revision_saved(&place.place, place_line, NULL, fault), 0);
	assert_string_equal(place_lines(), "");
	set("mqtt.max_inflight", "99");
	assert_int_equal(revision_candidate_save(candidate, "b.est", fault), 0);
	set("mqtt.max_inflight", "100");
	assert_int_equal(revision_candidate_save(candidate, "a", fault), 0);
	assert_int_equal(revision_saved(&place.place, place_line, NULL, fault), 0);
	assert_string_equal(place_lines(), "a\nb.est\n");
	assert_int_equal(revision_candidate_load(candidate, "b.est", fault), 0);
	assert_string_equal(compare(0, 2), "- mqtt.max_inflight = 16\n+ mqtt.max_inflight = 99\n");
	assert_int_equal(revision_candidate_load(candidate, "none", fault), -ENOENT);
	assert_non_null(strstr(fault, "/saved/none.conf: No such file or directory"));
	/* a copy with a fault changes nothing */
	place_write(&place, "cfg/saved/bad.conf", "mqtt.max_inflight = x\nmqtt.no_such = 1\n");
	assert_int_equal(revision_candidate_load(candidate, "bad", fault), -EINVAL);
	assert_non_null(strstr(fault, "bad.conf:1: mqtt.max_inflight: expected"));
	assert_non_null(strstr(fault, "(and 1 more)"));
	assert_string_equal(compare(0, 2), "- mqtt.max_inflight = 16\n+ mqtt.max_inflight = 99\n");
}

static void test_check_as_a_whole(void **state)
{
	char rules[128];

	(void)state;
	snprintf(rules, sizeof(rules), "%s/etc/acl.conf", place.root);
	/* nothing has been committed and no boot brought the access rules */
	assert_int_equal(revision_candidate_check(candidate, place_line, NULL), -EINVAL);
	assert_non_null(strstr(place_lines(), "cfg/acl.conf: No such file or directory"));
	set("authorization.file", rules);
	assert_int_equal(revision_candidate_check(candidate, place_line, NULL), 0);
	set("net.gateway4", "198.18.0.1");
	delete ("net.ipv4");
	set("listeners.tcp.default.bind", "0.0.0.0:1884");
	assert_int_equal(revision_candidate_check(candidate, place_line, NULL), -EINVAL);
	assert_string_equal(place_lines(),
		"configuration: listeners.tcp.in.bind: listeners.tcp.default has the same address "
		"and port\n"
		"configuration: net.gateway4: expected net.ipv4 beside it\n");
	set("authorization.file", "");
	delete ("net.gateway4");
	delete ("listeners.tcp.in");
	assert_int_equal(revision_candidate_check(candidate, place_line, NULL), 0);
}

/* What a ring does not take would stop control's start: it stops the commit. */
static void test_rules_that_no_ring_takes(void **state)
{
	static const char rule[] = "{allow, {user, \"somebody\"}, publish, [\"some/topic\"]}.\n";
	static char rules[1000 * (sizeof(rule) - 1) + 1];

	(void)state;
	for (size_t at = 0; at + sizeof(rule) <= sizeof(rules); at += sizeof(rule) - 1)
		memcpy(rules + at, rule, sizeof(rule));
	assert_int_equal(mkdir(place.dir, 0700), 0);
	place_write(&place, "cfg/acl.conf", rules);
	assert_int_equal(revision_candidate_check(candidate, place_line, NULL), 0);
	set("mqtt.max_packet_size", "28KB");
	set("region.ring_bytes", "64KB");
	assert_int_equal(revision_candidate_check(candidate, place_line, NULL), -EINVAL);
	assert_non_null(strstr(place_lines(), "cfg/acl.conf: the rules have "));
	place_write(&place, "cfg/acl.conf", rule);
	assert_int_equal(revision_candidate_check(candidate, place_line, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_begins_as_what_runs, begin, end),
		cmocka_unit_test_setup_teardown(test_set_and_delete, begin, end),
		cmocka_unit_test_setup_teardown(test_listeners_keep_their_order, begin, end),
		cmocka_unit_test_setup_teardown(test_faults, begin, end),
		cmocka_unit_test_setup_teardown(test_get, begin, end),
		cmocka_unit_test_setup_teardown(test_saved_copies, begin, end),
		cmocka_unit_test_setup_teardown(test_check_as_a_whole, begin, end),
		cmocka_unit_test_setup_teardown(test_rules_that_no_ring_takes, begin, end),
	};

	return cmocka_run_group_tests_name("revision: candidates", tests, NULL, NULL);
}
