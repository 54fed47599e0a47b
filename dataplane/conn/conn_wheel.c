#include "conn_wheel.h"

#include <stddef.h>

enum { LEVEL_BITS = 6, SLOT_MASK = CONN_WHEEL_SLOTS - 1 };

void conn_wheel_init(struct conn_wheel *wheel, uint64_t now_ms)
{
	wheel->tick = now_ms / CONN_WHEEL_TICK_MS;
	for (unsigned level = 0; level < CONN_WHEEL_LEVELS; level++) {
		wheel->used[level] = 0;
		for (unsigned slot = 0; slot < CONN_WHEEL_SLOTS; slot++)
			base_list_init(&wheel->slots[level][slot]);
	}
	base_list_init(&wheel->due);
}

/* Level n holds what is due within 64^(n+1) ticks, in the slot of its tick / 64^n. */
static void place(struct conn_wheel *wheel, struct conn_timer *timer)
{
	uint64_t ahead = timer->tick - wheel->tick;
	unsigned level = 0;
	unsigned slot;

	while (level < CONN_WHEEL_LEVELS - 1 && ahead >> (LEVEL_BITS * (level + 1)) != 0)
		level++;
	slot = (unsigned)(timer->tick >> (LEVEL_BITS * level)) & SLOT_MASK;
	base_list_push_back(&wheel->slots[level][slot], &timer->node);
	wheel->used[level] |= (uint64_t)1 << slot;
}

void conn_timer_start(struct conn_wheel *wheel, struct conn_timer *timer, uint64_t due_ms)
{
	uint64_t tick = due_ms / CONN_WHEEL_TICK_MS + 1;
	uint64_t furthest = wheel->tick + ((uint64_t)SLOT_MASK << (2 * LEVEL_BITS));

	base_list_remove(&timer->node);
	if (tick <= wheel->tick)
		tick = wheel->tick + 1;
	timer->tick = tick < furthest ? tick : furthest;
	place(wheel, timer);
}

/* Moves a slot of a higher level down, as its time begins. */
static void cascade(struct conn_wheel *wheel, unsigned level)
{
	unsigned slot = (unsigned)(wheel->tick >> (LEVEL_BITS * level)) & SLOT_MASK;
	struct base_list moved;

	if (!(wheel->used[level] >> slot & 1))
		return;
	base_list_init(&moved);
	base_list_splice_back(&moved, &wheel->slots[level][slot]);
	wheel->used[level] &= ~((uint64_t)1 << slot);
	while (!base_list_is_empty(&moved)) {
		struct base_list *node = moved.next;

		base_list_remove(node);
		place(wheel, BASE_CONTAINER_OF(node, struct conn_timer, node));
	}
}

/* The first tick after the wheel's own at which anything may have to be done; UINT64_MAX: never. */
static uint64_t next_tick(const struct conn_wheel *wheel)
{
	uint64_t best = UINT64_MAX;

	for (unsigned level = 0; level < CONN_WHEEL_LEVELS; level++) {
		uint64_t at = wheel->tick >> (LEVEL_BITS * level);
		unsigned from = (unsigned)(at + 1) & SLOT_MASK;
		uint64_t used = wheel->used[level];
		uint64_t turned = used >> from | (from ? used << (CONN_WHEEL_SLOTS - from) : 0);
		uint64_t tick;

		if (turned == 0)
			continue;
		tick = (at + 1 + (unsigned)__builtin_ctzll(turned)) << (LEVEL_BITS * level);
		if (tick < best)
			best = tick;
	}
	return best;
}

void conn_wheel_advance(struct conn_wheel *wheel, uint64_t now_ms)
{
	uint64_t now = now_ms / CONN_WHEEL_TICK_MS;
	uint64_t next;

	while (wheel->tick < now && (next = next_tick(wheel)) <= now) {
		unsigned slot = (unsigned)next & SLOT_MASK;

		wheel->tick = next;
		for (unsigned level = CONN_WHEEL_LEVELS - 1; level > 0; level--)
			if ((next & (((uint64_t)1 << (LEVEL_BITS * level)) - 1)) == 0)
				cascade(wheel, level);
		base_list_splice_back(&wheel->due, &wheel->slots[0][slot]);
		wheel->used[0] &= ~((uint64_t)1 << slot);
	}
	if (wheel->tick < now)
		wheel->tick = now;
}

struct conn_timer *conn_wheel_next(struct conn_wheel *wheel)
{
	struct base_list *node = wheel->due.next;

	if (base_list_is_empty(&wheel->due))
		return NULL;
	base_list_remove(node);
	return BASE_CONTAINER_OF(node, struct conn_timer, node);
}

uint64_t conn_wheel_wake_ms(const struct conn_wheel *wheel)
{
	uint64_t next = next_tick(wheel);

	if (!base_list_is_empty(&wheel->due))
		return wheel->tick * CONN_WHEEL_TICK_MS;
	return next == UINT64_MAX ? UINT64_MAX : next * CONN_WHEEL_TICK_MS;
}
