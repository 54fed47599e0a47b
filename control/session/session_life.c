#include "base_assert.h"
#include "base_log.h"
#include "base_time.h"
#include "session_priv.h"

/* What the actions of the table do. The table says when: session_state.def. */

static void on_expiry(struct kit_timer *timer, uint64_t now_ms)
{
	struct session *session = BASE_CONTAINER_OF(timer, struct session, expiry_timer);

	(void)now_ms;
	session_event(session, SESSION_EVENT_EXPIRE, NULL);
}

static void start_clocks(struct session *session)
{
	struct session_core *core = session->core;

	session_will_start(session);
	if (session->expiry_s != LINK_EXPIRY_NEVER)
		kit_timer_set(&core->timers, &session->expiry_timer,
			core->now_ms + (uint64_t)session->expiry_s * 1000, on_expiry);
}

/* A second CONNECT that comes while one waits wins: the client has given the earlier one up. */
static void hold(struct session *session, const struct link_connect *connect)
{
	struct session_core *core = session->core;
	struct session_pending *pending;

	BASE_ASSERT(connect != NULL);
	if (session->pending != NULL) {
		link_refuse(core->link, session->pending->connect.conn, 0x89, LINK_END_TAKENOVER);
		core->counters.refused++;
		session_pending_free(core, session->pending);
	}
	pending = session_pending_new(core, connect);
	if (pending == NULL) {
		link_refuse(core->link, connect->conn, 0x97, LINK_END_QUOTA);
		core->counters.refused++;
		return;
	}
	pending->session = session;
	session->pending = pending;
}

static void disconnect(struct session *session, const struct link_connect *connect)
{
	struct session_core *core = session->core;

	if (connect == NULL && session->pending != NULL && !session->is_doomed)
		connect = &session->pending->connect;
	if (connect == NULL) {
		link_disconnect(core->link, session->conn, 0x98, LINK_END_KICKED);
		return;
	}
	link_disconnect(core->link, session->conn, 0x8e,
		connect->clean_start ? LINK_END_DISCARDED : LINK_END_TAKENOVER);
	if (connect->clean_start)
		core->counters.discarded++;
	else
		core->counters.takenover++;
}

/* The will that is left is due when the session ends, whatever its delay (MQTT 5, 3.1.3.2.2). */
static void end(struct session *session)
{
	struct session_core *core = session->core;

	session_index_leave(session);
	session_will_publish(session);
	core->counters.terminated++;
	session_free(session);
}

static void act(struct session *session, unsigned actions, const struct link_connect *connect)
{
	struct session_core *core = session->core;

	if (actions & SESSION_DO_HOLD)
		hold(session, connect);
	if (actions & SESSION_DO_DISCONNECT)
		disconnect(session, connect);
	if (actions & SESSION_DO_DOOM)
		session->is_doomed = true;
	if (actions & SESSION_DO_INDEX)
		session_index_enter(session);
	if (actions & SESSION_DO_UNINDEX)
		session_index_leave(session);
	if (actions & SESSION_DO_RESTORE_END)
		link_restore_end(core->link, session->conn);
	if (actions & SESSION_DO_CAUGHT_UP)
		link_caught_up(core->link, session->conn);
	if (actions & SESSION_DO_REST)
		start_clocks(session);
	if (actions & SESSION_DO_GRANT) {
		session_connect_grant(session, connect, true);
		session_restore_begin(session);
	}
}

void session_event(
	struct session *session, enum session_event event, const struct link_connect *connect)
{
	struct session_core *core = session->core;
	struct session_step step = session_step(session->state, event);

	if (session->state == SESSION_SENDING && step.next != SESSION_SENDING)
		base_list_remove(&session->job);
	session->state = step.next;
	act(session, step.actions, connect);
	if (step.actions & SESSION_DO_END)
		end(session);
	if (step.actions & SESSION_DO_FRESH)
		session_connect_fresh(core, connect);
}

/* The connection is gone, by W_CLOSED or with its worker. Goes on with the CONNECT that waited for it. */
void session_close(struct session *session, const char *reason, bool will_dropped)
{
	struct session_core *core = session->core;
	struct session_pending *pending = session->pending;
	bool keep = session->expiry_s > 0 && !session->is_doomed;

	core->counters.disconnected++;
	core->stats.connections--;
	session->disconnected_wall_ms = base_time_wall_ms();
	session_retained_forget(session);
	if (core->observer != NULL && core->observer->disconnected != NULL) {
		struct session_view view;

		session_view_fill(session, &view);
		view.is_connected = false;
		core->observer->disconnected(core->observer_arg, &view, reason);
	}
	if (will_dropped)
		session_will_drop(session);
	session->pending = NULL;
	session_event(session, keep ? SESSION_EVENT_CLOSED_KEEP : SESSION_EVENT_CLOSED_END, NULL);
	if (pending == NULL)
		return;
	session_pending_run(core, pending);
}

void session_closed(struct session_core *core, const struct link_closed *closed)
{
	struct session *session = session_by_conn(core, closed->conn);
	struct session_pending *pending = session_pending_by_conn(core, closed->conn);

	if (pending != NULL)
		session_pending_free(core, pending);
	if (session != NULL && session_has_conn(session)) {
		if (closed->expiry_set)
			session->expiry_s = closed->session_expiry_s;
		session_close(session, closed->reason, closed->will_dropped);
	}
	/* Our interest entries stand: the worker may forget its own. */
	if (closed->is_parked)
		link_release(core->link, closed->conn);
}
