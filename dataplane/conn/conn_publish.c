#include "base_assert.h"
#include "base_log.h"
#include "conn_priv.h"
#include "wire_error.h"
#include "wire_reason.h"
#include "wire_topic.h"

/* PUBLISH from a client (MQTT 5, 3.3 and 4.3). */

static void answer(struct conn *conn, const struct wire_publish *publish, uint8_t reason)
{
	if (publish->qos == 1)
		conn_ack(conn, WIRE_PUBACK, publish->packet_id, reason);
	else if (publish->qos == 2)
		conn_ack(conn, WIRE_PUBREC, publish->packet_id, reason);
}

static void refuse(struct conn *conn, uint8_t reason, enum conn_shutdown shutdown)
{
	conn_count(conn->hub, CONN_COUNTER_PACKETS_PUBLISH_ERROR);
	conn_log(conn, BASE_LOG_WARNING, "is closed for its PUBLISH", wire_reason_name(reason));
	conn_stop(conn, reason, shutdown);
}

/* False: the connection was closed. */
static bool is_within_limits(struct conn *conn, const struct wire_publish *publish)
{
	const struct conn_config *config = &conn->hub->config;

	if (publish->qos > config->max_qos) {
		refuse(conn, WIRE_REASON_NO_QOS, CONN_SHUTDOWN_QOS_NOT_SUPPORTED);
		return false;
	}
	if (publish->retain && !config->retain_available) {
		refuse(conn, WIRE_REASON_NO_RETAIN, CONN_SHUTDOWN_RETAIN_NOT_SUPPORTED);
		return false;
	}
	return true;
}

static bool topic_resolve(struct conn *conn, struct wire_publish *publish)
{
	uint16_t max_levels = conn->hub->config.max_topic_levels;
	uint16_t alias = publish->props.topic_alias;
	int error = 0;

	if (wire_props_has(&publish->props, WIRE_PROP_TOPIC_ALIAS)) {
		if (alias > conn->alias_max)
			error = -WIRE_E_TOPIC_ALIAS;
		else if (publish->topic.bytes > 0)
			error = conn_alias_set(conn, alias, publish->topic);
		else
			publish->topic = conn_alias_get(conn, alias);
	}
	if (error == 0 && publish->topic.bytes == 0)
		error = -WIRE_E_TOPIC_MISSING;
	if (error == 0 && max_levels && wire_topic_levels(publish->topic) > max_levels)
		error = -WIRE_E_TOPIC_LEVELS;
	if (error == 0)
		return true;
	if (error == -WIRE_E_TOO_LARGE) {
		refuse(conn, WIRE_REASON_QUOTA, CONN_SHUTDOWN_QUOTA_EXCEEDED);
		return false;
	}
	conn_count(conn->hub, CONN_COUNTER_PACKETS_PUBLISH_ERROR);
	conn_fault(conn, error);
	return false;
}

/*
 * 4.9: what we have not answered to the end. An identifier of an earlier connection does not count.
 */
static bool is_above_receive_max(const struct conn *conn, const struct wire_publish *publish)
{
	uint32_t limit = (uint32_t)conn->receive_max + conn->restored_ids;

	if (publish->qos == 0 || (publish->qos == 1 && conn->version < WIRE_V5))
		return false;
	return conn->received.len >= limit;
}

static void on_denied(struct conn *conn, const struct wire_publish *publish)
{
	struct conn_hub *hub = conn->hub;

	conn_count(hub, CONN_COUNTER_PACKETS_PUBLISH_AUTH_ERROR);
	conn_log(conn, BASE_LOG_WARNING, "may not publish", "not authorized");
	if (hub->config.acl_deny_disconnect)
		conn_stop(conn, WIRE_REASON_NOT_AUTHORIZED, CONN_SHUTDOWN_NOT_AUTHORIZED);
	else
		answer(conn, publish, WIRE_REASON_NOT_AUTHORIZED);
}

/* The forwardable properties: in the hub's buffer, or in *large, which the caller frees. */
static bool props_forward(struct conn *conn, const struct wire_publish *publish,
	struct wire_str *props, uint8_t **large)
{
	struct conn_hub *hub = conn->hub;
	uint8_t *buf = hub->props;
	int bytes;

	*large = NULL;
	if (publish->props.raw.bytes > sizeof(hub->props)) {
		buf = *large = conn_alloc(hub, hub->params.mem_input, publish->props.raw.bytes);
		if (buf == NULL)
			return false;
	}
	bytes = wire_props_forward(buf, publish->props.raw.bytes, publish->props.raw);
	BASE_ASSERT(bytes >= 0);
	*props = conn_str(buf, (size_t)bytes);
	return true;
}

