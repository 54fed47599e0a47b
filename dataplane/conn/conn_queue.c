#include <string.h>

#include "base_assert.h"
#include "conn_priv.h"

/*
 * Messages on their way to one client: queue, then window until acknowledged. The queue is bounded
 * by messages and bytes; the oldest goes first, and is counted.
 */

void conn_drop_count(struct conn_hub *hub, enum conn_counter why)
{
	conn_count(hub, CONN_COUNTER_DELIVERY_DROPPED);
	conn_count(hub, why);
}

struct conn_out *conn_out_need(struct conn *conn)
{
	struct conn_hub *hub = conn->hub;
	struct conn_out *out = conn->out;

	if (out != NULL)
		return out;
	out = conn_alloc(hub, hub->params.mem_queue, sizeof(*out));
	if (out == NULL)
		return NULL;
	*out = (struct conn_out){.progress_ms = hub->now_ms};
	base_list_init(&out->window);
	base_list_init(&out->resend);
	base_list_init(&out->queue);
	base_list_init(&out->held);
	conn->out = out;
	return out;
}

struct conn_parcel *conn_parcel_new(
	struct conn *conn, struct conn_msg *msg, const struct conn_how *how)
{
	struct conn_hub *hub = conn->hub;
	size_t ids_bytes = how->ids_len * sizeof(uint32_t);
	struct conn_parcel *parcel =
		conn_alloc(hub, hub->params.mem_queue, sizeof(*parcel) + ids_bytes);

	if (parcel == NULL)
		return NULL;
	*parcel = (struct conn_parcel){
		.msg = msg ? conn_msg_get(msg) : NULL,
		.qos = how->qos,
		.retain = how->retain,
		.ids_len = how->ids_len,
	};
	base_list_init(&parcel->node);
	if (ids_bytes > 0)
		memcpy(parcel->ids, how->ids, ids_bytes);
	return parcel;
}

void conn_parcel_free(struct conn *conn, struct conn_parcel *parcel)
{
	base_list_remove(&parcel->node);
	conn_msg_put(conn->hub, parcel->msg);
	conn_free(conn->hub, conn->hub->params.mem_queue, parcel);
}

static size_t bytes_of(const struct conn_msg *msg)
{
	return sizeof(struct conn_parcel) + msg->topic_bytes + msg->props_bytes +
	       msg->payload_bytes;
}

static struct conn_parcel *first(struct base_list *list)
{
	return base_list_is_empty(list) ? NULL
					: BASE_CONTAINER_OF(list->next, struct conn_parcel, node);
}

/* Takes a parcel out of queue or held. */
static void unqueue(struct conn_out *out, struct conn_parcel *parcel)
{
	base_list_remove(&parcel->node);
	out->queue_len--;
	out->queue_bytes -= bytes_of(parcel->msg);
}

void conn_queue_drop(struct conn *conn, struct conn_parcel *parcel, enum conn_counter why)
{
	unqueue(conn->out, parcel);
	conn_drop_count(conn->hub, why);
	conn_parcel_free(conn, parcel);
}

/* Drops from the old end until one more fits. False when it never will. */
static bool make_room(struct conn *conn, size_t bytes)
{
	const struct conn_config *config = &conn->hub->config;
	struct conn_out *out = conn->out;

	if (config->max_queue_bytes && bytes > config->max_queue_bytes)
		return false;
	while ((config->max_queue_len && out->queue_len >= config->max_queue_len) ||
		(config->max_queue_bytes && out->queue_bytes + bytes > config->max_queue_bytes)) {
		struct conn_parcel *oldest = first(&out->queue);

		if (oldest == NULL)
			oldest = first(&out->held);
		if (oldest == NULL)
			return false;
		conn_queue_drop(conn, oldest, CONN_COUNTER_DELIVERY_DROPPED_QUEUE_FULL);
	}
	return true;
}

/*
 * A message that may go out at once does not count as queued; only what is left after is held
 * against the limits.
 */
static bool goes_at_once(const struct conn *conn, const struct conn_how *how)
{
	return !how->is_held && !conn_is_gone(conn) && conn_queue_is_empty(conn) &&
	       !conn_is_congested(conn);
}

static void append(struct conn *conn, struct conn_msg *msg, const struct conn_how *how)
{
	struct conn_hub *hub = conn->hub;
	struct conn_out *out = conn->out;
	struct conn_parcel *parcel;

	/* What is being handed over is not shortened behind control's back. */
	if ((conn->state != CONN_STATE_LEAVING || !conn->is_controls) && !goes_at_once(conn, how) &&
		!make_room(conn, bytes_of(msg))) {
		conn_drop_count(hub, CONN_COUNTER_DELIVERY_DROPPED_QUEUE_FULL);
		return;
	}
	parcel = conn_parcel_new(conn, msg, how);
	if (parcel == NULL) {
		conn_drop_count(hub, CONN_COUNTER_DELIVERY_DROPPED_NO_MEMORY);
		return;
	}
	base_list_push_back(how->is_held ? &out->held : &out->queue, &parcel->node);
	out->queue_len++;
	out->queue_bytes += bytes_of(msg);
	if (!how->is_held)
		conn_pump(conn);
}

