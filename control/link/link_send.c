#include "link_send.h"

#include <string.h>

#include "base_assert.h"
#include "link_priv.h"

static void *put(void *at, const void *from, size_t bytes)
{
	if (bytes > 0)
		memcpy(at, from, bytes);
	return (char *)at + bytes;
}

static size_t message_bytes(const struct kit_message_view *view)
{
	return (size_t)view->topic_bytes + view->props_bytes + view->payload_bytes;
}

static void put_message(
	struct abi_message *message, void *tail, const struct kit_message_view *view)
{
	*message = (struct abi_message){
		.conn = view->publisher,
		.born_ms = view->born_ms,
		.expiry_s = view->expiry_s,
		.qos = view->qos,
		.flags = view->retain ? ABI_MESSAGE_RETAIN : 0,
		.topic_bytes = view->topic_bytes,
		.props_bytes = view->props_bytes,
		.payload_bytes = view->payload_bytes,
	};
	tail = put(tail, view->topic, view->topic_bytes);
	tail = put(tail, view->props, view->props_bytes);
	put(tail, view->payload, view->payload_bytes);
}

void link_grant(struct link *link, const struct link_grant *grant)
{
	struct abi_grant *body = link_begin(
		link, grant->conn.worker, ABI_C_GRANT, sizeof(*body) + grant->assigned_id.bytes);

	if (body == NULL)
		return;
	*body = (struct abi_grant){
		.conn = grant->conn.id,
		.session = grant->session,
		.session_expiry_s = grant->session_expiry_s,
		.flags = (uint16_t)((grant->session_present ? ABI_GRANT_SESSION_PRESENT : 0) |
				    (grant->restore ? ABI_GRANT_RESTORE : 0) |
				    (grant->assigned_id.bytes ? ABI_GRANT_ASSIGNED_ID : 0)),
		.client_id_bytes = (uint16_t)grant->assigned_id.bytes,
	};
	put(body + 1, grant->assigned_id.text, grant->assigned_id.bytes);
	link_end(link, grant->conn.worker);
}

static const uint16_t end_shutdown[] = {
	[LINK_END_TAKENOVER] = ABI_SHUTDOWN_TAKENOVER,
	[LINK_END_DISCARDED] = ABI_SHUTDOWN_DISCARDED,
	[LINK_END_KICKED] = ABI_SHUTDOWN_KICKED,
	[LINK_END_SHUTDOWN] = ABI_SHUTDOWN_SERVER_SHUTDOWN,
	[LINK_END_QUOTA] = ABI_SHUTDOWN_QUOTA_EXCEEDED,
	[LINK_END_BAD_CLIENT_ID] = ABI_SHUTDOWN_BAD_CLIENT_ID,
	[LINK_END_QOS] = ABI_SHUTDOWN_QOS_NOT_SUPPORTED,
	[LINK_END_RETAIN] = ABI_SHUTDOWN_RETAIN_NOT_SUPPORTED,
};

static void refuse(
	struct link *link, uint16_t kind, struct link_conn conn, uint8_t reason, enum link_end end)
{
	struct abi_refuse *body = link_begin(link, conn.worker, kind, sizeof(*body));

	if (body == NULL)
		return;
	*body = (struct abi_refuse){
		.conn = conn.id,
		.reason = reason,
		.shutdown = end_shutdown[end],
	};
	link_end(link, conn.worker);
}

void link_refuse(struct link *link, struct link_conn conn, uint8_t reason, enum link_end end)
{
	refuse(link, ABI_C_REFUSE, conn, reason, end);
}

void link_disconnect(struct link *link, struct link_conn conn, uint8_t reason, enum link_end end)
{
	refuse(link, ABI_C_DISCONNECT, conn, reason, end);
}

static void send_filters(struct link *link, uint16_t kind, const struct link_subscribe *subscribe)
{
	size_t bytes = 0;
	struct abi_subscribe *body;
	void *at;

	for (unsigned i = 0; i < subscribe->filter_len; i++)
		bytes += sizeof(struct abi_filter_head) + subscribe->filters[i].filter.bytes;
	body = link_begin(link, subscribe->conn.worker, kind, sizeof(*body) + bytes);
	if (body == NULL)
		return;
	*body = (struct abi_subscribe){
		.conn = subscribe->conn.id,
		.subscription_id = subscribe->subscription_id,
		.packet_id = subscribe->packet_id,
		.filter_len = subscribe->filter_len,
		.filters_bytes = (uint32_t)bytes,
	};
	at = body + 1;
	for (unsigned i = 0; i < subscribe->filter_len; i++) {
		const struct link_filter *filter = &subscribe->filters[i];
		struct abi_filter_head head = {
			.text_bytes = (uint16_t)filter->filter.bytes,
			.options = filter->options,
			.reason = filter->reason,
			.subscription_id = filter->subscription_id,
		};

		at = put(at, &head, sizeof(head));
		at = put(at, filter->filter.text, filter->filter.bytes);
	}
	link_end(link, subscribe->conn.worker);
}

