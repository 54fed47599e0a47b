#ifndef PLACE_H
#define PLACE_H

#include "revision_candidate.h"

/*
 * A place in a temporary folder, for the tests of revision.
 *
 * Ownership: place_begin makes the folder, place_end removes it
 */

struct place {
	struct revision_place place;
	char root[64]; /* holds cfg/ (not made), etc/sluice.conf and etc/acl.conf, init, mgmt */
	char dir[96], factory[96], socket[96], init[96], mgmt[96], board[96];
};

void place_begin(struct place *place, const char *factory_text);
void place_end(struct place *place);

/* A file below the root, replaced or (NULL when there is none) read; what is read lies in a static buffer. */
void place_write(const struct place *place, const char *name, const char *text);
const char *place_read(const struct place *place, const char *name);
bool place_has(const struct place *place, const char *name);
void place_remove(const struct place *place, const char *name);

/* Commits one key; asserts that it works. The number of the revision. */
int place_commit(const struct place *place, const char *path, const char *text, unsigned minutes);

/* The value in force of what runs. */
const char *place_get(const struct place *place, const char *path);

/* The pending commit is another boot's, or its time is over. */
void place_other_boot(const struct place *place);
void place_time_is_over(const struct place *place);

/* Lines that a report got, joined by newlines; empty again after place_lines(). */
void place_line(void *arg, const char *line);
const char *place_lines(void);

#endif
