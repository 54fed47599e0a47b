#include <string.h>
#include <unistd.h>

#include "abi_record.h"
#include "abi_region.h"
#include "base_assert.h"
#include "worker.h"

/* What connections tell control, as records of the ring. */

_Static_assert(CONN_RECORD_HEAD_BYTES >= sizeof(struct abi_connect) + 8 + 8 &&
		       CONN_RECORD_HEAD_BYTES >= sizeof(struct abi_inflight) + 8 + 8 &&
		       CONN_RECORD_HEAD_BYTES >= sizeof(struct abi_shared) + 8 + 8,
	"the fixed part of a record, with ring head and padding, is within what room() is asked "
	"for");
_Static_assert(CONN_FILTER_HEAD_BYTES >= sizeof(struct abi_filter_head), "so is that of a filter");
_Static_assert((int)CONN_SUBSCRIPTION_IDS_MAX ==
		       sizeof(((struct abi_delivery *)0)->subscription_ids) / sizeof(uint32_t),
	"both carry the same number of subscription identifiers");
_Static_assert((int)CONN_DELIVERY_QUEUED == ABI_INFLIGHT_QUEUED &&
		       (int)CONN_DELIVERY_PUBLISHED == ABI_INFLIGHT_PUBLISHED &&
		       (int)CONN_DELIVERY_RELEASED == ABI_INFLIGHT_RELEASED &&
		       (int)CONN_DELIVERY_RECEIVED == ABI_INFLIGHT_RECEIVED,
	"the states are passed on as they are");

/* A record with `head_bytes` of fixed part and `tail_bytes` behind. room() was asked before, so it fits. */
static void *begin(
	struct worker *w, enum abi_record_kind kind, size_t head_bytes, size_t tail_bytes)
{
	void *body = abi_ring_reserve(
		w->link.to_control, (uint16_t)kind, (uint32_t)(head_bytes + tail_bytes));

	BASE_ASSERT(body != NULL);
	w->link.is_dirty = true;
	abi_counter_add(&w->counters->values[ABI_COUNTER_RING_RECORDS_SENT], 1);
	return body;
}

static uint8_t *put(uint8_t *at, struct wire_str text)
{
	if (text.bytes > 0)
		memcpy(at, text.data, text.bytes);
	return at + text.bytes;
}

/*
 * At the wrap a record may take twice its size, hence the doubled demand. Before control has said HELLO nothing can
 * be told.
 */
static bool room(void *context, unsigned records, size_t bytes)
{
	struct worker *w = context;
	struct abi_ring *ring = w->link.to_control;

	(void)records;
	return w->link.state != WORKER_LINK_HELLO && bytes <= abi_ring_body_max(ring) &&
	       abi_ring_free_bytes(ring) >= 2 * (uint64_t)bytes;
}

static uint16_t connect_flags(const struct conn_connect *c)
{
	return (uint16_t)((c->clean_start ? ABI_CONNECT_CLEAN_START : 0) |
			  (c->has_will ? ABI_CONNECT_WILL : 0) |
			  (c->will_retain ? ABI_CONNECT_WILL_RETAIN : 0) |
			  (c->has_username ? ABI_CONNECT_USERNAME : 0) |
			  (c->has_password ? ABI_CONNECT_PASSWORD : 0) |
			  (c->is_bridge ? ABI_CONNECT_BRIDGE : 0) |
			  (c->wants_response_info ? ABI_CONNECT_RESPONSE_INFO : 0) |
			  (c->is_parked ? ABI_CONNECT_PARKED : 0));
}

