#include <string.h>

#include "base_assert.h"
#include "base_hash.h"
#include "session_priv.h"

/*
 * Filters are interned: one object for all sessions that subscribe to the same text. Its members are the
 * subscriptions of sessions whose matches go through us; while it has any, it stands in our topic index, and the
 * workers forward what matches it.
 */

static const char shared_prefix[] = "$share/";

bool session_filter_is_shared(struct link_text filter)
{
	return filter.bytes > sizeof(shared_prefix) - 1 &&
	       memcmp(filter.text, shared_prefix, sizeof(shared_prefix) - 1) == 0;
}

static uint64_t filter_hash(const struct session_core *core, struct link_text filter)
{
	return base_hash_bytes(filter.text, filter.bytes, core->hash_seed);
}

static struct link_text text_of(const struct session_filter *filter)
{
	return (struct link_text){filter->text, filter->bytes};
}

struct session_filter *session_filter_find(struct session_core *core, struct link_text text)
{
	uint64_t hash = filter_hash(core, text);
	struct kit_map_node *node;

	KIT_MAP_CHAIN(node, &core->filters, hash)
	{
		struct session_filter *filter =
			BASE_CONTAINER_OF(node, struct session_filter, node);

		if (node->hash == hash && filter->bytes == text.bytes &&
			memcmp(filter->text, text.text, text.bytes) == 0)
			return filter;
	}
	return NULL;
}

static size_t filter_size(size_t bytes)
{
	return sizeof(struct session_filter) + bytes + 1;
}

static struct session_filter *filter_get(struct session_core *core, struct link_text text)
{
	struct session_filter *filter = session_filter_find(core, text);

	if (filter != NULL)
		return filter;
	filter = kit_mem_alloc(KIT_MEM_SUBSCRIPTIONS, filter_size(text.bytes));
	if (filter == NULL)
		return NULL;
	memcpy(filter->text, text.text, text.bytes);
	filter->bytes = (uint16_t)text.bytes;
	filter->is_shared = session_filter_is_shared(text);
	base_list_init(&filter->members);
	if (kit_map_insert(&core->filters, &filter->node, filter_hash(core, text)) != 0) {
		kit_mem_free(KIT_MEM_SUBSCRIPTIONS, filter, filter_size(text.bytes));
		return NULL;
	}
	session_stat_up(&core->stats.topics, &core->stats.topics_max);
	return filter;
}

static void filter_put(struct session_core *core, struct session_filter *filter)
{
	if (filter->subscriptions > 0)
		return;
	BASE_ASSERT(filter->members_len == 0);
	kit_map_remove(&core->filters, &filter->node);
	kit_mem_free(KIT_MEM_SUBSCRIPTIONS, filter, filter_size(filter->bytes));
	core->stats.topics--;
}

static void member_add(struct session_core *core, struct session_subscription *subscription)
{
	struct session_filter *filter = subscription->filter;

	base_list_push_back(&filter->members, &subscription->member);
	if (filter->members_len++ > 0)
		return;
	/* Shared filters are asked for by their text: they need no place in the index. */
	if (!filter->is_shared && session_index_add(core->index, filter) == 0)
		filter->is_indexed = true;
	else if (!filter->is_shared)
		core->counters.dropped_memory++;
	link_interest_add(core->link, LINK_ALL, text_of(filter));
}

static bool is_watched(const struct session_core *core, const struct session_filter *filter)
{
	struct link_text watched = session_watched(core);

	return watched.bytes > 0 && filter->bytes == watched.bytes &&
	       memcmp(filter->text, watched.text, watched.bytes) == 0;
}

static void member_remove(struct session_core *core, struct session_subscription *subscription)
{
	struct session_filter *filter = subscription->filter;

	base_list_remove(&subscription->member);
	if (--filter->members_len > 0)
		return;
	if (filter->is_indexed)
		session_index_del(core->index, filter);
	filter->is_indexed = false;
	if (!is_watched(core, filter))
		link_interest_del(core->link, LINK_ALL, text_of(filter));
}

struct session_subscription *session_subscription_find(
	struct session *session, struct link_text text)
{
	struct session_filter *filter = session_filter_find(session->core, text);
	struct kit_map_node *node;

