#include "topic_index.h"

#include <errno.h>
#include <string.h>

#include "base_mem.h"
#include "topic_priv.h"

static struct topic_group *group_find(const struct topic_node *node, struct topic_text name)
{
	struct topic_group *group = node->groups;

	while (group != NULL && (group->name_bytes != name.bytes ||
					memcmp(group->name, name.data, name.bytes) != 0))
		group = group->next;
	return group;
}

static struct topic_group *group_make(
	struct topic_index *index, struct topic_node *node, struct topic_text name)
{
	struct topic_group *group = group_find(node, name);

	if (group != NULL)
		return group;
	group = base_mem_calloc(
		index->heap.mem, index->heap.mem_class, sizeof(*group) + name.bytes);
	if (group == NULL)
		return NULL;
	group->name_bytes = (uint16_t)name.bytes;
	memcpy(group->name, name.data, name.bytes);
	group->next = node->groups;
	node->groups = group;
	return group;
}

/* Takes a group without members out of its node. */
static void group_prune(
	struct topic_index *index, struct topic_node *node, struct topic_group *group)
{
	struct topic_group **at = &node->groups;

	if (group->members.len > 0)
		return;
	while (*at != group)
		at = &(*at)->next;
	*at = group->next;
	base_mem_free(index->heap.mem, index->heap.mem_class, group);
}

static bool has_too_many_levels(struct topic_text text)
{
	struct topic_text level;
	unsigned levels = 0;

	while (topic_level_next(&text, &level))
		if (++levels > TOPIC_LEVELS_MAX)
			return true;
	return false;
}

static void count(struct topic_index *index, const struct topic_list *list, int added)
{
	index->figures.entries += (uint64_t)(int64_t)added;
	if (added > 0 && list->len == 1)
		index->figures.filters++;
	if (added < 0 && list->len == 0)
		index->figures.filters--;
}

int topic_index_insert(struct topic_index *index, struct topic_text filter, struct topic_text group,
	const struct topic_entry *entry)
{
	uint32_t node;
	struct topic_node *n;
	struct topic_group *g = NULL;
	struct topic_list *list;
	int result = -ENOMEM;

	if (filter.bytes > UINT16_MAX || group.bytes > UINT16_MAX || has_too_many_levels(filter))
		return -EINVAL;
	node = topic_node_make(index, filter);
	if (node == 0)
		return -ENOMEM;
	n = topic_node_at(index, node);
	list = &n->list;
	if (group.data != NULL) {
		g = group_make(index, n, group);
		list = g != NULL ? &g->members : NULL;
	}
	if (list != NULL)
		result = topic_list_insert(list, index->heap, entry);
	if (result == 1)
		count(index, list, 1);
	if (result < 0) {
		if (g != NULL)
			group_prune(index, n, g);
		topic_node_prune(index, node);
	}
	return result;
}

bool topic_index_remove(struct topic_index *index, struct topic_text filter,
	struct topic_text group, uint32_t subscriber)
{
	uint32_t node = topic_node_lookup(index, filter);
	struct topic_node *n;
	struct topic_group *g = NULL;
	struct topic_list *list;

	if (node == 0)
		return false;
	n = topic_node_at(index, node);
	list = &n->list;
	if (group.data != NULL) {
		g = group_find(n, group);
		if (g == NULL)
			return false;
		list = &g->members;
	}
	if (!topic_list_remove(list, index->heap, subscriber))
		return false;
	count(index, list, -1);
	if (g != NULL)
		group_prune(index, n, g);
	topic_node_prune(index, node);
	return true;
}

bool topic_index_has(const struct topic_index *index, struct topic_text filter,
	struct topic_text group, uint32_t subscriber)
{
	uint32_t node = topic_node_lookup(index, filter);
	const struct topic_group *g;

	if (node == 0)
		return false;
	if (group.data == NULL)
		return topic_list_has(&topic_node_at(index, node)->list, subscriber);
	g = group_find(topic_node_at(index, node), group);
	return g != NULL && topic_list_has(&g->members, subscriber);
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

uint32_t topic_index_walk(const struct topic_index *index, uint32_t cursor, uint32_t max,
	void (*each)(
		void *context, struct topic_text filter, struct topic_text group, uint32_t entries),
	void *context)
{
	char text[UINT16_MAX];
	uint32_t node = cursor > TOPIC_ROOT ? cursor : TOPIC_ROOT + 1;

	for (; node < index->node_len && max > 0; node++, max--) {
		const struct topic_node *n = topic_node_at(index, node);
		struct topic_text filter = {text, 0};
		int bytes;

		if (n->parent == TOPIC_PARENT_FREE || (n->list.len == 0 && n->groups == NULL))
			continue;
		bytes = topic_index_filter_text(index, node, text, sizeof(text));
		if (bytes < 0)
			continue;
		filter.bytes = (size_t)bytes;
		if (n->list.len > 0)
			each(context, filter, (struct topic_text){NULL, 0}, n->list.len);
		for (const struct topic_group *g = n->groups; g != NULL; g = g->next)
			each(context, filter, (struct topic_text){g->name, g->name_bytes},
				g->members.len);
	}
	return node < index->node_len ? node : 0;
}

void topic_index_figures(const struct topic_index *index, struct topic_figures *figures)
{
	*figures = index->figures;
}
