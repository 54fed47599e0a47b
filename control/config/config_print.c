#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config_priv.h"

/* Where the lines go, and how deep. */
struct page {
	config_line_fn *line;
	void *arg;
};

static void put(const struct page *page, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static void put(const struct page *page, const char *fmt, ...)
{
	char line[CONFIG_FAULT_MAX + CONFIG_VALUE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	page->line(page->arg, line);
}

/* The parts before the last one: what is the section's name in the file. */
static size_t section_bytes(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot ? (size_t)(dot - path) : 0;
}

static bool is_same_section(const char *a, const char *b)
{
	size_t bytes = section_bytes(a);

	return bytes == section_bytes(b) && memcmp(a, b, bytes) == 0;
}

bool config_key_is_quoted(const struct config_key *key)
{
	switch (key->type) {
	case CONFIG_STRING:
	case CONFIG_NAME:
	case CONFIG_BIND:
	case CONFIG_IPV4:
	case CONFIG_IPV6:
	case CONFIG_IPV4_NET:
	case CONFIG_IPV6_NET:
		return true;
	case CONFIG_BOOL:
	case CONFIG_INTEGER:
	case CONFIG_BYTES:
	case CONFIG_DURATION:
	case CONFIG_DECIMAL:
	case CONFIG_ENUM:
		break;
	}
	return false;
}

static const char *quote(const struct config_key *key)
{
	return config_key_is_quoted(key) ? "\"" : "";
}

static const char *reader_name(unsigned readers)
{
	if ((readers & CONFIG_MGMT) != 0)
		return "the appliance's set-up";
	if ((readers & CONFIG_CTL) != 0)
		return "control and sluicectl";
	if ((readers & CONFIG_CONTROL) == 0)
		return "workers";
	return (readers & CONFIG_WORKER) != 0 ? "control and workers" : "control";
}

static void help_key(const struct page *page, const char *prefix, const struct config_key *key)
{
	char expected[256];

	config_value_expect(key, expected, sizeof(expected));
	put(page, "%s%s", prefix, key->path);
	put(page, "    %s", key->help);
	put(page, "    %s; default: %s%s%s", expected, quote(key), key->preset, quote(key));
	put(page, "    read by %s; a change needs: %s", reader_name(key->readers),
		config_change_name(key));
	if (key->alias != NULL)
		put(page, "    also spelt %s", key->alias);
}

void config_help(config_line_fn *line, void *arg)
{
	const struct page page = {line, arg};

	put(&page, "Keys of the configuration file. The environment overrides the file: "
		   "SLUICE_MQTT__MAX_INFLIGHT=16 sets mqtt.max_inflight.");
	for (size_t i = 0; i < config_key_len; i++) {
		if (i == 0 || !is_same_section(config_keys[i].path, config_keys[i - 1].path)) {
			put(&page, "%s", "");
			if (strncmp(config_keys[i].path, "mqtt.", 5) == 0) {
				for (size_t k = 0; k < config_listener_key_len; k++)
					help_key(&page, CONFIG_LISTENER_PREFIX "<name>.",
						&config_listener_keys[k]);
				put(&page, "%s", "");
			}
		}
		help_key(&page, "", &config_keys[i]);
	}
}

static void default_key(const struct page *page, const struct config_key *key)
{
	const char *name = strrchr(key->path, '.');
	char expected[256];

	config_value_expect(key, expected, sizeof(expected));
	put(page, "\t## %s", key->help);
	put(page, "\t## %s; a change needs: %s", expected, config_change_name(key));
	put(page, "\t# %s = %s%s%s", name ? name + 1 : key->path, quote(key), key->preset,
		quote(key));
}

static void default_listener(const struct page *page)
{
	put(page, "## Up to %d listeners, each with a name of its own.", CONFIG_LISTENERS_MAX);
	put(page, CONFIG_LISTENER_PREFIX "default {");
	for (size_t i = 0; i < config_listener_key_len; i++)
		default_key(page, &config_listener_keys[i]);
	put(page, "}");
	put(page, "%s", "");
}

void config_print_default(config_line_fn *line, void *arg)
{
	const struct page page = {line, arg};

	put(&page, "## Sluice's configuration: every key with its default, commented out.");
	put(&page, "##");
	put(&page, "## Made by `sluice-control --print-default-config`. The environment overrides "
		   "this "
		   "file:");
	put(&page, "## SLUICE_MQTT__MAX_INFLIGHT=16 sets mqtt.max_inflight.");
	for (size_t i = 0; i < config_key_len; i++) {
		const char *path = config_keys[i].path;

		if (i == 0 || !is_same_section(path, config_keys[i - 1].path)) {
			if (i > 0)
				put(&page, "}");
			put(&page, "%s", "");
			if (strncmp(path, "mqtt.", 5) == 0)
				default_listener(&page);
			put(&page, "%.*s {", (int)section_bytes(path), path);
		}
		default_key(&page, &config_keys[i]);
	}
	put(&page, "}");
}

/* The value as a worker takes it: no units. */
static void plain_value(
	const struct config_key *key, const struct config *config, char *out, size_t out_bytes)
{
	uint64_t number;

	switch (key->type) {
	case CONFIG_INTEGER:
	case CONFIG_BYTES:
	case CONFIG_DURATION:
	case CONFIG_DECIMAL:
		memcpy(&number, (const char *)config + key->offset, sizeof(number));
		snprintf(out, out_bytes, "%" PRIu64, number);
		break;
	case CONFIG_BOOL:
	case CONFIG_STRING:
	case CONFIG_NAME:
	case CONFIG_ENUM:
	case CONFIG_IPV4:
	case CONFIG_IPV6:
	case CONFIG_IPV4_NET:
	case CONFIG_IPV6_NET:
	case CONFIG_BIND:
		config_value_print(key, config, out);
		break;
	}
}

void config_dataplane_args(
	const struct config *config, unsigned worker, config_line_fn *line, void *arg)
{
	const struct page page = {line, arg};
	struct config effective = *config;
	char value[CONFIG_VALUE_MAX];

	effective.dataplane.core += worker;
	if (effective.net.ipv4[0] != '\0')
		effective.net.dhcp = false;
	put(&page, "--worker=%u", worker);
	for (size_t i = 0; i < config_key_len; i++) {
		const struct config_key *key = &config_keys[i];

		if ((key->readers & CONFIG_WORKER) == 0)
			continue;
		plain_value(key, &effective, value, sizeof(value));
		put(&page, "--%s=%s", key->path, value);
	}
	for (unsigned i = 0; i < config->listener_len; i++) {
		const struct config_listener *l = &config->listeners[i];

		if (l->enable)
			put(&page, "--listener=%u,%s,%s,%u,%" PRIu64, i, l->name, l->address,
				l->port, l->max_connections);
	}
}
