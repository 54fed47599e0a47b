#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base_assert.h"
#include "revision_priv.h"

#define LISTENER_ALWAYS "default" /* exists without being named */

void revision_keys_init(struct revision_keys *keys)
{
	BASE_ASSERT(config_key_len <= REVISION_KEYS_MAX &&
		    config_listener_key_len <= REVISION_LISTENER_KEYS_MAX);
	memset(keys, 0, sizeof(*keys));
	config_init(&keys->config);
}

static bool *mark_of(struct revision_keys *keys, const struct config_key *key, const void *base)
{
	if (base == &keys->config)
		return &keys->is_set[key - config_keys];
	return &keys->is_listener_set[(const struct config_listener *)base - keys->config.listeners]
				     [key - config_listener_keys];
}

int revision_keys_set(struct revision_keys *keys, const char *path, const char *text, char *fault)
{
	struct revision_keys changed = *keys; /* a listener is made before its value is judged */
	char what[CONFIG_FAULT_MAX];
	const struct config_key *key;
	void *base;

	if (config_set(&changed.config, path, text, what) < 0)
		return revision_fault(fault, -EINVAL, "%s: %s", path, what);
	key = config_find(&changed.config, path, false, &base);
	*mark_of(&changed, key, base) = true;
	*keys = changed;
	return 0;
}

bool revision_is_in_section(const char *path, const char *section)
{
	size_t bytes = strlen(section);

	return strncmp(path, section, bytes) == 0 && (path[bytes] == '\0' || path[bytes] == '.');
}

static void unset(struct revision_keys *keys, const struct config_key *key, void *base)
{
	char what[CONFIG_FAULT_MAX];

	BASE_ASSERT(config_value_parse(key, base, key->preset, what) == 0);
	*mark_of(keys, key, base) = false;
}

/* A listener of which nothing is set is there no longer, unless it always is. */
static void drop_listeners(struct revision_keys *keys)
{
	struct config *config = &keys->config;

	for (unsigned i = config->listener_len; i-- > 0;) {
		size_t behind = config->listener_len - i - 1;
		bool is_set = strcmp(config->listeners[i].name, LISTENER_ALWAYS) == 0;

		for (size_t k = 0; k < config_listener_key_len; k++)
			is_set |= keys->is_listener_set[i][k];
		if (is_set)
			continue;
		memmove(&config->listeners[i], &config->listeners[i + 1],
			behind * sizeof(config->listeners[0]));
		memmove(&keys->is_listener_set[i], &keys->is_listener_set[i + 1],
			behind * sizeof(keys->is_listener_set[0]));
		config->listener_len--;
		memset(&config->listeners[config->listener_len], 0, sizeof(config->listeners[0]));
		memset(&keys->is_listener_set[config->listener_len], 0,
			sizeof(keys->is_listener_set[0]));
	}
}

struct deletion {
	struct revision_keys *keys;
	const char *section;
	unsigned found, deleted;
};

static void delete_in_section(
	void *arg, const char *path, const char *value, const struct config_key *key)
{
	struct deletion *deletion = arg;
	void *base;

	(void)value;
	if (!revision_is_in_section(path, deletion->section))
		return;
	deletion->found++;
	BASE_ASSERT(config_find(&deletion->keys->config, path, false, &base) == key);
	deletion->deleted += *mark_of(deletion->keys, key, base);
	unset(deletion->keys, key, base);
}

int revision_keys_delete(struct revision_keys *keys, const char *path, char *fault)
{
	struct revision_keys scratch = *keys;
	struct deletion deletion = {.keys = keys, .section = path};
	char what[CONFIG_FAULT_MAX];
	void *base;
	const struct config_key *key = config_find(&scratch.config, path, false, &base);

	if (key != NULL && base == &scratch.config)
		deletion.section = key->path; /* not an alias */
	config_each(&scratch.config, delete_in_section, &deletion);
	if (deletion.deleted > 0) {
		drop_listeners(keys);
		return 0;
	}
	if (deletion.found > 0)
		return revision_fault(
			fault, -ENOENT, "%s is not set: it is at its default already", path);
	if (config_find(&scratch.config, path, true, &base) != NULL)
		snprintf(what, sizeof(what), "there is no such listener");
	else if (config_set(&scratch.config, path, "", what) == 0)
		snprintf(what, sizeof(what), "unknown key");
	return revision_fault(fault, -ENOENT, "%s: %s", path, what);
}

