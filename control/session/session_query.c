#include "session_query.h"

#include <string.h>

#include "session_priv.h"

void session_view_fill(const struct session *session, struct session_view *out)
{
	*out = (struct session_view){
		.id = session->id,
		.client_id = session->client_id,
		.client_id_bytes = session->client_id_bytes,
		.username = session->username,
		.state = session_state_name(session->state),
		.is_connected = session_has_conn(session),
		.clean_start = session->clean_start,
		.is_assigned = session->is_assigned,
		.is_bridge = session->is_bridge,
		.version = session->version,
		.keepalive_s = session->keepalive_s,
		.peer_port = session->peer_port,
		.listener = session->listener,
		.worker = session->conn.worker,
		.session_expiry_s = session->expiry_s,
		.subscription_len = (uint32_t)session->subscriptions.len,
		.inflight_len = session->window.len - session->awaiting_rel_len,
		.awaiting_rel_len = session->awaiting_rel_len,
		.queue_len = session->queue.len,
		.queue_bytes = session->queue.bytes,
		.delivered = session->delivered,
		.enqueued = session->enqueued,
		.dropped = session->dropped,
		.created_wall_ms = session->created_wall_ms,
		.connected_wall_ms = session->connected_wall_ms,
		.disconnected_wall_ms = session->disconnected_wall_ms,
		.expires_ms = kit_timer_is_set(&session->expiry_timer)
				      ? session->expiry_timer.due_ms
				      : UINT64_MAX,
	};
	memcpy(out->peer_addr, session->peer_addr, sizeof(out->peer_addr));
}

void session_each(
	struct session_core *core, bool (*each)(void *, const struct session_view *), void *arg)
{
	struct kit_map_node *node = NULL;
	struct session_view view;

	while ((node = kit_map_next(&core->by_client, node)) != NULL) {
		session_view_fill(BASE_CONTAINER_OF(node, struct session, by_client), &view);
		if (!each(arg, &view))
			return;
	}
}

bool session_find(struct session_core *core, const char *client_id, uint32_t client_id_bytes,
	struct session_view *out)
{
	const struct session *session = session_by_client(core, client_id, client_id_bytes);

	if (session == NULL)
		return false;
	session_view_fill(session, out);
	return true;
}

/* False when the walk shall end. */
static bool each_of(const struct session *session,
	bool (*each)(void *, const struct session_subscription_view *), void *arg)
{
	struct kit_map_node *node = NULL;

	while ((node = kit_map_next(&session->subscriptions, node)) != NULL) {
		const struct session_subscription *subscription =
			BASE_CONTAINER_OF(node, struct session_subscription, node);
		struct session_subscription_view view = {
			.client_id = session->client_id,
			.filter = subscription->filter->text,
			.subscription_id = subscription->id,
			.qos = subscription->options & 3,
			.no_local = subscription->options & 4,
			.retain_as_published = subscription->options & 8,
			.retain_handling = (subscription->options >> 4) & 3,
		};

		if (!each(arg, &view))
			return false;
	}
	return true;
}

void session_each_subscription(struct session_core *core, const char *client_id,
	uint32_t client_id_bytes, bool (*each)(void *, const struct session_subscription_view *),
	void *arg)
{
	struct kit_map_node *node = NULL;

	if (client_id != NULL) {
		const struct session *session = session_by_client(core, client_id, client_id_bytes);

		if (session != NULL)
			each_of(session, each, arg);
		return;
	}
	while ((node = kit_map_next(&core->by_client, node)) != NULL)
		if (!each_of(BASE_CONTAINER_OF(node, struct session, by_client), each, arg))
			return;
}

void session_each_topic(struct session_core *core,
	bool (*each)(void *, const char *filter, uint32_t subscribers), void *arg)
{
	struct kit_map_node *node = NULL;

	while ((node = kit_map_next(&core->filters, node)) != NULL) {
		const struct session_filter *filter =
			BASE_CONTAINER_OF(node, struct session_filter, node);

		if (!each(arg, filter->text, filter->subscriptions))
			return;
	}
}

void session_stats(const struct session_core *core, struct session_stats *out)
{
	*out = core->stats;
	out->queued_messages = core->queued_messages;
	out->queued_bytes = core->queued_bytes;
	out->index_bytes = session_index_used(core->index);
}

const struct session_counters *session_counters(const struct session_core *core)
{
	return &core->counters;
}

void session_each_counter(const struct session_core *core,
	void (*each)(void *, const char *name, uint64_t value), void *arg)
{
#define SESSION_COUNTER(field, name) each(arg, name, core->counters.field);
	SESSION_COUNTERS
#undef SESSION_COUNTER
}
