#include "base_assert.h"
#include "base_log.h"
#include "conn_priv.h"
#include "wire_error.h"
#include "wire_reason.h"

/*
 * SUBSCRIBE and UNSUBSCRIBE (MQTT 5, 3.8 to 3.11). Control decides; until it has, the packet stays
 * in front of the stream, so answers keep their order, and a new control can be asked again.
 */

enum { REFUSED = 0x80, PACKET_HEAD_BYTES = 16, OPTION_QOS = 3 };

static uint8_t options_of(const struct wire_filter *filter)
{
	return (uint8_t)(filter->qos | filter->no_local << 2 | filter->retain_as_published << 3 |
			 filter->retain_handling << 4);
}

/* What the worker itself has against a filter; 0: control decides. */
static uint8_t verdict(struct conn *conn, uint8_t type, const struct wire_filter *filter)
{
	struct conn_hub *hub = conn->hub;
	const struct conn_config *config = &hub->config;
	bool subscribes = type == WIRE_SUBSCRIBE;

	if (filter->error != 0 || filter->levels > TOPIC_LEVELS_MAX ||
		(config->max_topic_levels && filter->levels > config->max_topic_levels)) {
		conn_count(hub, subscribes ? CONN_COUNTER_PACKETS_SUBSCRIBE_ERROR
					   : CONN_COUNTER_PACKETS_UNSUBSCRIBE_ERROR);
		return WIRE_REASON_FILTER_INVALID;
	}
	if (!subscribes)
		return 0;
	if (filter->share.data != NULL && !config->shared_available)
		return WIRE_REASON_NO_SHARED;
	if (filter->has_wildcard && !config->wildcard_available)
		return WIRE_REASON_NO_WILDCARDS;
	if (conn_acl_subscribe(conn, filter->filter, filter->qos))
		return 0;
	conn_count(hub, CONN_COUNTER_PACKETS_SUBSCRIBE_AUTH_ERROR);
	return WIRE_REASON_NOT_AUTHORIZED;
}

struct question {
	struct conn_subscribe subscribe;
	struct conn_filter *filters;
	size_t bytes; /* of all texts */
	bool is_open; /* one filter at least is control's to decide */
	bool is_denied; /* one filter at least is not allowed */
};

static void question_fill(
	struct conn *conn, uint8_t type, struct wire_filters filters, struct question *question)
{
	struct wire_filter filter;
	uint16_t len = 0;

	while (wire_filter_next(&filters, &filter)) {
		struct conn_filter *asked = &question->filters[len++];

		*asked = (struct conn_filter){
			.text = filter.text,
			.options = type == WIRE_SUBSCRIBE ? options_of(&filter) : 0,
			.reason = verdict(conn, type, &filter),
		};
		question->bytes += filter.text.bytes;
		question->is_open |= asked->reason == 0;
		question->is_denied |= asked->reason == WIRE_REASON_NOT_AUTHORIZED;
	}
	question->subscribe.filter_len = len;
	question->subscribe.filters = question->filters;
}

static void send_codes(struct conn *conn, uint8_t type, const struct conn_subscribe *answer)
{
	struct conn_hub *hub = conn->hub;
	size_t len = answer->filter_len;
	struct wire_suback suback = {.packet_id = answer->packet_id};
	/* 3.1 has no code for failure; what brokers send there is that of 3.1.1. */
	uint8_t version = conn->version == WIRE_V31 ? WIRE_V311 : conn->version;
	uint8_t *packet = conn_alloc(hub, hub->params.mem_input, PACKET_HEAD_BYTES + 2 * len);
	uint8_t *codes;
	int bytes;

	if (packet == NULL) {
		conn_stop(conn, WIRE_REASON_QUOTA, CONN_SHUTDOWN_NO_MEMORY);
		return;
	}
	codes = packet + PACKET_HEAD_BYTES + len;
	for (size_t i = 0; i < len; i++)
		codes[i] = answer->filters[i].reason;
	suback.codes = conn_str(codes, len);
	if (type == WIRE_SUBSCRIBE)
		bytes = wire_suback_encode(
			packet, PACKET_HEAD_BYTES + len, version, &suback, conn->max_packet_bytes);
	else
		bytes = wire_unsuback_encode(
			packet, PACKET_HEAD_BYTES + len, version, &suback, conn->max_packet_bytes);
	if (bytes > 0)
		conn_send(conn, type == WIRE_SUBSCRIBE ? WIRE_SUBACK : WIRE_UNSUBACK, packet,
			(size_t)bytes);
	conn_free(hub, hub->params.mem_input, packet);
}

static enum conn_taken ask(struct conn *conn, uint8_t type, struct question *question)
{
	struct conn_hub *hub = conn->hub;
	struct conn_subscribe *subscribe = &question->subscribe;
	size_t bytes = question->bytes + (size_t)subscribe->filter_len * CONN_FILTER_HEAD_BYTES;
	bool is_too_large = bytes + CONN_RECORD_HEAD_BYTES > hub->params.max_record_bytes;

