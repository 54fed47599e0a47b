#include "retain_priv.h"

struct retain_cursor {
	struct topic_store_cursor at;
	struct retain *retain;
	uint64_t now_ms;
	bool (*each)(void *arg, struct kit_message *message);
	void *arg;
};

struct retain_cursor *retain_cursor_new(
	struct retain *retain, const char *filter, uint16_t filter_bytes)
{
	struct retain_cursor *cursor = kit_mem_alloc(KIT_MEM_RETAINED, sizeof(*cursor));

	if (cursor == NULL)
		return NULL;
	cursor->retain = retain;
	if (topic_store_open(
		    retain->topics, &cursor->at, (struct topic_text){filter, filter_bytes}) != 0) {
		kit_mem_free(KIT_MEM_RETAINED, cursor, sizeof(*cursor));
		return NULL;
	}
	retain->cursors++;
	return cursor;
}

static bool visit(void *context, void *value)
{
	const struct retain_cursor *cursor = context;
	const struct retain_entry *entry = value;

	return kit_message_is_expired(&entry->message->view, cursor->now_ms) ||
	       cursor->each(cursor->arg, entry->message);
}

bool retain_cursor_step(struct retain_cursor *cursor, uint64_t now_ms, unsigned max,
	bool (*each)(void *arg, struct kit_message *message), void *arg)
{
	cursor->now_ms = now_ms;
	cursor->each = each;
	cursor->arg = arg;
	return topic_store_step(&cursor->at, max, visit, cursor);
}

void retain_cursor_free(struct retain_cursor *cursor)
{
	if (cursor == NULL)
		return;
	topic_store_close(&cursor->at);
	cursor->retain->cursors--;
	kit_mem_free(KIT_MEM_RETAINED, cursor, sizeof(*cursor));
}
