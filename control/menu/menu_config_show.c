#include "menu_config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "menu_control.h"

/* Commands that look at configurations. */

struct listing {
	struct shell_call *call;
	json_t *values; /* NULL = text */
};

static void put(void *arg, const char *path, const char *value, const struct config_key *key)
{
	struct listing *listing = arg;

	(void)key;
	json_object_set_new(listing->values, path, json_string(value));
}

static int show_key(struct shell_call *call, const char *path)
{
	struct menu_config *config = menu_config_of(call);
	char value[CONFIG_VALUE_MAX], fault[REVISION_FAULT_MAX];
	bool is_set;

	if (revision_candidate_get(config->candidate, path, value, &is_set, fault) < 0)
		return shell_fail(call, "%s", fault);
	if (shell_wants_json(call))
		shell_json(call, json_pack("{s:s}", path, value));
	else
		shell_print(call, "%s = %s%s", path, value, is_set ? "" : "   (default)");
	return SHELL_DONE;
}

static bool is_key(const char *path)
{
	struct config *defaults = malloc(sizeof(*defaults));
	void *base;
	bool is;

	if (defaults == NULL)
		return false;
	config_init(defaults);
	is = config_find(defaults, path, true, &base) != NULL;
	free(defaults);
	return is;
}

int menu_config_show(struct shell_call *call)
{
	struct menu_config *config = menu_config_of(call);
	char path[MENU_KEY_PATH_MAX], fault[REVISION_FAULT_MAX];
	struct listing listing = {.call = call};
	const char *section = path;
	int rc;

	menu_config_path(config, shell_arg(call, "section"), path);
	if (path[0] == '\0')
		section = NULL;
	else if (is_key(path))
		return show_key(call, path);
	if (!shell_wants_json(call)) {
		rc = revision_candidate_show(
			config->candidate, section, menu_config_print, call, fault);
		return rc < 0 ? shell_fail(call, "%s", fault) : SHELL_DONE;
	}
	listing.values = json_object();
	rc = revision_candidate_each(config->candidate, section, put, &listing, fault);
	if (rc < 0) {
		json_decref(listing.values);
		return shell_fail(call, "%s", fault);
	}
	shell_json(call, listing.values);
	return SHELL_DONE;
}

int menu_config_compare(struct shell_call *call)
{
	struct menu_config *config = menu_config_of(call);
	char fault[REVISION_FAULT_MAX];
	long back = shell_number(call, "number", 0);
	int rc;

	if (back > REVISION_HISTORY_MAX)
		return shell_fail(call,
			"The last %d commits are kept; 'run show config history' lists them.",
			REVISION_HISTORY_MAX);
	rc = revision_candidate_compare(
		config->candidate, (unsigned)back, menu_config_print, call, fault);
	if (rc < 0)
		return shell_fail(call, "%s", fault);
	if (rc == 0)
		shell_print(call, "There is no difference.");
	return SHELL_DONE;
}

int menu_config_explain(struct shell_call *call)
{
	struct menu_config *config = menu_config_of(call);
	char path[MENU_KEY_PATH_MAX], expected[256], value[CONFIG_VALUE_MAX];
	char fault[REVISION_FAULT_MAX];
	struct config *copy;
	const struct config_key *key;
	bool is_set;
	void *base;

	menu_config_path(config, shell_arg(call, "key"), path);
	if (revision_candidate_get(config->candidate, path, value, &is_set, fault) < 0)
		return shell_fail(call, "%s", fault);
	copy = malloc(sizeof(*copy));
	if (copy == NULL)
		return shell_fail(call, "There is not enough memory.");
	*copy = *revision_candidate_config(config->candidate);
	key = config_find(copy, path, true, &base);
	if (key == NULL) {
		free(copy);
		return shell_fail(call, "There is no key %s.", path);
	}
	config_value_expect(key, expected, sizeof(expected));
	if (shell_wants_json(call))
		shell_json(call,
			json_pack("{s:s,s:s,s:s,s:s,s:s,s:b,s:s}", "key", path, "help", key->help,
				"expected", expected, "default", key->preset, "value", value,
				"is_set", (int)is_set, "change_needs", config_change_name(key)));
	else
		shell_print(call,
			"%s\n  %s\n  expected: %s\n  default: %s\n  value: %s%s\n  a change: %s",
			path, key->help, expected, key->preset, value, is_set ? "" : " (default)",
			config_change_name(key));
	free(copy);
	return SHELL_DONE;
}

