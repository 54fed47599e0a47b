#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "config_priv.h"

/* SLUICE_MQTT__MAX_INFLIGHT is mqtt.max_inflight: any case, "__" between the parts. */
#define PREFIX "SLUICE_"

/* False when it does not fit. */
static bool path_of(const char *name, size_t name_bytes, char *path, size_t path_bytes)
{
	size_t used = 0;

	for (size_t i = 0; i < name_bytes; i++) {
		if (used + 2 > path_bytes)
			return false;
		if (name[i] == '_' && i + 1 < name_bytes && name[i + 1] == '_') {
			path[used++] = '.';
			i++;
		} else {
			path[used++] = (char)tolower((unsigned char)name[i]);
		}
	}
	path[used] = '\0';
	return true;
}

/* A path as the environment spells it. */
static void name_of(const char *path, char *name, size_t name_bytes)
{
	size_t used = (size_t)snprintf(name, name_bytes, PREFIX);

	for (; *path != '\0' && used + 3 < name_bytes; path++) {
		if (*path == '.') {
			name[used++] = '_';
			name[used++] = '_';
		} else {
			name[used++] = (char)toupper((unsigned char)*path);
		}
	}
	name[used] = '\0';
}

static void apply(struct config *config, const char *variable, size_t name_bytes,
	struct config_report *report)
{
	const char *text = variable + name_bytes + 1;
	char path[CONFIG_PATH_MAX], what[CONFIG_FAULT_MAX], closest[CONFIG_PATH_MAX];
	char closest_name[CONFIG_PATH_MAX + 32];
	int shown = name_bytes < 200 ? (int)name_bytes : 200;
	void *base;

	if (!path_of(variable + strlen(PREFIX), name_bytes - strlen(PREFIX), path, sizeof(path))) {
		config_fault(report, "environment %.*s: unknown key", shown, variable);
	} else if (config_set(config, path, text, what) < 0) {
		if (config_find(config, path, false, &base) == NULL &&
			config_suggest(config, path, closest, sizeof(closest)) != NULL) {
			name_of(closest, closest_name, sizeof(closest_name));
			snprintf(what, sizeof(what), "unknown key; did you mean %s?", closest_name);
		}
		config_fault(report, "environment %.*s: %s", shown, variable, what);
	}
}

void config_environment(
	struct config *config, char *const *environment, struct config_report *report)
{
	for (; *environment != NULL; environment++) {
		size_t name_bytes = strcspn(*environment, "=");
		const char *parts;

		if (strncasecmp(*environment, PREFIX, strlen(PREFIX)) != 0 ||
			(*environment)[name_bytes] == '\0')
			continue;
		/* others that begin so (SLUICE_HOST) belong to the tools around the broker */
		parts = strstr(*environment + strlen(PREFIX), "__");
		if (parts != NULL && parts < *environment + name_bytes)
			apply(config, *environment, name_bytes, report);
	}
}
