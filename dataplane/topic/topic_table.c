#include <errno.h>
#include <string.h>

#include "base_assert.h"
#include "base_mem.h"
#include "topic_priv.h"

/* TAKEN marks a slot of the old array whose entry has moved or gone: probes go past it. */
enum { START_LEN = 8, MOVE_STEP = 8, TAKEN = 0xffffffff };

int topic_table_init(struct topic_table *table, struct topic_heap heap)
{
	memset(table, 0, sizeof(*table));
	table->slots =
		base_mem_calloc(heap.mem, heap.mem_class, START_LEN * sizeof(struct topic_slot));
	table->mask = START_LEN - 1;
	return table->slots == NULL ? -ENOMEM : 0;
}

void topic_table_fini(struct topic_table *table, struct topic_heap heap)
{
	base_mem_free(heap.mem, heap.mem_class, table->slots);
	base_mem_free(heap.mem, heap.mem_class, table->old);
	memset(table, 0, sizeof(*table));
}

static uint32_t find_in(const struct topic_slot *slots, uint32_t mask, uint32_t hash,
	topic_is_same *is_same, const void *owner, const void *key)
{
	for (uint32_t i = hash & mask; slots[i].ref != TOPIC_REF_NONE; i = (i + 1) & mask)
		if (slots[i].hash == hash && slots[i].ref != TAKEN &&
			is_same(owner, slots[i].ref, key))
			return slots[i].ref;
	return TOPIC_REF_NONE;
}

uint32_t topic_table_find(const struct topic_table *table, uint32_t hash, topic_is_same *is_same,
	const void *owner, const void *key)
{
	uint32_t ref = find_in(table->slots, table->mask, hash, is_same, owner, key);

	if (ref == TOPIC_REF_NONE && table->old != NULL)
		ref = find_in(table->old, table->old_mask, hash, is_same, owner, key);
	return ref;
}

static void put(struct topic_slot *slots, uint32_t mask, struct topic_slot slot)
{
	uint32_t i = slot.hash & mask;

	while (slots[i].ref != TOPIC_REF_NONE)
		i = (i + 1) & mask;
	slots[i] = slot;
}

/* Moves up to `n` slots out of the old array, and lets it go when it is empty. */
static void move_some(struct topic_table *table, struct topic_heap heap, uint32_t n)
{
	if (table->old == NULL)
		return;
	for (; n > 0 && table->moved <= table->old_mask; n--, table->moved++) {
		struct topic_slot *slot = &table->old[table->moved];

		if (slot->ref == TOPIC_REF_NONE || slot->ref == TAKEN)
			continue;
		put(table->slots, table->mask, *slot);
		slot->ref = TAKEN;
	}
	if (table->moved > table->old_mask) {
		base_mem_free(heap.mem, heap.mem_class, table->old);
		table->old = NULL;
	}
}

static int grow(struct topic_table *table, struct topic_heap heap)
{
	size_t len = ((size_t)table->mask + 1) * 2;
	struct topic_slot *slots;

	BASE_ASSERT(table->old == NULL);
	if (len > UINT32_MAX / 2)
		return -ENOMEM;
	slots = base_mem_calloc(heap.mem, heap.mem_class, len * sizeof(*slots));
	if (slots == NULL)
		return -ENOMEM;
	table->old = table->slots;
	table->old_mask = table->mask;
	table->moved = 0;
	table->slots = slots;
	table->mask = (uint32_t)len - 1;
	return 0;
}

/*
 * Grows at three quarters; without memory for that it takes entries up to seven eighths, beyond which probes
 * become long. The old array is empty long before the new one is three quarters full, as each insert moves
 * MOVE_STEP of its slots.
 */
int topic_table_insert(
	struct topic_table *table, struct topic_heap heap, uint32_t hash, uint32_t ref)
{
	move_some(table, heap, MOVE_STEP);
	if (table->used >= table->mask / 4 * 3 && grow(table, heap) < 0 &&
		table->used >= table->mask - table->mask / 8)
		return -ENOMEM;
	put(table->slots, table->mask, (struct topic_slot){hash, ref});
	table->used++;
	return 0;
}

static struct topic_slot *slot_of(
	struct topic_slot *slots, uint32_t mask, uint32_t hash, uint32_t ref)
{
	for (uint32_t i = hash & mask; slots[i].ref != TOPIC_REF_NONE; i = (i + 1) & mask)
		if (slots[i].hash == hash && slots[i].ref == ref)
			return &slots[i];
	return NULL;
}

/* Closes the gap at `hole`: entries that probed past it move back. */
static void close_gap(struct topic_slot *slots, uint32_t mask, uint32_t hole)
{
	for (uint32_t i = (hole + 1) & mask; slots[i].ref != TOPIC_REF_NONE; i = (i + 1) & mask) {
		uint32_t home = slots[i].hash & mask;

		if (((i - home) & mask) >= ((i - hole) & mask)) {
			slots[hole] = slots[i];
			hole = i;
		}
	}
	slots[hole] = (struct topic_slot){0};
}

void topic_table_remove(struct topic_table *table, uint32_t hash, uint32_t ref)
{
	struct topic_slot *slot = slot_of(table->slots, table->mask, hash, ref);

	if (slot != NULL) {
		close_gap(table->slots, table->mask, (uint32_t)(slot - table->slots));
	} else {
		BASE_ASSERT(table->old != NULL);
		slot = slot_of(table->old, table->old_mask, hash, ref);
		BASE_ASSERT(slot != NULL);
		slot->ref = TAKEN;
	}
	table->used--;
}

void topic_table_update(struct topic_table *table, uint32_t hash, uint32_t ref, uint32_t to)
{
	struct topic_slot *slot = slot_of(table->slots, table->mask, hash, ref);

	if (slot == NULL) {
		BASE_ASSERT(table->old != NULL);
		slot = slot_of(table->old, table->old_mask, hash, ref);
		BASE_ASSERT(slot != NULL);
	}
	slot->ref = to;
}
