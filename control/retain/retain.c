#include "retain.h"

#include "base_assert.h"
#include "base_hash.h"
#include "base_log.h"
#include "base_time.h"
#include "retain_priv.h"

struct retain *retain_new(const struct retain_config *config)
{
	struct retain *retain = kit_mem_alloc(KIT_MEM_RETAINED, sizeof(*retain));
	uint64_t seed = base_hash_u64(base_time_ns(), base_time_wall_ms());

	if (retain == NULL)
		return NULL;
	retain->config = *config;
	base_list_init(&retain->entries);
	base_list_init(&retain->expiring);
	if (kit_arena_open(&retain->arena, config->index_bytes) == 0)
		retain->topics = topic_store_new(retain->arena.mem, KIT_ARENA_CLASS, seed);
	if (retain->topics == NULL) {
		retain_free(retain);
		return NULL;
	}
	return retain;
}

static size_t bytes_of(const struct kit_message *message)
{
	return sizeof(struct retain_entry) + kit_message_bytes(message);
}

static struct topic_text name_of(const struct kit_message_view *view)
{
	return (struct topic_text){view->topic, view->topic_bytes};
}

static void remove_entry(struct retain *retain, struct retain_entry *entry)
{
	const void *removed = topic_store_remove(retain->topics, name_of(&entry->message->view));

	BASE_ASSERT(removed == entry);
	base_list_remove(&entry->all);
	base_list_remove(&entry->expiring);
	retain->bytes -= bytes_of(entry->message);
	kit_message_put(entry->message);
	kit_mem_free(KIT_MEM_RETAINED, entry, sizeof(*entry));
}

void retain_free(struct retain *retain)
{
	if (retain == NULL)
		return;
	BASE_ASSERT(retain->cursors == 0);
	while (!base_list_is_empty(&retain->entries))
		remove_entry(
			retain, BASE_CONTAINER_OF(retain->entries.next, struct retain_entry, all));
	topic_store_free(retain->topics);
	kit_arena_close(&retain->arena);
	kit_mem_free(KIT_MEM_RETAINED, retain, sizeof(*retain));
}

void retain_configure(struct retain *retain, const struct retain_config *config)
{
	retain->config = *config;
}

static enum retain_result refuse(
	struct retain *retain, struct retain_entry *old, enum retain_result result)
{
	uint64_t *counter = result == RETAIN_FULL ? &retain->counters.refused_full
						  : &retain->counters.refused_too_large;

	if ((*counter)++ == 0)
		base_log(BASE_LOG_WARNING, "a retained message is not kept: %s",
			result == RETAIN_FULL
				? "a limit of messages, bytes or topic memory is reached"
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
	uint64_t count = topic_store_len(retain->topics) - (old != NULL) + 1;
	size_t bytes = retain->bytes - (old ? bytes_of(old->message) : 0) +
		       sizeof(struct retain_entry) + sizeof(struct kit_message) +
		       view->topic_bytes + view->props_bytes + view->payload_bytes;

	return (config->max_messages && count > config->max_messages) ||
	       (config->max_bytes && bytes > config->max_bytes);
}

/* The entry of a topic that has none yet, or NULL. */
static struct retain_entry *new_entry(struct retain *retain, const struct kit_message_view *view)
{
	struct retain_entry *entry = kit_mem_alloc(KIT_MEM_RETAINED, sizeof(*entry));

	if (entry == NULL)
		return NULL;
	if (topic_store_set(retain->topics, name_of(view), entry, NULL) < 0) {
		kit_mem_free(KIT_MEM_RETAINED, entry, sizeof(*entry));
		return NULL;
	}
	base_list_push_back(&retain->entries, &entry->all);
	base_list_init(&entry->expiring);
	return entry;
}

static enum retain_result store(
	struct retain *retain, struct retain_entry *old, struct kit_message *message)
{
	struct retain_entry *entry = old ? old : new_entry(retain, &message->view);

	if (entry == NULL) {
		kit_message_put(message);
		return refuse(retain, NULL, RETAIN_FULL);
	}
	if (old != NULL) {
		retain->bytes -= bytes_of(old->message);
		kit_message_put(old->message);
		base_list_remove(&old->expiring);
		retain->counters.replaced++;
	} else {
		retain->counters.stored++;
	}
	entry->message = message;
	if (message->view.expiry_s != KIT_EXPIRY_NONE)
		base_list_push_back(&retain->expiring, &entry->expiring);
	retain->bytes += bytes_of(message);
	if (topic_store_len(retain->topics) > retain->count_max)
		retain->count_max = topic_store_len(retain->topics);
	return old ? RETAIN_REPLACED : RETAIN_STORED;
}

enum retain_result retain_put(
	struct retain *retain, const struct kit_message_view *view, uint64_t now_ms)
{
	struct retain_entry *old = topic_store_get(retain->topics, name_of(view));
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

/* Those that can expire go round in a list: each call looks at the next few, and at none twice. */
void retain_sweep(struct retain *retain, uint64_t now_ms, unsigned max)
{
	const struct base_list *first_kept = NULL;

	for (unsigned i = 0; i < max; i++) {
		struct base_list *node = retain->expiring.next;
		struct retain_entry *entry = BASE_CONTAINER_OF(node, struct retain_entry, expiring);

		if (node == &retain->expiring || node == first_kept)
			return;
		if (kit_message_is_expired(&entry->message->view, now_ms)) {
			remove_entry(retain, entry);
			retain->counters.expired++;
			continue;
		}
		base_list_remove(node);
		base_list_push_back(&retain->expiring, node);
		if (first_kept == NULL)
			first_kept = node;
	}
}

uint64_t retain_count(const struct retain *retain)
{
	return topic_store_len(retain->topics);
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

size_t retain_index_bytes(const struct retain *retain)
{
	return kit_arena_used(&retain->arena);
}
