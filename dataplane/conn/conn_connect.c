#include <string.h>

#include "base_assert.h"
#include "base_log.h"
#include "conn_priv.h"
#include "wire_encode.h"
#include "wire_error.h"
#include "wire_reason.h"
#include "wire_topic.h"

/* CONNECT and CONNACK (MQTT 5, 3.1 and 3.2; MQTT 3.1.1, 3.1 and 3.2). */

static const struct wire_rules connect_rules = {.version = WIRE_V5,
	.from = WIRE_FROM_CLIENT,
	.lenient = WIRE_LENIENT_TEXT | WIRE_LENIENT_ID};

void conn_identity_drop(struct conn *conn)
{
	conn_free(conn->hub, conn->hub->params.mem_conn, conn->identity);
	conn->identity = NULL;
}

void conn_password_drop(struct conn *conn)
{
	if (conn->password != NULL)
		memset(conn->password->data, 0, conn->password->bytes);
	conn_free(conn->hub, conn->hub->params.mem_conn, conn->password);
	conn->password = NULL;
}

static void put(uint8_t **at, struct wire_str text)
{
	if (text.bytes > 0)
		memcpy(*at, text.data, text.bytes);
	*at += text.bytes;
}

static bool password_keep(struct conn *conn, const struct wire_connect *connect)
{
	struct conn_secret *password;

	if (!connect->has_password)
		return true;
	password = conn_alloc(
		conn->hub, conn->hub->params.mem_conn, sizeof(*password) + connect->password.bytes);
	if (password == NULL)
		return false;
	password->bytes = (uint16_t)connect->password.bytes;
	if (password->bytes > 0)
		memcpy(password->data, connect->password.data, password->bytes);
	conn->password = password;
	return true;
}

static bool identity_keep(struct conn *conn, const struct wire_connect *c)
{
	struct conn_hub *hub = conn->hub;
	size_t bytes = (size_t)c->client_id.bytes + c->username.bytes + c->will_topic.bytes +
		       c->will_props.raw.bytes + c->will_payload.bytes;
	struct conn_identity *identity =
		conn_alloc(hub, hub->params.mem_conn, sizeof(*identity) + bytes);
	uint8_t *at;
	int props;

	if (identity == NULL)
		return false;
	*identity = (struct conn_identity){
		.client_id_bytes = (uint16_t)c->client_id.bytes,
		.username_bytes = (uint16_t)c->username.bytes,
		.will_topic_bytes = (uint16_t)c->will_topic.bytes,
		.will_payload_bytes = c->will_payload.bytes,
		.will_delay_s = c->will_props.will_delay_s,
		.will_expiry_s = c->will_props.message_expiry_s,
		.will_qos = c->will_qos,
		.has_username = c->has_username,
		.has_will = c->has_will,
		.will_retain = c->will_retain,
		.clean_start = c->clean_start,
		.wants_response_info = c->props.request_response == 1,
		.asked_expiry_s = c->props.session_expiry_s,
	};
	if (c->version < WIRE_V5)
		identity->asked_expiry_s = c->clean_start ? 0 : UINT32_MAX;
	at = identity->bytes;
	put(&at, c->client_id);
	put(&at, c->username);
	put(&at, c->will_topic);
	props = wire_props_forward(at, c->will_props.raw.bytes, c->will_props.raw);
	identity->will_props_bytes = props > 0 ? (uint32_t)props : 0;
	at += identity->will_props_bytes;
	put(&at, c->will_payload);
	conn->identity = identity;
	return password_keep(conn, c);
}

static uint16_t keepalive_in_force(const struct conn *conn)
{
	const struct conn_config *config = &conn->hub->config;

	return config->server_keepalive_s ? config->server_keepalive_s : conn->keepalive_s;
}

