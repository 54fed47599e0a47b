#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "acl.h"
#include "rule_table.h"

/* The grammar, its faults, and what compiled rules decide. */

static char faults[8192];

static void keep(void *arg, const char *line)
{
	size_t used = strlen(faults);

	(void)arg;
	assert_true(used + strlen(line) + 2 < sizeof(faults));
	sprintf(faults + used, "%s\n", line);
}

static int compile(const char *text, void **blob, size_t *bytes)
{
	/* a copy without a NUL, so that a read beyond the end is found */
	size_t text_bytes = strlen(text);
	char *exact = malloc(text_bytes ? text_bytes : 1);
	int rc;

	assert_non_null(exact);
	memcpy(exact, text, text_bytes);
	faults[0] = '\0';
	*blob = NULL;
	rc = acl_compile("a.conf", exact, text_bytes, blob, bytes, keep, NULL);
	free(exact);
	return rc;
}

static struct wire_str str(const char *text)
{
	return (struct wire_str){(const uint8_t *)text, text ? (uint32_t)strlen(text) : 0};
}

struct packet {
	const char *username, *client_id, *addr;
	enum rule_action action;
	const char *topic;
	uint8_t qos;
	bool retain;
};

static enum rule_verdict check(const void *blob, size_t bytes, const struct packet *p)
{
	const struct rule_table *table = rule_table_open(blob, bytes);
	uint8_t addr[16] = {[10] = 0xff, [11] = 0xff};
	const char *text = p->addr ? p->addr : "198.18.0.1";
	struct rule_who who = {.username = str(p->username),
		.client_id = str(p->client_id ? p->client_id : "c"),
		.addr = addr};
	struct rule_what what = {
		.action = p->action, .qos = p->qos, .retain = p->retain, .topic = str(p->topic)};

	assert_non_null(table);
	if (strchr(text, ':') != NULL)
		assert_int_equal(inet_pton(AF_INET6, text, addr), 1);
	else
		assert_int_equal(inet_pton(AF_INET, text, addr + 12), 1);
	return rule_table_check(table, &who, &what);
}

#define PUB .action = RULE_PUBLISH, .topic
#define SUB .action = RULE_SUBSCRIBE, .topic

