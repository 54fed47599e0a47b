#ifndef INIT_COMMAND_H
#define INIT_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "init.h"

/*
 * Commands that come through the FIFO: "restart NAME", "reboot", "poweroff", a line each.
 *
 * Layer:  init
 * Thread: one
 */

enum { INIT_COMMAND_BYTES = 64 };

enum init_verb { INIT_DO_RESTART, INIT_DO_REBOOT, INIT_DO_POWEROFF, INIT_DO_UNKNOWN };

struct init_commands {
	int fd; /* -1 = there is no FIFO */
	char text[INIT_COMMAND_BYTES]; /* of a line that is not whole */
	size_t used;
	bool is_too_long; /* the line is left out */
};

/* `name` is that of "restart", or the whole line of what is unknown; borrowed for the call. */
typedef void init_command_fn(void *arg, enum init_verb verb, const char *name);

/* Makes the FIFO, mode 0600, in place of whatever is there. Returns 0 or a negative errno. */
int init_commands_open(struct init_commands *commands, const char *root)
	__attribute__((warn_unused_result));
void init_commands_close(struct init_commands *commands);

/* Reads what is there, and calls `command` for every line. */
void init_commands_read(struct init_commands *commands, init_command_fn *command, void *arg);

#endif
