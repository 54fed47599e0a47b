#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config_key.h"
#include "config_number.h"

enum { FOUND_MAX = 80 }; /* bytes of a wrong value that are repeated */

static bool is_number(enum config_type type)
{
	return type == CONFIG_INTEGER || type == CONFIG_BYTES || type == CONFIG_DURATION ||
	       type == CONFIG_DECIMAL;
}

/* "a, b or c" */
static void list_words(const char *const *words, char *out, size_t out_bytes)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; words[i] != NULL && used < out_bytes; i++) {
		const char *before = i == 0 ? "" : words[i + 1] == NULL ? " or " : ", ";
		int n = snprintf(out + used, out_bytes - used, "%s%s", before, words[i]);

		used += (size_t)n;
	}
}

static void expect_number(const struct config_key *key, char *out, size_t out_bytes)
{
	static const char *const nouns[] = {
		[CONFIG_INTEGER] = "an integer",
		[CONFIG_BYTES] = "a size",
		[CONFIG_DURATION] = "a duration",
		[CONFIG_DECIMAL] = "a number",
	};
	char low[32], high[32], example[48] = "";
	struct config_key plain = *key; /* limits are shown as numbers, not as the word */

	plain.word = NULL;
	if (key->min == key->max) {
		config_number_print(&plain, key->min, low, sizeof(low));
		snprintf(out, out_bytes, "%s (no other value yet)", low);
		return;
	}
	config_number_print(&plain, key->min, low, sizeof(low));
	config_number_print(&plain, key->max, high, sizeof(high));
	if (key->type == CONFIG_DURATION)
		snprintf(example, sizeof(example), ", such as %s",
			isdigit((unsigned char)key->preset[0]) ? key->preset : high);
	snprintf(out, out_bytes, "%s from %s to %s%s%s%s%s",
		key->is_power_of_two ? "a power of two" : nouns[key->type], low, high, example,
		key->word ? ", or " : "", key->word ? key->word : "",
		key->type == CONFIG_BYTES ? " (KB, MB, GB: 1024-based)" : "");
}

void config_value_expect(const struct config_key *key, char *out, size_t out_bytes)
{
	switch (key->type) {
	case CONFIG_BOOL:
		snprintf(out, out_bytes, "true or false");
		break;
	case CONFIG_INTEGER:
	case CONFIG_BYTES:
	case CONFIG_DURATION:
	case CONFIG_DECIMAL:
		expect_number(key, out, out_bytes);
		break;
	case CONFIG_STRING:
		snprintf(out, out_bytes, "a text of %zu to %zu bytes without control characters",
			(size_t)key->min, key->room - 1);
		break;
	case CONFIG_NAME:
		snprintf(out, out_bytes, "1 to %zu letters, digits, '_', '-', '.' or '@'",
			key->room - 1);
		break;
	case CONFIG_ENUM:
		list_words(key->words, out, out_bytes);
		break;
	case CONFIG_IPV4:
		snprintf(out, out_bytes, "an IPv4 address such as 192.0.2.1, or nothing");
		break;
	case CONFIG_IPV6:
		snprintf(out, out_bytes, "an IPv6 address such as 2001:db8::1, or nothing");
		break;
	case CONFIG_IPV4_NET:
		snprintf(out, out_bytes,
			"an IPv4 address and prefix length such as 192.0.2.1/24, or nothing");
		break;
	case CONFIG_IPV6_NET:
		snprintf(out, out_bytes,
			"an IPv6 address and prefix length such as 2001:db8::1/64, or nothing");
		break;
	case CONFIG_BIND:
		snprintf(out, out_bytes,
			"an address and port such as 0.0.0.0:1883 or [::]:1883, or a port");
		break;
	}
}