static const struct {
	const char *rules;
	struct packet packet;
	enum rule_verdict verdict;
} decisions[] = {
	{"", {PUB = "a"}, RULE_NO_MATCH},
	{"% a comment only", {PUB = "a"}, RULE_NO_MATCH},
	{"{allow, all}.", {PUB = "$SYS/a"}, RULE_ALLOW},
	{"{deny,all}.", {SUB = "#"}, RULE_DENY},
	{"{'deny', 'all'}.", {SUB = "#"}, RULE_DENY},
	{"{allow, all, publish, [\"a/b\"]}.", {PUB = "a/b"}, RULE_ALLOW},
	{"{allow, all, publish, [\"a/b\"]}.", {SUB = "a/b"}, RULE_NO_MATCH},
	{"{allow, all, subscribe, [\"a/+\"]}.", {SUB = "a/b"}, RULE_ALLOW},
	{"{allow, all, subscribe, [\"a/+\"]}.", {SUB = "a/#"}, RULE_NO_MATCH},
	{"{deny, all, all, [\"x\", \"a/#\"]}.", {PUB = "a"}, RULE_DENY},
	{"{deny, all, pubsub, [\"x\", \"a/#\"]}.", {SUB = "a/+"}, RULE_DENY},
	{"{deny, all, all, all}.", {PUB = "$SYS/x"}, RULE_DENY},
	{"{deny, all, all, [\"#\"]}.", {PUB = "$SYS/x"}, RULE_NO_MATCH},
	/* the first that matches decides */
	{"{deny, all, publish, [\"a\"]}. {allow, all}.", {PUB = "a"}, RULE_DENY},
	{"{deny, all, publish, [\"a\"]}.\n{allow, all}.", {PUB = "b"}, RULE_ALLOW},
	/* eq */
	{"{deny, all, subscribe, [{eq, \"#\"}]}.", {SUB = "#"}, RULE_DENY},
	{"{deny, all, subscribe, [{eq, \"#\"}]}.", {SUB = "a/#"}, RULE_NO_MATCH},
	{"{deny, all, subscribe, [\"eq +/#\"]}.", {SUB = "+/#"}, RULE_DENY},
	{"{deny, all, subscribe, [\"eq +/#\"]}.", {SUB = "a/b"}, RULE_NO_MATCH},
	/* who */
	{"{allow, {user, \"u\"}, all, [\"a\"]}.", {.username = "u", PUB = "a"}, RULE_ALLOW},
	{"{allow, {username, \"u\"}, all, [\"a\"]}.", {.username = "v", PUB = "a"}, RULE_NO_MATCH},
	{"{allow, {username, \"u\"}, all, [\"a\"]}.", {PUB = "a"}, RULE_NO_MATCH},
	{"{allow, {client, \"i\"}, all, [\"a\"]}.", {.client_id = "i", PUB = "a"}, RULE_ALLOW},
	{"{allow, {clientid, \"i\\\"\"}, all, [\"a\"]}.", {.client_id = "i\"", PUB = "a"},
		RULE_ALLOW},
	{"{allow, {ipaddr, \"198.18.0.0/15\"}, all, [\"a\"]}.",
		{.addr = "198.19.255.255", PUB = "a"}, RULE_ALLOW},
	{"{allow, {ipaddr, \"198.18.0.0/15\"}, all, [\"a\"]}.", {.addr = "198.20.0.0", PUB = "a"},
		RULE_NO_MATCH},
	{"{allow, {ipaddr, \"198.18.0.1\"}, all, [\"a\"]}.", {.addr = "198.18.0.1", PUB = "a"},
		RULE_ALLOW},
	{"{allow, {ipaddr, \"fd5c:1ce::/64\"}, all, [\"a\"]}.", {.addr = "fd5c:1ce::9", PUB = "a"},
		RULE_ALLOW},
	{"{allow, {ipaddr, \"::/0\"}, all, [\"a\"]}.", {.addr = "1.2.3.4", PUB = "a"}, RULE_ALLOW},
	{"{allow, {ipaddr, \"0.0.0.0/0\"}, all, [\"a\"]}.", {.addr = "fd5c:1ce::9", PUB = "a"},
		RULE_NO_MATCH},
	{"{allow, {ipaddrs, [\"10.0.0.1\", \"fd5c:1ce::/64\"]}, all, [\"a\"]}.",
		{.addr = "fd5c:1ce::9", PUB = "a"}, RULE_ALLOW},
	{"{allow, {ipaddrs, [\"10.0.0.1\", \"fd5c:1ce::/64\"]}, all, [\"a\"]}.",
		{.addr = "10.0.0.2", PUB = "a"}, RULE_NO_MATCH},
	{"{allow, {'and', [{user, \"u\"}, {client, \"i\"}]}, all, [\"a\"]}.",
		{.username = "u", .client_id = "i", PUB = "a"}, RULE_ALLOW},
	{"{allow, {'and', [{user, \"u\"}, {client, \"i\"}]}, all, [\"a\"]}.",
		{.username = "u", .client_id = "j", PUB = "a"}, RULE_NO_MATCH},
	{"{allow, {'or', [{user, \"u\"}, {client, \"i\"}]}, all, [\"a\"]}.",
		{.username = "u", .client_id = "j", PUB = "a"}, RULE_ALLOW},
	{"{allow, {'or', [{'and', [{user, \"u\"}, {client, \"i\"}]}, {client, \"k\"}]}, "
	 "all, "
	 "[\"a\"]}.",
		{.username = "u", .client_id = "j", PUB = "a"}, RULE_NO_MATCH},
	/* what the packet says beside the topic */
	{"{allow, all, {publish, [{qos, 1}]}, [\"a\"]}.", {PUB = "a", .qos = 1}, RULE_ALLOW},
	{"{allow, all, {publish, [{qos, 1}]}, [\"a\"]}.", {PUB = "a", .qos = 0}, RULE_NO_MATCH},
	{"{allow, all, {all, [{qos, [0, 2]}]}, [\"a\"]}.", {SUB = "a", .qos = 2}, RULE_ALLOW},
	{"{allow, all, {all, [{qos, [0, 2]}]}, [\"a\"]}.", {SUB = "a", .qos = 1}, RULE_NO_MATCH},
	{"{deny, all, {publish, [{retain, true}]}, [\"a\"]}.", {PUB = "a", .retain = true},
		RULE_DENY},
	{"{deny, all, {publish, [{retain, true}]}, [\"a\"]}.", {PUB = "a"}, RULE_NO_MATCH},
	{"{deny, all, {publish, [{qos, 0}, {retain, false}]}, [\"a\"]}.", {PUB = "a"}, RULE_DENY},
	{"{deny, all, {publish, [{retain, all}]}, [\"a\"]}.", {PUB = "a", .retain = true},
		RULE_DENY},
	{"{deny, all, {publish, []}, [\"a\"]}.", {PUB = "a", .qos = 2}, RULE_DENY},
	/* placeholders */
	{"{allow, all, all, [\"d/${clientid}/#\"]}.", {.client_id = "i7", PUB = "d/i7/up"},
		RULE_ALLOW},
	{"{allow, all, all, [\"d/${clientid}/#\"]}.", {.client_id = "i8", PUB = "d/i7/up"},
		RULE_NO_MATCH},
	{"{allow, all, all, [\"u/${username}\"]}.", {.username = "u", PUB = "u/u"}, RULE_ALLOW},
	{"{allow, all, all, [\"u/${username}\"]}.", {PUB = "u/"}, RULE_NO_MATCH},
	{"{allow, all, all, [{eq, \"u/${username}/#\"}]}.", {.username = "u", SUB = "u/u/#"},
		RULE_ALLOW},
	{"{allow, all, all, [\"u/${username}\"]}.", {.username = "+", SUB = "u/+"}, RULE_NO_MATCH},
};

