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

#include "config_key.h"

/* The file, the environment, and what is printed. */

struct lines {
	char text[65536];
	size_t used;
};

static void keep(void *arg, const char *line)
{
	struct lines *lines = arg;

	lines->used += (size_t)snprintf(
		lines->text + lines->used, sizeof(lines->text) - lines->used, "%s\n", line);
	assert_true(lines->used < sizeof(lines->text));
}

static struct config config;
static struct lines lines;

static void write_file(const char *path, const char *text, size_t bytes)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, bytes, file), bytes);
	assert_int_equal(fclose(file), 0);
}

/* Loads `text` under a name that is `short_name` in the lines that are kept. */
static int load(const char *text, char *const *environment)
{
	char folder[] = "/tmp/config-test-XXXXXX", path[64], *at;
	size_t path_bytes;
	int rc;

	memset(&lines, 0, sizeof(lines));
	assert_non_null(mkdtemp(folder));
	path_bytes = (size_t)snprintf(path, sizeof(path), "%s/a.conf", folder);
	write_file(path, text, strlen(text));
	rc = config_load(&config, path, environment, keep, &lines);
	unlink(path);
	rmdir(folder);
	/* the folder's name is random */
	while ((at = strstr(lines.text, path)) != NULL) {
		memmove(at, "a.conf", 6);
		memmove(at + 6, at + path_bytes, strlen(at + path_bytes) + 1);
	}
	return rc;
}

static void test_defaults_alone(void **state)
{
	(void)state;
	memset(&lines, 0, sizeof(lines));
	assert_int_equal(config_load(&config, NULL, NULL, keep, &lines), 0);
	assert_string_equal(lines.text, "");
	assert_int_equal(config.mqtt.max_mqueue_len, 1000);
	assert_int_equal(config.mqtt.idle_timeout_ms, 15000);
	assert_int_equal(config.mqtt.session_expiry_s, 7200);
	assert_int_equal(config.mqtt.keepalive_percent, 150);
	assert_false(config.mqtt.mqueue_store_qos0);
	assert_int_equal(config.retainer.msg_expiry_s, CONFIG_EXPIRY_NEVER);
	assert_int_equal(config.authorization.no_match, CONFIG_ALLOW);
	assert_int_equal(config.listener_len, 1);
	assert_string_equal(config.listeners[0].address, "::");
	assert_int_equal(config.listeners[0].port, 1883);
	assert_true(config.listeners[0].enable);
}

static void test_all_forms_of_the_language(void **state)
{
	int rc = load("# comment\r\n"
		      "// another\n"
		      "node.name = \"edge-1\" # behind a value\n"
		      "mqtt { max_inflight = 16, max_qos_allowed: 1; mqueue_store_qos0 = on }\n"
		      "mqtt.idle_timeout=20s // and so\n"
		      "\"port\".device = 0000:02:00.0\n"
		      "port.options = \"a=\\\"b\\\",c\\\\d\"\n"
		      "listeners {\n"
		      "  tcp\n"
		      "  {\n"
		      "    default = { bind = [::1]:1884 }\n"
		      "    inside.bind = 0.0.0.0:1885\n"
		      "  }\n"
		      "}\n"
		      "net { ipv6 = fd5c:1ce::2/64 }\n"
		      "log.level = debug",
		NULL);

	(void)state;
	assert_string_equal(lines.text, "");
	assert_int_equal(rc, 0);
	assert_string_equal(config.node.name, "edge-1");
	assert_int_equal(config.mqtt.max_inflight, 16);
	assert_int_equal(config.mqtt.max_qos_allowed, 1);
	assert_true(config.mqtt.mqueue_store_qos0);
	assert_int_equal(config.mqtt.idle_timeout_ms, 20000);
	assert_string_equal(config.port.device, "0000:02:00.0");
	assert_string_equal(config.port.options, "a=\"b\",c\\d");
	assert_string_equal(config.listeners[0].address, "::1");
	assert_int_equal(config.listeners[0].port, 1884);
	assert_string_equal(config.listeners[1].name, "inside");
	assert_int_equal(config.listeners[1].port, 1885);
	assert_string_equal(config.net.ipv6, "fd5c:1ce::2/64");
	assert_int_equal(config.log.level, 3);
}

