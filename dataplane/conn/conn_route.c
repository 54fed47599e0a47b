#include <string.h>

#include "conn_priv.h"

/*
 * From one message to all that want it, in two steps: the match finds out who that is and changes
 * nothing; when the ring has room for what control gets, the message goes out. So a message that
 * control does not want never depends on control.
 */

enum { OPTION_QOS = 3, OPTION_NO_LOCAL = 4, OPTION_RETAIN_AS_PUBLISHED = 8 };

struct routing {
	struct conn_hub *hub;
	struct conn *publisher; /* NULL: control */
	const struct conn_message *message;
	uint32_t declined_node; /* a group whose members have declined so far; 0 = none */
	struct topic_text declined_name;
};

void conn_match_drop(struct conn_hub *hub)
{
	while (hub->shared != NULL) {
		struct conn_shared_match *shared = hub->shared;

		hub->shared = shared->next;
		conn_free(hub, hub->params.mem_queue, shared);
	}
	hub->matches_len = 0;
	hub->to_control = false;
}

static bool matches_grow(struct conn_hub *hub)
{
	uint32_t cap = hub->matches_cap ? hub->matches_cap * 2 : 64;
	struct conn_match *grown =
		conn_alloc(hub, hub->params.mem_queue, cap * sizeof(hub->matches[0]));

	if (grown == NULL)
		return false;
	if (hub->matches_len > 0)
		memcpy(grown, hub->matches, hub->matches_len * sizeof(hub->matches[0]));
	conn_free(hub, hub->params.mem_queue, hub->matches);
	hub->matches = grown;
	hub->matches_cap = cap;
	return true;
}

static struct conn_match *match_new(struct conn_hub *hub, struct conn *conn)
{
	struct conn_match *match;

	if (hub->matches_len == hub->matches_cap && !matches_grow(hub)) {
		conn_drop_count(hub, CONN_COUNTER_DELIVERY_DROPPED_NO_MEMORY);
		return NULL;
	}
	match = &hub->matches[hub->matches_len++];
	match->conn = conn;
	match->qos = 0;
	match->retain = false;
	match->ids_len = 0;
	return match;
}

/* The one entry of a connection in this match, however many of its plain filters are in it. */
static struct conn_match *match_of(struct conn_hub *hub, struct conn *conn)
{
	struct conn_match *match;

	if (conn->match_round == hub->match_round)
		return &hub->matches[conn->match_at];
	match = match_new(hub, conn);
	if (match == NULL)
		return NULL;
	conn->match_round = hub->match_round;
	conn->match_at = hub->matches_len - 1;
	return match;
}

/* A shared subscription is one of its own (4.8.2): it has a copy beside that of the plain ones. */
static void match_one(
	struct routing *routing, struct conn *conn, const struct topic_entry *entry, bool is_shared)
{
	struct conn_hub *hub = routing->hub;
	struct conn_match *match;
	bool no_local = (entry->options & OPTION_NO_LOCAL) != 0;

	if (conn->version < WIRE_V5)
		no_local = hub->config.ignore_loop_deliver || conn->is_bridge;
	if (no_local && conn == routing->publisher) {
		conn_drop_count(hub, CONN_COUNTER_DELIVERY_DROPPED_NO_LOCAL);
		return;
	}
	match = is_shared ? match_new(hub, conn) : match_of(hub, conn);
	if (match == NULL)
		return;
	if ((entry->options & OPTION_QOS) > match->qos)
		match->qos = entry->options & OPTION_QOS;
	/* A bridge of 3.x gets RETAIN as it was published. */
	if ((entry->options & OPTION_RETAIN_AS_PUBLISHED) || conn->is_bridge)
		match->retain = true;
	if (entry->subscription_id != 0 && match->ids_len < CONN_SUBSCRIPTION_IDS_MAX)
		match->ids[match->ids_len++] = entry->subscription_id;
}

static void on_entries(void *context, const struct topic_entry *entries, uint32_t len)
{
	struct routing *routing = context;

	for (uint32_t i = 0; i < len; i++) {
		struct conn *conn;

		if (entries[i].subscriber == CONN_SUBSCRIBER_CONTROL) {
			routing->hub->to_control = true;
			continue;
		}
		conn = conn_by_slot(routing->hub, entries[i].subscriber);
		if (conn == NULL)
			continue;
		if (conn->is_controls)
			routing->hub->to_control = true;
		else
			match_one(routing, conn, &entries[i], false);
	}
}

