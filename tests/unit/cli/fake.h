#ifndef FAKE_H
#define FAKE_H

#include "cli.h"
#include "config.h"

/*
 * A broker of fixed content behind the command server: what the tests ask.
 *
 * Layer: tests
 */

struct fake {
	struct config config;
	struct cli_config server;
	unsigned client_len; /* of clients list: "client-0", "client-1", ... */
	unsigned steps; /* calls of a paged operation */
	unsigned empty_steps; /* paged operations find nothing for so many calls */
	unsigned largest_step; /* most entries that were asked for at once */
	char kicked[64];
	unsigned health_waits; /* health is not known yet for so many calls */
	uint64_t health_probe; /* what the last call was given */
	bool is_ill;
	bool reload_fails;
};

void fake_init(struct fake *fake, const char *socket);

#endif
