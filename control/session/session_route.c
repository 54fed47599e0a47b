#include <string.h>

#include "base_log.h"
#include "session_priv.h"

/*
 * Messages for sessions whose matches go through us. A session that several of its filters match gets one copy
 * with the highest QoS and all Subscription Identifiers (MQTT 5, 3.3.4).
 */

enum { OPTION_QOS = 3, OPTION_NO_LOCAL = 4, OPTION_RETAIN_AS_PUBLISHED = 8 };

struct routing {
	struct session_core *core;
	const struct kit_message_view *message;
	uint32_t worker;
};

static void collect(struct session_core *core, struct session *session)
{
	if (core->matched_len == core->matched_room) {
		size_t room = core->matched_room ? core->matched_room * 2 : 64;
		struct session **grown =
			kit_mem_alloc(KIT_MEM_OTHER, room * sizeof(*core->matched));

		if (grown == NULL) {
			core->counters.dropped_memory++;
			return;
		}
		if (core->matched_len > 0)
			memcpy(grown, core->matched, core->matched_len * sizeof(*core->matched));
		kit_mem_free(
			KIT_MEM_OTHER, core->matched, core->matched_room * sizeof(*core->matched));
		core->matched = grown;
		core->matched_room = room;
	}
	core->matched[core->matched_len++] = session;
}

static void merge(struct session_core *core, const struct session_subscription *subscription)
{
	struct session *session = subscription->session;
	struct session_match *match = &session->match;
	uint8_t qos = subscription->options & OPTION_QOS;

	if (match->round != core->match_round) {
		*match = (struct session_match){.round = core->match_round};
		collect(core, session);
	}
	if (qos > match->qos)
		match->qos = qos;
	if (subscription->options & OPTION_RETAIN_AS_PUBLISHED)
		match->retain_as_published = true;
	if (subscription->id != 0 && match->id_len < LINK_SUBSCRIPTION_IDS_MAX)
		match->ids[match->id_len++] = subscription->id;
}

static bool is_own(const struct routing *routing, const struct session *session)
{
	return routing->message->publisher != 0 && session->is_mapped &&
	       session->conn.id == routing->message->publisher &&
	       session->conn.worker == routing->worker;
}

static void on_filter(void *arg, struct session_filter *filter)
{
	struct routing *routing = arg;
	struct base_list *node;

	BASE_LIST_FOREACH (node, &filter->members) {
		const struct session_subscription *subscription =
			BASE_CONTAINER_OF(node, struct session_subscription, member);

		if ((subscription->options & OPTION_NO_LOCAL) &&
			is_own(routing, subscription->session))
			continue;
		merge(routing->core, subscription);
	}
}

static void give(
	struct session *session, const struct kit_message_view *view, struct kit_message **message)
{
	const struct session_match *match = &session->match;
	struct session_core *core = session->core;
	struct link_delivery delivery = {
		.state = LINK_DELIVERY_QUEUED,
		.qos = view->qos < match->qos ? view->qos : match->qos,
		.retain = view->retain && match->retain_as_published,
		.subscription_id_len = match->id_len,
	};

	memcpy(delivery.subscription_ids, match->ids, sizeof(match->ids));
	if (session->state == SESSION_SENT || session->state == SESSION_ENDING) {
		link_deliver(core->link, session->conn, &delivery, view);
		session->delivered++;
		return;
	}
	if (*message == NULL)
		*message = kit_message_new(KIT_MEM_MESSAGES, view);
	if (*message == NULL) {
		core->counters.dropped_memory++;
		session->dropped++;
		return;
	}
	session_queue_push(session, *message, &delivery);
}

void session_route(struct session_core *core, uint32_t worker, const struct kit_message_view *view)
{
	struct routing routing = {.core = core, .message = view, .worker = worker};
	struct kit_message *message = NULL;

	core->match_round++;
	core->matched_len = 0;
	session_index_match(core->index, view->topic, view->topic_bytes, on_filter, &routing);
	for (size_t i = 0; i < core->matched_len; i++)
		give(core->matched[i], view, &message);
	kit_message_put(message);
}

/* One member of the group that is with us, each in its turn. */
void session_route_shared(
	struct session_core *core, struct link_text text, const struct kit_message_view *view)
{
	struct session_filter *filter = session_filter_find(core, text);
	struct session_subscription *subscription;
	struct kit_message *message = NULL;

	if (filter == NULL || filter->members_len == 0) {
		if (core->counters.dropped_no_member++ == 0)
			base_log(BASE_LOG_WARNING, "a message for %.*s found no member any more",
				(int)text.bytes, text.text);
		return;
	}
	subscription = BASE_CONTAINER_OF(filter->members.next, struct session_subscription, member);
	base_list_remove(&subscription->member);
	base_list_push_back(&filter->members, &subscription->member);
	core->match_round++;
	core->matched_len = 0;
	merge(core, subscription);
	if (core->matched_len > 0)
		give(core->matched[0], view, &message);
	kit_message_put(message);
}
