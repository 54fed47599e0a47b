#include <string.h>

#include "base_assert.h"
#include "retain_priv.h"
#include "wire_topic.h"

/*
 * A cursor takes the matching messages of a few chains into its own batch, with references, and hands
 * them out from there: where the receiver stops, it goes on.
 */

struct retain_cursor {
	struct retain *retain;
	const char *filter;
	uint16_t filter_bytes;
	bool is_exact, is_at_end;
	uint64_t at;
	struct kit_message **batch;
	unsigned batch_len, batch_room, batch_next;
};

enum { BATCH_CHAIN_NODES = 64 };

static struct wire_str str(const char *text, size_t bytes)
{
	return (struct wire_str){.data = (const uint8_t *)text, .bytes = (uint16_t)bytes};
}

static void add(struct retain_cursor *cursor, struct kit_message *message)
{
	if (cursor->batch_len == cursor->batch_room) {
		unsigned room = cursor->batch_room ? cursor->batch_room * 2 : BATCH_CHAIN_NODES;
		struct kit_message **batch = kit_mem_alloc(KIT_MEM_OTHER, room * sizeof(*batch));

		BASE_ASSERT(batch != NULL);
		if (cursor->batch_len > 0)
			memcpy(batch, cursor->batch, cursor->batch_len * sizeof(*batch));
		kit_mem_free(KIT_MEM_OTHER, cursor->batch, cursor->batch_room * sizeof(*batch));
		cursor->batch = batch;
		cursor->batch_room = room;
	}
	cursor->batch[cursor->batch_len++] = kit_message_get(message);
}

static void add_if_matching(void *arg, struct kit_map_node *node)
{
	struct retain_cursor *cursor = arg;
	struct kit_message *message = retain_entry_of(node)->message;

	if (wire_topic_matches(str(cursor->filter, cursor->filter_bytes),
		    str(message->view.topic, message->view.topic_bytes)))
		add(cursor, message);
}

struct retain_cursor *retain_cursor_new(
	struct retain *retain, const char *filter, uint16_t filter_bytes)
{
	struct retain_cursor *cursor = kit_mem_alloc(KIT_MEM_RETAINED, sizeof(*cursor));

	if (cursor == NULL)
		return NULL;
	cursor->retain = retain;
	cursor->filter = filter;
	cursor->filter_bytes = filter_bytes;
	cursor->is_exact = memchr(filter, '+', filter_bytes) == NULL &&
			   memchr(filter, '#', filter_bytes) == NULL;
	retain->cursors++;
	return cursor;
}

static void fill(struct retain_cursor *cursor)
{
	cursor->batch_len = cursor->batch_next = 0;
	if (cursor->is_exact) {
		struct retain_entry *entry =
			retain_find(cursor->retain, cursor->filter, cursor->filter_bytes);

		if (entry != NULL)
			add(cursor, entry->message);
		cursor->is_at_end = true;
		return;
	}
	cursor->at = kit_map_scan(
		&cursor->retain->topics, cursor->at, BATCH_CHAIN_NODES, add_if_matching, cursor);
	cursor->is_at_end = cursor->at == 0;
}

bool retain_cursor_step(struct retain_cursor *cursor, uint64_t now_ms, unsigned max,
	bool (*each)(void *arg, struct kit_message *message), void *arg)
{
	for (unsigned looked_at = 0; looked_at < max; looked_at += BATCH_CHAIN_NODES) {
		while (cursor->batch_next < cursor->batch_len) {
			struct kit_message *message = cursor->batch[cursor->batch_next];

			if (!kit_message_is_expired(&message->view, now_ms) && !each(arg, message))
				return false;
			kit_message_put(message);
			cursor->batch_next++;
		}
		if (cursor->is_at_end)
			return true;
		fill(cursor);
	}
	return cursor->is_at_end && cursor->batch_next == cursor->batch_len;
}

void retain_cursor_free(struct retain_cursor *cursor)
{
	if (cursor == NULL)
		return;
	for (unsigned i = cursor->batch_next; i < cursor->batch_len; i++)
		kit_message_put(cursor->batch[i]);
	cursor->retain->cursors--;
	kit_mem_free(KIT_MEM_OTHER, cursor->batch, cursor->batch_room * sizeof(*cursor->batch));
	kit_mem_free(KIT_MEM_RETAINED, cursor, sizeof(*cursor));
}
