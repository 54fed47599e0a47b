#include "conn_priv.h"

/* What control sends for a connection: the state of a session that comes back, and messages. */

enum { REFUSED = 0x80, OPTION_QOS = 3 };

static bool is_restoring(const struct conn *conn)
{
	return conn->state == CONN_STATE_RESTORING || conn->state == CONN_STATE_RESTORING_GONE;
}

void conn_sub_restore(struct conn_hub *hub, const struct conn_subscribe *subs)
{
	struct conn *conn = conn_by_id(hub, subs->conn);

	if (conn == NULL || !is_restoring(conn))
		return;
	for (uint16_t i = 0; i < subs->filter_len; i++) {
		const struct conn_filter *filter = &subs->filters[i];

		if (filter->reason >= REFUSED)
			continue;
		if (conn_sub_set(conn, filter->text, filter->options, filter->subscription_id) == 0)
			continue;
		conn_stop(conn, 0x97, CONN_SHUTDOWN_NO_MEMORY);
		return;
	}
}

/*
 * What is not counted still waits to be sent again: a client may have a message of an earlier
 * connection, and say so first. Then it is in the window, as if it had been sent.
 */
void conn_release_parcel(struct conn *conn, struct conn_parcel *parcel)
{
	if (parcel->state == CONN_DELIVERY_PUBLISHED && !parcel->is_counted) {
		base_list_remove(&parcel->node);
		base_list_push_back(&conn->out->window, &parcel->node);
	}
	parcel->state = CONN_DELIVERY_RELEASED;
	conn_msg_put(conn->hub, parcel->msg);
	parcel->msg = NULL;
}

static struct conn_how how_of(const struct conn_delivery *delivery)
{
	return (struct conn_how){
		.ids = delivery->subscription_ids,
		.ids_len = delivery->subscription_id_len < CONN_SUBSCRIPTION_IDS_MAX
				   ? delivery->subscription_id_len
				   : CONN_SUBSCRIPTION_IDS_MAX,
		.qos = delivery->qos < 2 ? delivery->qos : 2,
		.retain = delivery->retain,
	};
}

/* A parcel with an identifier. False when there is no memory, or the identifier is taken. */
static bool window_restore(
	struct conn *conn, const struct conn_delivery *delivery, const struct conn_message *message)
{
	struct conn_hub *hub = conn->hub;
	struct conn_how how = how_of(delivery);
	struct conn_out *out = conn_out_need(conn);
	struct conn_msg *msg = NULL;
	struct conn_parcel *parcel = NULL;

	if (out == NULL || conn_ids_has(&out->by_id, delivery->packet_id))
		return false;
	if (message != NULL) {
		msg = conn_msg_new(hub, message);
		if (msg == NULL)
			return false;
	}
	parcel = conn_parcel_new(conn, msg, &how);
	conn_msg_put(hub, msg);
	if (parcel == NULL)
		return false;
	parcel->packet_id = delivery->packet_id;
	parcel->state = delivery->state;
	parcel->dup = true;
	if (conn_ids_put(conn, &out->by_id, true, parcel->packet_id, parcel) != 0) {
		conn_parcel_free(conn, parcel);
		return false;
	}
	base_list_push_back(message ? &out->resend : &out->window, &parcel->node);
	return true;
}

void conn_inflight_restore(struct conn_hub *hub, const struct conn_delivery *delivery,
	const struct conn_message *message)
{
	struct conn *conn = conn_by_id(hub, delivery->conn);

	if (conn == NULL || !is_restoring(conn) || delivery->packet_id == 0)
		return;
	if (delivery->state == CONN_DELIVERY_RECEIVED) {
		if (conn_ids_put(conn, &conn->received, false, delivery->packet_id, NULL) == 0)
			conn->restored_ids++;
		else
			conn_stop(conn, 0x97, CONN_SHUTDOWN_NO_MEMORY);
		return;
	}
	if (delivery->state == CONN_DELIVERY_RELEASED)
		message = NULL;
	else if (delivery->state != CONN_DELIVERY_PUBLISHED || message == NULL)
		return;
	if (!window_restore(conn, delivery, message)) {
		conn_drop_count(hub, CONN_COUNTER_DELIVERY_DROPPED_NO_MEMORY);
		return;
	}
	if (message == NULL)
		conn_ack(conn, WIRE_PUBREL, delivery->packet_id, 0);
	else
		conn_pump(conn);
}

void conn_deliver(struct conn_hub *hub, const struct conn_delivery *delivery,
	const struct conn_message *message)
{
	struct conn *conn = conn_by_id(hub, delivery->conn);
	struct conn_how how = how_of(delivery);
	struct conn_msg *made = NULL;

	/* Once it is parked, all that control needs to know was told. */
	if (conn == NULL || conn->session == 0 || conn->state == CONN_STATE_PARKED)
		return;
	/* Behind what is handed over already. */
	how.is_held = conn->state == CONN_STATE_LEAVING;
	conn_queue_put(conn, message, &made, &how);
	conn_msg_put(hub, made);
}
