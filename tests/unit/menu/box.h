#ifndef BOX_H
#define BOX_H

#include <stddef.h>

/* A box in a folder of its own, without control, and one command at a time on it. */

/* A new empty folder in place of "/"; box_remove takes it away. */
void box_make(void);
void box_remove(void);

/* Writes a file below the folder, with the folders that it needs. */
void box_write(const char *path, const char *text);

/* Control is asked where the box's configuration says, and no longer at /nonexistent/control.sock. */
void box_asks_what_runs(void);

/* Runs a line; the exit status. What it printed is in box_output, what it complained of in box_errors. */
int box_run(const char *line);

/* The same without --yes, as a script that forgot it. */
int box_run_unsure(const char *line);

/* Types the lines ("a\nb\n") into one session, as a script does, with --yes. */
void box_session(const char *lines);

/* The whole path of a file of the box; until the next call. */
const char *box_path(const char *path);
const char *box_output(void);
const char *box_errors(void);

/* Fails unless the text is in one of them. */
void box_must_say(const char *text);

#endif
