#ifndef STACK_MEM_H
#define STACK_MEM_H

#include "stack_priv.h"

/*
 * lwIP's memory: from the worker's heap, control blocks and packets counted apart. The functions that lwIP
 * calls are declared in lwip/arch/cc.h.
 *
 * Layer:  stack (base, lwIP)
 * Thread: single
 */

/* Finds out which sizes share a slot with control blocks. Before any other use of lwIP. */
void stack_mem_init(struct stack *stack);

#endif
