#include <string.h>

#include "topic_priv.h"

/* One match: the topic's levels with their hashes, and whom to tell. */
struct match {
	struct topic_index *index;
	const struct topic_visitor *visitor;
	void *context;
	uint32_t level_len;
	struct topic_text levels[TOPIC_LEVELS_MAX];
	uint64_t hashes[TOPIC_LEVELS_MAX];
};

/* Offers the members from the group's turn on, each once, and the last resort in the end. */
static void pick(struct match *m, uint32_t node, struct topic_group *group)
{
	const struct topic_entry *members = topic_list_entries(&group->members);
	const struct topic_entry *last = NULL;
	struct topic_group_ref ref = {{group->name, group->name_bytes}, node};
	uint32_t len = group->members.len;

	for (uint32_t i = 0; i < len; i++) {
		uint32_t at = (group->turn + i) % len;

		if (members[at].subscriber == m->index->last_resort) {
			last = &members[at];
		} else if (m->visitor->shared(m->context, &members[at], &ref)) {
			group->turn = at + 1;
			return;
		}
	}
	if (last != NULL)
		m->visitor->shared(m->context, last, &ref);
}

static void show(struct match *m, uint32_t node)
{
	const struct topic_node *n = topic_node_at(m->index, node);

	if (n->list.len > 0)
		m->visitor->entries(m->context, topic_list_entries(&n->list), n->list.len);
	for (struct topic_group *group = n->groups; group != NULL; group = group->next)
		pick(m, node, group);
}

/*
 * `node` matches the first `level` levels. The depth is at most that of the deepest filter. A leading wildcard
 * does not match a name that begins with '$' (4.7.2-1).
 */
static void descend(struct match *m, uint32_t node, uint32_t level)
{
	const struct topic_node *n = topic_node_at(m->index, node);
	bool is_hidden = level == 0 && m->levels[0].bytes > 0 && m->levels[0].data[0] == '$';
	uint32_t child;

	if (n->pound != 0 && !is_hidden)
		show(m, n->pound);
	if (level == m->level_len) {
		show(m, node);
		return;
	}
	if (n->plus != 0 && !is_hidden)
		descend(m, n->plus, level + 1);
	if (n->children == 0)
		return;
	child = topic_node_find(m->index, node, m->levels[level], m->hashes[level]);
	if (child != 0)
		descend(m, child, level + 1);
}

void topic_index_match(struct topic_index *index, struct topic_text topic,
	const struct topic_visitor *visitor, void *context)
{
	const struct topic_node *root = topic_node_at(index, TOPIC_ROOT);
	struct match m;
	struct topic_text rest = topic;
	uint32_t exact;

	m.index = index;
	m.visitor = visitor;
	m.context = context;
	m.level_len = 0;
	exact = topic_node_find(index, TOPIC_PARENT_EXACT, topic, topic_text_hash(index, topic));
	if (exact != 0)
		show(&m, exact);
	if (root->plus == 0 && root->pound == 0 && root->children == 0)
		return;
	while (topic_level_next(&rest, &m.levels[m.level_len])) {
		m.hashes[m.level_len] = topic_text_hash(index, m.levels[m.level_len]);
		if (++m.level_len == TOPIC_LEVELS_MAX && rest.data != NULL)
			return;
	}
	descend(&m, TOPIC_ROOT, 0);
}
