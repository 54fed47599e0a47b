#ifndef CONFIG_KEY_H
#define CONFIG_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"

/*
 * The table of keys, and values as text.
 *
 * Layer:     config
 * Thread:    any; constant
 *
 * config_key.c holds one entry a key. An entry says all that is known about it; nothing else in the tree
 * repeats a range or a default.
 */

enum config_type {
	CONFIG_BOOL, /* bool */
	CONFIG_INTEGER, /* uint64_t, as all numbers */
	CONFIG_BYTES, /* plain or with KB, MB, GB: 1024-based */
	CONFIG_DURATION, /* with us, ms, s, m, h, d; stored in unit_us */
	CONFIG_DECIMAL, /* up to two digits after the point; stored times 100 */
	CONFIG_STRING,
	CONFIG_NAME, /* letters, digits, '_', '-', '.', '@' */
	CONFIG_ENUM, /* unsigned: position in words */
	CONFIG_IPV4, /* "192.0.2.1" or empty */
	CONFIG_IPV6,
	CONFIG_IPV4_NET, /* "192.0.2.1/24" or empty */
	CONFIG_IPV6_NET,
	CONFIG_BIND, /* address and port of a struct config_listener */
};

enum config_reader {
	CONFIG_CONTROL = 1 << 0,
	CONFIG_WORKER = 1 << 1,
	CONFIG_CTL = 1 << 2,
	CONFIG_MGMT = 1 << 3, /* what sets up the appliance's management port */
};

/* What must happen before a change has an effect. */
enum config_change { CONFIG_LIVE, CONFIG_NEW_CONNECTIONS, CONFIG_RESTART };

#define CONFIG_MASK "********"

struct config_key {
	const char *path; /* "mqtt.max_inflight"; of a listener: only the last part */
	const char *alias; /* another spelling of the path that is understood; or NULL */
	enum config_type type;
	enum config_change change;
	unsigned readers; /* enum config_reader; CONFIG_WORKER alone and in part: start arguments */
	unsigned restart; /* CONFIG_RESTART: the readers that have to start anew */
	bool is_secret; /* shown to nobody */
	size_t offset; /* in struct config, or in struct config_listener */
	size_t room; /* bytes of the member */
	uint64_t min, max; /* numbers, in stored units */
	uint64_t unit_us; /* CONFIG_DURATION: 1, 1000 or 1000000 */
	const char *word; /* a text that stands for word_value: "infinity", "disabled"; or NULL */
	uint64_t word_value;
	bool is_power_of_two;
	const char *const *words; /* CONFIG_ENUM, ends with NULL */
	const char *preset; /* default, as in the file */
	const char *help;
};

extern const struct config_key config_keys[];
extern const size_t config_key_len;
extern const struct config_key config_listener_keys[];
extern const size_t config_listener_key_len;

enum { CONFIG_VALUE_MAX = 320, CONFIG_FAULT_MAX = 512 };

/*
 * Sets one key from text: `base` is the struct config, or the struct config_listener for a key of a listener.
 * On -EINVAL `fault` (CONFIG_FAULT_MAX bytes) says: expected WHAT, found "TEXT"; nothing is changed.
 */
int config_value_parse(const struct config_key *key, void *base, const char *text, char *fault)
	__attribute__((warn_unused_result));

/* The value as the file would have it; `out` has CONFIG_VALUE_MAX bytes. */
void config_value_print(const struct config_key *key, const void *base, char *out);

/* "an integer from 1 to 65535", "a duration from 1s to 1h", ... for help and for faults. */
void config_value_expect(const struct config_key *key, char *out, size_t out_bytes);

/* "live", "new connections", "restart of control", "restart of the worker" */
const char *config_change_name(const struct config_key *key);

/* What people and logs get to see of a value: the text itself, or CONFIG_MASK for a secret that is set. */
const char *config_key_shown(const struct config_key *key, const char *text);

/* Whether its values stand in quotes in a file. */
bool config_key_is_quoted(const struct config_key *key);

/* The key at a whole path ("listeners.tcp.default.bind" too), or NULL; *base is set to its struct.
 * With `create`, a listener that does not exist yet is made. */
const struct config_key *config_find(
	struct config *config, const char *path, bool create, void **base);

/* Sets the key at `path`, with faults as config_value_parse, also for a path that there is not. */
int config_set(struct config *config, const char *path, const char *text, char *fault)
	__attribute__((warn_unused_result));

/* Calls `each` with every key, listeners' included, by its whole path and with its value as text. */
typedef void config_each_fn(
	void *arg, const char *path, const char *value, const struct config_key *key);
void config_each(const struct config *config, config_each_fn *each, void *arg);

#endif
