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

struct walk {
	session_view_fn *view;
	session_subscription_fn *subscription;
	session_topic_fn *topic;
	void *arg;
};

static void each_session(void *arg, struct kit_map_node *node)
{
	const struct walk *walk = arg;
	struct session_view view;

	session_view_fill(BASE_CONTAINER_OF(node, struct session, by_client), &view);
	walk->view(walk->arg, &view);
}

static void each_subscription(void *arg, struct kit_map_node *node)
{
	const struct walk *walk = arg;
	const struct session_subscription *subscription =
		BASE_CONTAINER_OF(node, struct session_subscription, node);
	struct session_subscription_view view = {
		.client_id = subscription->session->client_id,
		.filter = subscription->filter->text,
		.subscription_id = subscription->id,
		.qos = subscription->options & 3,
		.no_local = subscription->options & 4,
		.retain_as_published = subscription->options & 8,
		.retain_handling = (subscription->options >> 4) & 3,
	};

	walk->subscription(walk->arg, &view);
}

/*
 * The subscriptions of all sessions. A place is a head of the table of sessions, and a head of the largest table of
 * subscriptions in its chain: one session may have more of them than a part may. A smaller table's head comes with the
 * first of those that it would split into, so that sessions may come, go and grow between two parts.
 */
enum { PLACE_BITS = 32, HEADS_A_STEP = 16 };

struct walk_all {
	struct walk *walk;
	const struct kit_map *largest;
	uint64_t head; /* in the tables of subscriptions */
	size_t seen;
};

static void find_largest(void *arg, struct kit_map_node *node)
{
	const struct session *session = BASE_CONTAINER_OF(node, struct session, by_client);
	struct walk_all *all = arg;

	if (all->largest == NULL || session->subscriptions.head_len > all->largest->head_len)
		all->largest = &session->subscriptions;
}

static void see(void *arg, struct kit_map_node *node)
{
	struct walk_all *all = arg;

	all->seen++;
	each_subscription(all->walk, node);
}

static void see_head(void *arg, struct kit_map_node *node)
{
	const struct session *session = BASE_CONTAINER_OF(node, struct session, by_client);
	struct walk_all *all = arg;

	if (all->head < session->subscriptions.head_len)
		kit_map_scan(&session->subscriptions, all->head, 0, see, all);
}

static void pass(void *arg, struct kit_map_node *node)
{
	(void)arg;
	(void)node;
}

static uint64_t scan_all(
	const struct session_core *core, uint64_t cursor, size_t max, struct walk *walk)
{
	struct walk_all all = {.walk = walk, .head = cursor >> PLACE_BITS};
	uint64_t head = cursor & ((1ull << PLACE_BITS) - 1), next;
	size_t heads = 0;

	do {
		all.largest = NULL;
		kit_map_scan(&core->by_client, head, 0, find_largest, &all);
		next = kit_map_scan(&core->by_client, head, 0, see_head, &all);
		all.head = all.largest != NULL ? kit_map_scan(all.largest, all.head, 0, pass, NULL)
					       : 0;
		if (all.head == 0)
			head = next;
		heads++;
	} while ((head != 0 || all.head != 0) && all.seen + heads / HEADS_A_STEP < max);
	return all.head << PLACE_BITS | head;
}

static void each_topic(void *arg, struct kit_map_node *node)
{
	const struct walk *walk = arg;
	const struct session_filter *filter = BASE_CONTAINER_OF(node, struct session_filter, node);

	walk->topic(walk->arg, filter->text, filter->subscriptions);
}

uint64_t session_scan(
	struct session_core *core, uint64_t cursor, size_t max, session_view_fn *each, void *arg)
{
	struct walk walk = {.view = each, .arg = arg};

	return kit_map_scan(&core->by_client, cursor, max, each_session, &walk);
}

uint64_t session_scan_subscriptions(struct session_core *core, const char *client_id,
	uint32_t client_id_bytes, uint64_t cursor, size_t max, session_subscription_fn *each,
	void *arg)
{
	struct walk walk = {.subscription = each, .arg = arg};
	const struct session *session;

	if (client_id == NULL)
		return scan_all(core, cursor, max, &walk);
	session = session_by_client(core, client_id, client_id_bytes);
	if (session == NULL)
		return 0;
	return kit_map_scan(&session->subscriptions, cursor, max, each_subscription, &walk);
}

uint64_t session_scan_topics(
	struct session_core *core, uint64_t cursor, size_t max, session_topic_fn *each, void *arg)
{
	struct walk walk = {.topic = each, .arg = arg};

	return kit_map_scan(&core->filters, cursor, max, each_topic, &walk);
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