static enum conn_routed route(struct conn *conn, const struct wire_publish *publish)
{
	struct conn_hub *hub = conn->hub;
	struct conn_message message = {
		.publisher = conn->id,
		.born_ms = hub->now_ms,
		.expiry_s = UINT32_MAX,
		.qos = publish->qos,
		.retain = publish->retain,
		.topic = publish->topic,
		.payload = conn_str(publish->payload, publish->payload_bytes),
	};
	enum conn_routed routed;
	uint8_t *large;

	if (wire_props_has(&publish->props, WIRE_PROP_MESSAGE_EXPIRY))
		message.expiry_s = publish->props.message_expiry_s;
	if (!props_forward(conn, publish, &message.props, &large)) {
		conn_count(hub, CONN_COUNTER_MESSAGES_DROPPED);
		conn_count(hub, CONN_COUNTER_MESSAGES_DROPPED_NO_MEMORY);
		return CONN_ROUTED_TOO_LARGE;
	}
	routed = conn_route(hub, conn, &message);
	conn_free(hub, hub->params.mem_input, large);
	return routed;
}

static void count(struct conn *conn, const struct wire_publish *publish)
{
	conn_count(conn->hub, CONN_COUNTER_MESSAGES_RECEIVED);
	conn_count(
		conn->hub, (enum conn_counter)(CONN_COUNTER_MESSAGES_QOS0_RECEIVED + publish->qos));
}

static enum conn_taken take(struct conn *conn, const struct wire_publish *publish)
{
	enum conn_routed routed;

	if (publish->qos == 2 &&
		conn_ids_put(conn, &conn->received, false, publish->packet_id, NULL) != 0) {
		conn_stop(conn, WIRE_REASON_QUOTA, CONN_SHUTDOWN_NO_MEMORY);
		return CONN_TAKEN;
	}
	routed = route(conn, publish);
	if (routed == CONN_ROUTED_BLOCKED ||
		(routed == CONN_ROUTED_TOO_LARGE && conn->version == WIRE_V5)) {
		/* PUBREC with a failure ends the flow as well (4.3.3-9). */
		if (publish->qos == 2)
			(void)conn_ids_del(&conn->received, publish->packet_id);
	}
	if (routed == CONN_ROUTED_BLOCKED)
		return CONN_WAIT;
	count(conn, publish);
	if (routed == CONN_ROUTED_TOO_LARGE)
		answer(conn, publish, WIRE_REASON_QUOTA);
	else
		answer(conn, publish,
			routed == CONN_ROUTED_NOBODY ? WIRE_REASON_NO_SUBSCRIBERS : 0);
	return CONN_TAKEN;
}

enum conn_taken conn_on_publish(struct conn *conn, const uint8_t *packet, size_t bytes)
{
	struct wire_rules rules = {
		.version = conn->version, .from = WIRE_FROM_CLIENT, .lenient = WIRE_LENIENT_TEXT};
	struct wire_publish publish;
	int used = wire_publish_decode(&publish, rules, packet, bytes);

	BASE_ASSERT(used != 0);
	if (used < 0) {
		conn_count(conn->hub, CONN_COUNTER_PACKETS_PUBLISH_ERROR);
		conn_fault(conn, used);
		return CONN_TAKEN;
	}
	if (!is_within_limits(conn, &publish) || !topic_resolve(conn, &publish))
		return CONN_TAKEN;
	if (publish.qos == 2 && conn_ids_has(&conn->received, publish.packet_id)) {
		/* 4.3.3-10: it is a repetition, whatever DUP says. */
		conn_count(conn->hub, CONN_COUNTER_PACKETS_PUBLISH_INUSE);
		answer(conn, &publish, 0);
		return CONN_TAKEN;
	}
	if (is_above_receive_max(conn, &publish)) {
		conn_count(conn->hub, CONN_COUNTER_PACKETS_PUBLISH_DROPPED);
		refuse(conn, WIRE_REASON_RECEIVE_MAXIMUM, CONN_SHUTDOWN_RECEIVE_MAX_EXCEEDED);
		return CONN_TAKEN;
	}
	if (!conn_acl_publish(conn, publish.topic, publish.qos, publish.retain)) {
		count(conn, &publish);
		on_denied(conn, &publish);
		return CONN_TAKEN;
	}
	return take(conn, &publish);
}
