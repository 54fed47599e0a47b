#ifndef UPDATECTL_PRIV_H
#define UPDATECTL_PRIV_H

#include <stdbool.h>

#include "update_fault.h"

/*
 * What the files of sluice-firmware share.
 *
 * Layer:  the program sluice-firmware
 * Thread: one
 */

enum { EXIT_NOT_DONE = 1, EXIT_USAGE = 2 };

/* What a command gets: its own words only, argv[0] being its name. */
struct updatectl {
	const char *root; /* folder that stands for / (tests); "" on the box */
	int argc;
	char **argv;
};

/* Each returns the exit status. */
int updatectl_bundle(struct updatectl *ctl);
int updatectl_install(struct updatectl *ctl);
int updatectl_status(struct updatectl *ctl);
int updatectl_rollback(struct updatectl *ctl);
int updatectl_mark_good(struct updatectl *ctl);
int updatectl_gate(struct updatectl *ctl);

/* Prints the fault. EXIT_NOT_DONE. */
int updatectl_failed(const struct update_fault *fault);

/* Prints what is wrong with the command line. EXIT_USAGE. */
int updatectl_usage(const char *what, const char *which);

#endif
