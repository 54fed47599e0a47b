#include <string.h>

#include "base_assert.h"
#include "base_log.h"
#include "link_priv.h"

/*
 * Records of a worker to calls of the handler. Every record has passed abi_record_check: its variable parts
 * are whole.
 */

static struct link_text take(const char **at, uint32_t bytes)
{
	struct link_text text = {.text = *at, .bytes = bytes};

	*at += bytes;
	return text;
}

static void read_connect(struct link_connect *out, uint32_t worker, const struct abi_connect *c)
{
	const char *at = (const char *)(c + 1);

	*out = (struct link_connect){
		.conn = {.id = c->conn, .worker = worker},
		.session = c->session,
		.connected_ms = c->connected_ms,
		.session_expiry_s = c->session_expiry_s,
		.will_delay_s = c->will_delay_s,
		.will_expiry_s = c->will_expiry_s,
		.listener = c->listener,
		.keepalive_s = c->keepalive_s,
		.receive_max = c->receive_max,
		.peer_port = c->peer_port,
		.version = c->version,
		.will_qos = c->will_qos,
		.clean_start = c->flags & ABI_CONNECT_CLEAN_START,
		.has_will = c->flags & ABI_CONNECT_WILL,
		.will_retain = c->flags & ABI_CONNECT_WILL_RETAIN,
		.has_username = c->flags & ABI_CONNECT_USERNAME,
		.has_password = c->flags & ABI_CONNECT_PASSWORD,
		.is_bridge = c->flags & ABI_CONNECT_BRIDGE,
		.is_parked = c->flags & ABI_CONNECT_PARKED,
		.is_assigned = c->assigned,
	};
	memcpy(out->peer_addr, c->peer_addr, sizeof(out->peer_addr));
	out->client_id = take(&at, c->client_id_bytes);
	out->username = take(&at, c->username_bytes);
	out->password = take(&at, c->password_bytes);
	out->will_topic = take(&at, c->will_topic_bytes);
	out->will_props = take(&at, c->will_props_bytes);
	out->will_payload = take(&at, c->will_payload_bytes);
}

static void filters_reserve(struct link *link, size_t len)
{
	size_t room = link->filter_room ? link->filter_room : 64;

	while (room < len)
		room *= 2;
	if (room == link->filter_room)
		return;
	kit_mem_free(KIT_MEM_LINK, link->filters, link->filter_room * sizeof(*link->filters));
	link->filters = kit_mem_alloc(KIT_MEM_LINK, room * sizeof(*link->filters));
	BASE_ASSERT(link->filters != NULL);
	link->filter_room = room;
}

static void read_subscribe(struct link *link, struct link_subscribe *out, uint32_t worker,
	const struct abi_subscribe *s)
{
	const char *at = (const char *)(s + 1);

	filters_reserve(link, s->filter_len);
	*out = (struct link_subscribe){
		.conn = {.id = s->conn, .worker = worker},
		.subscription_id = s->subscription_id,
		.packet_id = s->packet_id,
		.filter_len = s->filter_len,
		.filters = link->filters,
	};
	for (unsigned i = 0; i < s->filter_len; i++) {
		struct abi_filter_head head;

		memcpy(&head, at, sizeof(head));
		at += sizeof(head);
		link->filters[i] = (struct link_filter){
			.filter = take(&at, head.text_bytes),
			.options = head.options,
			.reason = head.reason,
			.subscription_id = head.subscription_id,
		};
	}
}

static void read_message(
	struct kit_message_view *out, const struct abi_message *m, const char *tail)
{
	*out = (struct kit_message_view){
		.publisher = m->conn,
		.born_ms = m->born_ms,
		.expiry_s = m->expiry_s,
		.qos = m->qos,
		.retain = m->flags & ABI_MESSAGE_RETAIN,
		.topic_bytes = m->topic_bytes,
		.props_bytes = m->props_bytes,
		.payload_bytes = m->payload_bytes,
		.topic = tail,
		.props = tail + m->topic_bytes,
		.payload = tail + m->topic_bytes + m->props_bytes,
	};
}

static void shared(struct link *link, uint32_t worker, const struct abi_shared *s)
{
	struct kit_message_view message;
	const char *tail = (const char *)(s + 1);
	struct link_text filter;

	read_message(&message, &s->message, tail);
	filter.text = (const char *)message.payload + message.payload_bytes;
	filter.bytes = s->filter_bytes;
	link->handler->shared(link->arg, worker, filter, &message);
}

