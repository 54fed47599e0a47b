#ifndef CTL_SHELL_H
#define CTL_SHELL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * sluicectl as a shell: the menu of the appliance, on whatever terminal it is started.
 *
 * Layer:  ctl (menu, shell)
 * Thread: one
 */

/* Prompts until the user leaves. The exit status. `socket` here and below: as in struct menu. */
int ctl_shell_run(const char *socket);

/* One command of the menu, without prompt; `yes` answers its questions. The exit status. */
int ctl_shell_run_words(
	const char *socket, const char *const *words, size_t len, bool json, bool yes);

#endif
