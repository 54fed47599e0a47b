#ifndef CONFIG_PRIV_H
#define CONFIG_PRIV_H

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

/* One faults' receiver for all of a load, and their number. */
struct config_report {
	config_line_fn *line;
	void *arg;
	unsigned faults;
};

void config_fault(struct config_report *report, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* "key = value" of a file, with the number of its line; `text` is NUL-terminated, without quotes. */
struct config_entry {
	const char *path;
	const char *text;
	unsigned line;
};
typedef void config_entry_fn(void *arg, const struct config_entry *entry);

/* Calls `each` for every entry of a file's text, and reports what is not well formed as "NAME:LINE: ...". */
void config_file_parse(const char *name, const char *text, size_t text_bytes, config_entry_fn *each,
	void *arg, struct config_report *report);

/* What config_find does with a name that it has not: the closest path, or NULL. */
const char *config_suggest(
	const struct config *config, const char *path, char *out, size_t out_bytes);

/* Applies SLUICE_PART__PART=VALUE. */
void config_environment(
	struct config *config, char *const *environment, struct config_report *report);

/* Faults between keys, each of which is fine. */
void config_check(const struct config *config, const char *name, struct config_report *report);

#endif
