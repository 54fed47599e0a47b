#include <string.h>

#include "base_assert.h"
#include "conn_priv.h"

/*
 * Bytes to the transport, in this order: the rest of the packet that is half out, answers, then
 * messages as the window allows. Answers and packets go directly when nothing is before them.
 */

static bool has_bytes(const struct conn_out *out)
{
	return out->head != NULL || out->msg != NULL || out->acks_bytes > 0;
}

bool conn_is_congested(const struct conn *conn)
{
	return conn->out != NULL && (has_bytes(conn->out) || conn->out->is_stalled);
}

bool conn_acks_are_full(const struct conn *conn)
{
	return conn->out != NULL &&
	       conn->out->acks_bytes - conn->out->acks_at > CONN_ACKS_MAX_BYTES;
}

/* Whatever waits now, its time begins. */
static void stall_begin(struct conn *conn)
{
	if (!conn_is_congested(conn))
		conn->out->progress_ms = conn->hub->now_ms;
}

static size_t write_some(struct conn *conn, const uint8_t *data, size_t bytes, bool more)
{
	size_t space = conn->transport->space(conn->io);
	size_t part = bytes < space ? bytes : space;

	if (part == 0)
		return 0;
	part = conn->transport->write(conn->io, data, part, more || part < bytes);
	if (part == 0)
		return 0;
	conn_count_add(conn->hub, CONN_COUNTER_BYTES_SENT, part);
	if (conn->out != NULL)
		conn->out->progress_ms = conn->hub->now_ms;
	if (!base_list_is_linked(&conn->flush))
		base_list_push_back(&conn->hub->flush, &conn->flush);
	return part;
}

static void count_packet(struct conn *conn, enum wire_type type)
{
	conn_count(conn->hub, CONN_COUNTER_PACKETS_SENT);
	conn_count(conn->hub,
		(enum conn_counter)(CONN_COUNTER_PACKETS_CONNECT_SENT + type - WIRE_CONNECT));
}

static void out_of_memory(struct conn *conn)
{
	conn_net_end(conn, CONN_SHUTDOWN_NO_MEMORY, true);
}

/*
 * Room for `bytes` bytes more. What was sent makes room when that is half of all or more; so a
 * client that never quite catches up does not make this grow, and little is moved.
 */
static bool acks_reserve(struct conn *conn, size_t bytes)
{
	struct conn_hub *hub = conn->hub;
	struct conn_out *out = conn->out;
	uint8_t *grown;
	size_t cap;

	if (out->acks_at > 0 && out->acks_at >= out->acks_bytes / 2 &&
		out->acks_bytes + bytes > out->acks_cap) {
		out->acks_bytes -= out->acks_at;
		memmove(out->acks, out->acks + out->acks_at, out->acks_bytes);
		out->acks_at = 0;
	}
	if (out->acks_bytes + bytes <= out->acks_cap)
		return true;
	cap = ((size_t)out->acks_bytes + bytes) * 2;
	grown = conn_alloc(hub, hub->params.mem_queue, cap);
	if (grown == NULL)
		return false;
	if (out->acks_bytes > 0)
		memcpy(grown, out->acks, out->acks_bytes);
	conn_free(hub, hub->params.mem_queue, out->acks);
	out->acks = grown;
	out->acks_cap = (uint32_t)cap;
	return true;
}

static void acks_append(struct conn *conn, const uint8_t *data, size_t bytes)
{
	struct conn_out *out = conn_out_need(conn);

	if (out == NULL) {
		out_of_memory(conn);
		return;
	}
	stall_begin(conn);
	if (!acks_reserve(conn, bytes)) {
		out_of_memory(conn);
		return;
	}
	memcpy(out->acks + out->acks_bytes, data, bytes);
	out->acks_bytes += (uint32_t)bytes;
	conn_clock(conn);
}

void conn_send(struct conn *conn, enum wire_type type, const uint8_t *packet, size_t bytes)
{
	size_t sent = 0;

	if (conn_is_gone(conn))
		return;
	count_packet(conn, type);
	if (conn->out == NULL || !has_bytes(conn->out))
		sent = write_some(conn, packet, bytes, false);
	if (sent < bytes)
		acks_append(conn, packet + sent, bytes - sent);
}

