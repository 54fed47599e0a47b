#include <string.h>

#include "base_assert.h"
#include "base_log.h"
#include "conn_priv.h"
#include "wire_encode.h"
#include "wire_error.h"

/*
 * From bytes to packets. A packet that lies in one piece is read where it lies; one that comes in
 * pieces is put together in a buffer that grows with what has arrived. A packet that cannot be
 * taken now (no room in the ring, an answer of control is due) stays in front, and the stream
 * stands.
 */

static const struct wire_rules first_rules = {.version = WIRE_V5,
	.from = WIRE_FROM_CLIENT,
	.lenient = WIRE_LENIENT_TEXT | WIRE_LENIENT_ID};

static struct wire_rules rules_of(const struct conn *conn)
{
	struct wire_rules rules = first_rules;

	rules.version = conn->version;
	return rules;
}

void conn_buffer_drop(struct conn *conn)
{
	conn_free(conn->hub, conn->hub->params.mem_input, conn->buffer);
	conn->buffer = NULL;
}

static bool is_stopped(const struct conn *conn)
{
	return conn_is_gone(conn) || conn->state == CONN_STATE_DECIDING ||
	       conn->state == CONN_STATE_RESTORING || conn->awaits != 0 ||
	       base_list_is_linked(&conn->blocked) || conn_acks_are_full(conn);
}

static void on_ping(struct conn *conn, const uint8_t *packet, size_t bytes)
{
	uint8_t pong[2];
	int used = wire_ping_decode(rules_of(conn), packet, bytes);

	if (used < 0) {
		conn_fault(conn, used);
		return;
	}
	used = wire_ping_encode(pong, sizeof(pong), WIRE_PINGRESP);
	BASE_ASSERT(used > 0);
	conn_send(conn, WIRE_PINGRESP, pong, (size_t)used);
}

static void on_disconnect(struct conn *conn, const uint8_t *packet, size_t bytes)
{
	struct wire_disconnect disconnect;
	int used = wire_disconnect_decode(&disconnect, rules_of(conn), packet, bytes);

	if (used < 0) {
		conn_fault(conn, used);
		return;
	}
	if (wire_props_has(&disconnect.props, WIRE_PROP_SESSION_EXPIRY)) {
		uint32_t expiry_s = disconnect.props.session_expiry_s;

		/* 3.14.2.2.2: what was 0 at CONNECT stays 0. */
		if (conn->identity->asked_expiry_s == 0 && expiry_s != 0) {
			conn_fault(conn, -WIRE_E_PROPERTY_VALUE);
			return;
		}
		conn->session_expiry_s = expiry_s;
		conn->expiry_set = true;
	}
	conn->will_dropped = disconnect.reason == 0;
	conn_net_end(conn, CONN_SHUTDOWN_NORMAL, true);
}

static void on_auth(struct conn *conn, const uint8_t *packet, size_t bytes)
{
	struct wire_disconnect auth;
	int used = wire_auth_decode(&auth, rules_of(conn), packet, bytes);

	/* 4.12.0-6: no CONNECT here had a method, so AUTH is a protocol error. */
	conn_fault(conn, used < 0 ? used : -WIRE_E_UNEXPECTED);
}

static enum conn_taken on_first(
	struct conn *conn, const struct wire_frame *frame, const uint8_t *packet, size_t bytes)
{
	if (frame->type == WIRE_CONNECT)
		return conn_on_connect(conn, packet, bytes);
	conn_log(conn, BASE_LOG_WARNING, "is closed", "the first packet is not CONNECT");
	conn_stop(conn, 0, CONN_SHUTDOWN_PROTO_UNEXPECTED_C);
	return CONN_TAKEN;
}

