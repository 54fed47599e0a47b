#include <string.h>

#include "session_priv.h"

/*
 * Retained messages for a new subscription (MQTT 5, 3.3.1.3): after the SUBACK, with RETAIN 1 and the Subscription
 * Identifier, in steps as the ring has room.
 */

enum { STEP_MESSAGES = 256 };

static size_t job_bytes(size_t filter_bytes)
{
	return sizeof(struct session_retained) + filter_bytes;
}

static bool deliver(void *arg, struct kit_message *message)
{
	const struct session_retained *job = arg;
	struct session_core *core = job->session->core;
	const struct kit_message_view *view = &message->view;
	struct link_delivery delivery = {
		.state = LINK_DELIVERY_QUEUED,
		.qos = view->qos < job->qos ? view->qos : job->qos,
		.retain = true,
		.subscription_id_len = job->subscription_id != 0,
		.subscription_ids = {job->subscription_id},
	};

	if (!link_has_room(core->link, job->conn.worker))
		return false;
	link_deliver(core->link, job->conn, &delivery, view);
	job->session->delivered++;
	return true;
}

static void job_free(struct session_retained *job)
{
	retain_cursor_free(job->cursor);
	base_list_remove(&job->node);
	kit_mem_free(KIT_MEM_SUBSCRIPTIONS, job, job_bytes(job->bytes));
}

static bool step(struct session_retained *job)
{
	return retain_cursor_step(
		job->cursor, job->session->core->now_ms, STEP_MESSAGES, deliver, job);
}

void session_retained_begin(
	struct session *session, const struct session_subscription *subscription)
{
	struct session_core *core = session->core;
	const struct session_filter *filter = subscription->filter;
	struct session_retained *job;

	if (retain_count(core->retain) == 0)
		return;
	job = kit_mem_alloc(KIT_MEM_SUBSCRIPTIONS, job_bytes(filter->bytes));
	if (job == NULL) {
		core->counters.dropped_memory++;
		return;
	}
	memcpy(job->filter, filter->text, filter->bytes);
	job->bytes = filter->bytes;
	job->session = session;
	job->conn = session->conn;
	job->qos = subscription->options & 3;
	job->subscription_id = subscription->id;
	base_list_push_back(&core->retained_jobs, &job->node);
	job->cursor = retain_cursor_new(core->retain, job->filter, job->bytes);
	if (job->cursor == NULL)
		core->counters.dropped_memory++;
	if (job->cursor == NULL || step(job))
		job_free(job);
}

/* The connection that subscribed is gone. */
void session_retained_forget(struct session *session)
{
	struct base_list *node, *next;

	BASE_LIST_FOREACH_SAFE (node, next, &session->core->retained_jobs) {
		struct session_retained *job =
			BASE_CONTAINER_OF(node, struct session_retained, node);

		if (job->session == session)
			job_free(job);
	}
}

bool session_retained_turn(struct session_core *core)
{
	struct base_list *node, *next;
	bool goes_on = false;

	BASE_LIST_FOREACH_SAFE (node, next, &core->retained_jobs) {
		struct session_retained *job =
			BASE_CONTAINER_OF(node, struct session_retained, node);
		uint32_t worker = job->conn.worker;

		if (step(job))
			job_free(job);
		else if (link_has_room(core->link, worker))
			goes_on = true;
	}
	return goes_on;
}
