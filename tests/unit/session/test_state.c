#include <setjmp.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "session_state.h"

/* Walks the whole product of states and events and holds what must be true of every move. */

static void each(
	void (*check)(enum session_state state, enum session_event event, struct session_step step))
{
	for (unsigned s = 0; s < SESSION_STATES; s++)
		for (unsigned e = 0; e < SESSION_EVENTS; e++)
			check((enum session_state)s, (enum session_event)e,
				session_step((enum session_state)s, (enum session_event)e));
}

static bool has_conn(enum session_state state)
{
	return state != SESSION_OFFLINE && state != SESSION_GONE;
}

static void gone_is_final_check(
	enum session_state state, enum session_event event, struct session_step step)
{
	(void)event;
	if (state != SESSION_GONE)
		return;
	assert_int_equal(step.next, SESSION_GONE);
	assert_int_equal(step.actions, 0);
}

static void end_means_gone_check(
	enum session_state state, enum session_event event, struct session_step step)
{
	(void)event;
	assert_int_equal((step.actions & SESSION_DO_END) != 0,
		state != SESSION_GONE && step.next == SESSION_GONE);
}

/* Every CONNECT is answered or held, in every state that a session can be found in. */
static void connects_are_heard_check(
	enum session_state state, enum session_event event, struct session_step step)
{
	unsigned heard = SESSION_DO_GRANT | SESSION_DO_FRESH | SESSION_DO_HOLD;

	if (state == SESSION_GONE)
		return;
	if (event == SESSION_EVENT_RESUME || event == SESSION_EVENT_CLEAN) {
		assert_true(step.actions & heard);
		assert_true(has_conn(step.next) || (step.actions & SESSION_DO_FRESH));
	} else {
		assert_false(step.actions & heard);
	}
}

/* Only who has a connection can be told anything, and CLOSED takes the connection away. */
static void connections_check(
	enum session_state state, enum session_event event, struct session_step step)
{
	unsigned telling = SESSION_DO_DISCONNECT | SESSION_DO_RESTORE_END | SESSION_DO_CAUGHT_UP;

	if (!has_conn(state))
		assert_false(step.actions & telling);
	if ((event == SESSION_EVENT_CLOSED_KEEP || event == SESSION_EVENT_CLOSED_END) &&
		has_conn(state))
		assert_false(has_conn(step.next));
	if (event == SESSION_EVENT_CLOSED_KEEP && has_conn(state))
		assert_true((step.actions & SESSION_DO_INDEX) && (step.actions & SESSION_DO_REST));
}

/* A connection is told to end at most once: LEAVING is entered by DISCONNECT or by the worker itself. */
static void disconnects_check(
	enum session_state state, enum session_event event, struct session_step step)
{
	if (step.actions & SESSION_DO_DISCONNECT) {
		assert_int_not_equal(state, SESSION_LEAVING);
		assert_int_equal(step.next, SESSION_LEAVING);
	}
	if (step.next == SESSION_LEAVING && state != SESSION_LEAVING)
		assert_true(
			(step.actions & SESSION_DO_DISCONNECT) || event == SESSION_EVENT_HANDOVER);
}

static void gone_is_final(void **state)
{
	(void)state;
	each(gone_is_final_check);
}

static void end_means_gone(void **state)
{
	(void)state;
	each(end_means_gone_check);
}

static void connects_are_heard(void **state)
{
	(void)state;
	each(connects_are_heard_check);
}

static void connections(void **state)
{
	(void)state;
	each(connections_check);
}

static void disconnects(void **state)
{
	(void)state;
	each(disconnects_check);
}

static void reachable_and_named(void **state)
{
	bool reached[SESSION_STATES] = {[SESSION_LIVE] = true}; /* where FRESH begins */

	(void)state;
	for (unsigned round = 0; round < SESSION_STATES; round++)
		for (unsigned s = 0; s < SESSION_STATES; s++)
			for (unsigned e = 0; reached[s] && e < SESSION_EVENTS; e++)
				reached[session_step((enum session_state)s, (enum session_event)e)
						.next] = true;
	for (unsigned s = 0; s < SESSION_STATES; s++) {
		assert_true(reached[s]);
		assert_non_null(session_state_name((enum session_state)s));
	}
	for (unsigned e = 0; e < SESSION_EVENTS; e++)
		assert_non_null(session_event_name((enum session_event)e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gone_is_final),
		cmocka_unit_test(end_means_gone),
		cmocka_unit_test(connects_are_heard),
		cmocka_unit_test(connections),
		cmocka_unit_test(disconnects),
		cmocka_unit_test(reachable_and_named),
	};

	return cmocka_run_group_tests_name("session_state", tests, NULL, NULL);
}
