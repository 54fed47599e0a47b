#ifndef INIT_CRASH_H
#define INIT_CRASH_H

#include "init_service.h"

/*
 * Records of services that ended as they should not: a file each in /data/crash, numbered, the oldest removed.
 *
 * Layer:  init (base)
 * Thread: one
 */

/* Writes one. Returns 0 or a negative errno; then nothing is there. */
int init_crash_write(const char *root, const struct init_service *service)
	__attribute__((warn_unused_result));

#endif
