#ifndef MENU_BOX_H
#define MENU_BOX_H

#include <stdbool.h>

#include "menu.h"

/*
 * The box that the menu runs on: its paths and its facts.
 *
 * Layer:     menu
 * Thread:    one, the shell's
 * Ownership: the caller's memory
 *
 * Every path goes through menu_path, so that a test has a box of its own in a folder.
 */

#define MENU_VERSION "/etc/sluice/version"
#define MENU_BUILD_TIME "/etc/sluice/build_time"
#define MENU_BOARD "/etc/sluice/board.conf"
#define MENU_SLOT "/run/sluice/slot"
#define MENU_FAULTS "/run/sluice/faults"
#define MENU_SERVICES "/run/sluice/services.json"
#define MENU_INIT "/run/sluice/init"
#define MENU_LOG "/run/sluice/log"
#define MENU_CFG "/cfg"
#define MENU_RESET "/cfg/reset"
#define MENU_SERIAL "/cfg/factory/serial"
#define MENU_NODE_ID "/cfg/factory/node_id"
#define MENU_DATA "/data"
#define MENU_CRASH "/data/crash"
#define MENU_UPLOAD "/data/upload"

enum {
	MENU_PATH_MAX = 512,
	MENU_FACT_MAX = 128,
};

/* The path below the menu's root, in `out`. */
const char *menu_path(const struct menu *menu, const char *path, char out[MENU_PATH_MAX]);

/* The first line of a file, or `otherwise` when there is none. */
void menu_fact(
	const struct menu *menu, const char *path, const char *otherwise, char out[MENU_FACT_MAX]);

/* Whether memory, or nothing, stands where the disk of that folder should be. */
bool menu_cfg_is_lost(const struct menu *menu);
bool menu_data_is_lost(const struct menu *menu);

/* Asks init for "restart NAME", "reboot" or "poweroff"; negative errno when it does not listen. */
int menu_init_ask(const struct menu *menu, const char *request) __attribute__((warn_unused_result));

#endif
