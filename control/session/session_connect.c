#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base_assert.h"
#include "base_log.h"
#include "session_priv.h"

/*
 * The decision on a CONNECT (MQTT 5, 3.1.4). Who may connect at all is decided before this is asked.
 */

enum {
	REASON_SERVER_UNAVAILABLE = 0x88,
	REASON_BAD_CLIENT_ID = 0x85,
	REASON_QUOTA = 0x97,
	REASON_RETAIN = 0x9a,
	REASON_QOS = 0x9b,
	ASSIGNED_ID_BYTES =
		23, /* "sluice_" and 16 digits: what every server must accept (3.1.3.1) */
};

static void refuse(struct session_core *core, const struct link_connect *connect, uint8_t reason,
	enum link_end how)
{
	core->counters.refused++;
	link_refuse(core->link, connect->conn, reason, how);
}

/* True when the CONNECT asks for what we don't have, and was refused. */
static bool is_refused(struct session_core *core, const struct link_connect *connect)
{
	if (core->is_shutting_down)
		refuse(core, connect, REASON_SERVER_UNAVAILABLE, LINK_END_SHUTDOWN);
	else if (connect->has_will && connect->will_qos > core->config.max_qos)
		refuse(core, connect, REASON_QOS, LINK_END_QOS);
	else if (connect->has_will && connect->will_retain && !core->config.retain_available)
		refuse(core, connect, REASON_RETAIN, LINK_END_RETAIN);
	else if (connect->client_id.bytes == 0 &&
		 (connect->version < 4 || (connect->version == 4 && !connect->clean_start)))
		refuse(core, connect, REASON_BAD_CLIENT_ID, LINK_END_BAD_CLIENT_ID);
	else
		return false;
	return true;
}

/* Fills `id` with a client identifier that no session has. */
static void assign_id(struct session_core *core, char id[ASSIGNED_ID_BYTES + 1])
{
	uint64_t number;

	do {
		ssize_t got = getrandom(&number, sizeof(number), 0);

		BASE_ASSERT(got == (ssize_t)sizeof(number));
		snprintf(id, ASSIGNED_ID_BYTES + 1, "sluice_%016llx", (unsigned long long)number);
	} while (session_by_client(core, id, ASSIGNED_ID_BYTES) != NULL);
}

static uint32_t expiry_in_force(const struct session_core *core, const struct link_connect *connect)
{
	if (connect->version >= 5)
		return connect->session_expiry_s;
	return connect->clean_start ? 0 : core->config.v3_expiry_s;
}

void session_connect_grant(
	struct session *session, const struct link_connect *connect, bool present)
{
	struct session_core *core = session->core;
	struct link_grant grant = {
		.conn = connect->conn,
		.session = session->id,
		.session_expiry_s = expiry_in_force(core, connect),
		.session_present = present,
		.restore = present,
	};

	session_attach(session, connect);
	session->expiry_s = grant.session_expiry_s;
	if (session->is_assigned && !present)
		grant.assigned_id =
			(struct link_text){session->client_id, session->client_id_bytes};
	link_grant(core->link, &grant);
	core->counters.connected++;
	if (present)
		core->counters.resumed++;
	else
		core->counters.created++;
	if (core->observer != NULL && core->observer->connected != NULL) {
		struct session_view view;

		session_view_fill(session, &view);
		view.is_connected = true;
		core->observer->connected(core->observer_arg, &view);
	}
}

void session_connect_fresh(struct session_core *core, const struct link_connect *connect)
{
	char assigned[ASSIGNED_ID_BYTES + 1];
	struct link_text id = connect->client_id;
	struct session *session;

	if (core->config.max_sessions && core->stats.sessions >= core->config.max_sessions) {
		refuse(core, connect, REASON_QUOTA, LINK_END_QUOTA);
		return;
	}
	if (id.bytes == 0) {
		assign_id(core, assigned);
		id = (struct link_text){assigned, ASSIGNED_ID_BYTES};
	}
	session = session_new(core, id);
	if (session == NULL) {
		refuse(core, connect, REASON_QUOTA, LINK_END_QUOTA);
		return;
	}
	session->is_assigned = connect->client_id.bytes == 0;
	session->state = SESSION_LIVE;
	session_connect_grant(session, connect, false);
}

void session_connect_decide(struct session_core *core, const struct link_connect *connect)
{
	struct session *session;

	if (is_refused(core, connect))
		return;
	session = session_by_client(core, connect->client_id.text, connect->client_id.bytes);
	if (session == NULL)
		session_connect_fresh(core, connect);
	else
		session_event(session,
			connect->clean_start ? SESSION_EVENT_CLEAN : SESSION_EVENT_RESUME, connect);
}

/*
 * Until every worker that lived before us has told its live connections, nobody knows which client ids
 * are taken: CONNECTs wait.
 */
void session_connect(struct session_core *core, const struct link_connect *connect)
{
	struct session_pending *pending;
	struct session *session = session_by_conn(core, connect->conn);

	core->counters.connect++;
	if ((session != NULL && session_has_conn(session)) ||
		session_pending_by_conn(core, connect->conn) != NULL)
		return; /* told once more */
	if (base_list_is_empty(&core->held) && link_is_settled(core->link)) {
		session_connect_decide(core, connect);
		return;
	}
	pending = session_pending_new(core, connect);
	if (pending == NULL)
		refuse(core, connect, REASON_QUOTA, LINK_END_QUOTA);
	else
		base_list_push_back(&core->held, &pending->held);
}

/* It leaves the table first: the decision may keep a copy under the same connection. */
void session_pending_run(struct session_core *core, struct session_pending *pending)
{
	base_list_remove(&pending->held);
	kit_map_remove(&core->pending, &pending->node);
	session_connect_decide(core, &pending->connect);
	kit_mem_free(KIT_MEM_SESSIONS, pending, pending->bytes);
}

void session_held_run(struct session_core *core)
{
	while (!base_list_is_empty(&core->held) && link_is_settled(core->link))
		session_pending_run(
			core, BASE_CONTAINER_OF(core->held.next, struct session_pending, held));
}