/* Notes that a member of this group is with control. */
static void share(struct routing *routing, uint32_t node, struct topic_text name)
{
	static const char prefix[] = "$share/";
	struct conn_hub *hub = routing->hub;
	struct conn_shared_match *shared;
	size_t size = sizeof(prefix) + name.bytes + UINT16_MAX;
	size_t at = sizeof(prefix) - 1;
	int bytes;

	shared = conn_alloc(hub, hub->params.mem_queue, sizeof(*shared) + size);
	if (shared == NULL) {
		conn_drop_count(hub, CONN_COUNTER_DELIVERY_DROPPED_NO_MEMORY);
		return;
	}
	memcpy(shared->filter, prefix, at);
	memcpy(shared->filter + at, name.data, name.bytes);
	at += name.bytes;
	shared->filter[at++] = '/';
	bytes = topic_index_filter_text(hub->index, node, shared->filter + at, size - at);
	if (bytes < 0) {
		conn_free(hub, hub->params.mem_queue, shared);
		return;
	}
	shared->filter_bytes = (uint32_t)(at + (size_t)bytes);
	shared->next = hub->shared;
	hub->shared = shared;
}

/* Nobody of the last group took it: then control does it for a member that is parked. */
static void declined_end(struct routing *routing)
{
	if (routing->declined_node != 0)
		share(routing, routing->declined_node, routing->declined_name);
	routing->declined_node = 0;
}

static bool is_declined(const struct routing *routing, const struct topic_group_ref *group)
{
	return routing->declined_node == group->node &&
	       routing->declined_name.bytes == group->name.bytes &&
	       memcmp(routing->declined_name.data, group->name.data, group->name.bytes) == 0;
}

static bool on_shared(
	void *context, const struct topic_entry *entry, const struct topic_group_ref *group)
{
	struct routing *routing = context;
	struct conn *conn;

	if (!is_declined(routing, group))
		declined_end(routing);
	if (entry->subscriber == CONN_SUBSCRIBER_CONTROL) {
		routing->declined_node = 0;
		share(routing, group->node, group->name);
		return true;
	}
	conn = conn_by_slot(routing->hub, entry->subscriber);
	if (conn != NULL && !conn->is_controls) {
		routing->declined_node = 0;
		match_one(routing, conn, entry, true);
		return true;
	}
	if (conn != NULL) {
		routing->declined_node = group->node;
		routing->declined_name = group->name;
	}
	return false;
}

static void match(struct routing *routing)
{
	static const struct topic_visitor visitor = {.entries = on_entries, .shared = on_shared};
	struct conn_hub *hub = routing->hub;
	struct wire_str topic = routing->message->topic;

	conn_match_drop(hub);
	if (++hub->match_round == 0)
		hub->match_round = 1;
	topic_index_match(hub->index, (struct topic_text){(const char *)topic.data, topic.bytes},
		&visitor, routing);
	declined_end(routing);
}

/* Encodes a QoS 0 PUBLISH once for all receivers of one kind. 0 when it is too large for that. */
static uint32_t fan_need(struct conn *conn, const struct conn_message *message, bool retain)
{
	struct conn_hub *hub = conn->hub;
	unsigned version = conn->version == WIRE_V5;
	struct conn_how how = {.retain = retain};
	struct wire_publish_out publish;
	size_t header;

	if (hub->fan_bytes[version][retain] != 0)
		return hub->fan_bytes[version][retain];
	conn_publish_fill(conn, message, &how, &publish);
	header = wire_publish_header_bytes(&publish);
	if (header == 0 || header + message->payload.bytes > CONN_FAN_BYTES ||
		wire_publish_header_encode(hub->fan[version][retain], CONN_FAN_BYTES, &publish) < 0)
		return 0;
	if (message->payload.bytes > 0)
		memcpy(hub->fan[version][retain] + header, message->payload.data,
			message->payload.bytes);
	hub->fan_bytes[version][retain] = (uint32_t)header + message->payload.bytes;
	return hub->fan_bytes[version][retain];
}

static bool fan_out(struct conn *conn, const struct conn_message *message, bool retain)
{
	uint32_t bytes = fan_need(conn, message, retain);

	if (bytes == 0 || (conn->max_packet_bytes != 0 && bytes > conn->max_packet_bytes))
		return false;
	return conn_send_try(conn, conn->hub->fan[conn->version == WIRE_V5][retain], bytes);
}