static int parse_bool(void *field, const char *text)
{
	static const char *const yes[] = {"true", "on", "yes"}, *const no[] = {
									"false", "off", "no"};

	for (size_t i = 0; i < 3; i++) {
		if (strcasecmp(text, yes[i]) == 0 || strcasecmp(text, no[i]) == 0) {
			*(bool *)field = strcasecmp(text, yes[i]) == 0;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_enum(const struct config_key *key, void *field, const char *text)
{
	for (unsigned i = 0; key->words[i] != NULL; i++) {
		if (strcasecmp(text, key->words[i]) == 0) {
			*(unsigned *)field = i;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_text(const struct config_key *key, char *field, const char *text)
{
	size_t bytes = strlen(text);

	if (bytes >= key->room || bytes < (key->type == CONFIG_NAME ? 1 : key->min))
		return -EINVAL;
	for (size_t i = 0; i < bytes; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < 0x20 || c == 0x7f)
			return -EINVAL;
		if (key->type == CONFIG_NAME && !isalnum(c) && strchr("_-.@", c) == NULL)
			return -EINVAL;
	}
	memcpy(field, text, bytes + 1);
	return 0;
}

/* "address" or "address/prefix" of one family; nothing is also an answer. */
static int parse_address(const struct config_key *key, char *field, const char *text)
{
	bool has_prefix = key->type == CONFIG_IPV4_NET || key->type == CONFIG_IPV6_NET;
	bool is_ipv6 = key->type == CONFIG_IPV6 || key->type == CONFIG_IPV6_NET;
	size_t address_bytes = strcspn(text, "/");
	unsigned char binary[16];
	char address[CONFIG_ADDRESS_MAX];

	if (strlen(text) >= key->room)
		return -EINVAL;
	if (*text != '\0') {
		memcpy(address, text, address_bytes);
		address[address_bytes] = '\0';
		if (inet_pton(is_ipv6 ? AF_INET6 : AF_INET, address, binary) != 1)
			return -EINVAL;
		if (has_prefix != (text[address_bytes] == '/'))
			return -EINVAL;
		if (has_prefix) {
			const struct config_key prefix = {
				.type = CONFIG_INTEGER, .min = 1, .max = is_ipv6 ? 128 : 32};
			uint64_t length;

			if (config_number_parse(&prefix, text + address_bytes + 1, &length) < 0)
				return -EINVAL;
		}
	}
	memcpy(field, text, strlen(text) + 1);
	return 0;
}

/* "1883", ":1883", "0.0.0.0:1883", "[::]:1883"; a port alone is on all addresses. */
static int parse_bind(struct config_listener *listener, const char *text)
{
	static const struct config_key port_key = {
		.type = CONFIG_INTEGER, .min = 1, .max = UINT16_MAX};
	const char *colon = strrchr(text, ':'), *from = text;
	char address[CONFIG_ADDRESS_MAX] = "::";
	unsigned char binary[16];
	uint64_t port;

	if (config_number_parse(&port_key, colon ? colon + 1 : text, &port) < 0)
		return -EINVAL;
	if (colon != NULL && colon != text) {
		size_t bytes = (size_t)(colon - text);
		int family = AF_INET;

		if (*text == '[') {
			if (bytes < 2 || colon[-1] != ']')
				return -EINVAL;
			family = AF_INET6;
			from++;
			bytes -= 2;
		}
		if (bytes >= sizeof(address))
			return -EINVAL;
		memcpy(address, from, bytes);
		address[bytes] = '\0';
		if (inet_pton(family, address, binary) != 1)
			return -EINVAL;
	}
	memcpy(listener->address, address, sizeof(address));
	listener->port = (uint16_t)port;
	return 0;
}

static int store(const struct config_key *key, void *base, const char *text)
{
	char *field = (char *)base + key->offset;
	uint64_t number;

	if (is_number(key->type)) {
		if (config_number_parse(key, text, &number) < 0)
			return -EINVAL;
		memcpy(field, &number, sizeof(number));
		return 0;
	}
	switch ((int)key->type) {
	case CONFIG_BOOL:
		return parse_bool(field, text);
	case CONFIG_ENUM:
		return parse_enum(key, field, text);
	case CONFIG_STRING:
	case CONFIG_NAME:
		return parse_text(key, field, text);
	case CONFIG_BIND:
		return parse_bind(base, text);
	default:
		return parse_address(key, field, text);
	}
}

int config_value_parse(const struct config_key *key, void *base, const char *text, char *fault)
{
	char expected[256];
	int found;

	if (store(key, base, text) == 0)
		return 0;
	config_value_expect(key, expected, sizeof(expected));
	found = (int)strnlen(text, FOUND_MAX);
	snprintf(fault, CONFIG_FAULT_MAX, "expected %s, found \"%.*s%s\"", expected, found, text,
		text[found] ? "..." : "");
	return -EINVAL;
}

void config_value_print(const struct config_key *key, const void *base, char *out)
{
	const char *field = (const char *)base + key->offset;
	const struct config_listener *listener = base;
	uint64_t number;

	if (is_number(key->type)) {
		memcpy(&number, field, sizeof(number));
		config_number_print(key, number, out, CONFIG_VALUE_MAX);
		return;
	}
	switch ((int)key->type) {
	case CONFIG_BOOL:
		snprintf(out, CONFIG_VALUE_MAX, "%s", *(const bool *)field ? "true" : "false");
		break;
	case CONFIG_ENUM:
		snprintf(out, CONFIG_VALUE_MAX, "%s",
			key->words[*(const unsigned *)(const void *)field]);
		break;
	case CONFIG_BIND:
		snprintf(out, CONFIG_VALUE_MAX,
			strchr(listener->address, ':') ? "[%s]:%u" : "%s:%u", listener->address,
			listener->port);
		break;
	default:
		snprintf(out, CONFIG_VALUE_MAX, "%s", field);
		break;
	}
}
