#ifndef CONN_WHEEL_H
#define CONN_WHEEL_H

#include <stdint.h>

#include "base_list.h"

/*
 * Deadlines of many connections: a hierarchy of three wheels with 64 slots each.
 *
 * Layer:     conn (base, wire, topic, rule)
 * Thread:    single
 * Ownership: a timer lies in its user's struct and must be stopped before that goes away
 * Cost:      O(1) to start and to stop; a turn looks only at slots that are not empty. Whoever
 *            prolongs a deadline leaves the timer where it is and looks again when it fires.
 * Units:     a tick is CONN_WHEEL_TICK_MS; a timer fires in the first turn after its deadline, at
 *            most two ticks late plus the time between turns. One that is more than nine hours away
 *            fires early.
 */

enum {
	CONN_WHEEL_TICK_MS = 128,
	CONN_WHEEL_SLOTS = 64,
	CONN_WHEEL_LEVELS = 3,
};

struct conn_timer {
	struct base_list node;
	uint64_t tick; /* when it fires */
};

struct conn_wheel {
	uint64_t tick; /* all before are done */
	uint64_t used[CONN_WHEEL_LEVELS]; /* bit n: slot n may have timers */
	struct base_list slots[CONN_WHEEL_LEVELS][CONN_WHEEL_SLOTS];
	struct base_list due; /* of the turn that runs */
};

void conn_wheel_init(struct conn_wheel *wheel, uint64_t now_ms);

static inline void conn_timer_init(struct conn_timer *timer)
{
	base_list_init(&timer->node);
}

/* (Re)starts the timer. */
void conn_timer_start(struct conn_wheel *wheel, struct conn_timer *timer, uint64_t due_ms);

static inline void conn_timer_stop(struct conn_timer *timer)
{
	base_list_remove(&timer->node);
}

static inline int conn_timer_is_running(const struct conn_timer *timer)
{
	return base_list_is_linked(&timer->node);
}

/* The deadline that the timer is set to, rounded up to a tick. */
static inline uint64_t conn_timer_due_ms(const struct conn_timer *timer)
{
	return timer->tick * CONN_WHEEL_TICK_MS;
}

/* Collects what is due at `now_ms`; then conn_wheel_next takes one after the other, stopped. */
void conn_wheel_advance(struct conn_wheel *wheel, uint64_t now_ms);
struct conn_timer *conn_wheel_next(struct conn_wheel *wheel);

/* When conn_wheel_advance has something to do, at the earliest; UINT64_MAX without timers. */
uint64_t conn_wheel_wake_ms(const struct conn_wheel *wheel);

#endif
