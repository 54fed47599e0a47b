#include "session_state.h"

#include <stdbool.h>

struct move {
	bool is_set;
	struct session_step step;
};

#define DO(action) (unsigned)SESSION_DO_##action
static const struct move moves[SESSION_STATES][SESSION_EVENTS] = {
#define SESSION_MOVE(state, event, next, actions)                                                  \
	[SESSION_##state][SESSION_EVENT_##event] = {true, {SESSION_##next, actions}},
#include "session_state.def"
#undef SESSION_MOVE
};
#undef DO

static const char *const state_names[] = {
#define SESSION_STATE(id, name) [SESSION_##id] = (name),
#include "session_state.def"
#undef SESSION_STATE
};

static const char *const event_names[] = {
#define SESSION_EVENT(id, name) [SESSION_EVENT_##id] = (name),
#include "session_state.def"
#undef SESSION_EVENT
};

struct session_step session_step(enum session_state state, enum session_event event)
{
	const struct move *move = &moves[state][event];

	return move->is_set ? move->step : (struct session_step){.next = state, .actions = 0};
}

const char *session_state_name(enum session_state state)
{
	return state_names[state];
}

const char *session_event_name(enum session_event event)
{
	return event_names[event];
}