struct parsing {
	struct revision_keys *keys;
	const char *name;
	struct config_report *report;
};

static void take(void *arg, const struct config_entry *entry)
{
	const struct parsing *parsing = arg;
	char fault[REVISION_FAULT_MAX];
	void *base;
	const struct config_key *key =
		config_find(&parsing->keys->config, entry->path, false, &base);

	if (key != NULL && *mark_of(parsing->keys, key, base))
		config_fault(parsing->report, "%s:%u: %s: is set twice", parsing->name, entry->line,
			entry->path);
	else if (revision_keys_set(parsing->keys, entry->path, entry->text, fault) < 0)
		config_fault(parsing->report, "%s:%u: %.700s", parsing->name, entry->line, fault);
}

void revision_keys_parse(struct revision_keys *keys, const char *name, const char *text,
	size_t text_bytes, struct config_report *report)
{
	struct parsing parsing = {.keys = keys, .name = name, .report = report};

	config_file_parse(name, text, text_bytes, take, &parsing, report);
}

struct walk {
	struct revision_keys *keys, *other; /* other: NULL = there is one alone */
	bool only_missing; /* what other has not */
	revision_entry_fn *each;
	void *arg;
	bool is_different;
};

static void visit(void *arg, const char *path, const char *value, const struct config_key *key)
{
	struct walk *walk = arg;
	char text[CONFIG_VALUE_MAX] = "";
	struct revision_entry entry = {.key = key, .path = path, .text = value, .other = text};
	void *base;

	BASE_ASSERT(config_find(&walk->keys->config, path, false, &base) == key);
	entry.is_set = *mark_of(walk->keys, key, base);
	if (walk->other != NULL && config_find(&walk->other->config, path, false, &base) == key) {
		if (walk->only_missing)
			return;
		config_value_print(key, base, text);
		entry.is_other_set = *mark_of(walk->other, key, base);
	}
	walk->each(walk->arg, &entry);
}

void revision_keys_each(const struct revision_keys *keys, revision_entry_fn *each, void *arg)
{
	struct revision_keys copy = *keys;
	struct walk walk = {.keys = &copy, .each = each, .arg = arg};

	config_each(&copy.config, visit, &walk);
}

struct turned {
	revision_entry_fn *each;
	void *arg;
};

static void turn_round(void *arg, const struct revision_entry *entry)
{
	const struct turned *turned = arg;
	struct revision_entry other = *entry;

	other.text = entry->other;
	other.other = entry->text;
	other.is_set = entry->is_other_set;
	other.is_other_set = entry->is_set;
	turned->each(turned->arg, &other);
}

void revision_keys_pair(const struct revision_keys *a, const struct revision_keys *b,
	revision_entry_fn *each, void *arg)
{
	struct revision_keys first = *a, second = *b;
	struct turned turned = {.each = each, .arg = arg};
	struct walk all = {.keys = &second, .other = &first, .each = turn_round, .arg = &turned};
	struct walk gone = {
		.keys = &first, .other = &second, .only_missing = true, .each = each, .arg = arg};

	config_each(&second.config, visit, &all);
	config_each(&first.config, visit, &gone);
}

static void look(void *arg, const struct revision_entry *entry)
{
	bool *is_different = arg;

	if (entry->is_set != entry->is_other_set || strcmp(entry->text, entry->other) != 0)
		*is_different = true;
}

bool revision_keys_are_equal(const struct revision_keys *a, const struct revision_keys *b)
{
	bool is_different = false;

	revision_keys_pair(a, b, look, &is_different);
	return !is_different;
}
