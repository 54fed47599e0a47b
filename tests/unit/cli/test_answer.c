#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli_command.h"
#include "cli_text.h"
#include "fake.h"

/* Requests to answers, and answers to text. */

static struct fake fake;

static int setup(void **state)
{
	(void)state;
	fake_init(&fake, "unused");
	return 0;
}

static json_t *ask(const char *request)
{
	char *line = cli_answer(&fake.server, request, strlen(request));
	json_t *answer;

	assert_non_null(line);
	assert_null(strchr(line, '\n'));
	answer = json_loads(line, 0, NULL);
	assert_non_null(answer);
	free(line);
	return answer;
}

static void keep(void *arg, const char *line)
{
	char *text = arg;

	assert_null(strchr(line, '\n'));
	assert_true(strlen(text) + strlen(line) < 60000);
	sprintf(text + strlen(text), "%s\n", line);
}

/* The command's words and argument, separated by blanks, to the text that is printed. */
static const char *text_of(const char *words)
{
	static char text[65536];
	char request[256] = "{\"cmd\":[\"", *at = request + strlen(request);
	enum cli_command_id id;
	const char *list[8];
	size_t len = 0, used;
	char copy[128];
	json_t *answer;

	for (const char *w = words; *w != '\0'; w++)
		at += sprintf(at, *w == ' ' ? "\",\"" : "%c", *w);
	sprintf(at, "\"]}");
	snprintf(copy, sizeof(copy), "%s", words);
	for (char *w = strtok(copy, " "); w != NULL; w = strtok(NULL, " "))
		list[len++] = w;
	id = cli_command_find(list, len, &used);
	assert_int_not_equal(id, CLI_COMMANDS);
	answer = ask(request);
	assert_true(json_is_true(json_object_get(answer, "ok")));
	text[0] = '\0';
	cli_text_print(id, json_object_get(answer, "result"), keep, text);
	json_decref(answer);
	return text;
}

static void test_texts(void **state)
{
	(void)state;
	assert_string_equal(text_of("status"),
		"Node 'sluice' 1.2.3 is started\n"
		"worker 0 is ready (pid 42, up 1 minutes, 1 seconds, restarts 1)\n"
		"worker 1 is down (restarts 3)\n");
	assert_string_equal(text_of("broker"), "sysdescr  : Sluice\n"
					       "version   : 1.2.3\n"
					       "datetime  : 2026-01-02T03:04:05.678Z\n"
					       "uptime    : 1 hours, 2 minutes, 3 seconds\n");
	assert_string_equal(text_of("broker stats"), "connections.count             : 1\n"
						     "topics.count                  : 2\n");
	assert_string_equal(
		text_of("broker metrics"), "messages.received             : 12345678901\n");
	assert_string_equal(text_of("clients show client-1"),
		"Client(client-1, username=u, peername=198.18.0.1:49152, clean_start=true, "
		"keepalive=60, session_expiry_interval=7200, subscriptions=1, inflight=2, "
		"awaiting_rel=3, delivered_msgs=4530, enqueued_msgs=5, dropped_msgs=6, "
		"connected=true, created_at=1700000000000, connected_at=1700000000001)\n");
	assert_string_equal(text_of("clients show offline"),
		"Client(offline, username=undefined, peername=undefined, clean_start=false, "
		"keepalive=60, session_expiry_interval=7200, subscriptions=1, inflight=2, "
		"awaiting_rel=3, delivered_msgs=4530, enqueued_msgs=5, dropped_msgs=6, "
		"connected=false, created_at=1700000000000, connected_at=1700000000001, "
		"disconnected_at=1700000000002)\n");
	assert_string_equal(text_of("clients kick client-1"), "ok\n");
	assert_string_equal(fake.kicked, "client-1");
	assert_string_equal(text_of("subscriptions list"),
		"client-0 -> topic:t/1 qos:0 nl:0 rh:0 rap:0\n"
		"client-1 -> topic:$share/g/t/# qos:2 nl:1 rh:1 rap:1\n");
	assert_string_equal(text_of("subscriptions show client-1"),
		"client-1 -> topic:$share/g/t/# qos:2 nl:1 rh:1 rap:1\n");
	assert_string_equal(text_of("topics list"), "t/1 -> sluice\nt/\\xff -> sluice\n");
	assert_string_equal(text_of("listeners"),
		"tcp:default\n"
		"  listen_on       : 0.0.0.0:1883\n"
		"  acceptors       : 2\n"
		"  proxy_protocol  : false\n"
		"  running         : true\n"
		"  current_conn    : 2\n"
		"  max_conns       : infinity\n"
		"  shutdown_count  : [{normal,3},{keepalive_timeout,1}]\n"
		"tcp:inside\n"
		"  listen_on       : [::1]:1884\n"
		"  acceptors       : 2\n"
		"  proxy_protocol  : false\n"
		"  running         : false\n"
		"  current_conn    : 0\n"
		"  max_conns       : 10\n"
		"  shutdown_count  : []\n");
	assert_string_equal(text_of("memory"),
		"process    class                             bytes      objects  failures\n"
		"control    sessions                           1000            2         0\n"
		"control    queues                               24            1         5\n"
		"worker 0   connections                        4096            2         0\n"
		"worker 0   arena                           1048576            1         0\n"
		"control    all classes                        1024\n"
		"control    by connection                       512\n"
		"worker 0   all classes                        4096\n"
		"worker 0   by connection                      2048\n"
		"connections: 2\n");
	assert_string_equal(text_of("config show mqtt.max_inflight"), "mqtt.max_inflight = 32\n");
	assert_string_equal(text_of("config show node"), "node.name = sluice\n");
	assert_non_null(strstr(text_of("config show"), "listeners.tcp.default.bind = [::]:1883\n"));
	assert_string_equal(cli_text_empty(CLI_clients_list), "No clients.");
}

