#include "base_assert.h"
#include "base_log.h"
#include "conn_priv.h"
#include "wire_encode.h"
#include "wire_error.h"
#include "wire_reason.h"

/*
 * Beginning, end, and every change of state in between. The network connection and the session end
 * apart: conn_net_end is the end of the one, conn_leave.c sees to the other.
 */

struct conn *conn_open(struct conn_hub *hub, const struct conn_transport *transport, void *io,
	uint16_t listener, const struct conn_peer *peer)
{
	struct conn_listener_counters *counters;
	struct conn *conn = conn_slot_take(hub);

	BASE_ASSERT(listener < CONN_LISTENERS_MAX && io != NULL);
	if (conn == NULL)
		return NULL;
	conn->transport = transport;
	conn->io = io;
	conn->listener = listener;
	for (unsigned i = 0; i < sizeof(conn->peer_addr); i++)
		conn->peer_addr[i] = peer->addr[i];
	conn->peer_port = peer->port;
	conn->since_ms = conn->seen_ms = hub->now_ms;
	conn->max_input_bytes = hub->config.max_packet_bytes;
	conn->wants_problem_info = true;
	hub->networked++;
	counters = &hub->counters.listeners[listener];
	conn_value_add(counters->accepted, 1);
	conn_value_add(counters->connections, 1);
	conn_value_max(counters->connections_max, conn_value(counters->connections));
	conn_gauge(hub, CONN_COUNTER_CONNECTIONS_COUNT, hub->networked);
	conn_value_max(hub->counters.values[CONN_COUNTER_CONNECTIONS_MAX], hub->networked);
	conn_clock(conn);
	return conn;
}

/* Everything that belongs to the session, without a word to anyone. */
static void forget(struct conn *conn)
{
	conn_subs_drop(conn);
	conn_out_drop(conn);
	conn_ids_drop(conn, &conn->received);
	conn_identity_drop(conn);
	conn_password_drop(conn);
}

static void disown(struct conn *conn, enum conn_shutdown shutdown)
{
	struct conn_hub *hub = conn->hub;
	struct conn_listener_counters *counters = &hub->counters.listeners[conn->listener];

	conn->io = NULL;
	conn->shutdown = (uint8_t)shutdown;
	hub->networked--;
	conn_value_add(&counters->shutdown[shutdown], 1);
	conn_value_add(counters->connections, (uint64_t)-1);
	conn_gauge(hub, CONN_COUNTER_CONNECTIONS_COUNT, hub->networked);
	if (conn->said_hello) {
		conn_count(hub, CONN_COUNTER_CLIENT_DISCONNECTED);
		conn_gauge(hub, CONN_COUNTER_LIVE_CONNECTIONS_COUNT, --hub->live);
	}
	base_list_remove(&conn->flush);
	base_list_remove(&conn->blocked);
	conn_timer_stop(&conn->timer);
	conn_buffer_drop(conn);
	if (!conn->in_input) /* else the topic of a message that is being routed may lie there */
		conn_alias_drop(conn);
	conn_acl_drop(conn);
	conn_bytes_drop(conn);
	conn_password_drop(conn);
	conn->is_paused = false;
	conn->awaits = 0;
}

void conn_net_end(struct conn *conn, enum conn_shutdown shutdown, bool has_transport)
{
	void *io = conn->io;

	if (conn_is_gone(conn))
		return;
	disown(conn, shutdown);
	if (has_transport)
		conn->transport->close(io);
	if (conn->owes_restored)
		conn_block(conn, 0);
	conn_event(conn, CONN_EVENT_GONE, NULL);
}

void conn_discard(struct conn *conn)
{
	void *io = conn->io;

	if (io != NULL) {
		disown(conn, CONN_SHUTDOWN_SERVER_SHUTDOWN);
		conn->transport->abort(io);
	}
	forget(conn);
	conn_slot_give(conn);
}

