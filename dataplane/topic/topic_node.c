#include <errno.h>
#include <string.h>

#include "base_hash.h"
#include "base_mem.h"
#include "topic_index_priv.h"

/* A cleared node; 0 when there is no memory. */
static uint32_t node_take(struct topic_index *index)
{
	uint32_t node = topic_pool_take(&index->nodes, index->heap);

	if (node != TOPIC_REF_NONE)
		index->figures.nodes++;
	return node;
}

static void node_give(struct topic_index *index, uint32_t node)
{
	topic_pool_give(&index->nodes, node);
	index->figures.nodes--;
}

uint64_t topic_text_hash(const struct topic_index *index, struct topic_text text)
{
	return base_hash_bytes(text.data, text.bytes, index->seed);
}

uint32_t topic_edge_hash(const struct topic_index *index, uint32_t parent, uint64_t text_hash)
{
	return (uint32_t)base_hash_u64(text_hash + parent, index->seed);
}

struct edge_key {
	uint32_t parent;
	struct topic_text text;
};

static bool is_same_edge(const void *owner, uint32_t ref, const void *key)
{
	const struct topic_node *node = topic_node_at(owner, ref);
	const struct edge_key *edge = key;

	return node->parent == edge->parent &&
	       topic_text_is_same(topic_node_text(node), edge->text);
}

uint32_t topic_node_find(const struct topic_index *index, uint32_t parent, struct topic_text text,
	uint64_t text_hash)
{
	struct edge_key key = {parent, text};

	return topic_table_find(&index->edges, topic_edge_hash(index, parent, text_hash),
		is_same_edge, index, &key);
}

/* A new child by text. */
static uint32_t edge_make(struct topic_index *index, uint32_t parent, struct topic_text text)
{
	uint32_t node = node_take(index);
	struct topic_node *n;

	if (node == 0)
		return 0;
	n = topic_node_at(index, node);
	n->parent = parent;
	if (topic_label_set(&n->text, index->heap, text) < 0) {
		node_give(index, node);
		return 0;
	}
	n->text_bytes = (uint16_t)text.bytes;
	if (topic_table_insert(&index->edges, index->heap,
		    topic_edge_hash(index, parent, topic_text_hash(index, text)), node) < 0) {
		topic_label_fini(&n->text, n->text_bytes, index->heap);
		node_give(index, node);
		return 0;
	}
	if (parent != TOPIC_PARENT_EXACT)
		topic_node_at(index, parent)->children++;
	return node;
}

/* The child of `parent` for one level of a filter; 0 when there is none. */
static uint32_t level_find(
	const struct topic_index *index, uint32_t parent, struct topic_text level)
{
	if (topic_level_is(level, '+'))
		return topic_node_at(index, parent)->plus;
	if (topic_level_is(level, '#'))
		return topic_node_at(index, parent)->pound;
	return topic_node_find(index, parent, level, topic_text_hash(index, level));
}

/* The same, made when it is not there; 0 when there is no memory. */
static uint32_t level_make(struct topic_index *index, uint32_t parent, struct topic_text level)
{
	uint32_t child = level_find(index, parent, level);
	struct topic_node *n;

	if (child != 0)
		return child;
	if (!topic_level_is(level, '+') && !topic_level_is(level, '#'))
		return edge_make(index, parent, level);
	child = node_take(index);
	if (child == 0)
		return 0;
	n = topic_node_at(index, child);
	n->parent = parent;
	n->text_bytes = 1;
	n->text.inside[0] = level.data[0];
	if (topic_level_is(level, '+'))
		topic_node_at(index, parent)->plus = child;
	else
		topic_node_at(index, parent)->pound = child;
	return child;
}

static bool has_wildcard(struct topic_text filter)
{
	return memchr(filter.data, '+', filter.bytes) != NULL ||
	       memchr(filter.data, '#', filter.bytes) != NULL;
}

uint32_t topic_node_lookup(const struct topic_index *index, struct topic_text filter)
{
	struct topic_text level, rest = filter;
	uint32_t node = TOPIC_ROOT;

	if (!has_wildcard(filter))
		return topic_node_find(
			index, TOPIC_PARENT_EXACT, filter, topic_text_hash(index, filter));
	while (node != 0 && topic_level_next(&rest, &level))
		node = level_find(index, node, level);
	return node;
}

uint32_t topic_node_make(struct topic_index *index, struct topic_text filter)
{
	struct topic_text level, rest = filter;
	uint32_t node = TOPIC_ROOT;

	if (!has_wildcard(filter)) {
		node = topic_node_find(
			index, TOPIC_PARENT_EXACT, filter, topic_text_hash(index, filter));
		return node != 0 ? node : edge_make(index, TOPIC_PARENT_EXACT, filter);
	}
	while (topic_level_next(&rest, &level)) {
		uint32_t child = level_make(index, node, level);

		if (child == 0) {
			topic_node_prune(index, node);
			return 0;
		}
		node = child;
	}
	return node;
}

static bool is_needed(const struct topic_node *n)
{
	return n->kind != TOPIC_NODE_BARE || n->plus != 0 || n->pound != 0 || n->children > 0;
}

static void detach(struct topic_index *index, uint32_t node)
{
	struct topic_node *n = topic_node_at(index, node);
	struct topic_node *parent;

	if (n->parent != TOPIC_PARENT_EXACT) {
		parent = topic_node_at(index, n->parent);
		if (parent->plus == node) {
			parent->plus = 0;
			return;
		}
		if (parent->pound == node) {
			parent->pound = 0;
			return;
		}
		parent->children--;
	}
	topic_table_remove(&index->edges, index->heap,
		topic_edge_hash(index, n->parent, topic_text_hash(index, topic_node_text(n))),
		node);
}

void topic_node_prune(struct topic_index *index, uint32_t node)
{
	while (node != TOPIC_ROOT && !is_needed(topic_node_at(index, node))) {
		uint32_t parent = topic_node_at(index, node)->parent;

		detach(index, node);
		topic_label_fini(&topic_node_at(index, node)->text,
			topic_node_at(index, node)->text_bytes, index->heap);
		node_give(index, node);
		if (parent == TOPIC_PARENT_EXACT)
			return;
		node = parent;
	}
}