static void test_help_lists_every_command(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CLI_COMMANDS; i++) {
		assert_non_null(strstr(text_of("help"), cli_commands[i].words));
		assert_non_null(strstr(text_of("help"), cli_commands[i].help));
	}
}

static void test_names_do_not_reach_the_terminal(void **state)
{
	const char *text = text_of("clients show evil");

	(void)state;
	assert_int_equal(strncmp(text, "Client(evil\\x1b[2J\\x9b\xc3\xa9\\x7f, ", 30), 0);
	assert_null(strchr(text, '\x1b'));
}

static void test_names_do_not_reach_the_terminal_as_json(void **state)
{
	json_t *name = json_string("e\x1b[2J\\\xc2\x9b\xc3\xa9\x7f"), *read;
	char *text = cli_text_json(name);

	(void)state;
	assert_string_equal(text, "\"e\\u001B[2J\\\\\\u009b\xc3\xa9\\u007f\"");
	read = json_loads(text, JSON_DECODE_ANY, NULL);
	assert_true(json_equal(read, name));
	json_decref(read);
	json_decref(name);
	free(text);
}

static void test_texts_of_the_box(void **state)
{
	(void)state;
	assert_string_equal(text_of("interfaces"),
		"data: link up, 0000:00:01.0 by net_virtio (worker)\n"
		"  mac      : 52:54:00:51:1c:e0, MTU 1500\n"
		"  address  : 198.18.0.2/15\n"
		"  address  : fd5c:1ce::2/64\n"
		"  received : 1 packets, 60 bytes, 0 errors, 3 dropped\n"
		"  sent     : 12345678901 packets, 0 bytes, 4 errors, 0 dropped\n"
		"mgmt: link down, 2500 Mbit/s, eth0 by igc (kernel)\n"
		"  mac      : 00:00:00:00:00:00, MTU 9000\n"
		"  received : 0 packets, 0 bytes, 0 errors, 0 dropped\n"
		"  sent     : 0 packets, 0 bytes, 0 errors, 0 dropped\n");
	assert_string_equal(text_of("cores"),
		"process         pid  core      CPU CPU seconds busy polls\n"
		"control          41     ?     0.5%         1.5          -\n"
		"worker 0         42     1   100.0%        61.0      25.3%\n");
	assert_string_equal(text_of("health"), "healthy: every worker is up, its link is up, and a "
					       "message through it came back\n");
	fake.is_ill = true;
	assert_string_equal(text_of("health"), "not healthy\n  the link is down\n");
	assert_string_equal(text_of("config reload"),
		"log.level: debug, was info (live)\n"
		"port.mtu: 9000, was 1500 (waits for a restart of the worker)\n"
		"port.kind: \"tap\" is not used\n"
		"configuration taken over: 2 keys changed, 1 of them wait for a restart\n");
}

static void check_refusal(const char *request, const char *code, const char *error)
{
	json_t *answer = ask(request);

	assert_true(json_is_false(json_object_get(answer, "ok")));
	assert_string_equal(json_string_value(json_object_get(answer, "code")), code);
	assert_string_equal(json_string_value(json_object_get(answer, "error")), error);
	json_decref(answer);
}

