#ifndef LOOP_INTERFACES_H
#define LOOP_INTERFACES_H

#include <stdbool.h>

/*
 * The network ports: the workers' from the region, the board's management port from the kernel.
 *
 * Layer:  loop
 * Thread: control's loop
 */

struct cli_interface;
struct loop;

/* False when there is no such interface. Names in *out are borrowed until the next call. */
bool loop_interface_get(struct loop *loop, unsigned number, struct cli_interface *out);

#endif
