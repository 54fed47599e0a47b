#ifndef CONN_STATE_H
#define CONN_STATE_H

/*
 * The life of a connection as a table: conn_state.def.
 *
 * Layer:  conn (base, wire, topic, rule)
 * Thread: any; pure
 */

enum conn_state {
#define CONN_STATE(id) CONN_STATE_##id,
#include "conn_state.def"
#undef CONN_STATE
	CONN_STATES,
};

enum conn_event {
#define CONN_EVENT(id) CONN_EVENT_##id,
#include "conn_state.def"
#undef CONN_EVENT
	CONN_EVENTS,
};

enum conn_action_bit {
#define CONN_ACTION(id) CONN_ACTION_BIT_##id,
#include "conn_state.def"
#undef CONN_ACTION
};

enum conn_action {
#define CONN_ACTION(id) CONN_DO_##id = 1 << CONN_ACTION_BIT_##id,
#include "conn_state.def"
#undef CONN_ACTION
};

struct conn_step {
	enum conn_state next;
	unsigned actions; /* enum conn_action; the order of the bits is the order of doing */
};

/* What `event` means in `state`. A pair without a meaning stays where it is and does nothing. */
struct conn_step conn_step(enum conn_state state, enum conn_event event);

const char *conn_state_name(enum conn_state state); /* "LIVE" */

#endif
