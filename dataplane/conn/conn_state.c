#include <stdbool.h>
#include <stdint.h>

#include "base_assert.h"
#include "conn_state.h"

struct move {
	uint8_t is_known, next;
	uint16_t actions;
};

#define DO(action) CONN_DO_##action

static const struct move moves[CONN_STATES][CONN_EVENTS] = {
#define CONN_MOVE(state, event, to, what)                                                          \
	[CONN_STATE_##state][CONN_EVENT_##event] = {                                               \
		.is_known = 1, .next = CONN_STATE_##to, .actions = (what)},
#include "conn_state.def"
#undef CONN_MOVE
};

struct conn_step conn_step(enum conn_state state, enum conn_event event)
{
	const struct move *move;

	BASE_ASSERT(state < CONN_STATES && event < CONN_EVENTS);
	move = &moves[state][event];
	if (!move->is_known)
		return (struct conn_step){.next = state};
	return (struct conn_step){.next = (enum conn_state)move->next, .actions = move->actions};
}

const char *conn_state_name(enum conn_state state)
{
	static const char *const names[] = {
#define CONN_STATE(id) [CONN_STATE_##id] = #id,
#include "conn_state.def"
#undef CONN_STATE
	};

	BASE_ASSERT(state < CONN_STATES);
	return names[state];
}
