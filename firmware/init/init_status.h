#ifndef INIT_STATUS_H
#define INIT_STATUS_H

#include "init_service.h"

/*
 * services.json: what runs, for the console's `show status` and for tests.
 *
 * Layer:  init (base)
 * Thread: one
 */

/* Replaces ROOT/run/sluice/services.json in one step. Returns 0 or a negative errno; then the old one stays. */
int init_status_write(const char *root, const struct init_service *services, unsigned len)
	__attribute__((warn_unused_result));

#endif
