#ifndef CONFIGCTL_H
#define CONFIGCTL_H

#include "revision_candidate.h"

/*
 * sluice-config: the committed configuration, for scripts, for the boot, and as the guard of commit-confirm.
 *
 * Layer:  configctl (revision, config)
 * Thread: one
 */

enum { EXIT_NOT_DONE = 1, EXIT_USAGE = 2, CONFIGCTL_EDITS_MAX = 64 };

struct configctl_edit {
	bool is_delete;
	const char *path, *text;
};

struct configctl {
	struct revision_place place;
	const char *words[4]; /* the command and its arguments */
	unsigned word_len;
	struct configctl_edit edits[CONFIGCTL_EDITS_MAX]; /* --set and --delete, in their order */
	unsigned edit_len;
	const char *load; /* a file to begin with; NULL = what runs */
	struct revision_commit commit;
	bool all, plan, yes;
};

/* Every command's function returns the exit status. */
int configctl_boot(struct configctl *ctl);
int configctl_guard(struct configctl *ctl);
int configctl_show(struct configctl *ctl);
int configctl_get(struct configctl *ctl);
int configctl_compare(struct configctl *ctl);
int configctl_history(struct configctl *ctl);
int configctl_pending(struct configctl *ctl);
int configctl_confirm(struct configctl *ctl);
int configctl_commit(struct configctl *ctl); /* commit, set, delete and rollback */

/* One line to standard output, or with the program's name to standard error. */
void configctl_print(void *arg, const char *line);
void configctl_complain(void *arg, const char *line);
/* EXIT_NOT_DONE, after saying `fault`; EXIT_USAGE for -EINVAL. */
int configctl_fail(int error, const char *fault);

#endif
