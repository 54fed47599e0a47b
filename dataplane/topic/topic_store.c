#include "topic_store.h"

#include <errno.h>
#include <string.h>

#include "base_assert.h"
#include "base_hash.h"
#include "base_mem.h"
#include "topic_store_priv.h"

static uint32_t edge_hash(const struct topic_store *store, uint32_t parent, struct topic_text text)
{
	uint64_t hash = base_hash_bytes(text.data, text.bytes, store->seed);

	return (uint32_t)base_hash_u64(hash + parent, store->seed);
}

struct edge_key {
	uint32_t parent;
	struct topic_text text;
};

static bool is_same_edge(const void *owner, uint32_t ref, const void *key)
{
	const struct topic_store_node *node = topic_store_at(owner, ref);
	const struct edge_key *edge = key;

	return node->parent == edge->parent &&
	       topic_text_is_same(topic_store_text(node), edge->text);
}

uint32_t topic_store_child(const struct topic_store *store, uint32_t parent, struct topic_text text)
{
	struct edge_key key = {parent, text};

	return topic_table_find(
		&store->edges, edge_hash(store, parent, text), is_same_edge, store, &key);
}

struct topic_store *topic_store_new(struct base_mem *mem, unsigned mem_class, uint64_t seed)
{
	struct topic_store *store = base_mem_calloc(mem, mem_class, sizeof(*store));
	uint32_t root;

	if (store == NULL)
		return NULL;
	store->heap = (struct topic_heap){mem, mem_class};
	store->seed = seed;
	base_list_init(&store->cursors);
	topic_pool_init(&store->nodes, sizeof(struct topic_store_node));
	root = topic_pool_take(&store->nodes, store->heap);
	if (root == TOPIC_REF_NONE || topic_table_init(&store->edges, store->heap) < 0) {
		topic_store_free(store);
		return NULL;
	}
	BASE_ASSERT(root == TOPIC_STORE_ROOT);
	return store;
}

void topic_store_free(struct topic_store *store)
{
	struct topic_heap heap;

	if (store == NULL)
		return;
	BASE_ASSERT(base_list_is_empty(&store->cursors));
	heap = store->heap;
	for (uint32_t i = TOPIC_STORE_ROOT; i < store->nodes.len; i++) {
		struct topic_store_node *n = topic_store_at(store, i);

		if (n->parent != TOPIC_POOL_FREE)
			topic_label_fini(&n->text, n->text_bytes, heap);
	}
	topic_pool_fini(&store->nodes, heap);
	topic_table_fini(&store->edges, heap);
	base_mem_free(heap.mem, heap.mem_class, store);
}

/* A new child, first among its siblings; 0 when there is no memory. */
static uint32_t child_make(struct topic_store *store, uint32_t parent, struct topic_text text)
{
	uint32_t node = topic_pool_take(&store->nodes, store->heap);
	struct topic_store_node *n, *p;

	if (node == TOPIC_REF_NONE)
		return 0;
	n = topic_store_at(store, node);
	if (topic_label_set(&n->text, store->heap, text) < 0) {
		topic_pool_give(&store->nodes, node);
		return 0;
	}
	if (topic_table_insert(&store->edges, store->heap, edge_hash(store, parent, text), node) <
		0) {
		topic_label_fini(&n->text, (uint16_t)text.bytes, store->heap);
		topic_pool_give(&store->nodes, node);
		return 0;
	}
	n->text_bytes = (uint16_t)text.bytes;
	n->parent = parent;
	p = topic_store_at(store, parent);
	n->next = p->child;
	if (n->next != 0)
		topic_store_at(store, n->next)->prev = node;
	p->child = node;
	return node;
}

/* Takes a node without children out of the tree; walks that were to look at it go past it. */
static void child_drop(struct topic_store *store, uint32_t node)
{
	struct topic_store_node *n = topic_store_at(store, node);
	struct base_list *it;

	BASE_LIST_FOREACH (it, &store->cursors) {
		struct topic_store_cursor *cursor =
			BASE_CONTAINER_OF(it, struct topic_store_cursor, link);

		if (cursor->node == node)
			topic_store_skip(cursor);
	}
	if (n->prev != 0)
		topic_store_at(store, n->prev)->next = n->next;
	else
		topic_store_at(store, n->parent)->child = n->next;
	if (n->next != 0)
		topic_store_at(store, n->next)->prev = n->prev;
	topic_table_remove(
		&store->edges, store->heap, edge_hash(store, n->parent, topic_store_text(n)), node);
	topic_label_fini(&n->text, n->text_bytes, store->heap);
	topic_pool_give(&store->nodes, node);
}

/* Drops the node and its parents as far as nothing needs them. */
static void prune(struct topic_store *store, uint32_t node)
{
	while (node != TOPIC_STORE_ROOT) {
		const struct topic_store_node *n = topic_store_at(store, node);
		uint32_t parent = n->parent;

		if (n->value != NULL || n->child != 0)
			return;
		child_drop(store, node);
		node = parent;
	}
}

static uint32_t node_lookup(const struct topic_store *store, struct topic_text name)
{
	struct topic_text level;
	uint32_t node = TOPIC_STORE_ROOT;

	while (node != 0 && topic_level_next(&name, &level))
		node = topic_store_child(store, node, level);
	return node;
}

int topic_store_set(struct topic_store *store, struct topic_text name, void *value, void **old)
{
	struct topic_text level, rest = name;
	uint32_t node = TOPIC_STORE_ROOT;
	struct topic_store_node *n;
	void *before;

	BASE_ASSERT(value != NULL);
	if (topic_text_is_too_long(name))
		return -EINVAL;
	while (topic_level_next(&rest, &level)) {
		uint32_t child = topic_store_child(store, node, level);

		if (child == 0)
			child = child_make(store, node, level);
		if (child == 0) {
			prune(store, node);
			return -ENOMEM;
		}
		node = child;
	}
	n = topic_store_at(store, node);
	before = n->value;
	n->value = value;
	store->len += before == NULL;
	if (before != NULL && old != NULL)
		*old = before;
	return before == NULL;
}

void *topic_store_get(const struct topic_store *store, struct topic_text name)
{
	uint32_t node = node_lookup(store, name);

	return node != 0 ? topic_store_at(store, node)->value : NULL;
}

void *topic_store_remove(struct topic_store *store, struct topic_text name)
{
	uint32_t node = node_lookup(store, name);
	void *value;

	if (node == 0)
		return NULL;
	value = topic_store_at(store, node)->value;
	if (value == NULL)
		return NULL;
	topic_store_at(store, node)->value = NULL;
	store->len--;
	prune(store, node);
	return value;
}

uint64_t topic_store_len(const struct topic_store *store)
{
	return store->len;
}
