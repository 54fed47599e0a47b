#include <errno.h>
#include <string.h>

#include "base_mem.h"
#include "topic_index_priv.h"

const struct topic_entry *topic_node_entries(const struct topic_index *index,
	const struct topic_node *node, struct topic_entry *one, uint32_t *len)
{
	const struct topic_list *list;

	if (node->kind == TOPIC_NODE_ONE) {
		*one = (struct topic_entry){.subscriber = node->subs, .options = node->options};
		*len = 1;
		return one;
	}
	if (node->kind == TOPIC_NODE_BARE) {
		*len = 0;
		return one;
	}
	list = &topic_subs_at(index, node->subs)->list;
	*len = list->len;
	return topic_list_entries(list);
}

static struct topic_group *group_find(const struct topic_subs *subs, struct topic_text name)
{
	struct topic_group *group = subs->groups;

	while (group != NULL &&
		!topic_text_is_same((struct topic_text){group->name, group->name_bytes}, name))
		group = group->next;
	return group;
}

/* A group that is made never stays empty: its first member needs no memory. */
static struct topic_group *group_make(
	struct topic_index *index, struct topic_subs *subs, struct topic_text name)
{
	struct topic_group *group = group_find(subs, name);

	if (group != NULL)
		return group;
	group = base_mem_calloc(
		index->heap.mem, index->heap.mem_class, sizeof(*group) + name.bytes);
	if (group == NULL)
		return NULL;
	group->name_bytes = (uint16_t)name.bytes;
	memcpy(group->name, name.data, name.bytes);
	group->next = subs->groups;
	subs->groups = group;
	return group;
}

/* Takes a group without members out of its node. */
static void group_prune(
	struct topic_index *index, struct topic_subs *subs, struct topic_group *group)
{
	struct topic_group **at = &subs->groups;

	if (group->members.len > 0)
		return;
	while (*at != group)
		at = &(*at)->next;
	*at = group->next;
	base_mem_free(index->heap.mem, index->heap.mem_class, group);
}

/* Gives the node a record for its subscribers, with the one that it has. */
static int open_out(struct topic_index *index, struct topic_node *node)
{
	uint32_t ref;
	struct topic_list *list;

	if (node->kind == TOPIC_NODE_SUBS)
		return 0;
	ref = topic_pool_take(&index->subs, index->heap);
	if (ref == TOPIC_REF_NONE)
		return -ENOMEM;
	list = &topic_subs_at(index, ref)->list;
	if (node->kind == TOPIC_NODE_ONE) {
		list->u.one =
			(struct topic_entry){.subscriber = node->subs, .options = node->options};
		list->len = 1;
	}
	node->kind = TOPIC_NODE_SUBS;
	node->subs = ref;
	return 0;
}

/* Takes the record back when the node can do without. */
static void fold_in(struct topic_index *index, struct topic_node *node)
{
	uint32_t ref = node->subs;
	struct topic_subs *subs;
	const struct topic_entry *one;

	if (node->kind != TOPIC_NODE_SUBS)
		return;
	subs = topic_subs_at(index, ref);
	one = topic_list_entries(&subs->list);
	if (subs->groups != NULL || subs->list.len > 1 ||
		(subs->list.len == 1 && one->subscription_id != 0))
		return;
	node->kind = TOPIC_NODE_BARE;
	if (subs->list.len == 1) {
		node->kind = TOPIC_NODE_ONE;
		node->subs = one->subscriber;
		node->options = one->options;
	}
	topic_list_fini(&subs->list, index->heap);
	topic_pool_give(&index->subs, ref);
}

static void count(struct topic_index *index, const struct topic_list *list, int added)
{
	index->figures.entries += (uint64_t)(int64_t)added;
	if (added > 0 && list->len == 1)
		index->figures.filters++;
	if (added < 0 && list->len == 0)
		index->figures.filters--;
}

/* Enters the first plain subscriber, or the same again, within the node, if it fits there. */
static bool insert_inside(struct topic_index *index, struct topic_node *node,
	const struct topic_entry *entry, int *result)
{
	if (node->kind == TOPIC_NODE_SUBS || entry->subscription_id != 0)
		return false;
	if (node->kind == TOPIC_NODE_ONE && node->subs != entry->subscriber)
		return false;
	*result = node->kind == TOPIC_NODE_BARE;
	index->figures.entries += (uint64_t)*result;
	index->figures.filters += (uint64_t)*result;
	node->kind = TOPIC_NODE_ONE;
	node->subs = entry->subscriber;
	node->options = entry->options;
	return true;
}

int topic_subs_insert(struct topic_index *index, struct topic_node *node, struct topic_text group,
	const struct topic_entry *entry)
{
	struct topic_subs *subs;
	struct topic_group *g = NULL;
	struct topic_list *list;
	int result = -ENOMEM;

	if (group.data == NULL && insert_inside(index, node, entry, &result))
		return result;
	if (open_out(index, node) < 0)
		return -ENOMEM;
	subs = topic_subs_at(index, node->subs);
	list = &subs->list;
	if (group.data != NULL) {
		g = group_make(index, subs, group);
		list = g != NULL ? &g->members : NULL;
	}
	if (list != NULL)
		result = topic_list_insert(list, index->heap, entry);
	if (result == 1)
		count(index, list, 1);
	fold_in(index, node);
	return result;
}

bool topic_subs_remove(struct topic_index *index, struct topic_node *node, struct topic_text group,
	uint32_t subscriber)
{
	struct topic_subs *subs;
	struct topic_group *g = NULL;
	struct topic_list *list;

	if (node->kind != TOPIC_NODE_SUBS) {
		if (!topic_subs_has(index, node, group, subscriber))
			return false;
		node->kind = TOPIC_NODE_BARE;
		index->figures.entries--;
		index->figures.filters--;
		return true;
	}
	subs = topic_subs_at(index, node->subs);
	list = &subs->list;
	if (group.data != NULL) {
		g = group_find(subs, group);
		if (g == NULL)
			return false;
		list = &g->members;
	}
	if (!topic_list_remove(list, index->heap, subscriber))
		return false;
	count(index, list, -1);
	if (g != NULL)
		group_prune(index, subs, g);
	fold_in(index, node);
	return true;
}

bool topic_subs_has(const struct topic_index *index, const struct topic_node *node,
	struct topic_text group, uint32_t subscriber)
{
	const struct topic_subs *subs;
	const struct topic_group *g;

	if (node->kind != TOPIC_NODE_SUBS)
		return group.data == NULL && node->kind == TOPIC_NODE_ONE &&
		       node->subs == subscriber;
	subs = topic_subs_at(index, node->subs);
	if (group.data == NULL)
		return topic_list_has(&subs->list, subscriber);
	g = group_find(subs, group);
	return g != NULL && topic_list_has(&g->members, subscriber);
}

void topic_subs_fini(struct topic_index *index, struct topic_node *node)
{
	struct topic_heap heap = index->heap;
	struct topic_subs *subs;

	if (node->kind != TOPIC_NODE_SUBS)
		return;
	subs = topic_subs_at(index, node->subs);
	topic_list_fini(&subs->list, heap);
	while (subs->groups != NULL) {
		struct topic_group *group = subs->groups;

		subs->groups = group->next;
		topic_list_fini(&group->members, heap);
		base_mem_free(heap.mem, heap.mem_class, group);
	}
}
