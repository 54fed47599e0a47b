#include <errno.h>
#include <string.h>

#include "base_assert.h"
#include "base_hash.h"
#include "base_mem.h"
#include "topic_priv.h"

bool topic_level_next(struct topic_text *rest, struct topic_text *level)
{
	const char *slash;

	if (rest->data == NULL)
		return false;
	*level = *rest;
	slash = memchr(rest->data, '/', rest->bytes);
	if (slash == NULL) {
		rest->data = NULL;
		return true;
	}
	level->bytes = (size_t)(slash - rest->data);
	rest->bytes -= level->bytes + 1;
	rest->data = slash + 1;
	return true;
}

static char *outside_text(const struct topic_node *node)
{
	char *text;

	memcpy(&text, node->text + TOPIC_INLINE_BYTES - sizeof(text), sizeof(text));
	return text;
}

struct topic_text topic_node_text(const struct topic_node *node)
{
	bool is_inside = node->text_bytes <= TOPIC_INLINE_BYTES;

	return (struct topic_text){is_inside ? node->text : outside_text(node), node->text_bytes};
}

static int set_text(struct topic_index *index, struct topic_node *node, struct topic_text text)
{
	char *outside;

	node->text_bytes = (uint16_t)text.bytes;
	if (text.bytes <= TOPIC_INLINE_BYTES) {
		memcpy(node->text, text.data, text.bytes);
		return 0;
	}
	outside = base_mem_alloc(index->heap.mem, index->heap.mem_class, text.bytes);
	if (outside == NULL)
		return -ENOMEM;
	memcpy(outside, text.data, text.bytes);
	memcpy(node->text + TOPIC_INLINE_BYTES - sizeof(outside), &outside, sizeof(outside));
	return 0;
}

/* One chunk of nodes more, and a larger directory when it is full. */
static int add_chunk(struct topic_index *index)
{
	uint32_t chunk = index->node_len / TOPIC_CHUNK_LEN;
	struct topic_heap heap = index->heap;

	if (index->node_len >= TOPIC_REF_MAX - TOPIC_CHUNK_LEN)
		return -ENOMEM;
	if (chunk >= index->chunk_cap) {
		uint32_t cap = index->chunk_cap == 0 ? 8 : index->chunk_cap * 2;
		struct topic_node **chunks =
			base_mem_alloc(heap.mem, heap.mem_class, cap * sizeof(struct topic_node *));

		if (chunks == NULL)
			return -ENOMEM;
		if (index->chunks != NULL)
			memcpy(chunks, index->chunks, chunk * sizeof(struct topic_node *));
		base_mem_free(heap.mem, heap.mem_class, index->chunks);
		index->chunks = chunks;
		index->chunk_cap = cap;
	}
	index->chunks[chunk] = base_mem_alloc(
		heap.mem, heap.mem_class, TOPIC_CHUNK_LEN * sizeof(struct topic_node));
	return index->chunks[chunk] == NULL ? -ENOMEM : 0;
}

/* A cleared node; 0 when there is no memory. */
static uint32_t node_take(struct topic_index *index)
{
	uint32_t node = index->free_node;

	if (node != 0) {
		index->free_node = topic_node_at(index, node)->plus;
	} else {
		if (index->node_len % TOPIC_CHUNK_LEN == 0 && add_chunk(index) < 0)
			return 0;
		node = index->node_len++;
	}
	memset(topic_node_at(index, node), 0, sizeof(struct topic_node));
	index->figures.nodes++;
	return node;
}

static void node_give(struct topic_index *index, uint32_t node)
{
	struct topic_node *n = topic_node_at(index, node);

	if (n->text_bytes > TOPIC_INLINE_BYTES)
		base_mem_free(index->heap.mem, index->heap.mem_class, outside_text(n));
	n->parent = TOPIC_PARENT_FREE;
	n->plus = index->free_node;
	index->free_node = node;
	index->figures.nodes--;
}

uint64_t topic_text_hash(const struct topic_index *index, struct topic_text text)
{
	return base_hash_bytes(text.data, text.bytes, index->seed);
}

static uint32_t edge_hash(const struct topic_index *index, uint32_t parent, uint64_t text_hash)
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

	return node->parent == edge->parent && node->text_bytes == edge->text.bytes &&
	       memcmp(topic_node_text(node).data, edge->text.data, edge->text.bytes) == 0;
}

