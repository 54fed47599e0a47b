#include <string.h>

#include "base_assert.h"
#include "base_hash.h"
#include "base_time.h"
#include "session_priv.h"

static char *copy_text(const char *text, size_t bytes)
{
	char *copy = kit_mem_alloc(KIT_MEM_SESSIONS, bytes + 1);

	if (copy != NULL && bytes > 0)
		memcpy(copy, text, bytes);
	return copy;
}

static uint64_t conn_hash(const struct session_core *core, struct link_conn conn)
{
	return base_hash_u64(conn.id, core->hash_seed + conn.worker);
}

static bool conn_equal(struct link_conn a, struct link_conn b)
{
	return a.id == b.id && a.worker == b.worker;
}

struct session *session_by_client(struct session_core *core, const char *id, size_t bytes)
{
	uint64_t hash = base_hash_bytes(id, bytes, core->hash_seed);
	struct kit_map_node *node;

	KIT_MAP_CHAIN(node, &core->by_client, hash)
	{
		struct session *session = BASE_CONTAINER_OF(node, struct session, by_client);

		if (node->hash == hash && session->client_id_bytes == bytes &&
			memcmp(session->client_id, id, bytes) == 0)
			return session;
	}
	return NULL;
}

struct session *session_by_conn(struct session_core *core, struct link_conn conn)
{
	uint64_t hash = conn_hash(core, conn);
	struct kit_map_node *node;

	KIT_MAP_CHAIN(node, &core->by_conn, hash)
	{
		struct session *session = BASE_CONTAINER_OF(node, struct session, by_conn);

		if (conn_equal(session->conn, conn))
			return session;
	}
	return NULL;
}

struct session_pending *session_pending_by_conn(struct session_core *core, struct link_conn conn)
{
	uint64_t hash = conn_hash(core, conn);
	struct kit_map_node *node;

	KIT_MAP_CHAIN(node, &core->pending, hash)
	{
		struct session_pending *pending =
			BASE_CONTAINER_OF(node, struct session_pending, node);

		if (conn_equal(pending->connect.conn, conn))
			return pending;
	}
	return NULL;
}

static void move_text(struct link_text *text, char **at)
{
	if (text->bytes > 0)
		memcpy(*at, text->text, text->bytes);
	text->text = *at;
	*at += text->bytes;
}

struct session_pending *session_pending_new(
	struct session_core *core, const struct link_connect *connect)
{
	size_t bytes = sizeof(struct session_pending) + connect->client_id.bytes +
		       connect->username.bytes + connect->password.bytes +
		       connect->will_topic.bytes + connect->will_props.bytes +
		       connect->will_payload.bytes;
	struct session_pending *pending = kit_mem_alloc(KIT_MEM_SESSIONS, bytes);
	char *at;

	if (pending == NULL)
		return NULL;
	pending->bytes = bytes;
	pending->connect = *connect;
	base_list_init(&pending->held);
	at = (char *)(pending + 1);
	move_text(&pending->connect.client_id, &at);
	move_text(&pending->connect.username, &at);
	move_text(&pending->connect.password, &at);
	move_text(&pending->connect.will_topic, &at);
	move_text(&pending->connect.will_props, &at);
	move_text(&pending->connect.will_payload, &at);
	if (kit_map_insert(&core->pending, &pending->node, conn_hash(core, connect->conn)) != 0) {
		kit_mem_free(KIT_MEM_SESSIONS, pending, bytes);
		return NULL;
	}
	return pending;
}

void session_pending_free(struct session_core *core, struct session_pending *pending)
{
	if (pending->session != NULL)
		pending->session->pending = NULL;
	base_list_remove(&pending->held);
	kit_map_remove(&core->pending, &pending->node);
	kit_mem_free(KIT_MEM_SESSIONS, pending, pending->bytes);
}

void session_unmap_conn(struct session *session)
{
	if (!session->is_mapped)
		return;
	kit_map_remove(&session->core->by_conn, &session->by_conn);
	session->is_mapped = false;
}

void session_map_conn(struct session *session, struct link_conn conn)
{
	session_unmap_conn(session);
	session->conn = conn;
	/* Cannot fail: the table was reserved. */
	session->is_mapped = kit_map_insert(&session->core->by_conn, &session->by_conn,
				     conn_hash(session->core, conn)) == 0;
	BASE_ASSERT(session->is_mapped);
}

