#include "conn_priv.h"

/*
 * A new control learns what the old one knew: slot by slot, as much as the ring takes at a time.
 * The rest of the library sends no record until that is done (conn_room), so what is told is not
 * overtaken.
 */

void conn_hub_resync_begin(struct conn_hub *hub)
{
	conn_hub_interest_clear(hub);
	hub->is_resyncing = true;
	hub->resync_at = 0;
	hub->resync_subs = 0;
	hub->resync_has_begun = false;
}

static bool has_room(struct conn_hub *hub, size_t bytes)
{
	return conn_ops(hub)->room(hub->params.control_context, 1, bytes + CONN_RECORD_HEAD_BYTES);
}

/* What the old control was asked and will not answer. */
static void ask_again(struct conn *conn)
{
	if (conn->awaits == 0)
		return;
	conn->awaits = 0;
	conn_block(conn, 0);
}

static bool tell_live(struct conn *conn)
{
	struct conn_hub *hub = conn->hub;
	struct conn_connect connect;

	if (!has_room(hub, conn_connect_bytes(conn)))
		return false;
	conn_connect_fill(conn, &connect);
	conn->is_controls = connect.is_parked;
	conn_ops(hub)->live(hub->params.control_context, &connect);
	return true;
}

static bool tell_some(
	struct conn *conn, const struct conn_filter *filters, uint16_t len, size_t bytes)
{
	struct conn_hub *hub = conn->hub;
	struct conn_subscribe subscribe = {.conn = conn->id, .filter_len = len, .filters = filters};

	if (len == 0)
		return true;
	if (!has_room(hub, bytes + (size_t)len * CONN_FILTER_HEAD_BYTES))
		return false;
	conn_ops(hub)->live_subs(hub->params.control_context, &subscribe);
	hub->resync_subs += len;
	return true;
}

static bool tell_subs(struct conn *conn)
{
	struct conn_filter filters[CONN_RESYNC_FILTERS];
	const struct conn_sub *sub = NULL;
	uint32_t told = 0;
	uint16_t len = 0;
	size_t bytes = 0;

	while ((sub = conn_sub_next(conn, sub)) != NULL) {
		if (told++ < conn->hub->resync_subs)
			continue;
		filters[len++] = (struct conn_filter){
			.text = conn_str(sub->text, sub->bytes),
			.subscription_id = sub->subscription_id,
			.options = sub->options,
			.reason = sub->options & 3,
		};
		bytes += sub->bytes;
		if (len < CONN_RESYNC_FILTERS && bytes < CONN_RESYNC_FILTER_BYTES)
			continue;
		if (!tell_some(conn, filters, len, bytes))
			return false;
		told = conn->hub->resync_subs;
		len = 0;
		bytes = 0;
	}
	return tell_some(conn, filters, len, bytes);
}

/* Sessions that were being restored have all that they will get. */
static bool tell(struct conn *conn)
{
	struct conn_hub *hub = conn->hub;

	if (conn->state == CONN_STATE_DECIDING) {
		if (!has_room(hub, conn_connect_bytes(conn)))
			return false;
		conn_event(conn, CONN_EVENT_RESYNC, NULL);
		return true;
	}
	if (!hub->resync_has_begun && conn->state != CONN_STATE_LIVE) {
		conn->owes_restored = false;
		conn->is_controls = false;
		conn_event(conn, CONN_EVENT_RESYNC, NULL);
	}
	if (conn->session == 0 || conn->state == CONN_STATE_FREE || conn->identity == NULL)
		return true;
	if (!hub->resync_has_begun && !tell_live(conn))
		return false;
	hub->resync_has_begun = true;
	if (!tell_subs(conn))
		return false;
	ask_again(conn);
	return true;
}

bool conn_hub_resync_step(struct conn_hub *hub)
{
	unsigned told = 0;

	if (!hub->is_resyncing)
		return true;
	for (; hub->resync_at < hub->slots_len; hub->resync_at++) {
		struct conn *conn = conn_by_slot(hub, hub->resync_at);

		if (conn == NULL)
			continue;
		if (told++ == CONN_RESYNC_BATCH || !tell(conn))
			return false;
		hub->resync_subs = 0;
		hub->resync_has_begun = false;
	}
	hub->is_resyncing = false;
	conn_hub_unblock(hub);
	return true;
}
