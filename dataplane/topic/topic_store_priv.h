#ifndef TOPIC_STORE_PRIV_H
#define TOPIC_STORE_PRIV_H

#include "topic_priv.h"
#include "topic_store.h"

/*
 * Inside of the name store: a tree of levels, whose children are found by text through a table of
 * edges, and listed through their siblings.
 *
 * Layer:  topic
 * Thread: single
 */

struct topic_store_node {
	uint32_t parent; /* or TOPIC_POOL_FREE */
	uint32_t child; /* the first; 0 = none */
	uint32_t next, prev; /* siblings */
	uint16_t text_bytes;
	union topic_label text;
	void *value; /* NULL: a part of names only */
};

enum { TOPIC_STORE_ROOT = 1 };

struct topic_store {
	struct topic_heap heap;
	uint64_t seed;
	uint64_t len;
	struct base_list cursors;
	struct topic_pool nodes;
	struct topic_table edges;
};

static inline struct topic_store_node *topic_store_at(
	const struct topic_store *store, uint32_t node)
{
	return topic_pool_at(&store->nodes, node, sizeof(struct topic_store_node));
}

static inline struct topic_text topic_store_text(const struct topic_store_node *node)
{
	return topic_label_text(&node->text, node->text_bytes);
}

/* The child by text; 0 when there is none. */
uint32_t topic_store_child(
	const struct topic_store *store, uint32_t parent, struct topic_text text);

/* Moves a cursor past its node and all below. */
void topic_store_skip(struct topic_store_cursor *cursor);

#endif