static const char *masked(struct config *scratch, const char *path, const char *value)
{
	void *base;
	const struct config_key *key = config_find(scratch, path, true, &base);

	return key != NULL ? config_key_shown(key, value) : value;
}

static void put_running(
	struct listing *listing, struct config *scratch, const char *path, const char *value)
{
	value = masked(scratch, path, value);
	if (listing->values != NULL)
		json_object_set_new(listing->values, path, json_string(value));
	else
		shell_print(listing->call, "%s = %s", path, value);
}

/* Control's own word for what is in force. */
static void list_answer(struct listing *listing, struct config *scratch, const json_t *answer)
{
	json_t *entry;
	size_t i;

	json_array_foreach(answer, i, entry)
	{
		const json_t *value = json_object_get(entry, "value");
		const char *path = json_string_value(json_object_get(entry, "key"));

		if (path != NULL && json_is_string(value))
			put_running(listing, scratch, path, json_string_value(value));
	}
}

struct from_file {
	struct listing *listing;
	struct config *scratch;
	const char *section;
	unsigned found;
};

static void list_key(void *arg, const char *path, const char *value, const struct config_key *key)
{
	struct from_file *from = arg;
	size_t len = from->section != NULL ? strlen(from->section) : 0;

	(void)key;
	if (len > 0 &&
		(strncmp(path, from->section, len) != 0 || (path[len] != '\0' && path[len] != '.')))
		return;
	from->found++;
	put_running(from->listing, from->scratch, path, value);
}

/* Control does not answer: what it will run when it starts. */
static int list_file(struct shell_call *call, struct listing *listing, struct config *scratch,
	const char *section)
{
	struct from_file from = {listing, scratch, section, 0};
	struct revision_candidate *candidate;
	char fault[REVISION_FAULT_MAX];
	struct menu_place places;

	menu_place_init(&places, shell_context(call));
	candidate = revision_candidate_new(&places.place, fault);
	if (candidate == NULL)
		return shell_fail(call, "%s", fault);
	config_each(revision_candidate_config(candidate), list_key, &from);
	revision_candidate_free(candidate);
	if (from.found == 0)
		return shell_fail(call, "There is no key or section %s.", section);
	return SHELL_DONE;
}

int menu_config_show_running(struct shell_call *call)
{
	const char *section = shell_arg(call, "section");
	const char *const words[MENU_WORDS_MAX] = {"config", "show", section};
	struct config *scratch = malloc(sizeof(*scratch));
	struct listing listing = {.call = call};
	json_t *answer, *result;
	int status = SHELL_DONE;

	if (scratch == NULL)
		return shell_fail(call, "There is not enough memory.");
	config_init(scratch);
	if (shell_wants_json(call))
		listing.values = json_object();
	answer = menu_request(call, words, NULL, false);
	result = json_object_get(answer, "result");
	if (json_is_array(result))
		list_answer(&listing, scratch, result);
	else
		status = list_file(call, &listing, scratch, section);
	if (status == SHELL_DONE && listing.values != NULL)
		shell_json(call, json_incref(listing.values));
	json_decref(listing.values);
	json_decref(answer);
	free(scratch);
	return status;
}

static void put_revision(void *arg, unsigned back, const struct revision_info *info)
{
	struct shell_call *call = arg;

	if (shell_wants_json(call))
		shell_json_item(call, json_pack("{s:i,s:i,s:s,s:s,s:s}", "back", (int)back,
					      "revision", (int)info->number, "when", info->when,
					      "who", info->who, "why", info->why));
	else
		shell_print(call, "%4u  %8u  %-20s  %-16s %s", back, info->number, info->when,
			info->who, info->why);
}

int menu_config_show_history(struct shell_call *call)
{
	char fault[REVISION_FAULT_MAX];
	struct menu_place places;

	menu_place_init(&places, shell_context(call));
	if (!shell_wants_json(call)) {
		menu_config_tell_pending(call, &places.place);
		shell_print(call, "Back  Revision  When                  Who              Why");
	}
	if (revision_history(&places.place, put_revision, call, fault) < 0)
		return shell_fail(call, "%s", fault);
	return SHELL_DONE;
}
