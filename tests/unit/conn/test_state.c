#include "harness.h"

#include "conn_state.h"

/* The whole product of states and events against what must hold of every move. */

#define MOVES                                                                                      \
	X(OPENED, CONNECT, DECIDING)                                                               \
	X(OPENED, GONE, FREE)                                                                      \
	X(DECIDING, GRANT, LIVE)                                                                   \
	X(DECIDING, GRANT_RESTORE, RESTORING)                                                      \
	X(DECIDING, REFUSE, LEAVING)                                                               \
	X(DECIDING, DISCONNECT, LEAVING)                                                           \
	X(DECIDING, GONE, ORPHAN)                                                                  \
	X(DECIDING, RESYNC, DECIDING)                                                              \
	X(ORPHAN, GRANT, LEAVING)                                                                  \
	X(ORPHAN, GRANT_RESTORE, RESTORING_GONE)                                                   \
	X(ORPHAN, REFUSE, LEAVING)                                                                 \
	X(ORPHAN, DISCONNECT, LEAVING)                                                             \
	X(ORPHAN, RESYNC, FREE)                                                                    \
	X(RESTORING, RESTORE_END, CATCHING_UP)                                                     \
	X(RESTORING, DISCONNECT, LEAVING)                                                          \
	X(RESTORING, GONE, RESTORING_GONE)                                                         \
	X(RESTORING, RESYNC, LIVE)                                                                 \
	X(CATCHING_UP, CAUGHT_UP, LIVE)                                                            \
	X(CATCHING_UP, DISCONNECT, LEAVING)                                                        \
	X(CATCHING_UP, GONE, CATCHING_UP_GONE)                                                     \
	X(CATCHING_UP, RESYNC, LIVE)                                                               \
	X(LIVE, DISCONNECT, LEAVING)                                                               \
	X(LIVE, GONE, LEAVING)                                                                     \
	X(RESTORING_GONE, RESTORE_END, CATCHING_UP_GONE)                                           \
	X(RESTORING_GONE, DISCONNECT, LEAVING)                                                     \
	X(RESTORING_GONE, RESYNC, LEAVING)                                                         \
	X(CATCHING_UP_GONE, CAUGHT_UP, LEAVING)                                                    \
	X(CATCHING_UP_GONE, DISCONNECT, LEAVING)                                                   \
	X(CATCHING_UP_GONE, RESYNC, LEAVING)                                                       \
	X(LEAVING, KEPT, PARKED)                                                                   \
	X(LEAVING, CLOSED, FREE)                                                                   \
	X(LEAVING, RESYNC, LEAVING)                                                                \
	X(PARKED, RELEASE, FREE)                                                                   \
	X(PARKED, RESYNC, LEAVING)

static enum conn_state next_of(enum conn_state state, enum conn_event event)
{
#define X(from, on, to)                                                                            \
	if (state == CONN_STATE_##from && event == CONN_EVENT_##on)                                \
		return CONN_STATE_##to;
	MOVES
#undef X
	return state;
}

static bool has_network(enum conn_state state)
{
	return state == CONN_STATE_OPENED || state == CONN_STATE_DECIDING ||
	       state == CONN_STATE_RESTORING || state == CONN_STATE_CATCHING_UP ||
	       state == CONN_STATE_LIVE;
}

static void test_product(void **state)
{
	(void)state;
	for (enum conn_state from = 0; from < CONN_STATES; from++) {
		for (enum conn_event event = 0; event < CONN_EVENTS; event++) {
			struct conn_step step = conn_step(from, event);

			assert_int_equal(step.next, next_of(from, event));
			/* Freed exactly once, on the way into FREE, and from there nowhere. */
			assert_int_equal((step.actions & CONN_DO_FREE) != 0,
				step.next == CONN_STATE_FREE && from != CONN_STATE_FREE);
			/* The network ends with an action, or has ended. */
			if (has_network(from) && !has_network(step.next) &&
				event != CONN_EVENT_GONE)
				assert_true(step.actions & (CONN_DO_REJECT | CONN_DO_HANG_UP));
			/* It never comes back. */
			if (!has_network(from))
				assert_false(has_network(step.next));
			/* Who leaves hands over. */
			if (step.next == CONN_STATE_LEAVING && from != CONN_STATE_LEAVING)
				assert_true(step.actions & (CONN_DO_LEAVE | CONN_DO_AGAIN));
			/* Only control's word makes a session live. */
			if (step.next == CONN_STATE_LIVE && from == CONN_STATE_DECIDING)
				assert_true(step.actions & CONN_DO_WELCOME);
		}
	}
}

/* Every state but FREE can end: some chain of events leads there. */
static void test_all_end(void **state)
{
	bool ends[CONN_STATES] = {[CONN_STATE_FREE] = true};
	bool has_changed = true;

	(void)state;
	while (has_changed) {
		has_changed = false;
		for (enum conn_state from = 0; from < CONN_STATES; from++)
			for (enum conn_event event = 0; event < CONN_EVENTS; event++)
				if (!ends[from] && ends[conn_step(from, event).next])
					ends[from] = has_changed = true;
	}
	for (enum conn_state from = 0; from < CONN_STATES; from++)
		assert_true(ends[from]);
	assert_string_equal(conn_state_name(CONN_STATE_CATCHING_UP), "CATCHING_UP");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_product),
		cmocka_unit_test(test_all_end),
	};

	return cmocka_run_group_tests_name("conn state", tests, NULL, NULL);
}
