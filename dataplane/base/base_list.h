#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Intrusive doubly linked list: the head is a node that points at itself when the list is empty.
 *
 * Layer:  base (C library only)
 * Thread: single
 */

struct base_list {
	struct base_list *next, *prev;
};

#define BASE_CONTAINER_OF(ptr, type, member)                                                       \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))

static inline void base_list_init(struct base_list *head)
{
	head->next = head->prev = head;
}

static inline bool base_list_is_empty(const struct base_list *head)
{
	return head->next == head;
}

static inline void base_list_insert_before(struct base_list *pos, struct base_list *node)
{
	node->prev = pos->prev;
	node->next = pos;
	pos->prev->next = node;
	pos->prev = node;
}

static inline void base_list_push_back(struct base_list *head, struct base_list *node)
{
	base_list_insert_before(head, node);
}

static inline void base_list_push_front(struct base_list *head, struct base_list *node)
{
	base_list_insert_before(head->next, node);
}

/* Leaves `node` pointing at itself, so that a second remove does no harm. */
static inline void base_list_remove(struct base_list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	base_list_init(node);
}

static inline bool base_list_is_linked(const struct base_list *node)
{
	return node->next != node;
}

/* Moves all nodes of `from` to the end of `to`; `from` is empty after. O(1). */
static inline void base_list_splice_back(struct base_list *to, struct base_list *from)
{
	if (base_list_is_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	base_list_init(from);
}

#define BASE_LIST_FOREACH(it, head) for ((it) = (head)->next; (it) != (head); (it) = (it)->next)

/* `tmp` holds the next node, so that the body may remove `it`. */
#define BASE_LIST_FOREACH_SAFE(it, tmp, head)                                                      \
	for ((it) = (head)->next, (tmp) = (it)->next; (it) != (head);                              \
		(it) = (tmp), (tmp) = (it)->next)

#endif