static void test_what_rules_decide(void **state)
{

	(void)state;
	for (size_t i = 0; i < sizeof(decisions) / sizeof(decisions[0]); i++) {
		void *blob;
		size_t bytes;

		assert_int_equal(compile(decisions[i].rules, &blob, &bytes), 0);
		assert_string_equal(faults, "");
		if (check(blob, bytes, &decisions[i].packet) != decisions[i].verdict)
			fail_msg("%s with topic %s", decisions[i].rules, decisions[i].packet.topic);
		free(blob);
	}
}

static const struct {
	const char *rules, *faults;
} faulty[] = {
	{"{permit, all}.", "a.conf:1:2: expected allow or deny, found permit\n"},
	{"allow.", "a.conf:1:1: expected {allow | deny, all} or {allow | deny, WHO, ACTION, "
		   "[TOPIC, ...]}, found allow\n"},
	{"{allow, all, all}.", "a.conf:1:1: expected {allow | deny, all} or {allow | deny, WHO, "
			       "ACTION, [TOPIC, ...]}, found a tuple of 3\n"},
	{"{allow, {user, \"u\"}}.",
		"a.conf:1:9: expected all, or WHO, ACTION and a list of topics, found a "
		"tuple of 2\n"},
	{"{allow, all}", "a.conf:1:13: expected '.' after the rule, found the end of the file\n"},
	{"{allow, all\n\n", "a.conf:3:1: expected ',' or '}', found the end of the file\n"},
	{"{allow, all,}.", "a.conf:1:13: expected an element after the comma, found '}'\n"},
	{"{allow; all}.", "a.conf:1:7: expected ',' or '}', found ';'\n"},
	{"{Allow, all}.",
		"a.conf:1:2: expected '{', '[', a string, a word or a number, found 'A'\n"},
	{"{allow, all, publish, [\"a]}.\n",
		"a.conf:1:29: expected a closing quote before the end of the line\n"},
	{"{allow, all, publish, [\"a\\q\"]}.\n",
		"a.conf:1:27: expected \\\\, \\\" or \\' after the backslash\n"},
	{"% first\n\n  {deny, all, write, [\"a\"]}.\n",
		"a.conf:3:15: expected publish, subscribe or all, found write\n"},
	{"{deny, all, {publish, [{qos, 3}]}, [\"a\"]}.",
		"a.conf:1:30: expected 0, 1 or 2, found 3\n"},
	{"{deny, all, {publish, [{qos, []}]}, [\"a\"]}.",
		"a.conf:1:30: expected at least one of 0, 1 and 2, found a list of 0\n"},
	{"{deny, all, {publish, [{retain, maybe}]}, [\"a\"]}.",
		"a.conf:1:33: expected true, false or all, found maybe\n"},
	{"{deny, all, {subscribe, [{retain, true}]}, [\"a\"]}.",
		"a.conf:1:26: retain belongs to publish, not to subscribe\n"},
	{"{deny, all, {publish, [{dup, true}]}, [\"a\"]}.",
		"a.conf:1:25: expected qos or retain, found dup\n"},
	{"{deny, all, {publish, qos}, [\"a\"]}.", "a.conf:1:23: expected a list of {qos, "
						  "...} and {retain, ...}, found qos\n"},
	{"{deny, all, publish, \"a\"}.",
		"a.conf:1:22: expected a list of topics, or all, found \"a\"\n"},
	{"{deny, all, publish, []}.",
		"a.conf:1:22: expected a list of topics, or all, found a list of 0\n"},
	{"{deny, all, publish, [a]}.", "a.conf:1:23: expected \"filter\", {eq, \"filter\"} "
				       "or \"eq filter\", found "
				       "a\n"},
	{"{deny, all, publish, [\"a/#/b\"]}.",
		"a.conf:1:23: expected a topic filter such as \"a/+/b\" or \"a/#\", found "
		"\"a/#/b\"\n"},
	{"{deny, all, publish, [\"\"]}.",
		"a.conf:1:23: expected a topic filter such as \"a/+/b\" or \"a/#\", found "
		"\"\"\n"},
	{"{deny, all, publish, [\"a\xff\"]}.",
		"a.conf:1:23: expected a topic filter such as \"a/+/b\" or \"a/#\", found "
		"\"a\xff\"\n"},
	{"{deny, all, subscribe, [\"$share/g/a\"]}.",
		"a.conf:1:25: rules see filters without $share/group/ before them\n"},
	{"{deny, all, publish, [\"a/${user}\"]}.",
		"a.conf:1:23: expected ${clientid} or ${username}, found ${user}\n"},
	{"{deny, all, publish, [\"a/${zone}/b\"]}.", "a.conf:1:23: ${zone} is not supported yet\n"},
	{"{deny, all, publish, [\"a/${client_attrs.x}/b\"]}.",
		"a.conf:1:23: ${client_attrs.x} is not supported yet\n"},
	{"{deny, {user, {re, \"^d\"}}, publish, [\"a\"]}.",
		"a.conf:1:15: {re, ...} is not supported yet\n"},
	{"{deny, {client_attr, \"n\", \"v\"}, publish, [\"a\"]}.",
		"a.conf:1:8: {client_attr, ...} is not supported yet\n"},
	{"{deny, {user, dashboard}, publish, [\"a\"]}.",
		"a.conf:1:15: expected a name in quotes, found dashboard\n"},
	{"{deny, {group, \"g\"}, publish, [\"a\"]}.",
		"a.conf:1:9: expected user, username, client, clientid, ipaddr, ipaddrs, "
		"'and' or 'or', found group\n"},
	{"{deny, {ipaddr, \"10.0.0.0/33\"}, publish, [\"a\"]}.",
		"a.conf:1:17: expected an address or network such as \"192.0.2.0/24\" or "
		"\"2001:db8::1\", found \"10.0.0.0/33\"\n"},
	{"{deny, {ipaddrs, \"10.0.0.1\"}, publish, [\"a\"]}.",
		"a.conf:1:18: expected a list of addresses and networks, found "
		"\"10.0.0.1\"\n"},
	{"{deny, {'and', []}, publish, [\"a\"]}.",
		"a.conf:1:16: expected a list of conditions, found a list of 0\n"},
	/* all are told, and what lies between is not */
	{"{permit, all}.\n{allow, all}.\n{deny, all, x, [\"a\"]}. {deny all}.\n{deny, "
	 "none}.",
		"a.conf:1:2: expected allow or deny, found permit\n"
		"a.conf:3:13: expected publish, subscribe or all, found x\n"
		"a.conf:3:30: expected ',' or '}', found 'a'\n"
		"a.conf:4:8: expected all, or WHO, ACTION and a list of topics, found "
		"none\n"},
	/* a full stop in a string or comment ends no term */
	{"{deny \"a. b\" % c. d\n}.\n{deny, none}.",
		"a.conf:1:7: expected ',' or '}', found '\"'\n"
		"a.conf:3:8: expected all, or WHO, ACTION and a list of topics, found "
		"none\n"},
};

