#ifndef REVISION_PLAN_H
#define REVISION_PLAN_H

#include "board.h"
#include "revision_candidate.h"
#include "revision_priv.h"

/*
 * What the step from one configuration to another takes.
 *
 * Layer:  revision
 * Thread: any; pure
 */

struct revision_plan {
	unsigned changes; /* keys whose value in force differs */
	unsigned readers, restart; /* of these, enum config_reader */
};

/* `board` and `each` may be NULL. What the board has built in changes nothing. */
struct revision_plan revision_plan(const struct board *board, const struct revision_keys *before,
	const struct revision_keys *after, revision_change_fn *each, void *arg);

/* The lines of a comparison: keys that were set, or set to another value. Their number. */
int revision_compare(const struct revision_keys *before, const struct revision_keys *after,
	config_line_fn *line, void *arg);

#endif
