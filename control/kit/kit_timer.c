#include "kit_timer.h"

#include "base_assert.h"
#include "kit_mem.h"

enum { FIRST_ROOM = 64 };

void kit_timers_init(struct kit_timers *timers)
{
	*timers = (struct kit_timers){0};
}

void kit_timers_fini(struct kit_timers *timers)
{
	kit_mem_free(KIT_MEM_OTHER, timers->heap, timers->room * sizeof(*timers->heap));
	*timers = (struct kit_timers){0};
}

static void place(struct kit_timers *timers, uint32_t at, struct kit_timer *timer)
{
	timers->heap[at] = timer;
	timer->slot = at + 1;
}

static void sift_up(struct kit_timers *timers, uint32_t at, struct kit_timer *timer)
{
	while (at > 0) {
		uint32_t parent = (at - 1) / 2;

		if (timers->heap[parent]->due_ms <= timer->due_ms)
			break;
		place(timers, at, timers->heap[parent]);
		at = parent;
	}
	place(timers, at, timer);
}

static void sift_down(struct kit_timers *timers, uint32_t at, struct kit_timer *timer)
{
	for (;;) {
		uint32_t child = at * 2 + 1;

		if (child >= timers->len)
			break;
		if (child + 1 < timers->len &&
			timers->heap[child + 1]->due_ms < timers->heap[child]->due_ms)
			child++;
		if (timers->heap[child]->due_ms >= timer->due_ms)
			break;
		place(timers, at, timers->heap[child]);
		at = child;
	}
	place(timers, at, timer);
}

static void make_room(struct kit_timers *timers)
{
	uint32_t room = timers->room ? timers->room * 2 : FIRST_ROOM;
	struct kit_timer **heap;

	if (timers->len < timers->room)
		return;
	heap = kit_mem_alloc(KIT_MEM_OTHER, room * sizeof(*heap));
	BASE_ASSERT(heap != NULL);
	for (uint32_t i = 0; i < timers->len; i++)
		heap[i] = timers->heap[i];
	kit_mem_free(KIT_MEM_OTHER, timers->heap, timers->room * sizeof(*heap));
	timers->heap = heap;
	timers->room = room;
}

void kit_timer_set(
	struct kit_timers *timers, struct kit_timer *timer, uint64_t due_ms, kit_timer_fn *fire)
{
	kit_timer_cancel(timers, timer);
	make_room(timers);
	timer->due_ms = due_ms;
	timer->fire = fire;
	sift_up(timers, timers->len++, timer);
}

void kit_timer_cancel(struct kit_timers *timers, struct kit_timer *timer)
{
	struct kit_timer *last;
	uint32_t at;

	if (timer->slot == 0)
		return;
	at = timer->slot - 1;
	timer->slot = 0;
	last = timers->heap[--timers->len];
	if (last == timer)
		return;
	if (at > 0 && timers->heap[(at - 1) / 2]->due_ms > last->due_ms)
		sift_up(timers, at, last);
	else
		sift_down(timers, at, last);
}

unsigned kit_timers_run(struct kit_timers *timers, uint64_t now_ms, unsigned max)
{
	unsigned fired = 0;

	while (fired < max && timers->len > 0 && timers->heap[0]->due_ms <= now_ms) {
		struct kit_timer *timer = timers->heap[0];

		kit_timer_cancel(timers, timer);
		timer->fire(timer, now_ms);
		fired++;
	}
	return fired;
}

uint64_t kit_timers_next(const struct kit_timers *timers)
{
	return timers->len ? timers->heap[0]->due_ms : UINT64_MAX;
}
