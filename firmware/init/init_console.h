#ifndef INIT_CONSOLE_H
#define INIT_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Init's own words on the serial console. A line that does not go out at once waits in a buffer; when that is full it is
 * dropped and counted: a slow or dead line holds nobody up.
 *
 * Layer:  init
 * Thread: one
 */

enum { INIT_CONSOLE_BYTES = 4096 };

struct init_console {
	int fd; /* -1 = there is none */
	char waiting[INIT_CONSOLE_BYTES];
	size_t used;
	uint64_t untold; /* dropped lines of which nothing was said yet */
	uint64_t dropped; /* in all */
};

void init_console_open(struct init_console *console, const char *path);
void init_console_close(struct init_console *console);

/* "NAME: TEXT" and the end of a line. */
void init_console_say(struct init_console *console, const char *name, const char *text);

/* Writes what waits, as far as it goes. True when something still waits: call it when the line is writable. */
bool init_console_flush(struct init_console *console);

#endif
