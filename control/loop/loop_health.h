#ifndef LOOP_HEALTH_H
#define LOOP_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether the broker does its work: every worker up, its link up, and a message of our own back from it.
 *
 * Layer:  loop
 * Thread: control's loop
 */

struct cli_health;
struct loop;

/* As cli_ops.health: begins with *probe 0; false while a message is on its way. */
bool loop_health_get(struct loop *loop, uint64_t *probe, struct cli_health *out);

#endif
