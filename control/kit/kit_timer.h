#ifndef KIT_TIMER_H
#define KIT_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Deadlines in one binary heap, moved by the time that the caller passes in.
 *
 * Layer:     kit (base only)
 * Thread:    single
 * Ownership: a timer lies inside the caller's object; the heap owns its array
 * Units:     milliseconds of the monotonic clock
 */

struct kit_timer;
typedef void kit_timer_fn(struct kit_timer *timer, uint64_t now_ms);

struct kit_timer {
	uint64_t due_ms;
	kit_timer_fn *fire;
	uint32_t slot; /* position in the heap + 1; 0 = not set */
};

struct kit_timers {
	struct kit_timer **heap;
	uint32_t len, room;
};

void kit_timers_init(struct kit_timers *timers);
void kit_timers_fini(struct kit_timers *timers);

/* Sets or moves `timer`. Aborts when the heap cannot grow by 8 bytes. */
void kit_timer_set(
	struct kit_timers *timers, struct kit_timer *timer, uint64_t due_ms, kit_timer_fn *fire);
void kit_timer_cancel(struct kit_timers *timers, struct kit_timer *timer);

static inline bool kit_timer_is_set(const struct kit_timer *timer)
{
	return timer->slot != 0;
}

/* Fires up to `max` timers that are due, earliest first; each is unset before its function runs. */
unsigned kit_timers_run(struct kit_timers *timers, uint64_t now_ms, unsigned max);

/* When the earliest is due; UINT64_MAX when none is set. */
uint64_t kit_timers_next(const struct kit_timers *timers);

#endif
