#include "menu_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Entering and leaving configure mode, and its table of commands. */

static const char *below(const struct menu *menu, const char *path, char out[MENU_PATH_MAX])
{
	return path != NULL ? menu_path(menu, path, out) : NULL;
}

void menu_place_init(struct menu_place *places, const struct menu *menu)
{
	struct revision_place *place = &places->place;

	revision_place_init(place);
	place->dir = below(menu, place->dir, places->dir);
	place->factory = below(menu, place->factory, places->factory);
	place->init = below(menu, place->init, places->init);
	place->board = below(menu, place->board, places->board);
	place->mgmt = below(menu, place->mgmt, places->mgmt);
	place->socket = menu->socket;
}

struct menu_config *menu_config_of(struct shell_call *call)
{
	return ((struct menu *)shell_context(call))->config;
}

void menu_config_path(
	const struct menu_config *config, const char *typed, char out[MENU_KEY_PATH_MAX])
{
	size_t used = strlen(config->section), len = typed != NULL ? strlen(typed) : 0;

	snprintf(out, MENU_KEY_PATH_MAX, "%s", config->section);
	if (len == 0)
		return;
	if (used + 1 + len < MENU_KEY_PATH_MAX)
		snprintf(out + used, MENU_KEY_PATH_MAX - used, "%s%s", used > 0 ? "." : "", typed);
	else
		out[0] = '\0'; /* no key is that long */
}

void menu_config_print(void *call, const char *line)
{
	shell_print(call, "%s", line);
}

void menu_config_tell_pending(struct shell_call *call, const struct revision_place *place)
{
	char fault[REVISION_FAULT_MAX];
	struct revision_pending pending;

	if (revision_pending(place, &pending, fault) < 0 || !pending.is_pending)
		return;
	shell_print(call,
		"Revision %u, by %s, waits for 'confirm': in %u s revision %u comes back.",
		pending.number, pending.who, pending.left_s, pending.previous);
}

static void free_config(void *arg)
{
	struct menu_config *config = arg;

	if (config == NULL)
		return;
	revision_candidate_free(config->candidate);
	free(config);
}

static int run_configure(struct shell_call *call)
{
	struct menu *menu = shell_context(call);
	struct menu_config *config = calloc(1, sizeof(*config));
	char fault[REVISION_FAULT_MAX];

	if (config == NULL)
		return shell_fail(call, "There is not enough memory to configure.");
	menu_place_init(&config->places, menu);
	config->candidate = revision_candidate_new(&config->places.place, fault);
	if (config->candidate == NULL) {
		free(config);
		return shell_fail(call, "%s", fault);
	}
	free_config(menu->config);
	menu->config = config;
	menu->config_free = free_config;
	menu_run_fill();
	shell_set_mode(call, SHELL_CONFIGURE);
	if (menu_cfg_is_lost(menu))
		shell_print(call,
			"The configuration's disk is not mounted: what is committed is lost "
			"with the next boot.");
	menu_config_tell_pending(call, &config->places.place);
	return SHELL_DONE;
}

static int leave(struct shell_call *call)
{
	struct menu *menu = shell_context(call);

	free_config(menu->config);
	menu->config = NULL;
	shell_set_banner(call, NULL);
	shell_set_mode(call, SHELL_OPERATE);
	return SHELL_DONE;
}

static int run_exit(struct shell_call *call)
{
	struct menu_config *config = menu_config_of(call);

	if (config->section[0] != '\0')
		return menu_config_top(call);
	if (revision_candidate_is_changed(config->candidate) &&
		!shell_confirm(call, "yes",
			"There are changes that are not committed (see 'compare'): they get lost."))
		return SHELL_NOT_DONE;
	return leave(call);
}

