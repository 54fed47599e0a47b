#ifndef SESSION_STATE_H
#define SESSION_STATE_H

/*
 * The life of a session as a table: which event moves it where, and what must be done then.
 *
 * Layer:  session
 * Thread: any; pure
 */

enum session_state {
#define SESSION_STATE(id, name) SESSION_##id,
#include "session_state.def"
#undef SESSION_STATE
	SESSION_STATES
};

enum session_event {
#define SESSION_EVENT(id, name) SESSION_EVENT_##id,
#include "session_state.def"
#undef SESSION_EVENT
	SESSION_EVENTS
};

enum session_action_bit {
#define SESSION_ACTION(id) SESSION_ACTION_BIT_##id,
#include "session_state.def"
#undef SESSION_ACTION
	SESSION_ACTION_BITS
};

enum session_action {
#define SESSION_ACTION(id) SESSION_DO_##id = 1 << SESSION_ACTION_BIT_##id,
#include "session_state.def"
#undef SESSION_ACTION
};

struct session_step {
	enum session_state next;
	unsigned actions; /* of enum session_action */
};

struct session_step session_step(enum session_state state, enum session_event event);
const char *session_state_name(enum session_state state);
const char *session_event_name(enum session_event event);

#endif