static void test_faults_name_line_and_column(void **state)
{

	(void)state;
	for (size_t i = 0; i < sizeof(faulty) / sizeof(faulty[0]); i++) {
		void *blob;
		size_t bytes;

		assert_int_equal(compile(faulty[i].rules, &blob, &bytes), -EINVAL);
		assert_null(blob);
		assert_string_equal(faults, faulty[i].faults);
	}
}

/* `levels` conditions in each other. */
static int compile_nested(int levels, void **blob, size_t *bytes)
{
	char text[2048];
	int at = sprintf(text, "{allow, ");

	for (int i = 1; i < levels; i++)
		at += sprintf(text + at, "{'and', [");
	at += sprintf(text + at, "all");
	for (int i = 1; i < levels; i++)
		at += sprintf(text + at, "]}");
	sprintf(text + at, ", publish, [\"a\"]}.");
	return compile(text, blob, bytes);
}

static void test_nesting_has_a_limit(void **state)
{
	void *blob;
	size_t bytes;

	(void)state;
	assert_int_equal(compile_nested(7, &blob, &bytes), 0);
	assert_int_equal(check(blob, bytes, &(struct packet){PUB = "a"}), RULE_ALLOW);
	free(blob);
	assert_int_equal(compile_nested(8, &blob, &bytes), 0);
	free(blob);
	assert_int_equal(compile_nested(9, &blob, &bytes), -EINVAL);
	assert_int_equal(compile_nested(100, &blob, &bytes), -EINVAL);
	assert_non_null(strstr(faults, "too many brackets in each other"));
}

