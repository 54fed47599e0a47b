#include <errno.h>
#include <string.h>

#include "base_hash.h"
#include "conn_priv.h"
#include "wire_topic.h"

/*
 * What a connection has subscribed to, or what control is interested in: a chained hash table that
 * starts with one chain, beside the entries in the topic index.
 */

enum { LOAD = 4 }; /* subscriptions in a chain, on average, before the table grows by that */

bool conn_filter_split(struct wire_str text, struct topic_text *filter, struct topic_text *group)
{
	struct wire_filter parsed;

	if (wire_filter_parse(&parsed, text, 0) != 0)
		return false;
	*filter = (struct topic_text){(const char *)parsed.filter.data, parsed.filter.bytes};
	*group = (struct topic_text){(const char *)parsed.share.data, parsed.share.bytes};
	return true;
}

static uint32_t hash_of(const struct conn_hub *hub, struct wire_str text)
{
	return (uint32_t)base_hash_bytes(text.data, text.bytes, hub->params.seed);
}

static struct conn_sub **find(struct conn_subs *subs, struct wire_str text, uint32_t hash)
{
	struct conn_sub **at = &subs->buckets[hash & (subs->buckets_len - 1)];

	while (*at != NULL && ((*at)->hash != hash || (*at)->bytes != text.bytes ||
				      memcmp((*at)->text, text.data, text.bytes) != 0))
		at = &(*at)->next;
	return at;
}

/* Takes over all of `old`, which may be NULL. */
static struct conn_subs *table_new(struct conn_hub *hub, struct conn_subs *old)
{
	uint32_t len = old ? old->buckets_len * LOAD : 1;
	size_t bytes = len * sizeof(struct conn_sub *);
	struct conn_subs *subs = conn_alloc(hub, hub->params.mem_conn, sizeof(*subs) + bytes);

	if (subs == NULL)
		return NULL;
	*subs = (struct conn_subs){.len = old ? old->len : 0, .buckets_len = len};
	memset(subs->buckets, 0, bytes);
	for (uint32_t i = 0; old != NULL && i < old->buckets_len; i++) {
		struct conn_sub *sub = old->buckets[i], *next;

		for (; sub != NULL; sub = next) {
			struct conn_sub **bucket = &subs->buckets[sub->hash & (len - 1)];

			next = sub->next;
			sub->next = *bucket;
			*bucket = sub;
		}
	}
	conn_free(hub, hub->params.mem_conn, old);
	return subs;
}

static int table_need(struct conn_hub *hub, struct conn_subs **subs)
{
	struct conn_subs *grown;

	if (*subs != NULL && (*subs)->len < (*subs)->buckets_len * LOAD)
		return 0;
	grown = table_new(hub, *subs);
	if (grown != NULL)
		*subs = grown;
	/* A table that is too full still works. */
	return *subs != NULL ? 0 : -ENOMEM;
}

static void count(struct conn_hub *hub, uint32_t subscriber, uint64_t n)
{
	if (subscriber == CONN_SUBSCRIBER_CONTROL)
		conn_gauge(hub, CONN_COUNTER_INTERESTS_COUNT, hub->interests += n);
	else
		conn_gauge(hub, CONN_COUNTER_SUBSCRIPTIONS_COUNT, hub->subscriptions += n);
}

static int index_set(struct conn_hub *hub, uint32_t subscriber, struct wire_str text,
	uint8_t options, uint32_t id)
{
	struct topic_entry entry = {
		.subscriber = subscriber, .subscription_id = id, .options = options};
	struct topic_text filter, group;
	int result;

	if (!conn_filter_split(text, &filter, &group))
		return -EINVAL;
	result = topic_index_insert(hub->index, filter, group, &entry);
	if (result == 1)
		count(hub, subscriber, 1);
	return result;
}

static void index_del(struct conn_hub *hub, uint32_t subscriber, struct wire_str text)
{
	struct topic_text filter, group;

	if (conn_filter_split(text, &filter, &group) &&
		topic_index_remove(hub->index, filter, group, subscriber))
		count(hub, subscriber, (uint64_t)-1);
}

