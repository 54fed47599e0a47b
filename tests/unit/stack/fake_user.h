#ifndef FAKE_USER_H
#define FAKE_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base_mem.h"
#include "fake_link.h"
#include "stack_stack.h"

/* A user of flows whose behaviour each test sets, and a stack for it on a heap of its own. */

enum { FAKE_CLASS_FLOW = 0, FAKE_CLASS_PACKET = 1, FAKE_DATA_SIZE = 70000 };

struct fake_user {
	struct stack_flow *flow;
	unsigned received_calls, ended, writable, closed;
	enum stack_close reason;
	size_t data_bytes;
	uint8_t *data; /* FAKE_DATA_SIZE bytes, from the first on */
	size_t take_max; /* of one call of received; SIZE_MAX: all */
	void (*on_received)(struct fake_user *user);
	void (*on_ended)(struct fake_user *user);
	void (*on_writable)(struct fake_user *user);
	void (*on_closed)(struct fake_user *user);
};

extern struct stack *fake_stack;
extern struct base_mem *fake_mem;
extern uint64_t fake_now_ms;
extern struct fake_user *fake_users; /* one for each number of `accepted`, from 0 */
extern unsigned fake_accepted;
extern void (*fake_on_accepted)(struct fake_user *user);
extern bool fake_refuse;

/* `arena_bytes` of heap, room for `users_max` flows, listening on FAKE_LISTEN_PORT. */
void fake_start(struct stack_config *config, size_t arena_bytes, unsigned users_max);

/* Ends the stack and fails the test when anything is left on its heap. */
void fake_end(void);

/* Lets virtual time pass, tick by tick. */
void fake_wait(unsigned ms);

/* cmocka's set-up and tear-down: the usual stack. */
int fake_setup(void **state);
int fake_teardown(void **state);

#endif