/* Every prefix of a good file either compiles or is refused with a line; nothing is read beyond the end. */
static void test_every_prefix(void **state)
{
	static const char whole[] =
		"%c\n{allow, {'or', [{user, \"a\\\"b\"}, {ipaddrs, [\"::1\", \"1.2.3.4/5\"]}]}, "
		"{publish, [{qos, [1, 2]}, {retain, false}]}, [\"t/${clientid}/#\", {eq, \"#\"}]}. "
		"{deny, all}.";

	(void)state;
	for (size_t n = 0; n < sizeof(whole); n++) {
		char prefix[sizeof(whole)];
		size_t bytes;
		void *blob;

		memcpy(prefix, whole, n);
		prefix[n] = '\0';
		if (compile(prefix, &blob, &bytes) == 0)
			free(blob);
		else
			assert_int_equal(strncmp(faults, "a.conf:", 7), 0);
	}
}

static void test_the_largest_blob_for_its_text(void **state)
{
	enum { LEN = 3000 };
	char *text = malloc(LEN * 6 + 100);
	void *blob;
	size_t bytes;
	int at;

	(void)state;
	assert_non_null(text);
	at = sprintf(text, "{deny,{ipaddrs,[");
	for (int i = 0; i < LEN; i++)
		at += sprintf(text + at, i == 0 ? "\"::\"" : ",\"::\"");
	sprintf(text + at, "]},all,all}.");
	assert_int_equal(compile(text, &blob, &bytes), -EINVAL);
	assert_string_equal(faults, "a.conf:1:1: the rule is too large\n");
	free(text);
}

