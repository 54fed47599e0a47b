#include "base_log.h"
#include "session_priv.h"

/*
 * Workers outlive control and control outlives workers. A worker that lived before us tells its connections: they become
 * sessions again, with all but the time of their creation, which is taken from the connection. A worker that died took its connections along.
 */

static void attach_live(struct session *session, const struct link_connect *connect)
{
	session_attach(session, connect);
	session->id = connect->session;
	session->is_assigned = connect->is_assigned;
	session->created_wall_ms = session->connected_wall_ms;
	session->state = connect->is_parked ? SESSION_LEAVING : SESSION_LIVE;
	if (connect->is_parked)
		session_index_enter(session);
	else
		session_index_leave(session);
	if (session->id >= session->core->next_id)
		session->core->next_id = session->id + 1;
}

static bool is_same(const struct session *session, struct link_conn conn)
{
	return session->conn.id == conn.id && session->conn.worker == conn.worker;
}

/* Two connections with one client id: the newer stays. The older is no session's any more when it closes. */
static bool is_loser(struct session *session, const struct link_connect *connect)
{
	struct session_core *core = session->core;

	if (connect->connected_ms < session->connected_ms) {
		link_disconnect(core->link, connect->conn, 0x8e, LINK_END_TAKENOVER);
		return true;
	}
	link_disconnect(core->link, session->conn, 0x8e, LINK_END_TAKENOVER);
	core->counters.takenover++;
	core->stats.connections--;
	session_retained_forget(session);
	base_list_remove(&session->job);
	return false;
}

void session_live(struct session_core *core, const struct link_connect *connect)
{
	struct session *session =
		session_by_client(core, connect->client_id.text, connect->client_id.bytes);

	if (session != NULL && session_has_conn(session) &&
		(is_same(session, connect->conn) || is_loser(session, connect)))
		return;
	if (session == NULL)
		session = session_new(core, connect->client_id);
	if (session == NULL) {
		base_log(BASE_LOG_ERROR, "no memory for the session of a live connection; it ends");
		link_disconnect(core->link, connect->conn, 0x97, LINK_END_QUOTA);
		return;
	}
	attach_live(session, connect);
}

void session_live_subscriptions(struct session_core *core, const struct link_subscribe *subscribe)
{
	struct session *session = session_by_conn(core, subscribe->conn);
	bool is_new;

	if (session == NULL || !session_has_conn(session))
		return;
	for (unsigned i = 0; i < subscribe->filter_len; i++) {
		const struct link_filter *filter = &subscribe->filters[i];

		if (session_subscription_set(session, filter->filter, filter->options,
			    filter->subscription_id, &is_new) == NULL)
			core->counters.dropped_memory++;
	}
}

static void pending_lost(struct session_core *core, uint32_t worker)
{
	struct kit_map_node *node = kit_map_next(&core->pending, NULL), *next;

	for (; node != NULL; node = next) {
		struct session_pending *pending =
			BASE_CONTAINER_OF(node, struct session_pending, node);

		next = kit_map_next(&core->pending, node);
		if (pending->connect.conn.worker == worker)
			session_pending_free(core, pending);
	}
}

/* Numbers of connections begin anew with the worker's next life: none of them may be found any more. */
static void collect_lost(struct session_core *core, uint32_t worker, struct base_list *lost)
{
	struct kit_map_node *node = kit_map_next(&core->by_conn, NULL), *next;

	for (; node != NULL; node = next) {
		struct session *session = BASE_CONTAINER_OF(node, struct session, by_conn);

		next = kit_map_next(&core->by_conn, node);
		if (session->conn.worker != worker)
			continue;
		session_unmap_conn(session);
		if (session_has_conn(session))
			base_list_push_back(lost, &session->lost);
	}
}

void session_worker_lost(struct session_core *core, uint32_t worker)
{
	struct base_list lost, *node;
	uint64_t count = 0;

	pending_lost(core, worker);
	base_list_init(&lost);
	collect_lost(core, worker, &lost);
	/* All of them are away before the first will goes out: it may be for another of them. */
	BASE_LIST_FOREACH (node, &lost) {
		session_index_enter(BASE_CONTAINER_OF(node, struct session, lost));
	}
	for (; !base_list_is_empty(&lost); count++) {
		struct session *session = BASE_CONTAINER_OF(lost.next, struct session, lost);

		base_list_remove(&session->lost);
		session_close(session, "worker_lost", false);
	}
	if (count > 0)
		base_log(BASE_LOG_WARNING, "worker %u took %llu connections along", worker,
			(unsigned long long)count);
}
