#ifndef STACK_BUCKET_H
#define STACK_BUCKET_H

#include <errno.h>

#include "stack_priv.h"

/*
 * The table of connections: which lists lwIP has at the moment.
 *
 * Layer:  stack (base, lwIP)
 * Thread: single
 *
 * Inside enter and leave: netif->input with a TCP segment, tcp_close, tcp_shutdown, tcp_abort, tcp_fasttmr and
 * tcp_slowtmr. Not needed for: tcp_write, tcp_output, tcp_recved, tcp_listen (the listening list is one for all).
 * Pairs nest: a callback may close a connection of another bucket, or of the same.
 */

#define STACK_BUCKET_NONE UINT32_MAX

/* At least `connections` buckets. Returns 0 or -ENOMEM. */
int stack_bucket_init(struct stack *stack, uint32_t connections)
	__attribute__((warn_unused_result));
void stack_bucket_fini(struct stack *stack);

/* Gives lwIP the lists of `bucket`. Returns what stack_bucket_leave needs. */
uint32_t stack_bucket_enter(struct stack_table *table, uint32_t bucket);

/* Takes the lists back, marks the bucket when it has something to time, and gives lwIP the lists of before. */
void stack_bucket_leave(struct stack_table *table, uint32_t before);

/* The timers visit the bucket. */
void stack_bucket_mark(struct stack_table *table, uint32_t bucket);

/* The timers have nothing to do in it. */
void stack_bucket_unmark(struct stack_table *table, uint32_t place);

/* A timer of lwIP or of ours runs for a connection of the current bucket. */
bool stack_bucket_is_busy(void);

#endif