void conn_ack(struct conn *conn, enum wire_type type, uint16_t packet_id, uint8_t reason)
{
	struct wire_ack ack = {.type = (uint8_t)type, .packet_id = packet_id, .reason = reason};
	uint8_t packet[16];
	int bytes;

	if (conn_is_gone(conn))
		return;
	bytes = wire_ack_encode(packet, sizeof(packet), conn->version, &ack, 0);
	BASE_ASSERT(bytes > 0);
	conn_send(conn, type, packet, (size_t)bytes);
}

static void count_message(struct conn *conn, uint8_t qos)
{
	count_packet(conn, WIRE_PUBLISH);
	conn_count(conn->hub, CONN_COUNTER_MESSAGES_SENT);
	conn_count(conn->hub, (enum conn_counter)(CONN_COUNTER_MESSAGES_QOS0_SENT + qos));
}

bool conn_send_try(struct conn *conn, const uint8_t *packet, size_t bytes)
{
	size_t sent;

	if (conn_is_congested(conn) || !conn_queue_is_empty(conn) ||
		conn->transport->space(conn->io) < bytes)
		return false;
	sent = write_some(conn, packet, bytes, false);
	if (sent == 0)
		return false;
	conn_count(conn->hub, CONN_COUNTER_MESSAGES_DELIVERED);
	count_message(conn, 0);
	/* Memory was short in the transport. */
	if (sent < bytes)
		acks_append(conn, packet + sent, bytes - sent);
	return true;
}

static void acks_free(struct conn *conn)
{
	struct conn_out *out = conn->out;

	conn_free(conn->hub, conn->hub->params.mem_queue, out->acks);
	out->acks = NULL;
	out->acks_bytes = out->acks_at = out->acks_cap = 0;
}

static void head_free(struct conn *conn)
{
	conn_free(conn->hub, conn->hub->params.mem_queue, conn->out->head);
	conn->out->head = NULL;
}

static void msg_free(struct conn *conn)
{
	conn_msg_put(conn->hub, conn->out->msg);
	conn->out->msg = NULL;
}

void conn_bytes_drop(struct conn *conn)
{
	if (conn->out == NULL)
		return;
	acks_free(conn);
	head_free(conn);
	msg_free(conn);
	conn->out->is_stalled = false;
}

/* Sends the rest of the packet that is half out. True when nothing is left of it. */
static bool pump_packet(struct conn *conn)
{
	struct conn_out *out = conn->out;
	struct conn_message message;

	if (out->head != NULL) {
		out->head_at += (uint32_t)write_some(conn, out->head + out->head_at,
			out->head_bytes - out->head_at, out->msg != NULL);
		if (out->head_at < out->head_bytes)
			return false;
		head_free(conn);
	}
	if (out->msg != NULL) {
		conn_msg_view(out->msg, &message);
		out->msg_at += (uint32_t)write_some(conn, message.payload.data + out->msg_at,
			message.payload.bytes - out->msg_at, false);
		if (out->msg_at < message.payload.bytes)
			return false;
		msg_free(conn);
	}
	return true;
}

static bool pump_acks(struct conn *conn)
{
	struct conn_out *out = conn->out;

	if (out->acks_bytes == 0)
		return true;
	out->acks_at += (uint32_t)write_some(
		conn, out->acks + out->acks_at, out->acks_bytes - out->acks_at, false);
	if (out->acks_at < out->acks_bytes)
		return false;
	acks_free(conn);
	return true;
}

void conn_pump_acks(struct conn *conn)
{
	if (conn->out != NULL && !conn_is_gone(conn) && pump_packet(conn) && pump_acks(conn))
		conn->out->is_stalled = false;
}

void conn_publish_fill(const struct conn *conn, const struct conn_message *message,
	const struct conn_how *how, struct wire_publish_out *publish)
{
	*publish = (struct wire_publish_out){
		.version = conn->version,
		.qos = how->qos,
		.retain = how->retain,
		.topic = message->topic,
		.payload_bytes = message->payload.bytes,
	};
	if (conn->version < WIRE_V5)
		return;
	publish->has_expiry = message->expiry_s != UINT32_MAX;
	if (!conn_message_lives(
		    message->born_ms, message->expiry_s, conn->hub->now_ms, &publish->expiry_s))
		publish->expiry_s = 0; /* it was sent before, so it is sent again (4.3.3-7) */
	publish->subscription_ids_len = how->ids_len;
	publish->subscription_ids = how->ids;
	publish->forward = message->props;
}

