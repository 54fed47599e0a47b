#include "topic_index.h"

#include <errno.h>
#include <string.h>

#include "base_assert.h"
#include "base_mem.h"
#include "topic_index_priv.h"

struct topic_index *topic_index_new(
	struct base_mem *mem, unsigned mem_class, uint64_t seed, uint32_t last_resort)
{
	struct topic_index *index = base_mem_calloc(mem, mem_class, sizeof(*index));
	uint32_t root;

	if (index == NULL)
		return NULL;
	index->heap = (struct topic_heap){mem, mem_class};
	index->seed = seed;
	index->last_resort = last_resort;
	topic_pool_init(&index->nodes, sizeof(struct topic_node));
	topic_pool_init(&index->subs, sizeof(struct topic_subs));
	root = topic_pool_take(&index->nodes, index->heap);
	if (root == TOPIC_REF_NONE || topic_table_init(&index->edges, index->heap) < 0) {
		topic_index_free(index);
		return NULL;
	}
	BASE_ASSERT(root == TOPIC_ROOT);
	return index;
}

void topic_index_free(struct topic_index *index)
{
	struct topic_heap heap = index->heap;

	for (uint32_t i = TOPIC_ROOT; i < index->nodes.len; i++) {
		struct topic_node *n = topic_node_at(index, i);

		if (n->parent == TOPIC_POOL_FREE)
			continue;
		topic_subs_fini(index, n);
		topic_label_fini(&n->text, n->text_bytes, heap);
	}
	topic_pool_fini(&index->nodes, heap);
	topic_pool_fini(&index->subs, heap);
	topic_table_fini(&index->edges, heap);
	base_mem_free(heap.mem, heap.mem_class, index);
}

int topic_index_insert(struct topic_index *index, struct topic_text filter, struct topic_text group,
	const struct topic_entry *entry)
{
	uint32_t node;
	int result;

	if (group.bytes > UINT16_MAX || topic_text_is_too_long(filter))
		return -EINVAL;
	node = topic_node_make(index, filter);
	if (node == 0)
		return -ENOMEM;
	result = topic_subs_insert(index, topic_node_at(index, node), group, entry);
	if (result < 0)
		topic_node_prune(index, node);
	return result;
}

bool topic_index_remove(struct topic_index *index, struct topic_text filter,
	struct topic_text group, uint32_t subscriber)
{
	uint32_t node = topic_node_lookup(index, filter);

	if (node == 0 || !topic_subs_remove(index, topic_node_at(index, node), group, subscriber))
		return false;
	topic_node_prune(index, node);
	return true;
}

bool topic_index_has(const struct topic_index *index, struct topic_text filter,
	struct topic_text group, uint32_t subscriber)
{
	uint32_t node = topic_node_lookup(index, filter);

	return node != 0 && topic_subs_has(index, topic_node_at(index, node), group, subscriber);
}

int topic_index_filter_text(const struct topic_index *index, uint32_t node, char *text, size_t size)
{
	size_t bytes = 0, at;
	uint32_t i;

	for (i = node; i > TOPIC_ROOT; i = topic_node_at(index, i)->parent)
		bytes += topic_node_at(index, i)->text_bytes + (size_t)(i != node);
	if (bytes > size)
		return -ENOSPC;
	at = bytes;
	for (i = node; i > TOPIC_ROOT; i = topic_node_at(index, i)->parent) {
		struct topic_text level = topic_node_text(topic_node_at(index, i));

		if (i != node)
			text[--at] = '/';
		at -= level.bytes;
		memcpy(text + at, level.data, level.bytes);
	}
	return (int)bytes;
}

typedef void each_filter(
	void *context, struct topic_text filter, struct topic_text group, uint32_t entries);

static void show_node(const struct topic_index *index, const struct topic_node *n,
	struct topic_text filter, each_filter *each, void *context)
{
	struct topic_entry one;
	uint32_t len;

	topic_node_entries(index, n, &one, &len);
	if (len > 0)
		each(context, filter, (struct topic_text){NULL, 0}, len);
	if (n->kind != TOPIC_NODE_SUBS)
		return;
	for (const struct topic_group *g = topic_subs_at(index, n->subs)->groups; g != NULL;
		g = g->next)
		each(context, filter, (struct topic_text){g->name, g->name_bytes}, g->members.len);
}

uint32_t topic_index_walk(const struct topic_index *index, uint32_t cursor, uint32_t max,
	void (*each)(
		void *context, struct topic_text filter, struct topic_text group, uint32_t entries),
	void *context)
{
	char text[UINT16_MAX];
	uint32_t node = cursor > TOPIC_ROOT ? cursor : TOPIC_ROOT + 1;

	for (; node < index->nodes.len && max > 0; node++, max--) {
		const struct topic_node *n = topic_node_at(index, node);
		int bytes;

		if (n->parent == TOPIC_POOL_FREE || n->kind == TOPIC_NODE_BARE)
			continue;
		bytes = topic_index_filter_text(index, node, text, sizeof(text));
		BASE_ASSERT(bytes >= 0);
		show_node(index, n, (struct topic_text){text, (size_t)bytes}, each, context);
	}
	return node < index->nodes.len ? node : 0;
}

void topic_index_figures(const struct topic_index *index, struct topic_figures *figures)
{
	*figures = index->figures;
}