static void tell_connect(struct worker *w, enum abi_record_kind kind, const struct conn_connect *c)
{
	struct abi_connect *body = begin(w, kind, sizeof(*body),
		(size_t)c->client_id.bytes + c->username.bytes + c->password.bytes +
			c->will_topic.bytes + c->will_props.bytes + c->will_payload.bytes);
	uint8_t *at = (uint8_t *)(body + 1);

	*body = (struct abi_connect){
		.conn = c->conn,
		.session = c->session,
		.connected_ms = c->connected_ms,
		.session_expiry_s = c->session_expiry_s,
		.will_delay_s = c->will_delay_s,
		.will_expiry_s = c->will_expiry_s,
		.max_packet_bytes = c->max_packet_bytes,
		.listener = c->listener,
		.flags = connect_flags(c),
		.keepalive_s = c->keepalive_s,
		.receive_max = c->receive_max,
		.topic_alias_max = c->topic_alias_max,
		.peer_port = c->peer_port,
		.version = c->version,
		.will_qos = c->will_qos,
		.assigned = c->is_assigned,
		.client_id_bytes = (uint16_t)c->client_id.bytes,
		.username_bytes = (uint16_t)c->username.bytes,
		.password_bytes = (uint16_t)c->password.bytes,
		.will_topic_bytes = (uint16_t)c->will_topic.bytes,
		.will_props_bytes = c->will_props.bytes,
		.will_payload_bytes = c->will_payload.bytes,
	};
	memcpy(body->peer_addr, c->peer_addr, sizeof(body->peer_addr));
	at = put(at, c->client_id);
	at = put(at, c->username);
	at = put(at, c->password);
	at = put(at, c->will_topic);
	at = put(at, c->will_props);
	put(at, c->will_payload);
}

static void tell_connecting(void *context, const struct conn_connect *connect)
{
	tell_connect(context, ABI_W_CONNECT, connect);
}

static void tell_live(void *context, const struct conn_connect *connect)
{
	tell_connect(context, ABI_W_LIVE, connect);
}

static void tell_filters(
	struct worker *w, enum abi_record_kind kind, const struct conn_subscribe *s)
{
	size_t bytes = s->filter_len * sizeof(struct abi_filter_head);
	struct abi_subscribe *body;
	uint8_t *at;

	for (unsigned i = 0; i < s->filter_len; i++)
		bytes += s->filters[i].text.bytes;
	body = begin(w, kind, sizeof(*body), bytes);
	*body = (struct abi_subscribe){
		.conn = s->conn,
		.subscription_id = s->subscription_id,
		.packet_id = s->packet_id,
		.filter_len = s->filter_len,
		.filters_bytes = (uint32_t)bytes,
	};
	at = (uint8_t *)(body + 1);
	for (unsigned i = 0; i < s->filter_len; i++) {
		const struct conn_filter *f = &s->filters[i];
		struct abi_filter_head head = {
			.text_bytes = (uint16_t)f->text.bytes,
			.options = f->options,
			.reason = f->reason,
			.subscription_id = f->subscription_id,
		};

		memcpy(at, &head, sizeof(head));
		at = put(at + sizeof(head), f->text);
	}
}

static void tell_subscribe(void *context, const struct conn_subscribe *subscribe)
{
	tell_filters(context, ABI_W_SUBSCRIBE, subscribe);
}

static void tell_unsubscribe(void *context, const struct conn_subscribe *unsubscribe)
{
	tell_filters(context, ABI_W_UNSUBSCRIBE, unsubscribe);
}

static void tell_live_subs(void *context, const struct conn_subscribe *subscribe)
{
	tell_filters(context, ABI_W_LIVE_SUBS, subscribe);
}

static size_t message_bytes(const struct conn_message *m)
{
	return m == NULL ? 0 : (size_t)m->topic.bytes + m->props.bytes + m->payload.bytes;
}

/* Fills the fixed part, and writes the variable parts at `at`; no message leaves zeros. Returns the end. */
static uint8_t *put_message(struct abi_message *body, uint8_t *at, const struct conn_message *m)
{
	if (m == NULL) {
		*body = (struct abi_message){0};
		return at;
	}
	*body = (struct abi_message){
		.conn = m->publisher,
		.born_ms = m->born_ms,
		.expiry_s = m->expiry_s,
		.qos = m->qos,
		.flags = m->retain ? ABI_MESSAGE_RETAIN : 0,
		.topic_bytes = (uint16_t)m->topic.bytes,
		.props_bytes = m->props.bytes,
		.payload_bytes = m->payload.bytes,
	};
	return put(put(put(at, m->topic), m->props), m->payload);
}

static void tell_message(struct worker *w, enum abi_record_kind kind, const struct conn_message *m)
{
	struct abi_message *body = begin(w, kind, sizeof(*body), message_bytes(m));

	put_message(body, (uint8_t *)(body + 1), m);
}

