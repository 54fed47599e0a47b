#include "base_time.h"

#include <time.h>

enum { NS_PER_MS = 1000000, MS_PER_S = 1000 };

static struct timespec now(clockid_t clock)
{
	struct timespec ts;

	/* Cannot fail: both clocks exist on every Linux and the pointer is good. */
	(void)clock_gettime(clock, &ts);
	return ts;
}

static uint64_t ms_of(struct timespec ts)
{
	return (uint64_t)ts.tv_sec * MS_PER_S + (uint64_t)ts.tv_nsec / NS_PER_MS;
}

uint64_t base_time_ns(void)
{
	struct timespec ts = now(CLOCK_MONOTONIC);

	return (uint64_t)ts.tv_sec * MS_PER_S * NS_PER_MS + (uint64_t)ts.tv_nsec;
}

uint64_t base_time_ms(void)
{
	return ms_of(now(CLOCK_MONOTONIC));
}

uint64_t base_time_wall_ms(void)
{
	return ms_of(now(CLOCK_REALTIME));
}
