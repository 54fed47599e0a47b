#include "menu_config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Commands that change the candidate, or the place in it. */

int menu_config_set(struct shell_call *call)
{
	struct menu_config *config = menu_config_of(call);
	char path[MENU_KEY_PATH_MAX], fault[REVISION_FAULT_MAX];

	menu_config_path(config, shell_arg(call, "key"), path);
	if (path[0] == '\0')
		return shell_fail(call, "A key has at most %d bytes.", MENU_KEY_PATH_MAX - 1);
	if (revision_candidate_set(config->candidate, path, shell_arg(call, "value"), fault) < 0)
		return shell_fail(call, "%s", fault);
	return SHELL_DONE;
}

int menu_config_delete(struct shell_call *call)
{
	struct menu_config *config = menu_config_of(call);
	const char *section = shell_arg(call, "section");
	char path[MENU_KEY_PATH_MAX], fault[REVISION_FAULT_MAX];

	menu_config_path(config, section, path);
	if (path[0] == '\0' || section[0] == '\0')
		return shell_fail(
			call, "delete takes a key or a section; 'delete ' and '?' list them.");
	if (revision_candidate_delete(config->candidate, path, fault) < 0)
		return shell_fail(call, "%s", fault);
	return SHELL_DONE;
}

static int go(struct shell_call *call, const char *section)
{
	struct menu_config *config = menu_config_of(call);
	char banner[MENU_KEY_PATH_MAX + 16];

	snprintf(config->section, sizeof(config->section), "%s", section);
	snprintf(banner, sizeof(banner), "[edit %s]", section);
	shell_set_banner(call, section[0] != '\0' ? banner : NULL);
	return SHELL_DONE;
}

struct search {
	const char *path;
	size_t len;
	bool is_section, is_key;
};

static void look(void *arg, const char *path, const char *value, const struct config_key *key)
{
	struct search *search = arg;

	(void)value;
	(void)key;
	if (strncmp(path, search->path, search->len) != 0)
		return;
	search->is_section |= path[search->len] == '.';
	search->is_key |= path[search->len] == '\0';
}

int menu_config_edit(struct shell_call *call)
{
	struct menu_config *config = menu_config_of(call);
	char path[MENU_KEY_PATH_MAX];
	struct search search = {.path = path};

	menu_config_path(config, shell_arg(call, "section"), path);
	search.len = strlen(path);
	config_each(revision_candidate_config(config->candidate), look, &search);
	/* A listener that does not exist yet is a section that keys can be set in. */
	search.is_section |= strncmp(path, "listeners.tcp.", 14) == 0 &&
			     strchr(path + 14, '.') == NULL && path[14] != '\0';
	if (search.is_key)
		return shell_fail(call, "%s is a key; use 'set %s VALUE'.", path, path);
	if (!search.is_section)
		return shell_fail(call, "There is no section %s; 'edit ' and '?' list them.", path);
	return go(call, path);
}

int menu_config_up(struct shell_call *call)
{
	struct menu_config *config = menu_config_of(call);
	char section[MENU_KEY_PATH_MAX];
	char *dot;

	snprintf(section, sizeof(section), "%s", config->section);
	dot = strrchr(section, '.');
	if (dot != NULL)
		*dot = '\0';
	else
		section[0] = '\0';
	return go(call, section);
}

int menu_config_top(struct shell_call *call)
{
	return go(call, "");
}

/* What takes another configuration's place in the candidate is not committed yet: people expect it to be. */
static int tell_taken(struct shell_call *call)
{
	shell_print(call, "It is edited now; 'compare' shows the changes, 'commit' makes it run.");
	return SHELL_DONE;
}

int menu_config_rollback(struct shell_call *call)
{
	struct menu_config *config = menu_config_of(call);
	char fault[REVISION_FAULT_MAX];
	long back = shell_number(call, "number", 0);

	if (back > REVISION_HISTORY_MAX)
		return shell_fail(call,
			"The last %d commits are kept; 'run show config history' lists them.",
			REVISION_HISTORY_MAX);
	if (revision_candidate_rollback(config->candidate, (unsigned)back, fault) < 0)
		return shell_fail(call, "%s", fault);
	return tell_taken(call);
}

int menu_config_load(struct shell_call *call)
{
	struct menu_config *config = menu_config_of(call);
	char fault[REVISION_FAULT_MAX];

	if (revision_candidate_load(config->candidate, shell_arg(call, "copy"), fault) < 0)
		return shell_fail(call, "%s", fault);
	return tell_taken(call);
}

int menu_config_save(struct shell_call *call)
{
	struct menu_config *config = menu_config_of(call);
	char fault[REVISION_FAULT_MAX];

	if (revision_candidate_save(config->candidate, shell_arg(call, "copy"), fault) < 0)
		return shell_fail(call, "%s", fault);
	shell_print(
		call, "Saved as %s. It does not run: 'commit' does that.", shell_arg(call, "copy"));
	return SHELL_DONE;
}

int menu_config_discard(struct shell_call *call)
{
	char fault[REVISION_FAULT_MAX];

	if (revision_candidate_discard(menu_config_of(call)->candidate, fault) < 0)
		return shell_fail(call, "%s", fault);
	return SHELL_DONE;
}

int menu_config_rebase(struct shell_call *call)
{
	struct menu_config *config = menu_config_of(call);
	char fault[REVISION_FAULT_MAX];

	if (revision_candidate_rebase(config->candidate, menu_config_print, call, fault) < 0)
		return shell_fail(call, "%s", fault);
	return SHELL_DONE;
}