static void say_disconnect(struct conn *conn, uint8_t reason, struct wire_str text)
{
	struct wire_disconnect disconnect = {.reason = reason};
	int bytes;

	if (conn->version != WIRE_V5 || !conn->said_hello || reason < 0x80)
		return;
	conn_pump_acks(conn);
	if (conn_is_congested(conn))
		return;
	if (text.bytes > 0 && conn->wants_problem_info) {
		disconnect.props.reason_string = text;
		wire_props_mark(&disconnect.props, WIRE_PROP_REASON_STRING);
	}
	bytes = wire_disconnect_encode(conn->hub->scratch, sizeof(conn->hub->scratch),
		conn->version, &disconnect, conn->max_packet_bytes);
	if (bytes > 0)
		conn_send(conn, WIRE_DISCONNECT, conn->hub->scratch, (size_t)bytes);
}

void conn_stop_text(
	struct conn *conn, uint8_t reason, enum conn_shutdown shutdown, struct wire_str text)
{
	if (conn_is_gone(conn))
		return;
	say_disconnect(conn, reason, text);
	conn_net_end(conn, shutdown, true);
}

void conn_stop(struct conn *conn, uint8_t reason, enum conn_shutdown shutdown)
{
	conn_stop_text(conn, reason, shutdown, conn_str(NULL, 0));
}

enum conn_shutdown conn_shutdown_of(int error)
{
	switch (wire_error_reason(error)) {
	case WIRE_REASON_PROTOCOL_ERROR:
		return CONN_SHUTDOWN_PROTOCOL_ERROR;
	case WIRE_REASON_PROTOCOL_VERSION:
		return CONN_SHUTDOWN_UNSUPPORTED_VERSION;
	case WIRE_REASON_CLIENT_ID:
		return CONN_SHUTDOWN_BAD_CLIENT_ID;
	case WIRE_REASON_FILTER_INVALID:
	case WIRE_REASON_TOPIC_INVALID:
		return CONN_SHUTDOWN_TOPIC_INVALID;
	case WIRE_REASON_TOPIC_ALIAS:
		return CONN_SHUTDOWN_TOPIC_ALIAS_INVALID;
	case WIRE_REASON_TOO_LARGE:
		return CONN_SHUTDOWN_FRAME_TOO_LARGE;
	default:
		return error == -WIRE_E_TYPE || error == -WIRE_E_LENGTH ||
				       error == -WIRE_E_PROTOCOL_NAME
			       ? CONN_SHUTDOWN_FUNCTION_CLAUSE
			       : CONN_SHUTDOWN_MALFORMED_PACKET;
	}
}

void conn_fault(struct conn *conn, int error)
{
	conn_log(conn, BASE_LOG_WARNING, "is closed", wire_error_text(error));
	conn_stop(conn, wire_error_reason(error), conn_shutdown_of(error));
}

void conn_end(struct conn *conn, uint8_t reason, enum conn_shutdown shutdown)
{
	conn_stop(conn, reason, shutdown);
}

void conn_end_all(struct conn_hub *hub, uint8_t reason, enum conn_shutdown shutdown)
{
	for (uint32_t slot = 0; slot < hub->slots_len; slot++) {
		struct conn *conn = conn_by_slot(hub, slot);

		if (conn != NULL)
			conn_stop(conn, reason, shutdown);
	}
}

void conn_peer_ended(struct conn *conn)
{
	conn_net_end(conn, CONN_SHUTDOWN_CLOSED, true);
}

void conn_lost(struct conn *conn, enum conn_shutdown reason)
{
	conn_net_end(conn, reason, false);
}

static void say_restored(struct conn *conn)
{
	conn->owes_restored = false;
	conn->is_controls = false;
	conn_ops(conn->hub)->restored(conn->hub->params.control_context, conn->id);
}

static void say_connect(struct conn *conn)
{
	struct conn_connect connect;

	conn_connect_fill(conn, &connect);
	conn_ops(conn->hub)->connect(conn->hub->params.control_context, &connect);
}

static void act(struct conn *conn, unsigned actions, const struct conn_order *order)
{
	if (actions & CONN_DO_WELCOME)
		conn_connack(conn, order->grant);
	if (actions & CONN_DO_REJECT)
		conn_reject(conn, order->reason, order->shutdown, order->text);
	if (actions & CONN_DO_HANG_UP)
		conn_stop_text(conn, order->reason, order->shutdown, order->text);
	if (actions & CONN_DO_CONNECT)
		say_connect(conn);
	if (actions & CONN_DO_RESTORED)
		say_restored(conn);
	if (actions & CONN_DO_FLOW)
		conn_held_flow(conn);
	if (actions & CONN_DO_READ)
		conn_resume(conn);
	if (actions & CONN_DO_LEAVE)
		conn_leave(conn);
	if (actions & CONN_DO_AGAIN)
		conn_leave_again(conn);
	if (actions & CONN_DO_FREE) {
		forget(conn);
		conn_slot_give(conn);
	}
}

