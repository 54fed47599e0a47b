#ifndef BOARD_CONFIG_H
#define BOARD_CONFIG_H

#include "board.h"

/*
 * The board's facts as configuration: what of them the broker's processes go by.
 *
 * Layer:  board (config)
 * Thread: any; no state
 *
 * port.kind, port.device, port.hugepages and dataplane.core are facts: a configuration cannot change what is built
 * in. dataplane.memory and dataplane.mbufs are budgets: the board's are the defaults, and a configuration may ask for
 * others that fit into the hugepages that the board reserves. A box has to start with whatever was committed,
 * so that what asks for more than that is put right and said, and is no fault.
 */

/* Every key at its default, where the board has none of its own. `board` may be NULL: there is none. */
void board_config_init(const struct board *board, struct config *config);

/* board_config_init, config_load_onto, then the board's facts again; each that the file would have changed is said. */
int board_config_load(const struct board *board, struct config *config, const char *path,
	char *const *environment, config_line_fn *report, void *arg)
	__attribute__((warn_unused_result));

/*
 * Puts the board's facts over `config`, and its budgets where what is asked for does not fit. Returns how many times it did;
 * each is said, with `name` before it.
 */
unsigned board_config_keep(const struct board *board, struct config *config, const char *name,
	config_line_fn *report, void *arg);

/* Whether the key is a fact of the board. */
bool board_config_is_fact(const char *path);

#endif
