#ifndef BASE_TIME_H
#define BASE_TIME_H

#include <stdint.h>

/*
 * Clocks. All timers and expiries use the monotonic clock, which both processes of a machine share.
 *
 * Layer:  base (C library only; clock_gettime is served by the vDSO, without a system call)
 * Thread: any
 */

uint64_t base_time_ns(void); /* CLOCK_MONOTONIC, nanoseconds */
uint64_t base_time_ms(void); /* CLOCK_MONOTONIC, milliseconds */
uint64_t base_time_wall_ms(void); /* CLOCK_REALTIME, milliseconds since 1970; for people only */

#endif
