#ifndef LOOP_CORES_H
#define LOOP_CORES_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What the processes do with their cores: two looks, some seconds apart.
 *
 * Layer:  loop
 * Thread: control's loop
 */

enum { LOOP_CORES_MAX = 65, LOOP_CORES_MS = 2000 }; /* control and the workers; between two looks */

struct cli_core;
struct loop;

struct loop_look {
	uint64_t at_ms; /* 0 = there was none */
	uint32_t pid;
	int cpu;
	uint64_t cpu_ms, polls, busy_polls, sleeps;
};

struct loop_cores {
	uint64_t due_ms;
	struct loop_look before[LOOP_CORES_MAX], now[LOOP_CORES_MAX];
};

/* Looks when it is time. */
void loop_cores_turn(struct loop *loop, uint64_t now_ms);

/* Control is 0, worker N is N + 1. False when there is no such process. */
bool loop_cores_get(struct loop *loop, unsigned number, struct cli_core *out);

#endif