void link_suback(struct link *link, const struct link_subscribe *subscribe)
{
	send_filters(link, ABI_C_SUBACK, subscribe);
}

void link_unsuback(struct link *link, const struct link_subscribe *unsubscribe)
{
	send_filters(link, ABI_C_UNSUBACK, unsubscribe);
}

void link_sub_restore(struct link *link, const struct link_subscribe *subscribe)
{
	send_filters(link, ABI_C_SUB_RESTORE, subscribe);
}

/* abi_inflight and abi_deliver have the same shape: a delivery, then the message. */
_Static_assert(sizeof(struct abi_inflight) == sizeof(struct abi_deliver), "one encoder for both");

static void send_delivery(struct link *link, uint16_t kind, struct link_conn conn,
	const struct link_delivery *delivery, const struct kit_message_view *message)
{
	static const struct kit_message_view none = {.expiry_s = KIT_EXPIRY_NONE};
	const struct kit_message_view *view = message ? message : &none;
	struct abi_inflight *body =
		link_begin(link, conn.worker, kind, sizeof(*body) + message_bytes(view));

	if (body == NULL)
		return;
	body->delivery = (struct abi_delivery){
		.conn = conn.id,
		.packet_id = delivery->packet_id,
		.state = (uint8_t)delivery->state,
		.qos = delivery->qos,
		.retain = delivery->retain,
		.subscription_id_len = delivery->subscription_id_len,
	};
	memcpy(body->delivery.subscription_ids, delivery->subscription_ids,
		sizeof(body->delivery.subscription_ids));
	put_message(&body->message, body + 1, view);
	link_end(link, conn.worker);
}

void link_inflight(struct link *link, struct link_conn conn, const struct link_delivery *delivery,
	const struct kit_message_view *message)
{
	send_delivery(link, ABI_C_INFLIGHT, conn, delivery, message);
}

void link_deliver(struct link *link, struct link_conn conn, const struct link_delivery *delivery,
	const struct kit_message_view *message)
{
	send_delivery(link, ABI_C_DELIVER, conn, delivery, message);
}

static void send_conn(struct link *link, uint16_t kind, struct link_conn conn)
{
	struct abi_conn *body = link_begin(link, conn.worker, kind, sizeof(*body));

	if (body == NULL)
		return;
	body->conn = conn.id;
	link_end(link, conn.worker);
}

void link_restore_end(struct link *link, struct link_conn conn)
{
	send_conn(link, ABI_C_RESTORE_END, conn);
}

void link_caught_up(struct link *link, struct link_conn conn)
{
	send_conn(link, ABI_C_CAUGHT_UP, conn);
}

void link_release(struct link *link, struct link_conn conn)
{
	send_conn(link, ABI_C_RELEASE, conn);
}

static void send_interest(
	struct link *link, uint16_t kind, uint32_t worker, struct link_text filter)
{
	uint32_t first = worker == LINK_ALL ? 0 : worker;
	uint32_t end = worker == LINK_ALL ? link->worker_len : worker + 1;

	for (uint32_t i = first; i < end; i++) {
		struct abi_filter *body = link_begin(link, i, kind, sizeof(*body) + filter.bytes);

		if (body == NULL)
			continue;
		*body = (struct abi_filter){.text_bytes = (uint16_t)filter.bytes};
		put(body + 1, filter.text, filter.bytes);
		link_end(link, i);
	}
}

void link_interest_add(struct link *link, uint32_t worker, struct link_text filter)
{
	send_interest(link, ABI_C_INTEREST_ADD, worker, filter);
}

void link_interest_del(struct link *link, uint32_t worker, struct link_text filter)
{
	send_interest(link, ABI_C_INTEREST_DEL, worker, filter);
}

bool link_publish_to(struct link *link, uint32_t worker, const struct kit_message_view *message)
{
	struct abi_message *body;

	if (!link_is_up(link, worker))
		return false;
	body = link_begin(link, worker, ABI_C_PUBLISH, sizeof(*body) + message_bytes(message));
	if (body == NULL)
		return false;
	put_message(body, body + 1, message);
	link_end(link, worker);
	return true;
}

bool link_publish(struct link *link, const struct kit_message_view *message)
{
	for (uint32_t i = 0; i < link->worker_len; i++)
		if (link_is_up(link, i))
			return link_publish_to(link, i, message);
	return false;
}
