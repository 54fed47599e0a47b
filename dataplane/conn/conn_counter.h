#ifndef CONN_COUNTER_H
#define CONN_COUNTER_H

#include <stdatomic.h>
#include <stdint.h>

/*
 * What connections count, straight into memory that somebody else may read at any time.
 *
 * Layer:     conn (base, wire, topic, rule)
 * Thread:    one writer; relaxed atomics, so readers see whole values
 * Ownership: the counters belong to whoever made the hub and outlive it
 */

enum conn_shutdown {
#define CONN_SHUTDOWN(name) CONN_SHUTDOWN_##name,
#include "conn_shutdown.def"
#undef CONN_SHUTDOWN
	CONN_SHUTDOWN_COUNT,
};

enum conn_counter {
#define CONN_COUNTER(name) CONN_COUNTER_##name,
#include "conn_counter.def"
#undef CONN_COUNTER
	CONN_COUNTER_COUNT,
};

enum { CONN_LISTENERS_MAX = 16 };

struct conn_listener_counters {
	_Atomic uint64_t *connections; /* now */
	_Atomic uint64_t *connections_max;
	_Atomic uint64_t *accepted;
	_Atomic uint64_t *shutdown; /* CONN_SHUTDOWN_COUNT of them */
};

/* Where each value lies. No pointer is NULL. */
struct conn_counters {
	_Atomic uint64_t *values[CONN_COUNTER_COUNT];
	struct conn_listener_counters listeners[CONN_LISTENERS_MAX];
};

#endif