static void test_the_shipped_file(void **state)
{
	void *blob;
	size_t bytes;

	(void)state;
	faults[0] = '\0';
	assert_int_equal(acl_load("conf/acl.conf", SIZE_MAX, &blob, &bytes, keep, NULL), 0);
	assert_string_equal(faults, "");
#define DECIDES(verdict, ...)                                                                      \
	assert_int_equal(check(blob, bytes, &(struct packet){__VA_ARGS__}), verdict)
	DECIDES(RULE_ALLOW, .username = "dashboard", SUB = "$SYS/#");
	DECIDES(RULE_DENY, .username = "other", SUB = "$SYS/#");
	DECIDES(RULE_DENY, SUB = "$SYS/brokers/sluice/uptime");
	DECIDES(RULE_DENY, SUB = "#");
	DECIDES(RULE_DENY, SUB = "+/#");
	DECIDES(RULE_ALLOW, SUB = "a/#");
	DECIDES(RULE_ALLOW, PUB = "a/b", .qos = 2, .retain = true);
	free(blob);
}

static void test_a_blob_that_is_too_large(void **state)
{
	void *blob;
	size_t bytes, less;
	char expected[256];

	(void)state;
	faults[0] = '\0';
	assert_int_equal(acl_load("conf/acl.conf", SIZE_MAX, &blob, &bytes, keep, NULL), 0);
	free(blob);
	assert_int_equal(acl_load("conf/acl.conf", bytes, &blob, &bytes, keep, NULL), 0);
	free(blob);
	assert_string_equal(faults, "");
	less = bytes - 1;
	assert_int_equal(acl_load("conf/acl.conf", less, &blob, &bytes, keep, NULL), -EMSGSIZE);
	snprintf(expected, sizeof(expected),
		"conf/acl.conf: the rules have %zu bytes compiled, more than the %zu of half of "
		"region.ring_bytes less 4KB; raise region.ring_bytes or shorten the file\n",
		less + 1, less);
	assert_string_equal(faults, expected);
}

static void test_files_that_cannot_be_read(void **state)
{
	void *blob;
	size_t bytes;

	(void)state;
	faults[0] = '\0';
	assert_int_equal(
		acl_load("/nonexistent/acl.conf", SIZE_MAX, &blob, &bytes, keep, NULL), -ENOENT);
	assert_string_equal(faults, "/nonexistent/acl.conf: No such file or directory\n");
	faults[0] = '\0';
	assert_true(acl_load("/", SIZE_MAX, &blob, &bytes, keep, NULL) < 0);
	assert_string_equal(faults, "/: Is a directory\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_rules_decide),
		cmocka_unit_test(test_faults_name_line_and_column),
		cmocka_unit_test(test_nesting_has_a_limit),
		cmocka_unit_test(test_every_prefix),
		cmocka_unit_test(test_the_largest_blob_for_its_text),
		cmocka_unit_test(test_the_shipped_file),
		cmocka_unit_test(test_a_blob_that_is_too_large),
		cmocka_unit_test(test_files_that_cannot_be_read),
	};

	return cmocka_run_group_tests_name("acl", tests, NULL, NULL);
}
