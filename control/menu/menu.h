#ifndef MENU_H
#define MENU_H

#include "config.h"
#include "shell.h"

/*
 * The commands of the appliance: one tree for the serial console, for sluicectl on a terminal, and for SSH.
 *
 * Layer:     menu (shell, child, cli, config)
 * Thread:    one, the shell's
 * Ownership: menu_init takes nothing; menu_fini closes the connection to control
 *
 * Every file menu_*.c brings a table of commands; menu.c lists them.
 */

struct cli_peer;

/* The context of the shell's settings: what all handlers of the menu share. */
struct menu {
	const char *
		socket; /* control's; borrowed; NULL = cli.socket of what runs, whenever it connects */
	char found[CONFIG_TEXT_MAX]; /* where it was looked for last */
	const char *root; /* before every path of the box; NULL on the box itself; borrowed */
	struct cli_peer *peer; /* NULL = not connected yet */
	void *config; /* configure mode's own; NULL until it begins */
	void (*config_free)(void *config); /* what menu_fini calls for it */
};

void menu_init(struct menu *menu, const char *socket);
void menu_fini(struct menu *menu);

/* All tables, for struct shell_settings; ends with NULL. */
extern const struct shell_table *const menu_tables[];

/* The tables of menu_tables, one a file. */
extern const struct shell_table menu_show_table;
extern const struct shell_table menu_config_table;
extern const struct shell_table menu_firmware_table;
extern const struct shell_table menu_system_table;
extern const struct shell_table menu_date_table;

/* Asks control one command, given as words that end with NULL. The answer's "result" (the caller's), or NULL after
 * shell_fail. */
json_t *menu_ask(struct shell_call *call, const char *const *words);

#endif