/* Keeps what the transport did not take. */
static void keep_rest(struct conn *conn, const uint8_t *head, size_t head_bytes,
	struct conn_msg *msg, size_t msg_at)
{
	struct conn_hub *hub = conn->hub;
	struct conn_out *out = conn->out;

	stall_begin(conn);
	if (head_bytes > 0) {
		out->head = conn_alloc(hub, hub->params.mem_queue, head_bytes);
		if (out->head == NULL) {
			out_of_memory(conn);
			return;
		}
		memcpy(out->head, head, head_bytes);
		out->head_bytes = (uint32_t)head_bytes;
		out->head_at = 0;
	}
	if (msg != NULL) {
		out->msg = conn_msg_get(msg);
		out->msg_at = (uint32_t)msg_at;
	}
	conn_clock(conn);
}

static void send_encoded(struct conn *conn, struct conn_parcel *parcel, uint8_t *head,
	size_t head_bytes, const struct conn_message *message)
{
	size_t payload_bytes = message->payload.bytes;
	size_t sent;

	if (head_bytes + payload_bytes <= CONN_SCRATCH_BYTES && head == conn->hub->scratch) {
		if (payload_bytes > 0)
			memcpy(head + head_bytes, message->payload.data, payload_bytes);
		sent = write_some(conn, head, head_bytes + payload_bytes, false);
		if (sent < head_bytes + payload_bytes)
			keep_rest(conn, head + sent, head_bytes + payload_bytes - sent, NULL, 0);
		return;
	}
	sent = write_some(conn, head, head_bytes, payload_bytes > 0);
	if (sent < head_bytes) {
		keep_rest(conn, head + sent, head_bytes - sent,
			payload_bytes > 0 ? parcel->msg : NULL, 0);
		return;
	}
	sent = write_some(conn, message->payload.data, payload_bytes, false);
	if (sent < payload_bytes)
		keep_rest(conn, NULL, 0, parcel->msg, sent);
}

static void send_parcel(struct conn *conn, struct conn_parcel *parcel)
{
	struct conn_hub *hub = conn->hub;
	struct conn_how how = {.ids = parcel->ids,
		.ids_len = parcel->ids_len,
		.qos = parcel->qos,
		.retain = parcel->retain};
	struct wire_publish_out publish;
	struct conn_message message;
	uint8_t *head = hub->scratch;
	size_t head_bytes;
	int encoded;

	conn_msg_view(parcel->msg, &message);
	conn_publish_fill(conn, &message, &how, &publish);
	publish.packet_id = parcel->packet_id;
	publish.dup = parcel->dup;
	head_bytes = wire_publish_header_bytes(&publish);
	if (head_bytes > sizeof(hub->scratch))
		head = conn_alloc(hub, hub->params.mem_queue, head_bytes);
	if (head == NULL) {
		out_of_memory(conn);
		return;
	}
	encoded = wire_publish_header_encode(head, head_bytes, &publish);
	BASE_ASSERT(encoded > 0 && (size_t)encoded == head_bytes);
	count_message(conn, parcel->qos);
	send_encoded(conn, parcel, head, head_bytes, &message);
	if (head != hub->scratch)
		conn_free(hub, hub->params.mem_queue, head);
}

void conn_pump(struct conn *conn)
{
	struct conn_parcel *parcel;
	uint8_t qos;

	while (conn->out != NULL && !conn_is_gone(conn) && pump_packet(conn) && pump_acks(conn)) {
		conn->out->is_stalled = false;
		if (conn_queue_is_empty(conn))
			return;
		if (conn->transport->space(conn->io) == 0) {
			stall_begin(conn);
			conn->out->is_stalled = true;
			conn_clock(conn);
			return;
		}
		parcel = conn_queue_next(conn);
		if (parcel == NULL)
			return;
		qos = parcel->qos;
		send_parcel(conn, parcel);
		if (qos == 0)
			conn_parcel_free(conn, parcel);
	}
}

void conn_writable(struct conn *conn)
{
	if (conn_is_gone(conn))
		return;
	conn_pump(conn);
	conn_resume(conn);
}