static bool connect_keep(struct conn *conn, const struct wire_connect *c)
{
	const struct conn_config *config = &conn->hub->config;
	const struct wire_props *props = &c->props;

	conn->is_bridge = c->is_bridge;
	conn->keepalive_s = c->keepalive_s;
	conn->keepalive_ms =
		(uint32_t)((uint64_t)keepalive_in_force(conn) * 10 * config->keepalive_percent);
	conn->peer_receive_max = UINT16_MAX;
	if (wire_props_has(props, WIRE_PROP_RECEIVE_MAXIMUM))
		conn->peer_receive_max = props->receive_maximum;
	conn->peer_alias_max = props->topic_alias_maximum;
	conn->max_packet_bytes = props->maximum_packet_bytes;
	if (wire_props_has(props, WIRE_PROP_REQUEST_PROBLEM))
		conn->wants_problem_info = props->request_problem == 1;
	conn->receive_max = config->receive_max;
	conn->alias_max = config->topic_alias_max;
	conn->max_input_bytes = config->max_packet_bytes;
	return identity_keep(conn, c);
}

/* The reason against a CONNECT that is well formed, or 0. */
static uint8_t connect_check(
	const struct conn *conn, const struct wire_connect *c, enum conn_shutdown *shutdown)
{
	const struct conn_config *config = &conn->hub->config;

	*shutdown = CONN_SHUTDOWN_PROTOCOL_ERROR;
	if (c->client_id.bytes > config->max_client_id_bytes && config->max_client_id_bytes) {
		*shutdown = CONN_SHUTDOWN_BAD_CLIENT_ID;
		return WIRE_REASON_CLIENT_ID;
	}
	if (wire_props_has(&c->props, WIRE_PROP_AUTH_METHOD)) {
		*shutdown = CONN_SHUTDOWN_BAD_CREDENTIALS;
		return WIRE_REASON_AUTH_METHOD;
	}
	if (c->has_will && c->will_qos > config->max_qos) {
		*shutdown = CONN_SHUTDOWN_QOS_NOT_SUPPORTED;
		return WIRE_REASON_NO_QOS;
	}
	if (c->has_will && c->will_retain && !config->retain_available) {
		*shutdown = CONN_SHUTDOWN_RETAIN_NOT_SUPPORTED;
		return WIRE_REASON_NO_RETAIN;
	}
	if (c->has_will && config->max_topic_levels &&
		wire_topic_levels(c->will_topic) > config->max_topic_levels) {
		*shutdown = conn_shutdown_of(-WIRE_E_TOPIC_LEVELS);
		return WIRE_REASON_TOPIC_INVALID;
	}
	return 0;
}

static void refuse_fault(struct conn *conn, const struct wire_connect *connect, int error)
{
	int reason = wire_connect_refusal(connect, error);

	conn_log(conn, BASE_LOG_WARNING, "CONNECT is refused", wire_error_text(error));
	conn->version = connect->version;
	if (reason < 0)
		conn_stop(conn, 0, conn_shutdown_of(error));
	else
		conn_reject(conn, (uint8_t)reason, conn_shutdown_of(error), conn_str(NULL, 0));
}

static size_t record_bytes(const struct wire_connect *c)
{
	return (size_t)c->client_id.bytes + c->username.bytes + c->password.bytes +
	       c->will_topic.bytes + c->will_props.raw.bytes + c->will_payload.bytes;
}

enum conn_taken conn_on_connect(struct conn *conn, const uint8_t *packet, size_t bytes)
{
	struct conn_hub *hub = conn->hub;
	enum conn_shutdown shutdown;
	struct wire_connect connect;
	struct conn_connect told;
	int used = wire_connect_decode(&connect, connect_rules, packet, bytes);
	uint8_t reason;

	BASE_ASSERT(used != 0);
	if (used < 0) {
		refuse_fault(conn, &connect, used);
		return CONN_TAKEN;
	}
	conn->version = connect.version;
	reason = connect_check(conn, &connect, &shutdown);
	if (reason == 0 &&
		record_bytes(&connect) + CONN_RECORD_HEAD_BYTES > hub->params.max_record_bytes) {
		reason = WIRE_REASON_TOO_LARGE;
		shutdown = CONN_SHUTDOWN_FRAME_TOO_LARGE;
	}
	if (reason != 0) {
		conn_log(conn, BASE_LOG_WARNING, "CONNECT is refused", wire_reason_name(reason));
		conn_reject(conn, reason, shutdown, conn_str(NULL, 0));
		return CONN_TAKEN;
	}
	if (!conn_room(hub, conn, 1, record_bytes(&connect)))
		return CONN_WAIT;
	if (!connect_keep(conn, &connect)) {
		conn_reject(conn, WIRE_REASON_QUOTA, CONN_SHUTDOWN_NO_MEMORY, conn_str(NULL, 0));
		return CONN_TAKEN;
	}
	conn->since_ms = hub->now_ms;
	conn_count(hub, CONN_COUNTER_CLIENT_CONNECT);
	conn_connect_fill(conn, &told);
	conn_ops(hub)->connect(hub->params.control_context, &told);
	conn_event(conn, CONN_EVENT_CONNECT, NULL);
	conn_clock(conn);
	return CONN_TAKEN;
}