static void deliver(
	struct conn_match *match, const struct conn_message *message, struct conn_msg **made)
{
	struct conn *conn = match->conn;
	struct conn_how how = {
		.ids = match->ids,
		.ids_len = match->ids_len,
		.qos = match->qos < message->qos ? match->qos : message->qos,
		.retain = match->retain && message->retain,
		.is_held = conn->state != CONN_STATE_LIVE,
	};

	/* Its end may have come with this very message. */
	if (conn->state == CONN_STATE_FREE || conn->is_controls)
		return;
	if (how.qos == 0 && how.ids_len == 0 && !how.is_held && fan_out(conn, message, how.retain))
		return;
	conn_queue_put(conn, message, made, &how);
}

static void tell_control(struct conn_hub *hub, const struct conn_message *message, bool retains)
{
	void *context = hub->params.control_context;

	if (retains)
		conn_ops(hub)->retain(context, message);
	if (hub->to_control) {
		conn_ops(hub)->interest(context, message);
		conn_count(hub, CONN_COUNTER_MESSAGES_FORWARD);
	}
	for (struct conn_shared_match *shared = hub->shared; shared != NULL;
		shared = shared->next) {
		conn_ops(hub)->shared(
			context, conn_str(shared->filter, shared->filter_bytes), message);
		conn_count(hub, CONN_COUNTER_MESSAGES_FORWARD);
	}
}

/*
 * Whether all records for control fit now: they are sent all or none. What would not fit into an
 * empty ring is never waited for.
 */
static enum conn_routed control_room(struct conn_hub *hub, struct conn *publisher,
	const struct conn_message *message, bool retains)
{
	size_t each = conn_message_bytes(message);
	unsigned records = (unsigned)retains + hub->to_control;
	size_t bytes = records * each;

	for (struct conn_shared_match *shared = hub->shared; shared != NULL;
		shared = shared->next) {
		records++;
		bytes += each + shared->filter_bytes;
	}
	if (records == 0)
		return CONN_ROUTED;
	if (bytes + (size_t)records * CONN_RECORD_HEAD_BYTES > hub->params.max_record_bytes)
		return CONN_ROUTED_TOO_LARGE;
	return conn_room(hub, publisher, records, bytes) ? CONN_ROUTED : CONN_ROUTED_BLOCKED;
}

static void route_out(struct conn_hub *hub, const struct conn_message *message)
{
	struct conn_msg *made = NULL;

	memset(hub->fan_bytes, 0, sizeof(hub->fan_bytes));
	for (uint32_t i = 0; i < hub->matches_len; i++)
		deliver(&hub->matches[i], message, &made);
	conn_msg_put(hub, made);
}

enum conn_routed conn_route(
	struct conn_hub *hub, struct conn *publisher, const struct conn_message *message)
{
	struct routing routing = {.hub = hub, .publisher = publisher, .message = message};
	bool retains = message->retain && publisher != NULL;
	enum conn_routed routed;

	match(&routing);
	routed = control_room(hub, publisher, message, retains);
	if (routed == CONN_ROUTED_BLOCKED) {
		conn_match_drop(hub);
		return routed;
	}
	conn_count(hub, CONN_COUNTER_MESSAGES_PUBLISH);
	if (routed == CONN_ROUTED_TOO_LARGE)
		conn_count(hub, CONN_COUNTER_MESSAGES_DROPPED);
	else if (hub->matches_len == 0 && !hub->to_control && hub->shared == NULL) {
		routed = CONN_ROUTED_NOBODY;
		if (!retains) {
			conn_count(hub, CONN_COUNTER_MESSAGES_DROPPED);
			conn_count(hub, CONN_COUNTER_MESSAGES_DROPPED_NO_SUBSCRIBERS);
		}
	}
	if (routed != CONN_ROUTED_TOO_LARGE)
		tell_control(hub, message, retains);
	route_out(hub, message);
	conn_match_drop(hub);
	return routed;
}

bool conn_hub_publish(struct conn_hub *hub, const struct conn_message *message)
{
	uint32_t left_s;

	if (!conn_message_lives(message->born_ms, message->expiry_s, hub->now_ms, &left_s)) {
		conn_count(hub, CONN_COUNTER_MESSAGES_DROPPED);
		conn_count(hub, CONN_COUNTER_MESSAGES_DROPPED_EXPIRED);
		return true;
	}
	return conn_route(hub, NULL, message) != CONN_ROUTED_BLOCKED;
}
