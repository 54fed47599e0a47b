#ifndef MENU_CONFIG_H
#define MENU_CONFIG_H

#include "menu_box.h"
#include "revision_candidate.h"

/*
 * Configure mode: a candidate of the configuration, and where in it the user is.
 *
 * Layer:     menu (shell, config, revision)
 * Thread:    one, the shell's
 * Ownership: menu->config holds a struct menu_config while configure mode lasts; menu_fini frees it
 *
 * Inside a section (`edit mqtt`) paths are relative to it.
 */

enum { MENU_KEY_PATH_MAX = 256 }; /* with the NUL */

/* The places of the box below the menu's root, as texts of our own. */
struct menu_place {
	struct revision_place place;
	char dir[MENU_PATH_MAX], factory[MENU_PATH_MAX], init[MENU_PATH_MAX], mgmt[MENU_PATH_MAX];
	char board[MENU_PATH_MAX];
};

struct menu_config {
	struct menu_place places;
	struct revision_candidate *candidate;
	char section[MENU_KEY_PATH_MAX]; /* "" = the top */
};

void menu_place_init(struct menu_place *places, const struct menu *menu);

/* What configure mode edits. Commands of configure mode run only there. */
struct menu_config *menu_config_of(struct shell_call *call);

/* The whole path of what was typed inside a section; NULL and "" give the section. */
void menu_config_path(
	const struct menu_config *config, const char *typed, char out[MENU_KEY_PATH_MAX]);

/* A config_line_fn whose arg is the call: prints the line. */
void menu_config_print(void *call, const char *line);

/* "as ..., now N minutes": tells of a commit that waits to be confirmed, if one does. */
void menu_config_tell_pending(struct shell_call *call, const struct revision_place *place);

/* The handlers, by file. */
int menu_config_set(struct shell_call *call);
int menu_config_delete(struct shell_call *call);
int menu_config_edit(struct shell_call *call);
int menu_config_up(struct shell_call *call);
int menu_config_top(struct shell_call *call);
int menu_config_rollback(struct shell_call *call);
int menu_config_load(struct shell_call *call);
int menu_config_save(struct shell_call *call);
int menu_config_discard(struct shell_call *call);
int menu_config_rebase(struct shell_call *call);

int menu_config_show(struct shell_call *call);
int menu_config_compare(struct shell_call *call);
int menu_config_explain(struct shell_call *call);
int menu_config_show_running(struct shell_call *call);
int menu_config_show_history(struct shell_call *call);

int menu_config_commit(struct shell_call *call);
int menu_config_commit_no_restart(struct shell_call *call);
int menu_config_commit_check(struct shell_call *call);
int menu_config_commit_confirm(struct shell_call *call);
int menu_config_confirm(struct shell_call *call);

/* The kinds of arguments: <key>, <value>, <section>, <copy>. */
extern const struct shell_type menu_config_types[];

/* Every operational command with "run" before it, for configure mode; filled by menu_run_fill. */
extern const struct shell_table menu_run_table;
void menu_run_fill(void);

#endif