/* One whole packet. The connection may be gone after. */
static enum conn_taken on_packet(
	struct conn *conn, const struct wire_frame *frame, const uint8_t *packet, size_t bytes)
{
	if (conn->state == CONN_STATE_OPENED)
		return on_first(conn, frame, packet, bytes);
	switch (frame->type) {
	case WIRE_PUBLISH:
		return conn_on_publish(conn, packet, bytes);
	case WIRE_SUBSCRIBE:
	case WIRE_UNSUBSCRIBE:
		return conn_on_subscribe(conn, frame->type, packet, bytes);
	case WIRE_PUBACK:
	case WIRE_PUBREC:
	case WIRE_PUBREL:
	case WIRE_PUBCOMP:
		conn_on_ack(conn, packet, bytes);
		break;
	case WIRE_PINGREQ:
		on_ping(conn, packet, bytes);
		break;
	case WIRE_DISCONNECT:
		on_disconnect(conn, packet, bytes);
		break;
	case WIRE_AUTH:
		on_auth(conn, packet, bytes);
		break;
	case WIRE_CONNECT: /* 3.1.0-2 */
		conn_log(conn, BASE_LOG_WARNING, "is closed", "a second CONNECT");
		conn_stop(conn, 0x82, CONN_SHUTDOWN_PROTO_UNEXPECTED_C);
		break;
	default:
		conn_fault(conn, -WIRE_E_DIRECTION);
	}
	return CONN_TAKEN;
}

static enum conn_taken take(
	struct conn *conn, const struct wire_frame *frame, const uint8_t *packet, size_t bytes)
{
	struct conn_hub *hub = conn->hub;
	enum conn_taken taken = on_packet(conn, frame, packet, bytes);

	if (taken == CONN_TAKEN) {
		conn_count(hub, CONN_COUNTER_PACKETS_RECEIVED);
		conn_count(hub, (enum conn_counter)(CONN_COUNTER_PACKETS_CONNECT_RECEIVED +
						    frame->type - WIRE_CONNECT));
	} else {
		conn->packet_bytes = (uint32_t)bytes;
	}
	return taken;
}

/* Whether a packet of which only the head is known may go on. False: the connection was closed. */
static bool is_welcome(struct conn *conn, const struct wire_frame *frame, size_t packet_bytes)
{
	struct wire_rules rules = conn->version ? rules_of(conn) : first_rules;
	int error = wire_frame_check(frame, rules);

	if (conn->state == CONN_STATE_OPENED && frame->type != WIRE_CONNECT) {
		(void)on_first(conn, frame, NULL, 0);
		return false;
	}
	if (error == 0 && packet_bytes > conn->max_input_bytes)
		error = -WIRE_E_TOO_LARGE;
	if (error == 0)
		return true;
	conn_fault(conn, error);
	return false;
}

/* Makes room for `more` bytes, at least doubling, never beyond `limit` if that is known. */
static bool buffer_grow(struct conn *conn, size_t more, size_t limit)
{
	struct conn_hub *hub = conn->hub;
	struct conn_buffer *old = conn->buffer;
	size_t used = old ? old->used : 0;
	size_t cap = old ? (size_t)old->cap * 2 : CONN_BUFFER_MIN_BYTES;
	struct conn_buffer *grown;

	if (old != NULL && used + more <= old->cap)
		return true;
	while (cap < used + more)
		cap *= 2;
	if (limit >= used + more && cap > limit)
		cap = limit;
	grown = conn_alloc(hub, hub->params.mem_input, sizeof(*grown) + cap);
	if (grown == NULL) {
		conn_stop(conn, 0x97, CONN_SHUTDOWN_NO_MEMORY);
		return false;
	}
	grown->used = (uint32_t)used;
	grown->cap = (uint32_t)cap;
	if (used > 0)
		memcpy(grown->data, old->data, used);
	conn_free(hub, hub->params.mem_input, old);
	conn->buffer = grown;
	return true;
}

/*
 * Moves bytes into the buffer until it holds a whole packet or nothing is left. Returns the bytes
 * moved.
 */
static size_t buffer_fill(struct conn *conn, const uint8_t *data, size_t bytes)
{
	size_t moved = 0;

	while (moved < bytes) {
		struct wire_frame frame;
		size_t used = conn->buffer ? conn->buffer->used : 0;
		int whole = used ? wire_frame_peek(conn->buffer->data, used, &frame) : 0;
		size_t want = whole > 0 ? (size_t)whole - used : 1;

		if (whole < 0) {
			conn_fault(conn, whole);
			return bytes;
		}
		if (whole > 0 && !is_welcome(conn, &frame, (size_t)whole))
			return bytes;
		if (want == 0)
			break;
		if (want > bytes - moved)
			want = bytes - moved;
		if (!buffer_grow(conn, want, whole > 0 ? (size_t)whole : 0))
			return bytes;
		memcpy(conn->buffer->data + used, data + moved, want);
		conn->buffer->used += (uint32_t)want;
		moved += want;
	}
	return moved;
}

