#include "base_assert.h"
#include "base_log.h"
#include "session_priv.h"

/*
 * What waits in control for one session. The queue is bounded by messages and bytes, and all queues
 * together by a budget; the oldest goes first, is counted, and the first of a session is logged.
 */

void session_queue_init(struct session_queue *queue)
{
	*queue = (struct session_queue){0};
	base_list_init(&queue->list);
	queue->handed = &queue->list;
}

static size_t bytes_of(const struct session_queued *queued)
{
	return sizeof(*queued) + (queued->message ? kit_message_bytes(queued->message) : 0);
}

void session_queue_pop(
	struct session *session, struct session_queue *queue, struct session_queued *queued)
{
	struct session_core *core = session->core;
	size_t bytes = bytes_of(queued);

	if (queue->handed == &queued->node)
		queue->handed = queued->node.prev;
	base_list_remove(&queued->node);
	queue->len--;
	queue->bytes -= bytes;
	core->queued_messages--;
	core->queued_bytes -= bytes;
	if (queued->delivery.state == LINK_DELIVERY_RECEIVED)
		session->awaiting_rel_len--;
	kit_message_put(queued->message);
	kit_mem_free(KIT_MEM_QUEUES, queued, sizeof(*queued));
}

void session_queue_clear(struct session *session, struct session_queue *queue)
{
	while (!base_list_is_empty(&queue->list))
		session_queue_pop(session, queue,
			BASE_CONTAINER_OF(queue->list.next, struct session_queued, node));
}

static void count_drop(struct session *session, uint64_t *counter)
{
	(*counter)++;
	session->dropped++;
	if (session->drop_logged)
		return;
	session->drop_logged = true;
	base_log(BASE_LOG_WARNING,
		"client %s: its queue is full (%u messages, %zu bytes); the "
		"oldest are dropped",
		session->client_id, session->queue.len, session->queue.bytes);
}

static bool is_above(const struct session *session, size_t bytes)
{
	const struct session_config *config = &session->core->config;
	const struct session_queue *queue = &session->queue;

	return (config->max_queue_len && queue->len + 1 > config->max_queue_len) ||
	       (config->max_queue_bytes && queue->bytes + bytes > config->max_queue_bytes) ||
	       (config->queue_budget_bytes &&
		       session->core->queued_bytes + bytes > config->queue_budget_bytes);
}

/* Whether `bytes` fit into an empty queue, beside all that other queues hold. */
static bool can_fit(const struct session *session, size_t bytes)
{
	const struct session_config *config = &session->core->config;
	size_t others = session->core->queued_bytes - session->queue.bytes;

	return (!config->max_queue_bytes || bytes <= config->max_queue_bytes) &&
	       (!config->queue_budget_bytes || others + bytes <= config->queue_budget_bytes);
}

/* Drops from the old end until `bytes` more fit. False when they never would: then the new message alone is dropped. */
static bool make_room(struct session *session, size_t bytes)
{
	struct session_core *core = session->core;

	if (!can_fit(session, bytes)) {
		count_drop(session, &core->counters.dropped_full);
		return false;
	}
	while (is_above(session, bytes)) {
		BASE_ASSERT(!base_list_is_empty(&session->queue.list));
		count_drop(session, &core->counters.dropped_full);
		session_queue_pop(session, &session->queue,
			BASE_CONTAINER_OF(session->queue.list.next, struct session_queued, node));
	}
	return true;
}

static void insert(struct session *session, struct session_queue *queue, bool is_handover,
	struct kit_message *message, const struct link_delivery *delivery)
{
	struct session_core *core = session->core;
	struct session_queued *queued = kit_mem_alloc(KIT_MEM_QUEUES, sizeof(*queued));
	struct base_list *behind = is_handover ? queue->handed : queue->list.prev;

	if (queued == NULL) {
		core->counters.dropped_memory++;
		session->dropped++;
		return;
	}
	queued->message = message ? kit_message_get(message) : NULL;
	queued->delivery = *delivery;
	base_list_insert_before(behind->next, &queued->node);
	if (is_handover)
		queue->handed = &queued->node;
	queue->len++;
	queue->bytes += bytes_of(queued);
	core->queued_messages++;
	core->queued_bytes += bytes_of(queued);
	if (delivery->state == LINK_DELIVERY_RECEIVED)
		session->awaiting_rel_len++;
}

static bool is_worth_keeping(struct session *session, const struct link_delivery *delivery)
{
	/* While it is being restored the queue is on its way to a client, not stored. */
	if (delivery->qos > 0 || session->state == SESSION_SENDING ||
		session->core->config.queue_qos0)
		return true;
	session->core->counters.dropped_qos0++;
	session->dropped++;
	return false;
}

void session_queue_push(
	struct session *session, struct kit_message *message, const struct link_delivery *delivery)
{
	struct session_queue *queue = &session->queue;
	size_t bytes = sizeof(struct session_queued) + kit_message_bytes(message);

	if (!is_worth_keeping(session, delivery) || !make_room(session, bytes))
		return;
	insert(session, queue, false, message, delivery);
	session->enqueued++;
	session->core->counters.queued++;
}

void session_queue_handover(struct session *session, const struct link_delivery *delivery,
	const struct kit_message_view *view)
{
	struct session_queue *queue =
		delivery->state == LINK_DELIVERY_QUEUED ? &session->queue : &session->window;
	struct kit_message *message = NULL;

	if (queue == &session->queue && (view == NULL || !is_worth_keeping(session, delivery)))
		return;
	if (view != NULL) {
		message = kit_message_new(KIT_MEM_MESSAGES, view);
		if (message == NULL) {
			session->core->counters.dropped_memory++;
			session->dropped++;
			return;
		}
		if (queue == &session->queue &&
			!make_room(session,
				sizeof(struct session_queued) + kit_message_bytes(message))) {
			kit_message_put(message);
			return;
		}
	}
	insert(session, queue, true, message, delivery);
	kit_message_put(message);
}
