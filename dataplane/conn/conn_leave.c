#include "base_assert.h"
#include "conn_priv.h"

/*
 * A connection leaves: what a session needs to go on goes to control piece by piece, as the ring
 * has room, then CLOSED. With the first record control takes the session's filters up; what matches
 * before that is queued here. The parcels stay until control releases the connection, as it may die
 * before it has read them.
 */

enum { PHASE_IDS, PHASE_WINDOW, PHASE_RESEND, PHASE_QUEUE, PHASE_HELD };

bool conn_is_kept(const struct conn *conn)
{
	return conn->session != 0 && conn->session_expiry_s > 0 &&
	       conn->shutdown != CONN_SHUTDOWN_KICKED &&
	       conn->shutdown != CONN_SHUTDOWN_DISCARDED && conn->shutdown != CONN_SHUTDOWN_EXPIRED;
}

void conn_leave(struct conn *conn)
{
	conn->owes_restored = false;
	if (!conn_is_kept(conn)) {
		conn_subs_drop(conn);
		conn_out_drop(conn);
		conn_ids_drop(conn, &conn->received);
	}
	conn_leave_again(conn);
}

void conn_leave_again(struct conn *conn)
{
	conn->phase = PHASE_IDS;
	conn->handed_ids = 0;
	conn->handed = NULL;
	conn_leave_step(conn);
}

static bool hand_over_ids(struct conn *conn)
{
	struct conn_hub *hub = conn->hub;

	for (; conn->handed_ids < conn->received.cap; conn->handed_ids++) {
		struct conn_delivery delivery = {
			.conn = conn->id,
			.packet_id = conn->received.keys[conn->handed_ids],
			.state = CONN_DELIVERY_RECEIVED,
			.qos = 2,
		};

		if (delivery.packet_id == 0)
			continue;
		if (!conn_room(hub, conn, 1, 0))
			return false;
		conn->is_controls = true;
		conn_ops(hub)->inflight(hub->params.control_context, &delivery, NULL);
	}
	return true;
}

/* Drops what need not, or cannot, be handed over. True when it is gone. */
static bool is_dropped(struct conn *conn, struct conn_parcel *parcel, size_t bytes)
{
	struct conn_hub *hub = conn->hub;
	enum conn_counter why;
	uint32_t left_s;

	if (parcel->state != CONN_DELIVERY_QUEUED) {
		if (bytes + CONN_RECORD_HEAD_BYTES <= hub->params.max_record_bytes)
			return false;
		conn_drop_count(hub, CONN_COUNTER_DELIVERY_DROPPED_TOO_LARGE);
		conn_window_del(conn, parcel);
		return true;
	}
	BASE_ASSERT(parcel->msg != NULL);
	if (parcel->qos == 0 && !hub->config.queue_qos0)
		why = CONN_COUNTER_DELIVERY_DROPPED_QOS0_MSG;
	else if (!conn_message_lives(
			 parcel->msg->born_ms, parcel->msg->expiry_s, hub->now_ms, &left_s))
		why = CONN_COUNTER_DELIVERY_DROPPED_EXPIRED;
	else if (bytes + CONN_RECORD_HEAD_BYTES > hub->params.max_record_bytes)
		why = CONN_COUNTER_DELIVERY_DROPPED_TOO_LARGE;
	else
		return false;
	conn_queue_drop(conn, parcel, why);
	return true;
}

static void hand_over(struct conn *conn, const struct conn_parcel *parcel)
{
	struct conn_hub *hub = conn->hub;
	struct conn_message message;
	struct conn_delivery delivery = {
		.conn = conn->id,
		.packet_id = parcel->packet_id,
		.state = parcel->state,
		.qos = parcel->qos,
		.retain = parcel->retain,
		.subscription_id_len = parcel->ids_len,
	};

	for (unsigned i = 0; i < parcel->ids_len; i++)
		delivery.subscription_ids[i] = parcel->ids[i];
	if (parcel->msg != NULL)
		conn_msg_view(parcel->msg, &message);
	if (parcel->state == CONN_DELIVERY_QUEUED)
		conn_ops(hub)->queued(hub->params.control_context, &delivery, &message);
	else
		conn_ops(hub)->inflight(
			hub->params.control_context, &delivery, parcel->msg ? &message : NULL);
}

/* Goes on behind the last parcel that control has. */
static bool hand_over_list(struct conn *conn, struct base_list *list)
{
	struct base_list *node = conn->handed ? conn->handed->next : list->next, *next;

	for (; node != list; node = next) {
		struct conn_parcel *parcel = BASE_CONTAINER_OF(node, struct conn_parcel, node);
		size_t bytes = 0;

		next = node->next;
		if (parcel->msg != NULL)
			bytes = (size_t)parcel->msg->topic_bytes + parcel->msg->props_bytes +
				parcel->msg->payload_bytes;
		if (is_dropped(conn, parcel, bytes))
			continue;
		if (!conn_room(conn->hub, conn, 1, bytes))
			return false;
		conn->is_controls = true;
		hand_over(conn, parcel);
		conn->handed = node;
	}
	return true;
}

static bool hand_over_phase(struct conn *conn)
{
	struct conn_out *out = conn->out;

	if (conn->phase == PHASE_IDS)
		return hand_over_ids(conn);
	if (out == NULL)
		return true;
	if (conn->phase == PHASE_WINDOW)
		return hand_over_list(conn, &out->window);
	if (conn->phase == PHASE_RESEND)
		return hand_over_list(conn, &out->resend);
	if (conn->phase == PHASE_QUEUE)
		return hand_over_list(conn, &out->queue);
	return hand_over_list(conn, &out->held);
}

void conn_leave_step(struct conn *conn)
{
	struct conn_hub *hub = conn->hub;
	struct conn_closed closed = {
		.conn = conn->id,
		.session = conn->session,
		.session_expiry_s = conn->session_expiry_s,
		.shutdown = (enum conn_shutdown)conn->shutdown,
		.will_dropped = conn->will_dropped,
		.expiry_set = conn->expiry_set,
		.is_parked = conn_is_kept(conn) && conn->subs != NULL,
	};
	bool is_done;

	while ((is_done = hand_over_phase(conn)) && conn->phase < PHASE_HELD) {
		conn->phase++;
		conn->handed = NULL;
	}
	if (!is_done || !conn_room(hub, conn, 1, 0))
		return;
	conn->is_controls = true;
	conn_ops(hub)->closed(hub->params.control_context, &closed);
	conn_event(conn, closed.is_parked ? CONN_EVENT_KEPT : CONN_EVENT_CLOSED, NULL);
}
