#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base_assert.h"
#include "config_priv.h"

static void set_presets(const struct config_key *keys, size_t len, void *base)
{
	char what[CONFIG_FAULT_MAX];

	for (size_t i = 0; i < len; i++)
		BASE_ASSERT(config_value_parse(&keys[i], base, keys[i].preset, what) == 0);
}

static struct config_listener *listener_add(struct config *config, const char *name, size_t bytes)
{
	struct config_listener *listener = &config->listeners[config->listener_len++];

	memset(listener, 0, sizeof(*listener));
	memcpy(listener->name, name, bytes);
	set_presets(config_listener_keys, config_listener_key_len, listener);
	return listener;
}

void config_init(struct config *config)
{
	memset(config, 0, sizeof(*config));
	set_presets(config_keys, config_key_len, config);
	listener_add(config, "default", strlen("default"));
}

/* Names go into arguments and listings: letters, digits, '_' and '-'. */
static bool is_listener_name(const char *name, size_t bytes)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

	return bytes > 0 && bytes < CONFIG_NAME_MAX && strspn(name, allowed) >= bytes;
}

/* The end of a listener's path ("default.bind" behind the prefix) to its key and struct. */
static const struct config_key *find_listener_key(
	struct config *config, const char *rest, bool create, void **base)
{
	const char *dot = strchr(rest, '.');
	const struct config_key *key = NULL;
	size_t bytes;

	if (dot == NULL)
		return NULL;
	bytes = (size_t)(dot - rest);
	for (size_t i = 0; i < config_listener_key_len; i++)
		if (strcmp(config_listener_keys[i].path, dot + 1) == 0)
			key = &config_listener_keys[i];
	if (key == NULL || !is_listener_name(rest, bytes))
		return NULL;
	for (unsigned i = 0; i < config->listener_len; i++) {
		struct config_listener *listener = &config->listeners[i];

		if (strlen(listener->name) == bytes && memcmp(listener->name, rest, bytes) == 0) {
			*base = listener;
			return key;
		}
	}
	if (!create || config->listener_len == CONFIG_LISTENERS_MAX)
		return NULL;
	*base = listener_add(config, rest, bytes);
	return key;
}

const struct config_key *config_find(
	struct config *config, const char *path, bool create, void **base)
{
	size_t prefix = strlen(CONFIG_LISTENER_PREFIX);

	if (strncmp(path, CONFIG_LISTENER_PREFIX, prefix) == 0)
		return find_listener_key(config, path + prefix, create, base);
	*base = config;
	for (size_t i = 0; i < config_key_len; i++) {
		const struct config_key *key = &config_keys[i];

		if (strcmp(key->path, path) == 0 || (key->alias && strcmp(key->alias, path) == 0))
			return key;
	}
	return NULL;
}

int config_set(struct config *config, const char *path, const char *text, char *fault)
{
	void *base;
	const struct config_key *key = config_find(config, path, true, &base);
	char closest[CONFIG_PATH_MAX];

	if (key != NULL)
		return config_value_parse(key, base, text, fault);
	if (strncmp(path, CONFIG_LISTENER_PREFIX, strlen(CONFIG_LISTENER_PREFIX)) == 0 &&
		config->listener_len == CONFIG_LISTENERS_MAX)
		snprintf(fault, CONFIG_FAULT_MAX, "expected at most %d listeners",
			CONFIG_LISTENERS_MAX);
	else if (config_suggest(config, path, closest, sizeof(closest)) != NULL)
		snprintf(fault, CONFIG_FAULT_MAX, "unknown key; did you mean %s?", closest);
	else
		snprintf(fault, CONFIG_FAULT_MAX, "unknown key");
	return -EINVAL;
}

void config_each(const struct config *config, config_each_fn *each, void *arg)
{
	char value[CONFIG_VALUE_MAX], path[CONFIG_PATH_MAX];

	for (size_t i = 0; i < config_key_len; i++) {
		/* listeners stand where the default file has them: between tcp and mqtt */
		if (i > 0 && strncmp(config_keys[i].path, "mqtt.", 5) == 0 &&
			strncmp(config_keys[i - 1].path, "mqtt.", 5) != 0) {
			for (unsigned l = 0; l < config->listener_len; l++) {
				for (size_t k = 0; k < config_listener_key_len; k++) {
					const struct config_key *key = &config_listener_keys[k];

					snprintf(path, sizeof(path), CONFIG_LISTENER_PREFIX "%s.%s",
						config->listeners[l].name, key->path);
					config_value_print(key, &config->listeners[l], value);
					each(arg, path, value, key);
				}
			}
		}
		config_value_print(&config_keys[i], config, value);
		each(arg, config_keys[i].path, value, &config_keys[i]);
	}
}

enum { KEYS_MAX = 128, LISTENER_KEYS_MAX = 8 };

/* What takes the file's entries: values go into config, and each key may stand in a file once. */
struct filling {
	struct config *config;
	const char *name;
	struct config_report *report;
	unsigned lines[KEYS_MAX]; /* by position in config_keys: where it was set, or 0 */
	unsigned listener_lines[CONFIG_LISTENERS_MAX][LISTENER_KEYS_MAX];
};

static unsigned *line_of(struct filling *filling, const struct config_key *key, const void *base)
{
	if (base == filling->config)
		return &filling->lines[key - config_keys];
	return &filling->listener_lines[(const struct config_listener *)base -
					filling->config->listeners][key - config_listener_keys];
}

static void fill(void *arg, const struct config_entry *entry)
{
	struct filling *filling = arg;
	char what[CONFIG_FAULT_MAX];
	const struct config_key *key;
	void *base;
	unsigned *line;
	int rc = config_set(filling->config, entry->path, entry->text, what);

	key = config_find(filling->config, entry->path, false, &base);
	line = key != NULL ? line_of(filling, key, base) : NULL;
	if (rc < 0)
		config_fault(filling->report, "%s:%u: %s: %s", filling->name, entry->line,
			entry->path, what);
	else if (line != NULL && *line != 0)
		config_fault(filling->report, "%s:%u: %s: is set twice, first in line %u",
			filling->name, entry->line, entry->path, *line);
	if (line != NULL)
		*line = entry->line;
}

int config_load_onto(struct config *config, const char *path, char *const *environment,
	config_line_fn *report_line, void *arg)
{
	struct config_report report = {.line = report_line, .arg = arg};

	BASE_ASSERT(config_key_len <= KEYS_MAX && config_listener_key_len <= LISTENER_KEYS_MAX);
	if (path != NULL) {
		struct filling filling = {.config = config, .name = path, .report = &report};
		int error = config_file_read(path, fill, &filling, &report);

		if (error != 0)
			return error;
	}
	if (environment != NULL)
		config_environment(config, environment, &report);
	if (report.faults == 0)
		config_check_keys(config, path ? path : "configuration", &report);
	return report.faults == 0 ? 0 : -EINVAL;
}

int config_load(struct config *config, const char *path, char *const *environment,
	config_line_fn *report, void *arg)
{
	config_init(config);
	return config_load_onto(config, path, environment, report, arg);
}

int config_path_resolve(char *out, size_t out_bytes, const char *path, const char *file)
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	int folder_bytes = file[0] != '/' && slash != NULL ? (int)(slash - path) + 1 : 0;
	int n = snprintf(out, out_bytes, "%.*s%s", folder_bytes, path ? path : "", file);

	return n < 0 || (size_t)n >= out_bytes ? -ENAMETOOLONG : 0;
}
