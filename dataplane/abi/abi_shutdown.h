#ifndef ABI_SHUTDOWN_H
#define ABI_SHUTDOWN_H

/*
 * Why a connection ended: numbers for records and counters, names for people.
 *
 * Layer:  abi (base only)
 * Thread: any; constant data
 */

enum abi_shutdown {
#define ABI_SHUTDOWN(name, text, v5, help) ABI_SHUTDOWN_##name,
#include "abi_shutdown.def"
#undef ABI_SHUTDOWN
	ABI_SHUTDOWN_COUNT,
};

struct abi_shutdown_info {
	const char *name; /* "keepalive_timeout" */
	const char *v5_name; /* as EMQX 5 calls it */
	const char *help;
};

/* The names of `reason`; those of ABI_SHUTDOWN_INTERNAL for a number that is no reason. */
const struct abi_shutdown_info *abi_shutdown_info(unsigned reason);

#endif
