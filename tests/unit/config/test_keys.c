#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "config_key.h"

/* The table, and values as text. */

typedef void key_fn(const struct config_key *key, void *base);

static void each_key(key_fn *test)
{
	static struct config config;

	config_init(&config);
	for (size_t i = 0; i < config_key_len; i++)
		test(&config_keys[i], &config);
	for (size_t i = 0; i < config_listener_key_len; i++)
		test(&config_listener_keys[i], &config.listeners[0]);
}

static void preset_is_canonical(const struct config_key *key, void *base)
{
	char text[CONFIG_VALUE_MAX], what[CONFIG_FAULT_MAX];

	config_value_print(key, base, text);
	assert_string_equal(text, key->preset);
	assert_int_equal(config_value_parse(key, base, text, what), 0);
	config_value_print(key, base, text);
	assert_string_equal(text, key->preset);
	assert_true(key->help[0] != '\0' && key->readers != 0 && key->room != 0);
}

/* Who has to start anew is known for a key that needs a restart, and is one of its readers. */
static void restart_is_known(const struct config_key *key, void *base)
{
	(void)base;
	assert_int_equal(key->change == CONFIG_RESTART, key->restart != 0);
	assert_int_equal(key->restart & ~key->readers, 0);
	assert_true(key->restart <= (CONFIG_CONTROL | CONFIG_WORKER));
	assert_true(strlen(config_change_name(key)) >= strlen("live"));
}

static void test_what_a_change_needs(void **state)
{
	static struct config config;
	void *base;

	(void)state;
	each_key(restart_is_known);
	config_init(&config);
	assert_string_equal(config_change_name(config_find(&config, "node.name", false, &base)),
		"restart of control");
	assert_string_equal(config_change_name(config_find(&config, "net.ipv4", false, &base)),
		"restart of the worker");
	assert_string_equal(
		config_change_name(config_find(&config, "mgmt.ipv4", false, &base)), "live");
}

static void test_every_preset_is_printed_and_read_equal(void **state)
{
	(void)state;
	each_key(preset_is_canonical);
}

static bool is_number(const struct config_key *key)
{
	return key->type == CONFIG_INTEGER || key->type == CONFIG_BYTES ||
	       key->type == CONFIG_DURATION || key->type == CONFIG_DECIMAL;
}

/* Plain numbers of the type, as a user may write any. */
static void write_number(const struct config_key *key, uint64_t number, char *out)
{
	if (key->type == CONFIG_DURATION)
		sprintf(out, "%lluus", (unsigned long long)(number * key->unit_us));
	else if (key->type == CONFIG_DECIMAL)
		sprintf(out, "%llu.%02llu", (unsigned long long)number / 100,
			(unsigned long long)number % 100);
	else
		sprintf(out, "%llu", (unsigned long long)number);
}

static void limits_hold(const struct config_key *key, void *base)
{
	char text[64], before[CONFIG_VALUE_MAX], after[CONFIG_VALUE_MAX], what[CONFIG_FAULT_MAX];
	const uint64_t inside[] = {key->min, key->max};
	uint64_t stored;

	if (!is_number(key))
		return;
	for (int i = 0; i < 2; i++) {
		write_number(key, inside[i], text);
		assert_int_equal(config_value_parse(key, base, text, what), 0);
		memcpy(&stored, (char *)base + key->offset, sizeof(stored));
		assert_true(stored == inside[i]);
		config_value_print(key, base, before);
		assert_int_equal(config_value_parse(key, base, before, what), 0);
		memcpy(&stored, (char *)base + key->offset, sizeof(stored));
		assert_true(stored == inside[i]);
	}
	write_number(key, key->max + 1, text);
	assert_int_equal(config_value_parse(key, base, text, what), -22);
	config_value_print(key, base, after);
	assert_string_equal(before, after);
	if (key->min > 0) {
		write_number(key, key->min - 1, text);
		assert_int_equal(config_value_parse(key, base, text, what), -22);
	}
	assert_int_equal(config_value_parse(key, base, "99999999999999999999999", what), -22);
	assert_int_equal(config_value_parse(key, base, "-1", what), -22);
	assert_int_equal(config_value_parse(key, base, "", what), -22);
	if (key->word != NULL) {
		assert_int_equal(config_value_parse(key, base, key->word, what), 0);
		config_value_print(key, base, after);
		assert_string_equal(after, key->word);
	}
}

static void test_limits_of_every_number(void **state)
{
	(void)state;
	each_key(limits_hold);
}