static struct wire_str cut(const uint8_t **at, size_t bytes)
{
	struct wire_str text = conn_str(*at, bytes);

	*at += bytes;
	return text;
}

size_t conn_connect_bytes(const struct conn *conn)
{
	const struct conn_identity *identity = conn->identity;

	return (size_t)identity->client_id_bytes + identity->username_bytes +
	       identity->will_topic_bytes + identity->will_props_bytes +
	       identity->will_payload_bytes + (conn->password ? conn->password->bytes : 0u);
}

void conn_connect_fill(const struct conn *conn, struct conn_connect *out)
{
	const struct conn_identity *identity = conn->identity;
	const uint8_t *at = identity->bytes;

	*out = (struct conn_connect){
		.conn = conn->id,
		.session = conn->session,
		.connected_ms = conn->since_ms,
		.session_expiry_s =
			conn->session ? conn->session_expiry_s : identity->asked_expiry_s,
		.will_delay_s = identity->will_delay_s,
		.will_expiry_s = identity->will_expiry_s,
		.max_packet_bytes = conn->max_packet_bytes,
		.listener = conn->listener,
		.keepalive_s = keepalive_in_force(conn),
		.receive_max = conn->peer_receive_max,
		.topic_alias_max = conn->peer_alias_max,
		.peer_port = conn->peer_port,
		.version = conn->version,
		.will_qos = identity->will_qos,
		.clean_start = identity->clean_start,
		.has_will = identity->has_will && !conn->will_dropped,
		.will_retain = identity->will_retain,
		.has_username = identity->has_username,
		.has_password = conn->password != NULL,
		.is_bridge = conn->is_bridge,
		.wants_response_info = identity->wants_response_info,
		.is_assigned = conn->is_assigned,
		.is_parked = conn->state == CONN_STATE_LEAVING,
	};
	memcpy(out->peer_addr, conn->peer_addr, sizeof(out->peer_addr));
	out->client_id = cut(&at, identity->client_id_bytes);
	out->username = cut(&at, identity->username_bytes);
	out->will_topic = cut(&at, identity->will_topic_bytes);
	out->will_props = cut(&at, identity->will_props_bytes);
	out->will_payload = cut(&at, identity->will_payload_bytes);
	if (conn->password != NULL)
		out->password = conn_str(conn->password->data, conn->password->bytes);
}

/* False: the client takes no packet that is so large. */
static bool send_connack(struct conn *conn, const struct wire_connack *connack)
{
	struct conn_hub *hub = conn->hub;
	int bytes = wire_connack_encode(
		hub->scratch, sizeof(hub->scratch), conn->version, connack, conn->max_packet_bytes);

	conn_count(hub, CONN_COUNTER_CLIENT_CONNACK);
	if (connack->reason != 0)
		conn_count(hub, CONN_COUNTER_PACKETS_CONNACK_ERROR);
	if (connack->reason == WIRE_REASON_BAD_CREDENTIALS ||
		connack->reason == WIRE_REASON_NOT_AUTHORIZED)
		conn_count(hub, CONN_COUNTER_PACKETS_CONNACK_AUTH_ERROR);
	if (bytes > 0)
		conn_send(conn, WIRE_CONNACK, hub->scratch, (size_t)bytes);
	return bytes > 0;
}

void conn_reject(
	struct conn *conn, uint8_t reason, enum conn_shutdown shutdown, struct wire_str text)
{
	struct wire_connack connack = {.reason = reason};

