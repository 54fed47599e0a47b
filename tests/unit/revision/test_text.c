#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "place.h"
#include "revision_priv.h"

/* The file of a revision: what is written, that it reads back, and that damage is found. */

static void set(struct revision_keys *keys, const char *path, const char *text)
{
	char fault[REVISION_FAULT_MAX] = "";

	assert_int_equal(revision_keys_set(keys, path, text, fault), 0);
}

static void fill(struct revision_keys *keys)
{
	revision_keys_init(keys);
	set(keys, "mqtt.max_inflight", "64");
	set(keys, "port.options", "a \"quoted\" \\ text");
	set(keys, "listeners.tcp.in.bind", "1884");
	set(keys, "net.ipv4", "198.18.0.2/15");
	set(keys, "mqtt.idle_timeout", "90s");
	set(keys, "node.name", "edge-7");
}

static void test_the_text(void **state)
{
	static const char expected[] = "## revision: 12\n"
				       "## who: admin\n"
				       "## when: 2026-11-24T22:41:01Z\n"
				       "## why: more clients\n"
				       "\n"
				       "node {\n"
				       "\tname = \"edge-7\"\n"
				       "}\n"
				       "\n"
				       "port {\n"
				       "\toptions = \"a \\\"quoted\\\" \\\\ text\"\n"
				       "}\n"
				       "\n"
				       "net {\n"
				       "\tipv4 = \"198.18.0.2/15\"\n"
				       "}\n"
				       "\n"
				       "listeners.tcp.in {\n"
				       "\tbind = \"[::]:1884\"\n"
				       "}\n"
				       "\n"
				       "mqtt {\n"
				       "\tidle_timeout = 90s\n"
				       "\tmax_inflight = 64\n"
				       "}\n";
	const struct revision_info info = {.number = 12,
		.who = "admin",
		.when = "2026-11-24T22:41:01Z",
		.why = "more clients"};
	struct revision_keys keys;
	char *text;

	(void)state;
	fill(&keys);
	text = revision_text_new(&keys, &info);
	assert_non_null(text);
	assert_int_equal(strncmp(text, "## check: ", 10), 0);
	assert_string_equal(strchr(text, '\n') + 1, expected);
	free(text);
}

static void test_it_reads_back(void **state)
{
	struct revision_keys keys, again;
	struct revision_info info, read;
	struct place place;
	char path[REVISION_FILE_PATH_MAX], fault[REVISION_FAULT_MAX], *text;
	struct config config;

	(void)state;
	place_begin(&place, "");
	fill(&keys);
	revision_info_init(&info, 77, "some\nbody",
		"a why that is far too long for one line of the "
		"head, so that it has to be cut somewhere, "
		"which is after the hundred and fifty-ninth "
		"character of the text that the user gave");
	assert_string_equal(info.who, "some body");
	assert_int_equal(strlen(info.why), REVISION_WHY_MAX - 1);
	text = revision_text_new(&keys, &info);
	snprintf(path, sizeof(path), "%s/file", place.root);
	assert_int_equal(revision_disk_write(path, text, fault), 0);
	free(text);
	assert_int_equal(revision_file_read(path, &again, &read, place_line, NULL), 0);
	assert_true(revision_keys_are_equal(&keys, &again));
	assert_int_equal(read.number, 77);
	assert_string_equal(read.who, info.who);
	assert_string_equal(read.when, info.when);
	assert_string_equal(read.why, info.why);
	assert_int_equal(config_load(&config, path, NULL, place_line, NULL), 0);
	assert_memory_equal(&config, &keys.config, sizeof(config));
	place_end(&place);
}

/* Every cut and every wrong byte is found. */
static void test_damage_is_found(void **state)
{
	struct revision_keys keys;
	const struct revision_info info = {.number = 3, .who = "a", .when = "b", .why = "c"};
	struct revision_info head;
	size_t bytes;
	char *text;

	(void)state;
	fill(&keys);
	text = revision_text_new(&keys, &info);
	bytes = strlen(text);
	assert_true(revision_text_is_whole(text, bytes));
	for (size_t i = 0; i < bytes; i++) {
		char kept = text[i];

		text[i] ^= 1;
		if (i >= 10) /* without the words of the first line it is a file made by hand */
			assert_false(revision_text_is_whole(text, bytes));
		revision_text_head(text, &head);
		text[i] = '\0';
		if (i >= 10)
			assert_false(revision_text_is_whole(text, i));
		revision_text_head(text, &head);
		text[i] = kept;
	}
	assert_true(revision_text_is_whole(text, bytes));
	revision_text_head(text, &head);
	assert_int_equal(head.number, 3);
	free(text);
	assert_true(revision_text_is_whole("mqtt.max_inflight = 3\n", 22));
	revision_text_head("mqtt.max_inflight = 3\n\n## revision: 8\n", &head);
	assert_int_equal(head.number, 0);
}

static void test_faults_of_files(void **state)
{
	static const struct {
		const char *text, *fault;
		int rc;
	} cases[] = {
		{"mqtt.max_inflight = x\n", "expected an integer from 1 to 65535, found \"x\"",
			-EINVAL},
		{"mqtt.newer = 1\n", "mqtt.newer: unknown key", -EINVAL},
		{"broker.sys_msg_interval = 1m\nsys_topics.sys_msg_interval = 1m\n", "is set twice",
			-EINVAL},
		{"mqtt {\n", "expected a closing brace", -EINVAL},
		{"## check: 12345678\nmqtt.max_inflight = 3\n", "the checksum", -EBADMSG},
		{"", NULL, 0},
	};
	struct revision_keys keys;
	struct place place;
	char path[REVISION_FILE_PATH_MAX];

	(void)state;
	place_begin(&place, "");
	snprintf(path, sizeof(path), "%s/file", place.root);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *said;

		place_write(&place, "file", cases[i].text);
		assert_int_equal(
			revision_file_read(path, &keys, NULL, place_line, NULL), cases[i].rc);
		said = place_lines();
		assert_true(cases[i].fault ? strstr(said, cases[i].fault) != NULL : *said == '\0');
	}
	assert_int_equal(
		revision_file_read("/nonexistent", &keys, NULL, place_line, NULL), -ENOENT);
	assert_string_equal(place_lines(), "/nonexistent: No such file or directory\n");
	assert_int_equal(revision_file_read("/tmp", &keys, NULL, place_line, NULL), -EISDIR);
	place_lines();
	place_end(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_text),
		cmocka_unit_test(test_it_reads_back),
		cmocka_unit_test(test_damage_is_found),
		cmocka_unit_test(test_faults_of_files),
	};

	return cmocka_run_group_tests_name("revision: text", tests, NULL, NULL);
}