static void test_refusals(void **state)
{
	static const char one_object[] = "expected one JSON object on one line";
	static const char cmd[] = "expected \"cmd\": a list of 1 to 8 words";
	static const char page[] = "expected \"cursor\": \"number\", and \"limit\": number from 1";
	static const char arguments[] = "too few or too many arguments for the command";

	(void)state;
	check_refusal("", "bad_request", one_object);
	check_refusal("{\"cmd\":[\"status\"]", "bad_request", one_object);
	check_refusal("[\"status\"]", "bad_request", one_object);
	check_refusal("{}", "bad_request", cmd);
	check_refusal("{\"cmd\":\"status\"}", "bad_request", cmd);
	check_refusal("{\"cmd\":[]}", "bad_request", cmd);
	check_refusal("{\"cmd\":[1]}", "bad_request", cmd);
	check_refusal("{\"cmd\":[\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\"]}",
		"bad_request", cmd);
	check_refusal("{\"cmd\":[\"stat\"]}", "unknown_command", "there is no such command");
	check_refusal("{\"cmd\":[\"clients\"]}", "unknown_command", "there is no such command");
	check_refusal("{\"cmd\":[\"status\",\"x\"]}", "bad_request", arguments);
	check_refusal("{\"cmd\":[\"clients\",\"show\"]}", "bad_request", arguments);
	check_refusal("{\"cmd\":[\"clients\",\"list\"],\"cursor\":5}", "bad_request", page);
	check_refusal("{\"cmd\":[\"clients\",\"list\"],\"cursor\":\"-5\"}", "bad_request", page);
	check_refusal("{\"cmd\":[\"clients\",\"list\"],\"limit\":0}", "bad_request", page);
	check_refusal("{\"cmd\":[\"clients\",\"list\"],\"limit\":\"5\"}", "bad_request", page);
	check_refusal("{\"cmd\":[\"clients\",\"show\",\"nobody\"]}", "not_found", "Not Found.");
	check_refusal("{\"cmd\":[\"clients\",\"kick\",\"nobody\"]}", "not_found", "Not Found.");
	check_refusal(
		"{\"cmd\":[\"subscriptions\",\"show\",\"nobody\"]}", "not_found", "Not Found.");
	check_refusal("{\"cmd\":[\"config\",\"show\",\"mqt\"]}", "not_found", "Not Found.");
}

static void test_what_is_not_known_yet(void **state)
{
	(void)state;
	fake.health_waits = 1;
	check_refusal("{\"cmd\":[\"health\"]}", "pending", "not known yet");
	assert_int_equal(fake.health_probe, 0);
}

static void test_a_reload_tells_all_faults(void **state)
{
	(void)state;
	fake.reload_fails = true;
	check_refusal("{\"cmd\":[\"config\",\"reload\"]}", "faults",
		"a.conf:1: x: unknown key; a.conf:2: y: unknown key");
}

/* Follows the cursor; the entries of all pages. */
static size_t walk(unsigned limit, size_t *pages)
{
	char request[128], cursor[32] = "0";
	size_t seen = 0;

	*pages = 0;
	while (cursor[0] != '\0') {
		json_t *answer;
		const char *next;
		size_t len;

		sprintf(request, "{\"cmd\":[\"clients\",\"list\"],\"cursor\":\"%s\",\"limit\":%u}",
			cursor, limit);
		answer = ask(request);
		len = json_array_size(json_object_get(answer, "result"));
		assert_true(len <= limit && len <= 500);
		for (size_t i = 0; i < len; i++) {
			char expected[32];

			sprintf(expected, "client-%u", (unsigned)(seen + i));
			assert_string_equal(
				json_string_value(json_object_get(
					json_array_get(json_object_get(answer, "result"), i),
					"clientid")),
				expected);
		}
		seen += len;
		++*pages;
		next = json_string_value(json_object_get(answer, "next"));
		snprintf(cursor, sizeof(cursor), "%s", next ? next : "");
		json_decref(answer);
	}
	return seen;
}

static void test_lists_come_in_pages(void **state)
{
	size_t pages;

	(void)state;
	fake.client_len = 1201;
	assert_int_equal(walk(100000, &pages), 1201);
	assert_int_equal(pages, 3);
	assert_true(fake.largest_step <= 16);
	assert_int_equal(walk(7, &pages), 1201);
	assert_int_equal(pages, 172);
	fake.client_len = 0;
	assert_int_equal(walk(500, &pages), 0);
	assert_int_equal(pages, 1);
}

static void test_a_page_ends_where_nothing_is_found(void **state)
{
	size_t pages;

	(void)state;
	fake.client_len = 3;
	fake.empty_steps = 1000;
	assert_int_equal(walk(500, &pages), 3);
	assert_int_equal(pages, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_texts, setup),
		cmocka_unit_test_setup(test_help_lists_every_command, setup),
		cmocka_unit_test_setup(test_names_do_not_reach_the_terminal, setup),
		cmocka_unit_test_setup(test_names_do_not_reach_the_terminal_as_json, setup),
		cmocka_unit_test_setup(test_texts_of_the_box, setup),
		cmocka_unit_test_setup(test_refusals, setup),
		cmocka_unit_test_setup(test_what_is_not_known_yet, setup),
		cmocka_unit_test_setup(test_a_reload_tells_all_faults, setup),
		cmocka_unit_test_setup(test_lists_come_in_pages, setup),
		cmocka_unit_test_setup(test_a_page_ends_where_nothing_is_found, setup),
	};

	return cmocka_run_group_tests_name("cli answers", tests, NULL, NULL);
}
