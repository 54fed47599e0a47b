#ifndef CONFIGCTL_EDIT_H
#define CONFIGCTL_EDIT_H

#include "configctl.h"

/*
 * The candidate that the command line describes.
 *
 * Layer:  configctl
 * Thread: one
 */

/* What runs, or --load, with --set and --delete; *candidate is the caller's, NULL after -ENOMEM. */
int configctl_edit(struct configctl *ctl, struct revision_candidate **candidate, char *fault)
	__attribute__((warn_unused_result));

/* A number of commits; false after saying that it is none. */
bool configctl_number(const char *text, unsigned *number);

void configctl_drop(void *arg, const char *line); /* a line that nobody wants */

#endif