void conn_queue_put(struct conn *conn, const struct conn_message *message, struct conn_msg **made,
	const struct conn_how *how)
{
	struct conn_hub *hub = conn->hub;

	if (*made == NULL)
		*made = conn_msg_new(hub, message);
	if (*made == NULL || conn_out_need(conn) == NULL) {
		conn_drop_count(hub, CONN_COUNTER_DELIVERY_DROPPED_NO_MEMORY);
		return;
	}
	append(conn, *made, how);
}

bool conn_queue_is_empty(const struct conn *conn)
{
	return conn->out == NULL ||
	       (base_list_is_empty(&conn->out->resend) && base_list_is_empty(&conn->out->queue));
}

static bool has_quota(const struct conn *conn)
{
	uint16_t limit = conn->hub->config.max_inflight;

	if (conn->peer_receive_max < limit)
		limit = conn->peer_receive_max;
	return conn->out->in_flight < limit;
}

static uint16_t next_id(struct conn *conn)
{
	do {
		if (++conn->next_id == 0)
			conn->next_id = 1;
	} while (conn_ids_has(&conn->out->by_id, conn->next_id));
	return conn->next_id;
}

/* Larger than the client takes, or than any packet can be: treated as done (MQTT 5, 3.1.2-25). */
static bool is_too_large(const struct conn *conn, const struct conn_parcel *parcel)
{
	struct conn_how how = {.ids = parcel->ids, .ids_len = parcel->ids_len, .qos = parcel->qos};
	struct wire_publish_out publish;
	struct conn_message message;
	size_t header;

	conn_msg_view(parcel->msg, &message);
	conn_publish_fill(conn, &message, &how, &publish);
	publish.packet_id = 1;
	header = wire_publish_header_bytes(&publish);
	return header == 0 || (conn->max_packet_bytes != 0 &&
				      header + message.payload.bytes > conn->max_packet_bytes);
}

static struct conn_parcel *next_resend(struct conn *conn)
{
	struct conn_out *out = conn->out;
	struct conn_parcel *parcel;

	while ((parcel = first(&out->resend)) != NULL && has_quota(conn)) {
		if (is_too_large(conn, parcel)) {
			conn_drop_count(conn->hub, CONN_COUNTER_DELIVERY_DROPPED_TOO_LARGE);
			conn_window_del(conn, parcel);
			continue;
		}
		base_list_remove(&parcel->node);
		base_list_push_back(&out->window, &parcel->node);
		parcel->is_counted = true;
		out->in_flight++;
		return parcel;
	}
	return NULL;
}

static bool window_enter(struct conn *conn, struct conn_parcel *parcel)
{
	struct conn_out *out = conn->out;
	uint16_t id;

	if (out->by_id.len >= UINT16_MAX)
		return false;
	id = next_id(conn);
	if (conn_ids_put(conn, &out->by_id, true, id, parcel) != 0)
		return false;
	unqueue(out, parcel);
	parcel->packet_id = id;
	parcel->state = CONN_DELIVERY_PUBLISHED;
	parcel->is_counted = true;
	out->in_flight++;
	base_list_push_back(&out->window, &parcel->node);
	return true;
}

struct conn_parcel *conn_queue_next(struct conn *conn)
{
	struct conn_hub *hub = conn->hub;
	struct conn_out *out = conn->out;
	struct conn_parcel *parcel;
	uint32_t left_s;

	if (out == NULL)
		return NULL;
	if (!base_list_is_empty(&out->resend)) {
		parcel = next_resend(conn);
		if (parcel != NULL || !base_list_is_empty(&out->resend))
			return parcel;
	}
	while ((parcel = first(&out->queue)) != NULL) {
		if (!conn_message_lives(
			    parcel->msg->born_ms, parcel->msg->expiry_s, hub->now_ms, &left_s)) {
			conn_queue_drop(conn, parcel, CONN_COUNTER_DELIVERY_DROPPED_EXPIRED);
			continue;
		}
		if (is_too_large(conn, parcel)) {
			conn_queue_drop(conn, parcel, CONN_COUNTER_DELIVERY_DROPPED_TOO_LARGE);
			continue;
		}
		if (parcel->qos == 0)
			unqueue(out, parcel);
		else if (!has_quota(conn) || !window_enter(conn, parcel))
			return NULL;
		conn_count(hub, CONN_COUNTER_MESSAGES_DELIVERED);
		return parcel;
	}
	return NULL;
}

void conn_window_del(struct conn *conn, struct conn_parcel *parcel)
{
	bool was_there = conn_ids_del(&conn->out->by_id, parcel->packet_id);

	BASE_ASSERT(was_there);
	if (parcel->is_counted)
		conn->out->in_flight--;
	conn_parcel_free(conn, parcel);
}

void conn_held_flow(struct conn *conn)
{
	if (conn->out == NULL)
		return;
	base_list_splice_back(&conn->out->queue, &conn->out->held);
	conn_pump(conn);
}

static void list_drop(struct conn *conn, struct base_list *list)
{
	struct conn_parcel *parcel;

	while ((parcel = first(list)) != NULL)
		conn_parcel_free(conn, parcel);
}

void conn_out_drop(struct conn *conn)
{
	struct conn_out *out = conn->out;

	if (out == NULL)
		return;
	list_drop(conn, &out->window);
	list_drop(conn, &out->resend);
	list_drop(conn, &out->queue);
	list_drop(conn, &out->held);
	conn_ids_drop(conn, &out->by_id);
	conn_bytes_drop(conn);
	conn_free(conn->hub, conn->hub->params.mem_queue, out);
	conn->out = NULL;
}