uint32_t topic_node_find(const struct topic_index *index, uint32_t parent, struct topic_text text,
	uint64_t text_hash)
{
	struct edge_key key = {parent, text};

	return topic_table_find(
		&index->edges, edge_hash(index, parent, text_hash), is_same_edge, index, &key);
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
	if (set_text(index, n, text) < 0) {
		n->text_bytes = 0;
		node_give(index, node);
		return 0;
	}
	if (topic_table_insert(&index->edges, index->heap,
		    edge_hash(index, parent, topic_text_hash(index, text)), node) < 0) {
		node_give(index, node);
		return 0;
	}
	if (parent != TOPIC_PARENT_EXACT)
		topic_node_at(index, parent)->children++;
	return node;
}

static bool is_level(struct topic_text level, char c)
{
	return level.bytes == 1 && level.data[0] == c;
}

/* The child of `parent` for one level of a filter; 0 when there is none. */
static uint32_t level_find(
	const struct topic_index *index, uint32_t parent, struct topic_text level)
{
	if (is_level(level, '+'))
		return topic_node_at(index, parent)->plus;
	if (is_level(level, '#'))
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
	if (!is_level(level, '+') && !is_level(level, '#'))
		return edge_make(index, parent, level);
	child = node_take(index);
	if (child == 0)
		return 0;
	n = topic_node_at(index, child);
	n->parent = parent;
	n->text_bytes = 1;
	n->text[0] = level.data[0];
	if (is_level(level, '+'))
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
	return n->list.len > 0 || n->groups != NULL || n->plus != 0 || n->pound != 0 ||
	       n->children > 0;
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
	topic_table_remove(&index->edges,
		edge_hash(index, n->parent, topic_text_hash(index, topic_node_text(n))), node);
}

void topic_node_prune(struct topic_index *index, uint32_t node)
{
	while (node != TOPIC_ROOT && !is_needed(topic_node_at(index, node))) {
		uint32_t parent = topic_node_at(index, node)->parent;

		detach(index, node);
		node_give(index, node);
		if (parent == TOPIC_PARENT_EXACT)
			return;
		node = parent;
	}
}

static void node_fini(struct topic_index *index, struct topic_node *n)
{
	struct topic_heap heap = index->heap;

	topic_list_fini(&n->list, heap);
	while (n->groups != NULL) {
		struct topic_group *group = n->groups;

		n->groups = group->next;
		topic_list_fini(&group->members, heap);
		base_mem_free(heap.mem, heap.mem_class, group);
	}
	if (n->text_bytes > TOPIC_INLINE_BYTES)
		base_mem_free(heap.mem, heap.mem_class, outside_text(n));
}

struct topic_index *topic_index_new(
	struct base_mem *mem, unsigned mem_class, uint64_t seed, uint32_t last_resort)
{
	struct topic_index *index = base_mem_calloc(mem, mem_class, sizeof(*index));

	if (index == NULL)
		return NULL;
	index->heap = (struct topic_heap){mem, mem_class};
	index->seed = seed;
	index->last_resort = last_resort;
	if (topic_table_init(&index->edges, index->heap) < 0 || add_chunk(index) < 0) {
		topic_index_free(index);
		return NULL;
	}
	memset(index->chunks[0], 0, 2 * sizeof(struct topic_node));
	index->chunks[0][0].parent = TOPIC_PARENT_FREE;
	index->node_len = TOPIC_ROOT + 1;
	return index;
}

void topic_index_free(struct topic_index *index)
{
	struct topic_heap heap = index->heap;

	for (uint32_t i = TOPIC_ROOT; i < index->node_len; i++)
		if (topic_node_at(index, i)->parent != TOPIC_PARENT_FREE)
			node_fini(index, topic_node_at(index, i));
	for (uint32_t i = 0; i * TOPIC_CHUNK_LEN < index->node_len; i++)
		base_mem_free(heap.mem, heap.mem_class, index->chunks[i]);
	base_mem_free(heap.mem, heap.mem_class, index->chunks);
	topic_table_fini(&index->edges, heap);
	base_mem_free(heap.mem, heap.mem_class, index);
}