static void tell_retain(void *context, const struct conn_message *message)
{
	tell_message(context, ABI_W_RETAIN, message);
}

static void tell_interest(void *context, const struct conn_message *message)
{
	tell_message(context, ABI_W_INTEREST, message);
}

static void tell_shared(void *context, struct wire_str filter, const struct conn_message *message)
{
	struct abi_shared *body =
		begin(context, ABI_W_SHARED, sizeof(*body), message_bytes(message) + filter.bytes);
	uint8_t *at = put_message(&body->message, (uint8_t *)(body + 1), message);

	body->filter_bytes = (uint16_t)filter.bytes;
	memset(body->reserved, 0, sizeof(body->reserved));
	put(at, filter);
}

static void tell_delivery(struct worker *w, enum abi_record_kind kind,
	const struct conn_delivery *d, const struct conn_message *m)
{
	struct abi_inflight *body = begin(w, kind, sizeof(*body), message_bytes(m));

	body->delivery = (struct abi_delivery){
		.conn = d->conn,
		.packet_id = d->packet_id,
		.state = d->state,
		.qos = d->qos,
		.retain = d->retain,
		.subscription_id_len = d->subscription_id_len,
	};
	memcpy(body->delivery.subscription_ids, d->subscription_ids, sizeof(d->subscription_ids));
	put_message(&body->message, (uint8_t *)(body + 1), m);
}

static void tell_inflight(
	void *context, const struct conn_delivery *delivery, const struct conn_message *message)
{
	tell_delivery(context, ABI_W_INFLIGHT, delivery, message);
}

static void tell_queued(
	void *context, const struct conn_delivery *delivery, const struct conn_message *message)
{
	tell_delivery(context, ABI_W_QUEUED, delivery, message);
}

static void tell_closed(void *context, const struct conn_closed *closed)
{
	struct abi_closed *body = begin(context, ABI_W_CLOSED, sizeof(*body), 0);

	*body = (struct abi_closed){
		.conn = closed->conn,
		.session = closed->session,
		.session_expiry_s = closed->session_expiry_s,
		.shutdown = (uint16_t)closed->shutdown,
		.flags = (uint16_t)((closed->will_dropped ? ABI_CLOSED_WILL_DROPPED : 0) |
				    (closed->expiry_set ? ABI_CLOSED_EXPIRY_SET : 0) |
				    (closed->is_parked ? ABI_CLOSED_PARKED : 0)),
	};
}

static void tell_restored(void *context, uint64_t conn)
{
	struct abi_conn *body = begin(context, ABI_W_RESTORED, sizeof(*body), 0);

	body->conn = conn;
}

/* A line more or less does no harm: without room it is dropped. */
static void tell_log(void *context, int level, const char *text, size_t bytes)
{
	struct abi_log *body;

	if (!room(context, 1, sizeof(*body) + bytes + 16)) {
		abi_counter_add(
			&((struct worker *)context)->counters->values[ABI_COUNTER_RING_FULL], 1);
		return;
	}
	body = begin(context, ABI_W_LOG, sizeof(*body), bytes);
	body->level = (uint32_t)level;
	body->text_bytes = (uint32_t)bytes;
	memcpy(body + 1, text, bytes);
}

bool worker_tell_hello(struct worker *w, uint16_t kind)
{
	struct abi_hello *body =
		abi_ring_reserve(w->link.to_control, kind, (uint32_t)sizeof(*body));

	if (body == NULL)
		return false;
	*body = (struct abi_hello){
		.epoch = abi_region_epoch(w->region),
		.peer_epoch = w->link.control_epoch,
		.worker = w->args.worker,
		.pid = (uint32_t)getpid(),
	};
	w->link.is_dirty = true;
	return true;
}

const struct conn_control worker_tell = {
	.room = room,
	.connect = tell_connecting,
	.subscribe = tell_subscribe,
	.unsubscribe = tell_unsubscribe,
	.retain = tell_retain,
	.interest = tell_interest,
	.shared = tell_shared,
	.inflight = tell_inflight,
	.queued = tell_queued,
	.closed = tell_closed,
	.restored = tell_restored,
	.live = tell_live,
	.live_subs = tell_live_subs,
	.log = tell_log,
};
