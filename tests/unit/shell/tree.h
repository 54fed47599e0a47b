#ifndef TREE_H
#define TREE_H

#include "shell.h"

/* A small tree of commands, and what its handlers were called with. */

extern const struct shell_table *const tree_tables[];

/* A handler of a command that must not run fails the test; others count. */
extern unsigned tree_runs;

#endif
