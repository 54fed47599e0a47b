#ifndef IDENTITY_H
#define IDENTITY_H

#include <stdbool.h>

/*
 * What a box is called, and the key that it shows: made once, kept.
 *
 * Layer:  identity (mbedTLS)
 * Thread: one
 * Files:  ROOT/cfg/factory/serial    the board's own serial number when it has one, else one that is made here
 *         ROOT/cfg/factory/node_id   128 random bits, 32 hexadecimal digits
 *         ROOT/cfg/keys/host.key     private key on P-256, PEM, mode 0600
 *
 * The first two survive everything; a factory reset removes the key, and the next start makes another. Nothing comes from
 * an address of the network: those can be changed, copied, and are seen by others.
 */

enum {
	IDENTITY_SERIAL_MIN = 4,
	IDENTITY_SERIAL_MAX = 40, /* without the NUL */
	IDENTITY_FAULT_MAX = 640,
};

struct identity_made {
	bool serial, node_id, host_key; /* did not exist before */
	bool is_of_board; /* the new serial number is the board's own */
};

/*
 * Makes what is missing below `root`; what is there, or cannot be read, stays as it is. `made` tells what is new. A file is
 * whole on the disk or not there. Returns 0, or a negative errno with a line for people in `fault`; what could be made is
 * made.
 */
int identity_make(const char *root, struct identity_made *made, char fault[IDENTITY_FAULT_MAX])
	__attribute__((warn_unused_result));

/*
 * Whether a board's serial number is one: IDENTITY_SERIAL_MIN to IDENTITY_SERIAL_MAX letters, digits, '-', '.', '_', and
 * not what makers leave in when they forget it ("To be filled by O.E.M.", "123456789", "0000").
 */
bool identity_is_serial(const char *text);

#endif