static void handover(struct link *link, uint32_t worker, const struct abi_inflight *i)
{
	struct link_delivery delivery = {
		.state = (enum link_delivery_state)i->delivery.state,
		.packet_id = i->delivery.packet_id,
		.qos = i->delivery.qos,
		.retain = i->delivery.retain,
		.subscription_id_len = i->delivery.subscription_id_len,
	};
	struct link_conn conn = {.id = i->delivery.conn, .worker = worker};
	struct kit_message_view message;

	if (delivery.state > LINK_DELIVERY_RECEIVED || delivery.qos > 2 ||
		delivery.subscription_id_len > LINK_SUBSCRIPTION_IDS_MAX) {
		base_log(BASE_LOG_ERROR, "worker %u: a handed-over message is broken", worker);
		return;
	}
	memcpy(delivery.subscription_ids, i->delivery.subscription_ids,
		sizeof(delivery.subscription_ids));
	read_message(&message, &i->message, (const char *)(i + 1));
	link->handler->handover(link->arg, conn, &delivery, message.topic_bytes ? &message : NULL);
}

_Static_assert((int)LINK_DELIVERY_QUEUED == ABI_INFLIGHT_QUEUED &&
		       (int)LINK_DELIVERY_PUBLISHED == ABI_INFLIGHT_PUBLISHED &&
		       (int)LINK_DELIVERY_RELEASED == ABI_INFLIGHT_RELEASED &&
		       (int)LINK_DELIVERY_RECEIVED == ABI_INFLIGHT_RECEIVED,
	"the states are passed on as they are");

static void closed(struct link *link, uint32_t worker, const struct abi_closed *c)
{
	struct link_closed event = {
		.conn = {.id = c->conn, .worker = worker},
		.session = c->session,
		.session_expiry_s = c->session_expiry_s,
		.reason = abi_shutdown_info(c->shutdown)->name,
		.will_dropped = c->flags & ABI_CLOSED_WILL_DROPPED,
		.expiry_set = c->flags & ABI_CLOSED_EXPIRY_SET,
		.is_parked = c->flags & ABI_CLOSED_PARKED,
	};

	link->handler->closed(link->arg, &event);
}

static void log_line(uint32_t worker, const struct abi_log *l)
{
	enum base_log_level level =
		l->level <= BASE_LOG_DEBUG ? (enum base_log_level)l->level : BASE_LOG_ERROR;

	base_log(level, "worker %u says: %.*s", worker, (int)l->text_bytes, (const char *)(l + 1));
}

static void subscribe(
	struct link *link, uint32_t worker, enum abi_record_kind kind, const void *body)
{
	struct link_subscribe event;

	read_subscribe(link, &event, worker, body);
	if (kind == ABI_W_SUBSCRIBE)
		link->handler->subscribe(link->arg, &event);
	else if (kind == ABI_W_UNSUBSCRIBE)
		link->handler->unsubscribe(link->arg, &event);
	else
		link->handler->live_subscriptions(link->arg, &event);
}

static void connect_or_live(
	struct link *link, uint32_t worker, enum abi_record_kind kind, const void *body)
{
	struct link_connect event;

	read_connect(&event, worker, body);
	if (kind == ABI_W_CONNECT)
		link->handler->connect(link->arg, &event);
	else
		link->handler->live(link->arg, &event);
}

static void message_of(struct link *link, uint32_t worker, enum abi_record_kind kind,
	const struct abi_message *body)
{
	struct kit_message_view message;

	read_message(&message, body, (const char *)(body + 1));
	if (kind == ABI_W_RETAIN)
		link->handler->retain(link->arg, &message);
	else
		link->handler->interest(link->arg, worker, &message);
}

void link_dispatch(struct link *link, uint32_t worker, const struct abi_ring_record *record)
{
	const void *body = record->body;
	enum abi_record_kind kind = (enum abi_record_kind)record->kind;

	switch (record->kind) {
	case ABI_W_CONNECT:
	case ABI_W_LIVE:
		connect_or_live(link, worker, kind, body);
		break;
	case ABI_W_SUBSCRIBE:
	case ABI_W_UNSUBSCRIBE:
	case ABI_W_LIVE_SUBS:
		subscribe(link, worker, kind, body);
		break;
	case ABI_W_RETAIN:
	case ABI_W_INTEREST:
		message_of(link, worker, kind, body);
		break;
	case ABI_W_SHARED:
		shared(link, worker, body);
		break;
	case ABI_W_INFLIGHT:
	case ABI_W_QUEUED:
		handover(link, worker, body);
		break;
	case ABI_W_CLOSED:
		closed(link, worker, body);
		break;
	case ABI_W_RESTORED:
		link->handler->restored(
			link->arg, (struct link_conn){
					   .id = ((const struct abi_conn *)body)->conn,
					   .worker = worker,
				   });
		break;
	case ABI_W_LOG:
		log_line(worker, body);
		break;
	default:
		base_log(BASE_LOG_ERROR, "worker %u: a record of kind %u is not for control",
			worker, record->kind);
		break;
	}
}