	if (conn_is_gone(conn))
		return;
	if (text.bytes > 0 && conn->wants_problem_info) {
		connack.props.reason_string = text;
		wire_props_mark(&connack.props, WIRE_PROP_REASON_STRING);
	}
	if (conn->version != 0)
		(void)send_connack(conn, &connack);
	conn_net_end(conn, shutdown, true);
}

/* What differs from what a client assumes (MQTT 5, 3.2.2.3). */
static void promise(const struct conn *conn, const struct conn_grant *grant, struct wire_props *p)
{
	const struct conn_config *config = &conn->hub->config;

#define PROMISE(condition, id, member, value)                                                      \
	do {                                                                                       \
		if (condition) {                                                                   \
			p->member = (value);                                                       \
			wire_props_mark(p, WIRE_PROP_##id);                                        \
		}                                                                                  \
	} while (0)
	PROMISE(conn->session_expiry_s != conn->identity->asked_expiry_s, SESSION_EXPIRY,
		session_expiry_s, conn->session_expiry_s);
	PROMISE(conn->receive_max != UINT16_MAX, RECEIVE_MAXIMUM, receive_maximum,
		conn->receive_max);
	PROMISE(config->max_qos < 2, MAXIMUM_QOS, maximum_qos, config->max_qos);
	PROMISE(!config->retain_available, RETAIN_AVAILABLE, retain_available, 0);
	PROMISE(conn->max_input_bytes < WIRE_REMAINING_MAX, MAXIMUM_PACKET, maximum_packet_bytes,
		conn->max_input_bytes);
	PROMISE(grant->assigned_id.bytes > 0, ASSIGNED_CLIENT_ID, assigned_client_id,
		grant->assigned_id);
	PROMISE(conn->alias_max > 0, TOPIC_ALIAS_MAXIMUM, topic_alias_maximum, conn->alias_max);
	PROMISE(!config->wildcard_available, WILDCARD_AVAILABLE, wildcard_available, 0);
	PROMISE(!config->shared_available, SHARED_AVAILABLE, shared_available, 0);
	PROMISE(config->server_keepalive_s && config->server_keepalive_s != conn->keepalive_s,
		SERVER_KEEPALIVE, server_keepalive_s, config->server_keepalive_s);
#undef PROMISE
}

/* The client id that control made takes the place of the empty one. */
static bool adopt_id(struct conn *conn, struct wire_str id)
{
	struct conn_hub *hub = conn->hub;
	struct conn_identity *old = conn->identity;
	size_t rest = conn_connect_bytes(conn) - old->client_id_bytes -
		      (conn->password ? conn->password->bytes : 0u);
	struct conn_identity *grown =
		conn_alloc(hub, hub->params.mem_conn, sizeof(*grown) + id.bytes + rest);

	if (grown == NULL)
		return false;
	*grown = *old;
	grown->client_id_bytes = (uint16_t)id.bytes;
	memcpy(grown->bytes, id.data, id.bytes);
	memcpy(grown->bytes + id.bytes, old->bytes + old->client_id_bytes, rest);
	conn_free(hub, hub->params.mem_conn, old);
	conn->identity = grown;
	return true;
}

void conn_connack(struct conn *conn, const struct conn_grant *grant)
{
	struct conn_hub *hub = conn->hub;
	struct wire_connack connack = {.session_present = grant->session_present};

	conn_password_drop(conn);
	if (grant->assigned_id.bytes > 0 && !adopt_id(conn, grant->assigned_id)) {
		conn_reject(conn, WIRE_REASON_QUOTA, CONN_SHUTDOWN_NO_MEMORY, conn_str(NULL, 0));
		return;
	}
	promise(conn, grant, &connack.props);
	conn->said_hello = true;
	conn->seen_ms = hub->now_ms;
	conn_gauge(hub, CONN_COUNTER_LIVE_CONNECTIONS_COUNT, ++hub->live);
	conn_count(hub, CONN_COUNTER_CLIENT_CONNECTED);
	if (send_connack(conn, &connack))
		conn_clock(conn);
	else
		conn_net_end(conn, CONN_SHUTDOWN_FRAME_TOO_LARGE, true);
}
