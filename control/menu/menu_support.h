#ifndef MENU_SUPPORT_H
#define MENU_SUPPORT_H

#include "menu_box.h"

/*
 * The support archive: what somebody far away needs to find a fault.
 *
 * Layer:     menu (shell, revision)
 * Thread:    one, the shell's
 * Limits:    MENU_SUPPORT_PART_MAX bytes of each file or output (the end of it), MENU_SUPPORT_BYTES_MAX of all, before
 *            they are compressed; the newest MENU_SUPPORT_KEPT archives stay
 *
 * Whatever is missing or does not answer is left out: the archive is made when the box is at its worst. Secrets of the
 * configuration are masked; keys and passwords are never read.
 */

enum {
	MENU_SUPPORT_PART_MAX = 1 << 20,
	MENU_SUPPORT_BYTES_MAX = 16 << 20,
	MENU_SUPPORT_KEPT = 2,
};

shell_run_fn menu_support_make, menu_support_send;

/* ---- Between the files menu_support*.c ---- */

/* A folder that fills up. */
struct menu_support {
	struct shell_call *call;
	const struct menu *menu;
	char folder[MENU_PATH_MAX];
	size_t left; /* bytes of MENU_SUPPORT_BYTES_MAX */
};

/* Takes all there is into the folder. */
void menu_support_collect(struct menu_support *support);

/* Removes a folder with all that is in it. */
void menu_support_remove(const char *folder);

#endif