	if (filter == NULL)
		return NULL;
	KIT_MAP_CHAIN(node, &session->subscriptions, filter->node.hash)
	{
		struct session_subscription *subscription =
			BASE_CONTAINER_OF(node, struct session_subscription, node);

		if (subscription->filter == filter)
			return subscription;
	}
	return NULL;
}

static struct session_subscription *subscription_new(
	struct session *session, struct session_filter *filter)
{
	struct session_core *core = session->core;
	struct session_subscription *subscription =
		kit_mem_alloc(KIT_MEM_SUBSCRIPTIONS, sizeof(*subscription));

	if (subscription == NULL)
		return NULL;
	subscription->session = session;
	subscription->filter = filter;
	base_list_init(&subscription->member);
	if (kit_map_insert(&session->subscriptions, &subscription->node, filter->node.hash) != 0) {
		kit_mem_free(KIT_MEM_SUBSCRIPTIONS, subscription, sizeof(*subscription));
		return NULL;
	}
	filter->subscriptions++;
	session_stat_up(&core->stats.subscriptions, &core->stats.subscriptions_max);
	if (session->subscriptions.len == 1)
		session_stat_up(&core->stats.subscribers, &core->stats.subscribers_max);
	if (filter->is_shared)
		session_stat_up(
			&core->stats.shared_subscriptions, &core->stats.shared_subscriptions_max);
	if (session->is_indexed)
		member_add(core, subscription);
	return subscription;
}

struct session_subscription *session_subscription_set(
	struct session *session, struct link_text text, uint8_t options, uint32_t id, bool *is_new)
{
	struct session_subscription *subscription = session_subscription_find(session, text);
	struct session_filter *filter;

	*is_new = subscription == NULL;
	if (subscription == NULL) {
		filter = filter_get(session->core, text);
		if (filter == NULL)
			return NULL;
		subscription = subscription_new(session, filter);
		if (subscription == NULL) {
			filter_put(session->core, filter);
			return NULL;
		}
	}
	subscription->options = options;
	subscription->id = id;
	return subscription;
}

void session_subscription_free(struct session_subscription *subscription)
{
	struct session *session = subscription->session;
	struct session_filter *filter = subscription->filter;
	struct session_core *core = session->core;

	if (base_list_is_linked(&subscription->member))
		member_remove(core, subscription);
	kit_map_remove(&session->subscriptions, &subscription->node);
	kit_mem_free(KIT_MEM_SUBSCRIPTIONS, subscription, sizeof(*subscription));
	core->stats.subscriptions--;
	if (session->subscriptions.len == 0)
		core->stats.subscribers--;
	if (filter->is_shared)
		core->stats.shared_subscriptions--;
	filter->subscriptions--;
	filter_put(core, filter);
}

void session_subscriptions_free(struct session *session)
{
	struct kit_map_node *node = kit_map_next(&session->subscriptions, NULL), *next;

	/* The first one anew each time would look through all heads that are empty by then. */
	for (; node != NULL; node = next) {
		next = kit_map_next(&session->subscriptions, node);
		session_subscription_free(
			BASE_CONTAINER_OF(node, struct session_subscription, node));
	}
	kit_map_fini(&session->subscriptions);
}

void session_index_enter(struct session *session)
{
	struct kit_map_node *node = NULL;

	if (session->is_indexed)
		return;
	session->is_indexed = true;
	while ((node = kit_map_next(&session->subscriptions, node)) != NULL)
		member_add(
			session->core, BASE_CONTAINER_OF(node, struct session_subscription, node));
}

void session_index_leave(struct session *session)
{
	struct kit_map_node *node = NULL;

	if (!session->is_indexed)
		return;
	session->is_indexed = false;
	while ((node = kit_map_next(&session->subscriptions, node)) != NULL)
		member_remove(
			session->core, BASE_CONTAINER_OF(node, struct session_subscription, node));
}

void session_interest_tell(struct session_core *core, uint32_t worker)
{
	struct link_text watched = session_watched(core);
	struct kit_map_node *node = NULL;

	if (watched.bytes > 0)
		link_interest_add(core->link, worker, watched);
	while ((node = kit_map_next(&core->filters, node)) != NULL) {
		struct session_filter *filter =
			BASE_CONTAINER_OF(node, struct session_filter, node);

		if (filter->members_len > 0)
			link_interest_add(core->link, worker, text_of(filter));
	}
}
