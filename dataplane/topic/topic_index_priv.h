#ifndef TOPIC_INDEX_PRIV_H
#define TOPIC_INDEX_PRIV_H

#include "topic_index.h"
#include "topic_priv.h"

/*
 * Inside of the topic index: lists of subscribers, and nodes.
 *
 * Layer:  topic
 * Thread: single
 */

/* Some subscribers: one within, many outside, and very many with a table by subscriber. */
struct topic_many;
struct topic_list {
	uint32_t len;
	uint32_t is_outside; /* the entries are in `many`, not in `one` */
	union {
		struct topic_entry one;
		struct topic_many *many;
	} u;
};

const struct topic_entry *topic_list_entries(const struct topic_list *list);
/* As topic_index_insert. */
int topic_list_insert(struct topic_list *list, struct topic_heap heap,
	const struct topic_entry *entry) __attribute__((warn_unused_result));
bool topic_list_remove(struct topic_list *list, struct topic_heap heap, uint32_t subscriber);
bool topic_list_has(const struct topic_list *list, uint32_t subscriber);
void topic_list_fini(struct topic_list *list, struct topic_heap heap);

struct topic_group {
	struct topic_group *next;
	struct topic_list members;
	uint32_t turn; /* where the next pick begins */
	uint16_t name_bytes;
	char name[];
};

/* The subscribers of a node, unless there is but one, without identifier: that lies in the node. */
struct topic_subs {
	struct topic_list list;
	struct topic_group *groups;
};

enum topic_node_kind {
	TOPIC_NODE_BARE, /* no subscribers */
	TOPIC_NODE_ONE, /* `subs` is the subscriber, `options` its options */
	TOPIC_NODE_SUBS, /* `subs` is the number of a struct topic_subs */
};

/* Half a cache line; a node and the children that are made with it lie side by side. */
struct topic_node {
	uint32_t parent; /* TOPIC_PARENT_EXACT, a node, or TOPIC_POOL_FREE */
	uint32_t plus, pound; /* children for the wildcards; 0 = none */
	uint32_t children; /* other children: edges in the table */
	uint32_t subs;
	uint16_t text_bytes;
	uint8_t kind; /* enum topic_node_kind */
	uint8_t options;
	union topic_label text;
};
_Static_assert(sizeof(struct topic_node) == 32, "two nodes fill a cache line");

enum {
	TOPIC_PARENT_EXACT = 0, /* the text is a whole filter without wildcards */
	TOPIC_ROOT = 1,
};

struct topic_index {
	struct topic_heap heap;
	uint64_t seed;
	uint32_t last_resort;
	struct topic_pool nodes;
	struct topic_pool subs;
	struct topic_table edges;
	struct topic_figures figures;
};

static inline struct topic_node *topic_node_at(const struct topic_index *index, uint32_t node)
{
	return topic_pool_at(&index->nodes, node, sizeof(struct topic_node));
}

static inline struct topic_subs *topic_subs_at(const struct topic_index *index, uint32_t subs)
{
	return topic_pool_at(&index->subs, subs, sizeof(struct topic_subs));
}

static inline struct topic_text topic_node_text(const struct topic_node *node)
{
	return topic_label_text(&node->text, node->text_bytes);
}

uint64_t topic_text_hash(const struct topic_index *index, struct topic_text text);
uint32_t topic_edge_hash(const struct topic_index *index, uint32_t parent, uint64_t text_hash);
/* The child of `parent` by a text whose hash is known; 0 when there is none. */
uint32_t topic_node_find(const struct topic_index *index, uint32_t parent, struct topic_text text,
	uint64_t text_hash);
/* The node of a filter; 0 when there is none. */
uint32_t topic_node_lookup(const struct topic_index *index, struct topic_text filter);
/* The same, made when it is not there; 0 when there is no memory. */
uint32_t topic_node_make(struct topic_index *index, struct topic_text filter);
/* Frees the node and its parents as far as nothing needs them. */
void topic_node_prune(struct topic_index *index, uint32_t node);

/* The plain subscribers of a node, none or more; `one` is memory for the case that it is one. */
const struct topic_entry *topic_node_entries(const struct topic_index *index,
	const struct topic_node *node, struct topic_entry *one, uint32_t *len);

/* topic_index_insert, _remove and _has for one node; a remove leaves the node to be pruned. */
int topic_subs_insert(struct topic_index *index, struct topic_node *node, struct topic_text group,
	const struct topic_entry *entry) __attribute__((warn_unused_result));
bool topic_subs_remove(struct topic_index *index, struct topic_node *node, struct topic_text group,
	uint32_t subscriber);
bool topic_subs_has(const struct topic_index *index, const struct topic_node *node,
	struct topic_text group, uint32_t subscriber);
void topic_subs_fini(struct topic_index *index, struct topic_node *node);

#endif
