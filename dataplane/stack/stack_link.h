#ifndef STACK_LINK_H
#define STACK_LINK_H

#include "stack_priv.h"

/*
 * The port, as the rest of the stack sees it. stack_mbuf.c implements it on the port; tests on memory.
 *
 * Layer:  stack (base, lwIP)
 * Thread: single
 */

/* Fills in the address and MTU of stack->netif, stack->offload and stack->link_held_max. */
void stack_link_describe(struct stack *stack);

/* Takes one burst through stack_input.c. Returns the number of frames. */
unsigned stack_link_poll(struct stack *stack);

/* Copies a frame into a buffer of the port, with its checksums. ERR_MEM when there is none (counted). */
err_t stack_link_output(struct netif *netif, struct pbuf *packet);

void stack_link_flush(struct stack *stack);

/* A system call for some devices. */
bool stack_link_is_up(struct stack *stack);

#endif