static int sub_set(struct conn_hub *hub, struct conn_subs **subs, uint32_t subscriber,
	struct wire_str text, uint8_t options, uint32_t id)
{
	uint32_t hash = hash_of(hub, text);
	struct conn_sub **at, *sub;
	int result;

	if (table_need(hub, subs) != 0)
		return -ENOMEM;
	at = find(*subs, text, hash);
	sub = *at;
	if (sub == NULL) {
		sub = conn_alloc(hub, hub->params.mem_conn, sizeof(*sub) + text.bytes);
		if (sub == NULL)
			return -ENOMEM;
		*sub = (struct conn_sub){.hash = hash, .bytes = (uint16_t)text.bytes};
		memcpy(sub->text, text.data, text.bytes);
	}
	result = index_set(hub, subscriber, text, options, id);
	if (result < 0) {
		if (*at == NULL)
			conn_free(hub, hub->params.mem_conn, sub);
		return result;
	}
	sub->options = options;
	sub->subscription_id = id;
	if (*at == NULL) {
		*at = sub;
		(*subs)->len++;
	}
	return 0;
}

static bool sub_del(
	struct conn_hub *hub, struct conn_subs *subs, uint32_t subscriber, struct wire_str text)
{
	struct conn_sub **at, *sub;

	if (subs == NULL)
		return false;
	at = find(subs, text, hash_of(hub, text));
	sub = *at;
	if (sub == NULL)
		return false;
	*at = sub->next;
	subs->len--;
	index_del(hub, subscriber, text);
	conn_free(hub, hub->params.mem_conn, sub);
	return true;
}

static void subs_drop(struct conn_hub *hub, struct conn_subs **subs, uint32_t subscriber)
{
	for (uint32_t i = 0; *subs != NULL && i < (*subs)->buckets_len; i++) {
		struct conn_sub *sub = (*subs)->buckets[i], *next;

		for (; sub != NULL; sub = next) {
			next = sub->next;
			index_del(hub, subscriber, conn_str(sub->text, sub->bytes));
			conn_free(hub, hub->params.mem_conn, sub);
		}
	}
	conn_free(hub, hub->params.mem_conn, *subs);
	*subs = NULL;
}

int conn_sub_set(struct conn *conn, struct wire_str text, uint8_t options, uint32_t id)
{
	return sub_set(conn->hub, &conn->subs, conn_slot(conn), text, options, id);
}

bool conn_sub_del(struct conn *conn, struct wire_str text)
{
	return sub_del(conn->hub, conn->subs, conn_slot(conn), text);
}

void conn_subs_drop(struct conn *conn)
{
	subs_drop(conn->hub, &conn->subs, conn_slot(conn));
}

const struct conn_sub *conn_sub_next(const struct conn *conn, const struct conn_sub *sub)
{
	uint32_t bucket = 0;

	if (conn->subs == NULL)
		return NULL;
	if (sub != NULL) {
		if (sub->next != NULL)
			return sub->next;
		bucket = (sub->hash & (conn->subs->buckets_len - 1)) + 1;
	}
	for (; bucket < conn->subs->buckets_len; bucket++)
		if (conn->subs->buckets[bucket] != NULL)
			return conn->subs->buckets[bucket];
	return NULL;
}

int conn_hub_interest_add(struct conn_hub *hub, struct wire_str filter)
{
	return sub_set(hub, &hub->interest, CONN_SUBSCRIBER_CONTROL, filter, 2, 0);
}

void conn_hub_interest_del(struct conn_hub *hub, struct wire_str filter)
{
	(void)sub_del(hub, hub->interest, CONN_SUBSCRIBER_CONTROL, filter);
}

void conn_hub_interest_clear(struct conn_hub *hub)
{
	subs_drop(hub, &hub->interest, CONN_SUBSCRIBER_CONTROL);
}