static void test_every_fault_is_told_with_its_line(void **state)
{
	(void)state;
	assert_int_equal(load("mqtt {\n"
			      "  max_inflight = abc\n"
			      "  max_inflght = 5\n"
			      "  idle_timeout = 5 s\n"
			      "  max_qos_allowed = 1\n"
			      "  retain_available\n"
			      "}\n"
			      "}\n"
			      "mqtt.max_qos_allowed = 2\n"
			      "node.name = \"open\n"
			      "port.device = \"a\" b\n"
			      "port.kind =\n"
			      "=\n"
			      "port.mtu = \"\\q\"\n"
			      "tcp {\n"
			      "  tick = 300ms\n",
				 NULL),
		-EINVAL);
	assert_string_equal(lines.text,
		"a.conf:2: mqtt.max_inflight: expected an integer from 1 to 65535, found \"abc\"\n"
		"a.conf:3: mqtt.max_inflght: unknown key; did you mean mqtt.max_inflight?\n"
		"a.conf:4: mqtt.idle_timeout: expected a duration from 100ms to 1h, such as 15s, "
		"found \"5 s\"\n"
		"a.conf:6: mqtt.retain_available: expected \"=\" or \"{\" after the key\n"
		"a.conf:8: a closing brace without an open section\n"
		"a.conf:9: mqtt.max_qos_allowed: is set twice, first in line 5\n"
		"a.conf:10: expected a closing quote before the end of the line\n"
		"a.conf:11: expected the end of the line after the value\n"
		"a.conf:12: expected a value after \"=\"\n"
		"a.conf:13: expected a key\n"
		"a.conf:14: expected \\\", \\\\, \\n or \\t after the backslash\n"
		"a.conf:16: tcp.tick: expected a duration from 1ms to 250ms, such as 10ms, found "
		"\"300ms\"\n"
		"a.conf:15: tcp: expected a closing brace, found the end of the file\n");
}

static void test_sections_have_a_limit(void **state)
{
	(void)state;
	assert_int_equal(load("a{b{c{d{e{f{g{h{i{\n", NULL), -EINVAL);
	assert_non_null(strstr(lines.text, "a.conf:1: too many sections in each other\n"));
}

static void test_faults_between_keys(void **state)
{
	(void)state;
	assert_int_equal(load("mqtt.max_packet_size = 4MB\n"
			      "net.gateway4 = 198.18.0.1\n"
			      "net.gateway6 = fd5c:1ce::1\n"
			      "listeners.tcp.b.bind = \"[::]:1883\"\n",
				 NULL),
		-EINVAL);
	assert_string_equal(lines.text,
		"a.conf: mqtt.max_packet_size: expected at most half of region.ring_bytes less "
		"4KB; "
		"raise region.ring_bytes or lower mqtt.max_packet_size\n"
		"a.conf: listeners.tcp.b.bind: listeners.tcp.default has the same address and "
		"port\n"
		"a.conf: net.gateway4: expected net.ipv4 beside it\n"
		"a.conf: net.gateway6: expected net.ipv6 beside it\n");
	assert_int_equal(load("listeners.tcp.default.enable = false\n", NULL), -EINVAL);
	assert_string_equal(
		lines.text, "a.conf: listeners: expected at least one that is enabled\n");
}

static void test_files_that_cannot_be_read(void **state)
{
	(void)state;
	memset(&lines, 0, sizeof(lines));
	assert_int_equal(config_load(&config, "/nonexistent/a.conf", NULL, keep, &lines), -ENOENT);
	assert_string_equal(lines.text, "/nonexistent/a.conf: No such file or directory\n");
	memset(&lines, 0, sizeof(lines));
	assert_int_equal(config_load(&config, "/", NULL, keep, &lines), -EISDIR);
}