/* True when the buffer is empty after: there was no packet in it, or it was taken. */
static bool buffer_take(struct conn *conn)
{
	struct conn_buffer *buffer = conn->buffer;
	struct wire_frame frame;
	int whole;

	if (buffer == NULL)
		return true;
	whole = wire_frame_peek(buffer->data, buffer->used, &frame);
	if (whole < 0 || (whole > 0 && !is_welcome(conn, &frame, (size_t)whole))) {
		if (whole < 0)
			conn_fault(conn, whole);
		return false;
	}
	if (whole == 0 || (size_t)whole > buffer->used)
		return false;
	/* The packet's bytes must outlive the end of the connection in it. */
	conn->buffer = NULL;
	if (take(conn, &frame, buffer->data, (size_t)whole) == CONN_WAIT && !conn_is_gone(conn)) {
		conn->buffer = buffer;
		return false;
	}
	conn_free(conn->hub, conn->hub->params.mem_input, buffer);
	return true;
}

/*
 * Takes one packet that lies whole at `data`. Returns its bytes, or 0 when it is not whole or must
 * wait.
 */
static size_t take_in_place(struct conn *conn, const uint8_t *data, size_t bytes, bool *is_whole)
{
	struct wire_frame frame;
	int whole = wire_frame_peek(data, bytes, &frame);

	*is_whole = false;
	if (whole < 0) {
		conn_fault(conn, whole);
		return bytes;
	}
	if (whole == 0)
		return 0;
	if (!is_welcome(conn, &frame, (size_t)whole))
		return bytes;
	if ((size_t)whole > bytes)
		return 0;
	*is_whole = true;
	return take(conn, &frame, data, (size_t)whole) == CONN_TAKEN ? (size_t)whole : 0;
}

static size_t skip(struct conn *conn, size_t bytes)
{
	size_t skipped = conn->skip_bytes < bytes ? conn->skip_bytes : bytes;

	conn->skip_bytes -= (uint32_t)skipped;
	return skipped;
}

static size_t input(struct conn *conn, const uint8_t *data, size_t bytes)
{
	size_t used = skip(conn, bytes);

	while (used < bytes && !is_stopped(conn)) {
		bool is_whole = false;
		size_t taken = 0;

		if (conn->buffer == NULL) {
			taken = take_in_place(conn, data + used, bytes - used, &is_whole);
			if (taken == 0 && is_whole)
				break;
		}
		if (taken == 0 && !conn_is_gone(conn)) {
			taken = buffer_fill(conn, data + used, bytes - used);
			if (!conn_is_gone(conn) && !buffer_take(conn) && is_stopped(conn))
				return used + taken;
		}
		used += taken;
	}
	return used;
}

/* What the end of the connection has left to us, if that came meanwhile. */
static void input_leave(struct conn *conn)
{
	conn->in_input = false;
	if (conn_is_gone(conn))
		conn_alias_drop(conn);
}

size_t conn_input(struct conn *conn, const uint8_t *data, size_t bytes)
{
	size_t used;

	if (conn_is_gone(conn))
		return bytes;
	conn->seen_ms = conn->hub->now_ms;
	conn->in_input = true;
	used = input(conn, data, bytes);
	input_leave(conn);
	if (conn_is_gone(conn))
		return bytes;
	conn_count_add(conn->hub, CONN_COUNTER_BYTES_RECEIVED, used);
	conn->is_paused = used < bytes;
	return used;
}

void conn_answered(struct conn *conn)
{
	struct conn_hub *hub = conn->hub;

	conn_count(hub, CONN_COUNTER_PACKETS_RECEIVED);
	conn_count(hub, (enum conn_counter)(CONN_COUNTER_PACKETS_CONNECT_RECEIVED + conn->awaits -
					    WIRE_CONNECT));
	conn->awaits = 0;
	if (conn->buffer != NULL)
		conn_buffer_drop(conn);
	else
		conn->skip_bytes = conn->packet_bytes;
}

void conn_resume(struct conn *conn)
{
	if (conn->in_input || is_stopped(conn))
		return;
	if (conn->buffer != NULL) {
		conn->in_input = true;
		(void)buffer_take(conn);
		input_leave(conn);
	}
	if (!is_stopped(conn) && conn->is_paused) {
		conn->is_paused = false;
		conn->seen_ms = conn->hub->now_ms;
		conn->transport->resume(conn->io);
	}
}
