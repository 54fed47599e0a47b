#ifndef HARNESS_H
#define HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base_mem.h"
#include "topic_index.h"

/*
 * An index in a heap of its own, and matches as text.
 *
 * Layer: tests
 */

enum { MEM_CLASS = 3, LAST_RESORT = 999 };

struct fixture {
	void *map;
	struct base_mem *mem;
	struct topic_index *index;
};

/* For cmocka: the teardown also checks that the index leaves nothing in the heap. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

struct topic_text text_of(const char *text);

/* `group` NULL: a plain subscription. The entry's identifier and options follow from the subscriber. */
struct topic_entry entry_of(uint32_t subscriber);
int enter(struct fixture *f, const char *filter, const char *group, uint32_t subscriber);
bool leave(struct fixture *f, const char *filter, const char *group, uint32_t subscriber);
bool stands(struct fixture *f, const char *filter, const char *group, uint32_t subscriber);

/*
 * The match of a topic: subscribers in rising order, then one "group=subscriber" for each group, sorted too. The first
 * member that is offered takes. Valid until the next call.
 */
const char *match_text(struct fixture *f, const char *topic);

/* All that the index holds as sorted lines "filter group count"; to be freed. */
char *dump(const struct topic_index *index);

/* Numbers that look random and are the same in each run. */
uint32_t draw_below(uint64_t *state, uint32_t limit);

#endif
