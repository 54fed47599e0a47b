#ifndef REVISION_BOARD_H
#define REVISION_BOARD_H

#include "board.h"
#include "revision_priv.h"

/*
 * The board under a configuration: what is built in, and cannot be committed otherwise.
 *
 * Layer:     revision (board, config)
 * Thread:    any; no state
 * Ownership: the caller's struct board
 */

/* The board of the place, read into `board`. NULL when there is none: then every key is the configuration's own. */
const struct board *revision_board_load(const struct revision_place *place, struct board *board);

/* Whether all that is set is in force on the board; what would not be is told to `report`. 0 or -EINVAL. */
int revision_board_check(const struct board *board, const struct revision_keys *keys,
	config_line_fn *report, void *arg) __attribute__((warn_unused_result));

#endif
