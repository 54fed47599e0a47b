#include "menu_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What Tab and '?' offer for keys, sections and values. */

/* The candidate's values, or the defaults outside of configure mode; the caller's to free. */
static struct config *values_of(struct shell_call *call)
{
	const struct menu_config *config = menu_config_of(call);
	struct config *values = malloc(sizeof(*values));

	if (values != NULL && config != NULL)
		*values = *revision_candidate_config(config->candidate);
	else if (values != NULL)
		config_init(values);
	return values;
}

struct keys {
	struct shell_offer *offer;
	char section[MENU_KEY_PATH_MAX]; /* with a dot at its end, or "" */
	size_t section_len;
	bool with_sections, with_keys;
};

/* "mqtt", and "listeners", "listeners.tcp", ... */
static void offer_sections(struct keys *keys, const char *path)
{
	char section[MENU_KEY_PATH_MAX];

	for (const char *dot = strchr(path, '.'); dot != NULL; dot = strchr(dot + 1, '.')) {
		snprintf(section, sizeof(section), "%.*s", (int)(dot - path), path);
		shell_offer(keys->offer, section, "all keys of the section");
	}
}

static void offer_key(void *arg, const char *path, const char *value, const struct config_key *key)
{
	struct keys *keys = arg;
	char help[CONFIG_FAULT_MAX];

	(void)value;
	if (strncmp(path, keys->section, keys->section_len) != 0)
		return;
	path += keys->section_len;
	if (keys->with_sections)
		offer_sections(keys, path);
	if (!keys->with_keys)
		return;
	snprintf(help, sizeof(help), "%s (%s)", key->help, config_change_name(key));
	shell_offer(keys->offer, path, help);
}

static void offer_paths(
	struct shell_call *call, struct shell_offer *offer, bool with_sections, bool with_keys)
{
	const struct menu_config *config = menu_config_of(call);
	struct keys keys = {.offer = offer, .with_sections = with_sections, .with_keys = with_keys};
	struct config *values = values_of(call);

	if (values == NULL)
		return;
	if (config != NULL && config->section[0] != '\0')
		keys.section_len = (size_t)snprintf(
			keys.section, sizeof(keys.section), "%s.", config->section);
	config_each(values, offer_key, &keys);
	free(values);
}

static void complete_key(struct shell_call *call, const char *prefix, struct shell_offer *offer)
{
	(void)prefix;
	offer_paths(call, offer, false, true);
}

static void complete_section(struct shell_call *call, const char *prefix, struct shell_offer *offer)
{
	(void)prefix;
	offer_paths(call, offer, true, true);
}

static void offer_words(struct shell_offer *offer, const struct config_key *key)
{
	if (key->type == CONFIG_BOOL) {
		shell_offer(offer, "true", NULL);
		shell_offer(offer, "false", NULL);
	}
	for (size_t i = 0; key->type == CONFIG_ENUM && key->words[i] != NULL; i++)
		shell_offer(offer, key->words[i], NULL);
	if (key->word != NULL)
		shell_offer(offer, key->word, NULL);
}

static void complete_value(struct shell_call *call, const char *prefix, struct shell_offer *offer)
{
	const struct menu_config *config = menu_config_of(call);
	struct config *values = values_of(call);
	char path[MENU_KEY_PATH_MAX], expected[256], value[CONFIG_VALUE_MAX];
	const struct config_key *key;
	void *base;

	(void)prefix;
	if (values == NULL || config == NULL) {
		free(values);
		return;
	}
	menu_config_path(config, shell_arg(call, "key"), path);
	key = config_find(values, path, true, &base);
	if (key != NULL) {
		config_value_expect(key, expected, sizeof(expected));
		config_value_print(key, base, value);
		shell_offer_hint(offer, "(key)", key->help);
		shell_offer_hint(offer, "(expected)", expected);
		shell_offer_hint(offer, "(default)", key->preset);
		shell_offer_hint(offer, "(value)", config_key_shown(key, value));
		shell_offer_hint(offer, "(a change)", config_change_name(key));
		offer_words(offer, key);
	}
	free(values);
}

static void offer_copy(void *arg, const char *name)
{
	shell_offer(arg, name, "a saved copy");
}

static void complete_copy(struct shell_call *call, const char *prefix, struct shell_offer *offer)
{
	char fault[REVISION_FAULT_MAX];
	struct menu_place places;
	int rc;

	(void)prefix;
	menu_place_init(&places, shell_context(call));
	rc = revision_saved(&places.place, offer_copy, offer, fault);
	if (rc < 0)
		shell_offer_hint(offer, "(fault)", fault);
}

const struct shell_type menu_config_types[] = {
	{"key", "a key of the configuration", NULL, complete_key},
	{"value", "its new value", NULL, complete_value},
	{"section", "a key or a section", NULL, complete_section},
	{"copy", "the name of a saved copy", NULL, complete_copy},
	{"comment", "why, for the history", NULL, NULL},
	{0},
};