void conn_event(struct conn *conn, enum conn_event event, const struct conn_order *order)
{
	static const struct conn_order no_order = {.reason = 0};
	struct conn_hub *hub = conn->hub;
	struct conn_step step = conn_step((enum conn_state)conn->state, event);

	if (conn->state == CONN_STATE_PARKED && step.next != CONN_STATE_PARKED)
		conn_gauge(hub, CONN_COUNTER_PARKED_CONNECTIONS_COUNT, --hub->parked);
	else if (conn->state != CONN_STATE_PARKED && step.next == CONN_STATE_PARKED)
		conn_gauge(hub, CONN_COUNTER_PARKED_CONNECTIONS_COUNT, ++hub->parked);
	conn->state = (uint8_t)step.next;
	act(conn, step.actions, order ? order : &no_order);
}

void conn_grant(struct conn_hub *hub, const struct conn_grant *grant)
{
	struct conn_order order = {.grant = grant};
	struct conn *conn = conn_by_id(hub, grant->conn);

	if (conn == NULL ||
		(conn->state != CONN_STATE_DECIDING && conn->state != CONN_STATE_ORPHAN))
		return;
	conn->session = grant->session;
	conn->session_expiry_s = grant->session_expiry_s;
	conn->is_assigned = grant->assigned_id.bytes > 0;
	conn->is_controls = grant->restores;
	conn_event(conn, grant->restores ? CONN_EVENT_GRANT_RESTORE : CONN_EVENT_GRANT, &order);
}

void conn_refuse(struct conn_hub *hub, uint64_t id, uint8_t reason, enum conn_shutdown shutdown,
	struct wire_str text)
{
	struct conn_order order = {.reason = reason, .shutdown = shutdown, .text = text};
	struct conn *conn = conn_by_id(hub, id);

	if (conn != NULL)
		conn_event(conn, CONN_EVENT_REFUSE, &order);
}

void conn_disconnect(struct conn_hub *hub, uint64_t id, uint8_t reason, enum conn_shutdown shutdown,
	struct wire_str text)
{
	struct conn_order order = {.reason = reason, .shutdown = shutdown, .text = text};
	struct conn *conn = conn_by_id(hub, id);

	if (conn == NULL)
		return;
	if (conn_is_gone(conn) && shutdown != CONN_SHUTDOWN_NONE &&
		conn->state != CONN_STATE_LEAVING && conn->state != CONN_STATE_PARKED)
		conn->shutdown = (uint8_t)shutdown;
	conn_event(conn, CONN_EVENT_DISCONNECT, &order);
}

void conn_restore_end(struct conn_hub *hub, uint64_t id)
{
	struct conn *conn = conn_by_id(hub, id);

	if (conn == NULL ||
		(conn->state != CONN_STATE_RESTORING && conn->state != CONN_STATE_RESTORING_GONE))
		return;
	conn->owes_restored = true;
	if (conn_room(hub, conn, 1, 0))
		conn_event(conn, CONN_EVENT_RESTORE_END, NULL);
}

void conn_caught_up(struct conn_hub *hub, uint64_t id)
{
	struct conn *conn = conn_by_id(hub, id);

	if (conn != NULL)
		conn_event(conn, CONN_EVENT_CAUGHT_UP, NULL);
}

void conn_release(struct conn_hub *hub, uint64_t id)
{
	struct conn *conn = conn_by_id(hub, id);

	if (conn != NULL)
		conn_event(conn, CONN_EVENT_RELEASE, NULL);
}

/* Its turn has come: what waited goes on, and may wait again. */
void conn_unblocked(struct conn *conn)
{
	if (conn->owes_restored && conn_room(conn->hub, conn, 1, 0))
		conn_event(conn, CONN_EVENT_RESTORE_END, NULL);
	if (conn->state == CONN_STATE_LEAVING)
		conn_leave_step(conn);
	else
		conn_resume(conn);
}
