#include "base_assert.h"
#include "session_priv.h"

/*
 * A session returns: its subscriptions at once, then window and backlog as the ring has room, so that
 * one large backlog does not hold up the others.
 */

enum {
	RESTORE_RECORDS = 256, /* for one session in one turn */
	RESTORE_FILTER_BYTES = 8192, /* of filters in one record */
	RESTORE_FILTERS = 128,
};

static void send_subscriptions(struct session *session)
{
	struct link_filter filters[RESTORE_FILTERS];
	struct link_subscribe subscribe = {.conn = session->conn, .filters = filters};
	struct kit_map_node *node = NULL;
	size_t bytes = 0;

	while ((node = kit_map_next(&session->subscriptions, node)) != NULL) {
		const struct session_subscription *subscription =
			BASE_CONTAINER_OF(node, struct session_subscription, node);

		filters[subscribe.filter_len++] = (struct link_filter){
			.filter = {subscription->filter->text, subscription->filter->bytes},
			.subscription_id = subscription->id,
			.options = subscription->options,
			.reason = subscription->options & 3,
		};
		bytes += subscription->filter->bytes;
		if (subscribe.filter_len == RESTORE_FILTERS || bytes >= RESTORE_FILTER_BYTES) {
			link_sub_restore(session->core->link, &subscribe);
			subscribe.filter_len = 0;
			bytes = 0;
		}
	}
	if (subscribe.filter_len > 0)
		link_sub_restore(session->core->link, &subscribe);
}

static struct session_queued *first(struct session_queue *queue)
{
	if (base_list_is_empty(&queue->list))
		return NULL;
	return BASE_CONTAINER_OF(queue->list.next, struct session_queued, node);
}

static bool is_expired(const struct session_queued *queued, uint64_t now_ms)
{
	return queued->message != NULL && kit_message_is_expired(&queued->message->view, now_ms);
}

static void send_one(
	struct session *session, struct session_queue *queue, struct session_queued *queued)
{
	struct session_core *core = session->core;
	const struct kit_message_view *view = queued->message ? &queued->message->view : NULL;

	if (queue == &session->window) {
		/* A message whose delivery has begun does not expire any more (MQTT 5, 4.3.2 and 4.3.3). */
		link_inflight(core->link, session->conn, &queued->delivery, view);
	} else if (is_expired(queued, core->now_ms)) {
		core->counters.dropped_expired++;
		session->dropped++;
	} else {
		link_deliver(core->link, session->conn, &queued->delivery, view);
		session->delivered++;
	}
	session_queue_pop(session, queue, queued);
}

/* True when all is sent. */
static bool send_some(struct session *session)
{
	for (unsigned i = 0; i < RESTORE_RECORDS; i++) {
		struct session_queue *queue = &session->window;
		struct session_queued *queued = first(queue);

		if (queued == NULL) {
			queue = &session->queue;
			queued = first(queue);
		}
		if (queued == NULL)
			return true;
		if (!link_has_room(session->core->link, session->conn.worker))
			return false;
		send_one(session, queue, queued);
	}
	return false;
}

void session_restore_begin(struct session *session)
{
	send_subscriptions(session);
	base_list_push_back(&session->core->jobs, &session->job);
	if (send_some(session))
		session_event(session, SESSION_EVENT_DRAINED, NULL);
}

bool session_restore_turn(struct session_core *core)
{
	struct base_list *node, *next;
	bool goes_on = false;

	BASE_LIST_FOREACH_SAFE (node, next, &core->jobs) {
		struct session *session = BASE_CONTAINER_OF(node, struct session, job);

		if (send_some(session))
			session_event(session, SESSION_EVENT_DRAINED, NULL);
		else if (link_has_room(core->link, session->conn.worker))
			goes_on = true;
	}
	return goes_on;
}