static void test_environment_overrides_the_file(void **state)
{
	char *const environment[] = {"PATH=/bin", "SLUICE_MQTT__MAX_MQUEUE_LEN=5",
		"sluice_mqtt__Max_Inflight=7", "SLUICE_LISTENERS__TCP__DEFAULT__BIND=0.0.0.0:1999",
		"SLUICE_HOST=198.18.0.2", "SLUICE_HOST6=fd5c:1ce::2", "SLUICE_PORT=1883",
		"SLUICE_BUILD=a__b", "SLUICE_NET__GATEWAY4=", NULL};

	(void)state;
	assert_int_equal(
		load("mqtt.max_mqueue_len = 9\nmqtt.max_awaiting_rel = 3\n", environment), 0);
	assert_string_equal(lines.text, "");
	assert_int_equal(config.mqtt.max_mqueue_len, 5);
	assert_int_equal(config.mqtt.max_inflight, 7);
	assert_int_equal(config.mqtt.max_awaiting_rel, 3);
	assert_string_equal(config.listeners[0].address, "0.0.0.0");
	assert_int_equal(config.listeners[0].port, 1999);
}

static void test_environment_faults(void **state)
{
	char *const environment[] = {"SLUICE_MQTT__MAX_INFLIGHT=abc", "SLUICE_MQTT__MAX_INFLGHT=1",
		"SLUICE_FLUX__CAPACITOR=1", NULL};

	(void)state;
	assert_int_equal(load("", environment), -EINVAL);
	assert_string_equal(lines.text,
		"environment SLUICE_MQTT__MAX_INFLIGHT: expected an integer from 1 to 65535, found "
		"\"abc\"\n"
		"environment SLUICE_MQTT__MAX_INFLGHT: unknown key; did you mean "
		"SLUICE_MQTT__MAX_INFLIGHT?\n"
		"environment SLUICE_FLUX__CAPACITOR: unknown key\n");
}

static void show(void *arg, const char *path, const char *value, const struct config_key *key)
{
	char line[CONFIG_VALUE_MAX + 300];

	(void)key;
	snprintf(line, sizeof(line), "%s = %s", path, value);
	keep(arg, line);
}

/* The default file, and the same with its comment marks before values taken off, mean the defaults. */
static void test_default_file(void **state)
{
	static struct lines printed, uncommented, defaults, loaded;
	char committed[65536];
	FILE *file = fopen("conf/sluice.conf", "r");
	size_t bytes;

	(void)state;
	assert_non_null(file);
	bytes = fread(committed, 1, sizeof(committed) - 1, file);
	committed[bytes] = '\0';
	fclose(file);
	config_print_default(keep, &printed);
	/* when this fails: sluice-control --print-default-config >conf/sluice.conf */
	assert_string_equal(committed, printed.text);

	for (const char *at = printed.text; *at != '\0'; at++) {
		if (strncmp(at, "\t# ", 3) == 0)
			at += 3;
		uncommented.text[uncommented.used++] = *at;
	}
	assert_int_equal(load(printed.text, NULL), 0);
	config_init(&config);
	config_each(&config, show, &defaults);
	assert_int_equal(load(uncommented.text, NULL), 0);
	config_each(&config, show, &loaded);
	assert_string_equal(defaults.text, loaded.text);
	/* nothing of the table is missing: each key stands once as an uncommented value */
	for (size_t i = 0; i < config_key_len; i++) {
		char line[128];

		snprintf(line, sizeof(line), "\n%s = ", config_keys[i].path);
		assert_true(i == 0 || strstr(loaded.text, line) != NULL);
	}
}

static void test_help_names_every_key(void **state)
{
	static struct lines help;

	(void)state;
	config_help(keep, &help);
	for (size_t i = 0; i < config_key_len; i++) {
		char line[128];

		snprintf(line, sizeof(line), "\n%s\n    %s\n", config_keys[i].path,
			config_keys[i].help);
		assert_non_null(strstr(help.text, line));
	}
	assert_non_null(strstr(help.text,
		"\nlisteners.tcp.<name>.bind\n    address and port; [::] takes IPv4 and IPv6, "
		"0.0.0.0 IPv4 alone\n"));
	assert_non_null(
		strstr(help.text, "\nmqtt.max_inflight\n"
				  "    QoS 1 and 2 messages on the way to a client at once\n"
				  "    an integer from 1 to 65535; default: 32\n"
				  "    read by control; a change needs: new connections\n"));
}

