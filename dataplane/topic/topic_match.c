#include <string.h>

#include "topic_index_priv.h"

/*
 * One match: the topic's levels with their hashes, and whom to tell. There is one level more than a
 * filter has: what lies beyond can only be matched by a '#' before it.
 */
struct match {
	struct topic_index *index;
	const struct topic_visitor *visitor;
	void *context;
	bool is_system; /* begins with '$': no leading wildcard matches (4.7.2-1) */
	uint32_t level_len;
	uint32_t visited;
	struct topic_text levels[TOPIC_LEVELS_MAX + 1];
	uint32_t hash_len; /* of the hashes, which are made when they are needed */
	uint64_t hashes[TOPIC_LEVELS_MAX + 1];
};

/* Offers the members from the group's turn on, each once, and the last resort in the end. */
static void pick(struct match *m, uint32_t node, struct topic_group *group)
{
	const struct topic_entry *members = topic_list_entries(&group->members);
	const struct topic_entry *last = NULL;
	struct topic_group_ref ref = {{group->name, group->name_bytes}, node};
	uint32_t len = group->members.len;

	for (uint32_t i = 0; i < len; i++) {
		uint32_t at = (uint32_t)(((uint64_t)group->turn + i) % len);

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
	const struct topic_entry *entries;
	struct topic_entry one;
	uint32_t len;

	m->visited++;
	if (n->kind == TOPIC_NODE_BARE)
		return;
	entries = topic_node_entries(m->index, n, &one, &len);
	if (len > 0)
		m->visitor->entries(m->context, entries, len);
	if (n->kind != TOPIC_NODE_SUBS)
		return;
	for (struct topic_group *group = topic_subs_at(m->index, n->subs)->groups; group != NULL;
		group = group->next)
		pick(m, node, group);
}

static uint64_t hash_of_level(struct match *m, uint32_t level)
{
	for (; m->hash_len <= level; m->hash_len++)
		m->hashes[m->hash_len] = topic_text_hash(m->index, m->levels[m->hash_len]);
	return m->hashes[level];
}

/* `node` matches the first `level` levels. The depth is at most that of the deepest filter. */
static void descend(struct match *m, uint32_t node, uint32_t level)
{
	const struct topic_node *n = topic_node_at(m->index, node);
	bool is_hidden = level == 0 && m->is_system;
	uint32_t child = 0;

	if (n->pound != 0 && !is_hidden)
		show(m, n->pound);
	if (level == m->level_len) {
		show(m, node);
		return;
	}
	m->visited++;
	if (n->children != 0)
		child = topic_node_find(m->index, node, m->levels[level], hash_of_level(m, level));
	if (child != 0)
		__builtin_prefetch(topic_node_at(m->index, child));
	if (n->plus != 0 && !is_hidden)
		descend(m, n->plus, level + 1);
	if (child != 0)
		descend(m, child, level + 1);
}

static void match_levels(struct match *m, struct topic_text topic)
{
	const struct topic_node *root = topic_node_at(m->index, TOPIC_ROOT);

	if (root->plus == 0 && root->pound == 0 && root->children == 0)
		return;
	while (m->level_len <= TOPIC_LEVELS_MAX &&
		topic_level_next(&topic, &m->levels[m->level_len]))
		m->level_len++;
	descend(m, TOPIC_ROOT, 0);
}

/* The bucket of the whole name is on its way while the levels are walked. */
void topic_index_match(struct topic_index *index, struct topic_text topic,
	const struct topic_visitor *visitor, void *context)
{
	uint64_t hash = topic_text_hash(index, topic);
	struct match m;
	uint32_t exact;

	__builtin_prefetch(topic_table_bucket(
		&index->edges, topic_edge_hash(index, TOPIC_PARENT_EXACT, hash)));
	m.index = index;
	m.visitor = visitor;
	m.context = context;
	m.is_system = topic.bytes > 0 && topic.data[0] == '$';
	m.level_len = m.visited = m.hash_len = 0;
	match_levels(&m, topic);
	exact = topic_node_find(index, TOPIC_PARENT_EXACT, topic, hash);
	if (exact != 0)
		show(&m, exact);
	index->figures.visited += m.visited;
	if (m.visited > index->figures.visited_max)
		index->figures.visited_max = m.visited;
}

/* The first levels of most filters are few, so their nodes are at hand. */
void topic_index_prefetch(const struct topic_index *index, struct topic_text topic)
{
	struct topic_text level, rest = topic;
	uint32_t node = TOPIC_ROOT, hash;

	hash = topic_edge_hash(index, TOPIC_PARENT_EXACT, topic_text_hash(index, topic));
	__builtin_prefetch(topic_table_bucket(&index->edges, hash));
	if (topic_node_at(index, node)->children == 0 || !topic_level_next(&rest, &level))
		return;
	node = topic_node_find(index, node, level, topic_text_hash(index, level));
	if (node == 0 || !topic_level_next(&rest, &level))
		return;
	hash = topic_edge_hash(index, node, topic_text_hash(index, level));
	__builtin_prefetch(topic_table_bucket(&index->edges, hash));
}