/* Nothing that is wrong for every type but texts, and too long for these. */
static void bad_value_is_named(const struct config_key *key, void *base)
{
	char bad[400], expected[256], wanted[CONFIG_FAULT_MAX], what[CONFIG_FAULT_MAX] = "";
	char before[CONFIG_VALUE_MAX], after[CONFIG_VALUE_MAX];

	memset(bad, '?', sizeof(bad) - 1);
	bad[sizeof(bad) - 1] = '\0';
	config_value_print(key, base, before);
	assert_int_equal(config_value_parse(key, base, bad, what), -22);
	config_value_expect(key, expected, sizeof(expected));
	snprintf(wanted, sizeof(wanted), "expected %s, found \"%.80s...\"", expected, bad);
	assert_string_equal(what, wanted);
	config_value_print(key, base, after);
	assert_string_equal(before, after);
}

static void test_every_key_refuses_what_it_is_not(void **state)
{
	(void)state;
	each_key(bad_value_is_named);
}

static void test_paths_are_unique_and_sections_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < config_key_len; i++) {
		for (size_t j = 0; j < i; j++) {
			assert_string_not_equal(config_keys[i].path, config_keys[j].path);
			assert_int_not_equal(config_keys[i].offset, config_keys[j].offset);
		}
	}
}

static void test_exact_faults(void **state)
{
	static const struct {
		const char *path, *text, *fault;
	} cases[] = {
		{"mqtt.max_inflight", "abc", "expected an integer from 1 to 65535, found \"abc\""},
		{"mqtt.max_inflight", "0", "expected an integer from 1 to 65535, found \"0\""},
		{"mqtt.max_inflight", "32 ", "expected an integer from 1 to 65535, found \"32 \""},
		{"mqtt.max_mqueue_len", "many",
			"expected an integer from 0 to 10000000, or infinity, found \"many\""},
		{"mqtt.max_packet_size", "1TB",
			"expected a size from 1KB to 256MB (KB, MB, GB: 1024-based), found "
			"\"1TB\""},
		{"region.ring_bytes", "3MB",
			"expected a power of two from 64KB to 1GB (KB, MB, GB: 1024-based), found "
			"\"3MB\""},
		{"mqtt.idle_timeout", "15",
			"expected a duration from 100ms to 1h, such as 15s, found \"15\""},
		{"mqtt.session_expiry_interval", "1500ms",
			"expected a duration from 0 to 4294967294s, such as 2h, or infinity, found "
			"\"1500ms\""},
		{"mqtt.keepalive_multiplier", "1.234",
			"expected a number from 1 to 10, found \"1.234\""},
		{"mqtt.retain_available", "maybe", "expected true or false, found \"maybe\""},
		{"port.kind", "eth",
			"expected tap, af_packet, af_xdp, memif or pci, found \"eth\""},
		{"net.ipv4", "198.18.0.2",
			"expected an IPv4 address and prefix length such as 192.0.2.1/24, or "
			"nothing, "
			"found \"198.18.0.2\""},
		{"net.ipv4", "198.18.0.2/33",
			"expected an IPv4 address and prefix length such as 192.0.2.1/24, or "
			"nothing, "
			"found \"198.18.0.2/33\""},
		{"net.gateway6", "fd00::1/64",
			"expected an IPv6 address such as 2001:db8::1, or nothing, found "
			"\"fd00::1/64\""},
		{"listeners.tcp.default.bind", "0.0.0.0",
			"expected an address and port such as 0.0.0.0:1883 or [::]:1883, or a "
			"port, "
			"found \"0.0.0.0\""},
		{"listeners.tcp.default.bind", "::1:1883",
			"expected an address and port such as 0.0.0.0:1883 or [::]:1883, or a "
			"port, "
			"found \"::1:1883\""},
		{"node.name", "a b",
			"expected 1 to 63 letters, digits, '_', '-', '.' or '@', found \"a b\""},
		{"dataplane.workers", "2", "expected 1 (no other value yet), found \"2\""},
		{"cli.socket", "",
			"expected a text of 1 to 255 bytes without control characters, found "
			"\"\""},
		{"cli.socket", "a\nb",
			"expected a text of 1 to 255 bytes without control characters, found "
			"\"a\nb\""},
	};
	static struct config config;
	char fault[CONFIG_FAULT_MAX];

	(void)state;
	config_init(&config);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(config_set(&config, cases[i].path, cases[i].text, fault), -22);
		assert_string_equal(fault, cases[i].fault);
	}
}

