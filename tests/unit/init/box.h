#ifndef BOX_H
#define BOX_H

#include <stdbool.h>
#include <sys/types.h>

#include "init.h"

/*
 * A box in a folder, whose first process is a child of the test: the loop as it is, real services, short times.
 *
 * Layer: tests (init)
 */

enum { BOX_TEXT_MAX = 256 * 1024 };

/* Of the next start; box_make sets them anew. */
extern struct init_times box_times;

/* Makes the folders of a box in a new one; box_root() is its path. */
void box_make(void);
void box_remove(void);
const char *box_root(void);

/* Starts its first process with these services. `watchdog` and `teardown` as in struct init_config. */
void box_start(
	const struct init_kind *kinds, unsigned len, const char *const *teardown, int watchdog);
/* Waits for its end, which is asked for first with `command` ("reboot"); NULL = it ends by itself. */
enum init_end box_end(const char *command);
pid_t box_pid(void);

/* Writes a line to the FIFO. */
void box_tell(const char *line);

/* A file of the box as text, borrowed until the next call; "" when it is not there. */
const char *box_read(const char *path);
void box_write(const char *path, const char *text);
bool box_has(const char *path);

/* Whether the file comes to hold the text, within a time that no healthy machine needs. */
bool box_comes(const char *path, const char *text);

/* The pid of a service that services.json says is running; 0 = none. */
pid_t box_service(const char *name);
/* Until it is another than `old`. */
pid_t box_service_after(const char *name, pid_t old);

/* The number of files in a folder. */
unsigned box_count(const char *folder);

#endif