	if (question->is_denied && hub->config.acl_deny_disconnect) {
		conn_stop(conn, WIRE_REASON_NOT_AUTHORIZED, CONN_SHUTDOWN_NOT_AUTHORIZED);
		return CONN_TAKEN;
	}
	if (is_too_large || !question->is_open) {
		for (uint16_t i = 0; is_too_large && i < subscribe->filter_len; i++)
			question->filters[i].reason = WIRE_REASON_IMPLEMENTATION;
		send_codes(conn, type, subscribe);
		return CONN_TAKEN;
	}
	if (!conn_room(hub, conn, 1, bytes))
		return CONN_WAIT;
	conn->awaits = type;
	conn->await_id = subscribe->packet_id;
	conn->await_subscription_id = subscribe->subscription_id;
	if (type == WIRE_SUBSCRIBE) {
		conn_count(hub, CONN_COUNTER_CLIENT_SUBSCRIBE);
		conn_ops(hub)->subscribe(hub->params.control_context, subscribe);
	} else {
		conn_count(hub, CONN_COUNTER_CLIENT_UNSUBSCRIBE);
		conn_ops(hub)->unsubscribe(hub->params.control_context, subscribe);
	}
	return CONN_WAIT;
}

enum conn_taken conn_on_subscribe(
	struct conn *conn, uint8_t type, const uint8_t *packet, size_t bytes)
{
	struct conn_hub *hub = conn->hub;
	struct wire_rules rules = {
		.version = conn->version, .from = WIRE_FROM_CLIENT, .lenient = WIRE_LENIENT_TEXT};
	struct wire_subscribe subscribe;
	struct question question = {.bytes = 0};
	enum conn_taken taken;
	int used = type == WIRE_SUBSCRIBE
			   ? wire_subscribe_decode(&subscribe, rules, packet, bytes)
			   : wire_unsubscribe_decode(&subscribe, rules, packet, bytes);

	BASE_ASSERT(used != 0);
	if (used < 0) {
		conn_fault(conn, used);
		return CONN_TAKEN;
	}
	if (subscribe.filter_count > UINT16_MAX) {
		conn_log(conn, BASE_LOG_WARNING, "is closed",
			"more than 65535 filters in one packet");
		conn_stop(conn, WIRE_REASON_IMPLEMENTATION, CONN_SHUTDOWN_QUOTA_EXCEEDED);
		return CONN_TAKEN;
	}
	question.filters = conn_alloc(
		hub, hub->params.mem_input, subscribe.filter_count * sizeof(question.filters[0]));
	if (question.filters == NULL) {
		conn_stop(conn, WIRE_REASON_QUOTA, CONN_SHUTDOWN_NO_MEMORY);
		return CONN_TAKEN;
	}
	question.subscribe.conn = conn->id;
	question.subscribe.packet_id = subscribe.packet_id;
	question.subscribe.subscription_id = subscribe.props.subscription_id;
	question_fill(conn, type, subscribe.filters, &question);
	taken = ask(conn, type, &question);
	conn_free(hub, hub->params.mem_input, question.filters);
	return taken;
}

/* The connection that waits for this very answer, or NULL. */
static struct conn *asker(struct conn_hub *hub, uint8_t type, const struct conn_subscribe *answer)
{
	struct conn *conn = conn_by_id(hub, answer->conn);

	if (conn == NULL || conn->awaits != type || conn->await_id != answer->packet_id)
		return NULL;
	return conn;
}

void conn_suback(struct conn_hub *hub, const struct conn_subscribe *suback)
{
	struct conn *conn = asker(hub, WIRE_SUBSCRIBE, suback);

	if (conn == NULL)
		return;
	for (uint16_t i = 0; i < suback->filter_len; i++) {
		const struct conn_filter *filter = &suback->filters[i];
		uint8_t options = (uint8_t)((filter->options & ~OPTION_QOS) | filter->reason);

		if (filter->reason >= REFUSED)
			continue;
		if (conn_sub_set(conn, filter->text, options, conn->await_subscription_id) == 0)
			continue;
		/* Control believes that it stands; only a new connection puts that right. */
		conn_stop(conn, WIRE_REASON_QUOTA, CONN_SHUTDOWN_NO_MEMORY);
		return;
	}
	conn_answered(conn);
	send_codes(conn, WIRE_SUBSCRIBE, suback);
	conn_resume(conn);
}

void conn_unsuback(struct conn_hub *hub, const struct conn_subscribe *unsuback)
{
	struct conn *conn = asker(hub, WIRE_UNSUBSCRIBE, unsuback);

	if (conn == NULL)
		return;
	for (uint16_t i = 0; i < unsuback->filter_len; i++)
		if (unsuback->filters[i].reason < REFUSED)
			(void)conn_sub_del(conn, unsuback->filters[i].text);
	conn_answered(conn);
	send_codes(conn, WIRE_UNSUBSCRIBE, unsuback);
	conn_resume(conn);
}
