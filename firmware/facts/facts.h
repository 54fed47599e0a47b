#ifndef FACTS_H
#define FACTS_H

#include "board.h"

/*
 * Whether the machine is what board.conf says that it is.
 *
 * Layer:  firmware/facts (board)
 * Thread: any; no state
 */

/* Where the kernel shows what it knows; tests give folders of their own. */
struct facts_machine {
	const char *sys, *proc;
};

/*
 * Compares the facts that the worker depends on. Each that does not hold is one line: key, wanted, found, and what
 * to do. Returns their number.
 */
unsigned facts_check(const struct board *board, const struct facts_machine *machine,
	config_line_fn *line, void *arg);

#endif
