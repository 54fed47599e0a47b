#include <string.h>

#include "session_priv.h"

/* SUBSCRIBE and UNSUBSCRIBE (MQTT 5, 3.8 to 3.11). Syntax and access were checked by the worker. */

enum {
	OPTION_QOS = 3,
	OPTION_RETAIN_HANDLING_SHIFT = 4,
	RETAIN_HANDLING_NEW = 1, /* retained messages only when the subscription is new */
	RETAIN_HANDLING_NEVER = 2,
	REASON_NO_SUBSCRIPTION = 0x11,
	REASON_QUOTA = 0x97,
	REASON_NO_SHARED = 0x9e,
	REASON_NO_WILDCARD = 0xa2,
	REFUSED = 0x80,
};

static bool has_wildcard(struct link_text filter)
{
	return memchr(filter.text, '+', filter.bytes) != NULL ||
	       memchr(filter.text, '#', filter.bytes) != NULL;
}

static uint8_t verdict(struct session *session, const struct link_filter *filter)
{
	const struct session_config *config = &session->core->config;

	if (filter->filter.bytes == 0)
		return 0x8f;
	if (!config->shared_available && session_filter_is_shared(filter->filter))
		return REASON_NO_SHARED;
	if (!config->wildcard_available && has_wildcard(filter->filter))
		return REASON_NO_WILDCARD;
	if (config->max_subscriptions && session->subscriptions.len >= config->max_subscriptions &&
		session_subscription_find(session, filter->filter) == NULL)
		return REASON_QUOTA;
	return 0;
}

/* Enters one filter and sets its reason. True when retained messages are to follow. */
static bool subscribe_one(struct session *session, struct link_filter *filter, uint32_t id)
{
	unsigned retain_handling = (filter->options >> OPTION_RETAIN_HANDLING_SHIFT) & 3;
	uint8_t qos = filter->options & OPTION_QOS;
	bool is_new;

	if (filter->reason < REFUSED)
		filter->reason = verdict(session, filter);
	if (filter->reason >= REFUSED)
		return false;
	if (qos > session->core->config.max_qos)
		qos = session->core->config.max_qos;
	filter->options = (uint8_t)((filter->options & ~OPTION_QOS) | qos);
	if (session_subscription_set(session, filter->filter, filter->options, id, &is_new) ==
		NULL) {
		filter->reason = REASON_QUOTA;
		return false;
	}
	filter->reason = qos;
	/* Shared subscriptions get no retained messages (4.8.2). */
	return !session_filter_is_shared(filter->filter) &&
	       retain_handling != RETAIN_HANDLING_NEVER &&
	       (retain_handling != RETAIN_HANDLING_NEW || is_new);
}

void session_subscribe(struct session_core *core, struct link_subscribe *subscribe)
{
	struct session *session = session_by_conn(core, subscribe->conn);

	if (session == NULL || !session_has_conn(session))
		return;
	core->counters.subscribe++;
	for (unsigned i = 0; i < subscribe->filter_len; i++) {
		struct link_filter *filter = &subscribe->filters[i];

		filter->wants_retained = subscribe_one(session, filter, subscribe->subscription_id);
	}
	link_suback(core->link, subscribe);
	for (unsigned i = 0; i < subscribe->filter_len; i++)
		if (subscribe->filters[i].wants_retained)
			session_retained_begin(session,
				session_subscription_find(session, subscribe->filters[i].filter));
}

void session_unsubscribe(struct session_core *core, struct link_subscribe *unsubscribe)
{
	struct session *session = session_by_conn(core, unsubscribe->conn);

	if (session == NULL || !session_has_conn(session))
		return;
	core->counters.unsubscribe++;
	for (unsigned i = 0; i < unsubscribe->filter_len; i++) {
		struct link_filter *filter = &unsubscribe->filters[i];
		struct session_subscription *subscription =
			session_subscription_find(session, filter->filter);

		if (filter->reason >= REFUSED)
			continue;
		filter->reason = subscription ? 0 : REASON_NO_SUBSCRIPTION;
		if (subscription != NULL)
			session_subscription_free(subscription);
	}
	link_unsuback(core->link, unsubscribe);
}