static void test_dataplane_arguments(void **state)
{
	char *const environment[] = {"SLUICE_NET__IPV4=198.18.0.2/15",
		"SLUICE_NET__GATEWAY4=198.18.0.1", "SLUICE_DATAPLANE__POLL=busy",
		"SLUICE_LISTENERS__TCP__OFF__ENABLE=false",
		"SLUICE_LISTENERS__TCP__INSIDE__BIND=0.0.0.0:1884",
		"SLUICE_LISTENERS__TCP__INSIDE__MAX_CONNECTIONS=10", "SLUICE_TCP__USER_TIMEOUT=3s",
		NULL};
	static struct lines args;

	(void)state;
	assert_int_equal(config_load(&config, NULL, environment, keep, &args), 0);
	config_dataplane_args(&config, 0, keep, &args);
	assert_string_equal(args.text, "--worker=0\n"
				       "--region.path=/dev/shm/sluice\n"
				       "--region.ring_bytes=8388608\n"
				       "--dataplane.workers=1\n"
				       "--dataplane.core=0\n"
				       "--dataplane.memory=268435456\n"
				       "--dataplane.mbufs=8192\n"
				       "--dataplane.poll=busy\n"
				       "--dataplane.idle_sleep=1000\n"
				       "--port.kind=tap\n"
				       "--port.device=slu0\n"
				       "--port.options=\n"
				       "--port.mtu=1500\n"
				       "--port.hugepages=auto\n"
				       "--net.ipv4=198.18.0.2/15\n"
				       "--net.gateway4=198.18.0.1\n"
				       "--net.dhcp=false\n"
				       "--net.ipv6=\n"
				       "--net.gateway6=\n"
				       "--tcp.tick=10\n"
				       "--tcp.msl=5000\n"
				       "--tcp.user_timeout=3000\n"
				       "--tcp.max_connections=100000\n"
				       "--tcp.max_half_open=4096\n"
				       "--log.level=info\n"
				       "--listener=0,default,::,1883,0\n"
				       "--listener=2,inside,0.0.0.0,1884,10\n");
}

static void test_paths_beside_the_file(void **state)
{
	char out[32];

	(void)state;
	assert_int_equal(config_path_resolve(out, sizeof(out), "conf/a.conf", "acl.conf"), 0);
	assert_string_equal(out, "conf/acl.conf");
	assert_int_equal(config_path_resolve(out, sizeof(out), "a.conf", "acl.conf"), 0);
	assert_string_equal(out, "acl.conf");
	assert_int_equal(config_path_resolve(out, sizeof(out), NULL, "acl.conf"), 0);
	assert_string_equal(out, "acl.conf");
	assert_int_equal(config_path_resolve(out, sizeof(out), "conf/a.conf", "/etc/acl.conf"), 0);
	assert_string_equal(out, "/etc/acl.conf");
	assert_int_equal(config_path_resolve(out, 8, "conf/a.conf", "acl.conf"), -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults_alone),
		cmocka_unit_test(test_all_forms_of_the_language),
		cmocka_unit_test(test_every_fault_is_told_with_its_line),
		cmocka_unit_test(test_sections_have_a_limit),
		cmocka_unit_test(test_faults_between_keys),
		cmocka_unit_test(test_files_that_cannot_be_read),
		cmocka_unit_test(test_environment_overrides_the_file),
		cmocka_unit_test(test_environment_faults),
		cmocka_unit_test(test_default_file),
		cmocka_unit_test(test_help_names_every_key),
		cmocka_unit_test(test_dataplane_arguments),
		cmocka_unit_test(test_paths_beside_the_file),
	};

	return cmocka_run_group_tests_name("config load", tests, NULL, NULL);
}