struct session *session_new(struct session_core *core, struct link_text client_id)
{
	struct session *session = kit_mem_alloc(KIT_MEM_SESSIONS, sizeof(*session));

	if (session == NULL)
		return NULL;
	session->core = core;
	session->client_id = copy_text(client_id.text, client_id.bytes);
	session->client_id_bytes = (uint16_t)client_id.bytes;
	if (session->client_id == NULL ||
		kit_map_insert(&core->by_client, &session->by_client,
			base_hash_bytes(client_id.text, client_id.bytes, core->hash_seed)) != 0) {
		kit_mem_free(KIT_MEM_SESSIONS, session->client_id, client_id.bytes + 1u);
		kit_mem_free(KIT_MEM_SESSIONS, session, sizeof(*session));
		return NULL;
	}
	session->id = core->next_id++;
	session->state = SESSION_OFFLINE;
	session->created_wall_ms = base_time_wall_ms();
	base_list_init(&session->job);
	base_list_init(&session->lost);
	kit_map_init(&session->subscriptions, KIT_MEM_SUBSCRIPTIONS);
	session_queue_init(&session->window);
	session_queue_init(&session->queue);
	session_stat_up(&core->stats.sessions, &core->stats.sessions_max);
	return session;
}

void session_free(struct session *session)
{
	struct session_core *core = session->core;

	session_retained_forget(session);
	session_subscriptions_free(session);
	session_queue_clear(session, &session->window);
	session_queue_clear(session, &session->queue);
	session_will_drop(session);
	kit_timer_cancel(&core->timers, &session->expiry_timer);
	base_list_remove(&session->job);
	if (session->pending != NULL)
		session_pending_free(core, session->pending);
	session_unmap_conn(session);
	kit_map_remove(&core->by_client, &session->by_client);
	core->stats.sessions--;
	if (session->username != NULL)
		kit_mem_free(KIT_MEM_SESSIONS, session->username, session->username_bytes + 1u);
	kit_mem_free(KIT_MEM_SESSIONS, session->client_id, session->client_id_bytes + 1u);
	kit_mem_free(KIT_MEM_SESSIONS, session, sizeof(*session));
}

static void set_username(struct session *session, const struct link_connect *connect)
{
	if (session->username != NULL)
		kit_mem_free(KIT_MEM_SESSIONS, session->username, session->username_bytes + 1u);
	session->username = NULL;
	session->username_bytes = 0;
	if (!connect->has_username)
		return;
	session->username = copy_text(connect->username.text, connect->username.bytes);
	if (session->username != NULL)
		session->username_bytes = (uint16_t)connect->username.bytes;
}

/* A live connection that is told to a new control has been there for a while. */
static uint64_t wall_ms(const struct session_core *core, uint64_t monotonic_ms)
{
	uint64_t age_ms = core->now_ms > monotonic_ms ? core->now_ms - monotonic_ms : 0;

	return base_time_wall_ms() - age_ms;
}

void session_attach(struct session *session, const struct link_connect *connect)
{
	struct session_core *core = session->core;

	session_map_conn(session, connect->conn);
	session->window.handed = &session->window.list;
	session->queue.handed = &session->queue.list;
	session->version = connect->version;
	session->keepalive_s = connect->keepalive_s;
	session->listener = connect->listener;
	session->peer_port = connect->peer_port;
	memcpy(session->peer_addr, connect->peer_addr, sizeof(session->peer_addr));
	session->clean_start = connect->clean_start;
	session->is_bridge = connect->is_bridge;
	session->is_doomed = session->drop_logged = false;
	session->expiry_s = connect->session_expiry_s;
	session->connected_ms = connect->connected_ms;
	session->connected_wall_ms = wall_ms(core, connect->connected_ms);
	session->disconnected_wall_ms = 0;
	set_username(session, connect);
	session_will_drop(session);
	if (!session_will_set(session, connect))
		core->counters.dropped_memory++;
	kit_timer_cancel(&core->timers, &session->expiry_timer);
	session_stat_up(&core->stats.connections, &core->stats.connections_max);
}