/* clang-format off */
static const struct shell_command commands[] = {
	{"configure", SHELL_OPERATE, SHELL_ADMIN, SHELL_RAW, run_configure,
		"change the configuration: nothing holds before 'commit'"},
	{"show config [<section>]", SHELL_OPERATE, SHELL_VIEW, SHELL_JSON, menu_config_show_running,
		"the configuration in force, defaults too"},
	{"show config history", SHELL_OPERATE, SHELL_VIEW, SHELL_JSON, menu_config_show_history,
		"the revisions that were committed"},
	{"confirm", SHELL_OPERATE | SHELL_CONFIGURE, SHELL_ADMIN, SHELL_RAW, menu_config_confirm,
		"keep what commit-confirm has committed"},

	{"set <key> <value>", SHELL_CONFIGURE, SHELL_ADMIN, 0, menu_config_set,
		"set a key"},
	{"delete <section>", SHELL_CONFIGURE, SHELL_ADMIN, 0, menu_config_delete,
		"a key, or all keys of a section, at the default again"},
	{"edit <section>", SHELL_CONFIGURE, SHELL_ADMIN, 0, menu_config_edit,
		"go into a section: its keys are typed without it then"},
	{"up", SHELL_CONFIGURE, SHELL_ADMIN, 0, menu_config_up, "leave the section for the one around it"},
	{"top", SHELL_CONFIGURE, SHELL_ADMIN, 0, menu_config_top, "leave all sections"},
	{"show [<section>]", SHELL_CONFIGURE, SHELL_ADMIN, SHELL_JSON, menu_config_show,
		"what is set, or the value of a key"},
	{"explain <key>", SHELL_CONFIGURE, SHELL_ADMIN, SHELL_JSON, menu_config_explain,
		"type, range, default of a key, and what a change needs"},
	{"compare [<number>]", SHELL_CONFIGURE, SHELL_ADMIN, 0, menu_config_compare,
		"the changes against what runs, or against so many commits ago"},
	{"rollback <number>", SHELL_CONFIGURE, SHELL_ADMIN, 0, menu_config_rollback,
		"edit what ran so many commits ago; 0: what runs"},
	{"save <copy>", SHELL_CONFIGURE, SHELL_ADMIN, 0, menu_config_save,
		"keep the edited configuration under a name, without committing it"},
	{"load <copy>", SHELL_CONFIGURE, SHELL_ADMIN, 0, menu_config_load,
		"edit a copy that was saved"},
	{"discard", SHELL_CONFIGURE, SHELL_ADMIN, 0, menu_config_discard,
		"forget the changes that are not committed"},
	{"rebase", SHELL_CONFIGURE, SHELL_ADMIN, 0, menu_config_rebase,
		"put the changes onto what another session has committed meanwhile"},
	{"commit [comment <comment...>]", SHELL_CONFIGURE, SHELL_ADMIN, SHELL_RAW, menu_config_commit,
		"check, store and apply the changes; confirms a commit-confirm"},
	{"commit check", SHELL_CONFIGURE, SHELL_ADMIN, SHELL_RAW, menu_config_commit_check,
		"say what a commit would do, and change nothing"},
	{"commit no-restart [comment <comment...>]", SHELL_CONFIGURE, SHELL_ADMIN, SHELL_RAW,
		menu_config_commit_no_restart, "commit; what needs a restart waits for the next one"},
	{"commit-confirm <number> [comment <comment...>]", SHELL_CONFIGURE, SHELL_ADMIN, SHELL_RAW,
		menu_config_commit_confirm, "commit; after so many minutes without 'confirm' all is as before"},
	{"exit", SHELL_CONFIGURE, SHELL_ADMIN, SHELL_RAW, run_exit, "leave the section, or configure mode"},
	{"exit discard", SHELL_CONFIGURE, SHELL_ADMIN, SHELL_RAW, leave,
		"leave configure mode; changes that are not committed are lost"},
	{0},
};
/* clang-format on */

static const struct shell_word words[] = {
	{"commit", "store and apply the changes"},
	{"exit", "leave the section, or configure mode"},
	{"show config", "the configuration in force, and those before it"},
	{0},
};

const struct shell_table menu_config_table = {commands, menu_config_types, words};
