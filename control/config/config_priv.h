#ifndef CONFIG_PRIV_H
#define CONFIG_PRIV_H

#include "config_file.h"
#include "config_key.h"

/*
 * What the files of config share.
 *
 * Layer:  config
 * Thread: any; no state
 */

enum {
	CONFIG_PATH_MAX = 256, /* of a key, with the NUL */
	CONFIG_FILE_MAX = 1 << 20, /* bytes of a configuration file */
	CONFIG_DEPTH_MAX = 8, /* sections in sections */
};

#define CONFIG_LISTENER_PREFIX "listeners.tcp."

/* What config_find does with a name that it has not: the closest path, or NULL. */
const char *config_suggest(
	const struct config *config, const char *path, char *out, size_t out_bytes);

/* Applies SLUICE_PART__PART=VALUE. */
void config_environment(
	struct config *config, char *const *environment, struct config_report *report);

/* Faults between keys, each of which is fine. */
void config_check_keys(const struct config *config, const char *name, struct config_report *report);

#endif
