#include "retain.h"

#include <string.h>

#include "base_assert.h"
#include "base_hash.h"
#include "base_log.h"
#include "base_time.h"
#include "retain_priv.h"

struct retain *retain_new(const struct retain_config *config)
{
	struct retain *retain = kit_mem_alloc(KIT_MEM_RETAINED, sizeof(*retain));

	if (retain == NULL)
		return NULL;
	retain->config = *config;
	retain->hash_seed = base_hash_u64(base_time_ns(), base_time_wall_ms());
	kit_map_init(&retain->topics, KIT_MEM_RETAINED);
	if (kit_map_reserve(&retain->topics) != 0) {
		kit_mem_free(KIT_MEM_RETAINED, retain, sizeof(*retain));
		return NULL;
	}
	return retain;
}

static size_t bytes_of(const struct kit_message *message)
{
	return sizeof(struct retain_entry) + kit_message_bytes(message);
}

static void remove_entry(struct retain *retain, struct retain_entry *entry)
{
	kit_map_remove(&retain->topics, &entry->node);
	retain->bytes -= bytes_of(entry->message);
	kit_message_put(entry->message);
	kit_mem_free(KIT_MEM_RETAINED, entry, sizeof(*entry));
}

static void free_each(void *arg, struct kit_map_node *node)
{
	remove_entry(arg, retain_entry_of(node));
}

void retain_free(struct retain *retain)
{
	uint64_t cursor = 0;

	if (retain == NULL)
		return;
	BASE_ASSERT(retain->cursors == 0);
	do
		cursor = kit_map_scan(&retain->topics, cursor, SIZE_MAX, free_each, retain);
	while (cursor != 0);
	kit_map_fini(&retain->topics);
	kit_mem_free(KIT_MEM_RETAINED, retain, sizeof(*retain));
}

void retain_configure(struct retain *retain, const struct retain_config *config)
{
	retain->config = *config;
}

static uint64_t topic_hash(const struct retain *retain, const char *topic, size_t bytes)
{
	return base_hash_bytes(topic, bytes, retain->hash_seed);
}

struct retain_entry *retain_find(const struct retain *retain, const char *topic, size_t bytes)
{
	uint64_t hash = topic_hash(retain, topic, bytes);
	struct kit_map_node *node;

	KIT_MAP_CHAIN(node, &retain->topics, hash)
	{
		struct retain_entry *entry = retain_entry_of(node);

		if (node->hash == hash && entry->message->view.topic_bytes == bytes &&
			memcmp(entry->message->view.topic, topic, bytes) == 0)
			return entry;
	}
	return NULL;
}

static enum retain_result refuse(
	struct retain *retain, struct retain_entry *old, enum retain_result result)
{
	uint64_t *counter = result == RETAIN_FULL ? &retain->counters.refused_full
						  : &retain->counters.refused_too_large;

	if ((*counter)++ == 0)
		base_log(BASE_LOG_WARNING, "a retained message is not kept: %s",
			result == RETAIN_FULL ? "the limit of messages or bytes is reached"
					      : "its payload is above retainer.max_payload_size");
	/* A value that is out of date is worse than none. */
	if (old != NULL)
		remove_entry(retain, old);
	return result;
}

static bool is_full(const struct retain *retain, const struct retain_entry *old,
	const struct kit_message_view *view)
{
	const struct retain_config *config = &retain->config;
	uint64_t count = retain->topics.len - (old != NULL) + 1;
	size_t bytes = retain->bytes - (old ? bytes_of(old->message) : 0) +
		       sizeof(struct retain_entry) + sizeof(struct kit_message) +
		       view->topic_bytes + view->props_bytes + view->payload_bytes;

	return (config->max_messages && count > config->max_messages) ||
	       (config->max_bytes && bytes > config->max_bytes);
}

static enum retain_result store(
	struct retain *retain, struct retain_entry *old, struct kit_message *message)
{
	struct retain_entry *entry = old;

	if (old != NULL) {
		retain->bytes -= bytes_of(old->message);
		kit_message_put(old->message);
		retain->counters.replaced++;
	} else {
		entry = kit_mem_alloc(KIT_MEM_RETAINED, sizeof(*entry));
		if (entry == NULL || kit_map_insert(&retain->topics, &entry->node,
					     topic_hash(retain, message->view.topic,
						     message->view.topic_bytes)) != 0) {
			kit_mem_free(KIT_MEM_RETAINED, entry, sizeof(*entry));
			kit_message_put(message);
			return refuse(retain, NULL, RETAIN_FULL);
		}
		retain->counters.stored++;
	}
	entry->message = message;
	retain->bytes += bytes_of(message);
	if (retain->topics.len > retain->count_max)
		retain->count_max = retain->topics.len;
	return old ? RETAIN_REPLACED : RETAIN_STORED;
}

enum retain_result retain_put(
	struct retain *retain, const struct kit_message_view *view, uint64_t now_ms)
{
	struct retain_entry *old = retain_find(retain, view->topic, view->topic_bytes);
	struct kit_message_view kept = *view;
	struct kit_message *message;

	if (view->payload_bytes == 0 || kit_message_is_expired(view, now_ms)) {
		if (old == NULL)
			return RETAIN_NOTHING;
		remove_entry(retain, old);
		retain->counters.removed++;
		return RETAIN_REMOVED;
	}
	if (retain->config.max_payload_bytes &&
		view->payload_bytes > retain->config.max_payload_bytes)
		return refuse(retain, old, RETAIN_TOO_LARGE);
	if (is_full(retain, old, view))
		return refuse(retain, old, RETAIN_FULL);
	if (kept.expiry_s == KIT_EXPIRY_NONE)
		kept.expiry_s = retain->config.expiry_s;
	message = kit_message_new(KIT_MEM_RETAINED, &kept);
	if (message == NULL)
		return refuse(retain, old, RETAIN_FULL);
	return store(retain, old, message);
}

static void sweep_each(void *arg, struct kit_map_node *node)
{
	struct retain *retain = arg;
	struct retain_entry *entry = retain_entry_of(node);

	if (!kit_message_is_expired(&entry->message->view, retain->sweep_now_ms))
		return;
	remove_entry(retain, entry);
	retain->counters.expired++;
}

void retain_sweep(struct retain *retain, uint64_t now_ms, unsigned max)
{
	retain->sweep_now_ms = now_ms;
	retain->sweep = kit_map_scan(&retain->topics, retain->sweep, max, sweep_each, retain);
}

uint64_t retain_count(const struct retain *retain)
{
	return retain->topics.len;
}

uint64_t retain_count_max(const struct retain *retain)
{
	return retain->count_max;
}

size_t retain_bytes(const struct retain *retain)
{
	return retain->bytes;
}

const struct retain_counters *retain_counters(const struct retain *retain)
{
	return &retain->counters;
}
