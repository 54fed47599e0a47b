#include <errno.h>

#include "topic_store_priv.h"

/*
 * The walk of a filter through the name tree, parents before children. All that it knows is the
 * node that comes next and its depth: the filter's level of that depth says whether siblings are
 * looked at, and whether children are.
 */

static struct topic_text level_of(const struct topic_store_cursor *cursor, uint32_t depth)
{
	return (struct topic_text){cursor->filter.data + cursor->starts[depth],
		(size_t)cursor->starts[depth + 1] - cursor->starts[depth] - 1};
}

/* Whether the names of this depth, and those below, are all selected: '#' stands here or above. */
static bool is_open(const struct topic_store_cursor *cursor, uint32_t depth)
{
	return depth >= cursor->open_depth;
}

static bool is_any(const struct topic_store_cursor *cursor, uint32_t depth)
{
	return is_open(cursor, depth) ||
	       (depth < cursor->level_len && topic_level_is(level_of(cursor, depth), '+'));
}

/* "a/#" selects "a" too, and so the name before the '#' counts as well as those behind. */
static bool is_selected(const struct topic_store_cursor *cursor, uint32_t depth)
{
	return depth + 1 == cursor->level_len || is_open(cursor, depth + 1);
}

/* 4.7.2-1 */
static bool is_hidden(const struct topic_store_cursor *cursor, const struct topic_store_node *n)
{
	struct topic_text text = topic_store_text(n);

	return cursor->depth == 0 && is_any(cursor, 0) && text.bytes > 0 && text.data[0] == '$';
}

/* The first child of `node`, which is to lie at `depth`, that the filter lets through. */
static uint32_t first_child(const struct topic_store_cursor *cursor, uint32_t node, uint32_t depth)
{
	if (depth >= cursor->level_len && !is_open(cursor, depth))
		return 0;
	if (is_any(cursor, depth))
		return topic_store_at(cursor->store, node)->child;
	return topic_store_child(cursor->store, node, level_of(cursor, depth));
}

void topic_store_skip(struct topic_store_cursor *cursor)
{
	uint32_t node = cursor->node;

	while (node != TOPIC_STORE_ROOT) {
		const struct topic_store_node *n = topic_store_at(cursor->store, node);

		if (n->next != 0 && is_any(cursor, cursor->depth)) {
			cursor->node = n->next;
			return;
		}
		node = n->parent;
		cursor->depth--;
	}
	cursor->node = 0;
}

static void advance(struct topic_store_cursor *cursor)
{
	const struct topic_store_node *n = topic_store_at(cursor->store, cursor->node);
	uint32_t child =
		is_hidden(cursor, n) ? 0 : first_child(cursor, cursor->node, cursor->depth + 1);

	if (child == 0) {
		topic_store_skip(cursor);
		return;
	}
	cursor->node = child;
	cursor->depth++;
}

int topic_store_open(
	struct topic_store *store, struct topic_store_cursor *cursor, struct topic_text filter)
{
	struct topic_text level, rest = filter;
	size_t at = 0;

	if (topic_text_is_too_long(filter))
		return -EINVAL;
	*cursor = (struct topic_store_cursor){
		.store = store, .filter = filter, .open_depth = UINT32_MAX};
	while (topic_level_next(&rest, &level)) {
		if (topic_level_is(level, '#'))
			cursor->open_depth = cursor->level_len;
		cursor->starts[cursor->level_len++] = (uint32_t)at;
		at += level.bytes + 1;
	}
	cursor->starts[cursor->level_len] = (uint32_t)at;
	cursor->node = first_child(cursor, TOPIC_STORE_ROOT, 0);
	base_list_push_back(&store->cursors, &cursor->link);
	return 0;
}

void topic_store_close(struct topic_store_cursor *cursor)
{
	base_list_remove(&cursor->link);
}

bool topic_store_step(
	struct topic_store_cursor *cursor, uint32_t max, topic_store_visit *visit, void *context)
{
	for (; cursor->node != 0; max--) {
		uint32_t node = cursor->node;
		const struct topic_store_node *n = topic_store_at(cursor->store, node);

		if (max == 0)
			return false;
		if (n->value != NULL && is_selected(cursor, cursor->depth) &&
			!is_hidden(cursor, n) && !visit(context, n->value))
			return false;
		/* A visit that removed the name has moved the cursor already. */
		if (cursor->node == node)
			advance(cursor);
	}
	return true;
}

int topic_store_match(struct topic_store *store, struct topic_text filter, topic_store_visit *visit,
	void *context)
{
	struct topic_store_cursor cursor;
	int rc = topic_store_open(store, &cursor, filter);

	if (rc < 0)
		return rc;
	(void)topic_store_step(&cursor, UINT32_MAX, visit, context);
	topic_store_close(&cursor);
	return 0;
}
