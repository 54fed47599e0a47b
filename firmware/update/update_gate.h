#ifndef UPDATE_GATE_H
#define UPDATE_GATE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The gate that a new firmware must pass: the broker is healthy, and stays so for a while, before a time is over.
 *
 * Layer:  update (jansson for the question)
 * Thread: one; the step is pure, the question blocks
 */

enum {
	UPDATE_GATE_SECONDS = 90,
	UPDATE_GATE_HOLD_SECONDS = 10,
	UPDATE_GATE_POLL_MS = 1000,
	UPDATE_REASON_MAX = 256,
};

enum update_verdict { UPDATE_WAIT, UPDATE_GOOD, UPDATE_BAD };

struct update_gate {
	uint64_t end_ms; /* of the time in which it must become healthy */
	uint64_t hold_ms;
	bool was_healthy;
	uint64_t healthy_since_ms;
};

/* One look at the broker's health. What is healthy when the time is over may still hold on until it is good. */
enum update_verdict update_gate_step(struct update_gate *gate, uint64_t now_ms, bool is_healthy);

/*
 * Asks control at `socket` (its command `health`): control answers, every worker is up, the link is up, a message that
 * it publishes to itself arrives. When not, `reason` says what is missing.
 */
bool update_health(const char *socket, char reason[UPDATE_REASON_MAX]);

#endif