static void test_spellings(void **state)
{
	static const struct {
		const char *path, *text, *printed;
	} cases[] = {
		{"mqtt.max_packet_size", "2097152", "2MB"},
		{"mqtt.max_packet_size", "2mb", "2MB"},
		{"mqtt.max_packet_size", "1500", "1500"},
		{"mqtt.max_packet_size", "1500B", "1500"},
		{"mqtt.idle_timeout", "90s", "90s"},
		{"mqtt.idle_timeout", "120s", "2m"},
		{"mqtt.idle_timeout", "1500ms", "1500ms"},
		{"mqtt.session_expiry_interval", "7d", "7d"},
		{"mqtt.session_expiry_interval", "Infinity", "infinity"},
		{"mqtt.session_expiry_interval", "0", "0"},
		{"mqtt.max_mqueue_len", "0", "infinity"},
		{"mqtt.keepalive_multiplier", "2", "2"},
		{"mqtt.keepalive_multiplier", "1.25", "1.25"},
		{"mqtt.keepalive_multiplier", "1.50", "1.5"},
		{"mqtt.keepalive_multiplier", "1.05", "1.05"},
		{"mqtt.retain_available", "off", "false"},
		{"mqtt.acl_nomatch", "deny", "deny"},
		{"authorization.no_match", "DENY", "deny"},
		{"sys_topics.sys_msg_interval", "disabled", "disabled"},
		{"listeners.tcp.default.bind", "1884", "[::]:1884"},
		{"listeners.tcp.default.bind", ":1885", "[::]:1885"},
		{"listeners.tcp.default.bind", "198.18.0.2:1886", "198.18.0.2:1886"},
		{"listeners.tcp.default.bind", "[fd5c:1ce::2]:1887", "[fd5c:1ce::2]:1887"},
		{"listeners.tcp.inside.bind", "0.0.0.0:1888", "0.0.0.0:1888"},
	};
	static struct config config;
	char fault[CONFIG_FAULT_MAX] = "", text[CONFIG_VALUE_MAX];

	(void)state;
	config_init(&config);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct config_key *key;
		void *base;

		assert_int_equal(config_set(&config, cases[i].path, cases[i].text, fault), 0);
		key = config_find(&config, cases[i].path, false, &base);
		assert_non_null(key);
		config_value_print(key, base, text);
		assert_string_equal(text, cases[i].printed);
	}
	assert_int_equal(config.listener_len, 2);
	assert_string_equal(config.listeners[1].name, "inside");
}

static void test_did_you_mean(void **state)
{
	static const struct {
		const char *path, *fault;
	} cases[] = {
		{"mqtt.max_inflght", "unknown key; did you mean mqtt.max_inflight?"},
		{"mqtt.max_inlfight", "unknown key; did you mean mqtt.max_inflight?"},
		{"mqt.max_inflight", "unknown key; did you mean mqtt.max_inflight?"},
		{"max_inflight", "unknown key; did you mean mqtt.max_inflight?"},
		{"mqtt.no_match", "unknown key; did you mean authorization.no_match?"},
		{"mqtt.max_packet_bytes", "unknown key; did you mean mqtt.max_packet_size?"},
		{"listeners.tcp.default.bnd",
			"unknown key; did you mean listeners.tcp.default.bind?"},
		{"mqtt.flux_capacitor", "unknown key"},
		{"x", "unknown key"},
		{"listeners.tcp.a,b.bind", "unknown key; did you mean listeners.tcp.default.bind?"},
	};
	static struct config config;
	char fault[CONFIG_FAULT_MAX];

	(void)state;
	config_init(&config);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(config_set(&config, cases[i].path, "1", fault), -22);
		assert_string_equal(fault, cases[i].fault);
	}
}

static void test_at_most_eight_listeners(void **state)
{
	static struct config config;
	char fault[CONFIG_FAULT_MAX], path[64];

	(void)state;
	config_init(&config);
	for (int i = 1; i < CONFIG_LISTENERS_MAX; i++) {
		sprintf(path, "listeners.tcp.l%d.enable", i);
		assert_int_equal(config_set(&config, path, "false", fault), 0);
	}
	assert_int_equal(config_set(&config, "listeners.tcp.l8.enable", "false", fault), -22);
	assert_string_equal(fault, "expected at most 8 listeners");
	assert_int_equal(config_set(&config, "listeners.tcp.l7.enable", "true", fault), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_preset_is_printed_and_read_equal),
		cmocka_unit_test(test_what_a_change_needs),
		cmocka_unit_test(test_limits_of_every_number),
		cmocka_unit_test(test_every_key_refuses_what_it_is_not),
		cmocka_unit_test(test_paths_are_unique_and_sections_whole),
		cmocka_unit_test(test_exact_faults),
		cmocka_unit_test(test_spellings),
		cmocka_unit_test(test_did_you_mean),
		cmocka_unit_test(test_at_most_eight_listeners),
	};

	return cmocka_run_group_tests_name("config keys", tests, NULL, NULL);
}
