#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base_hash.h"
#include "base_mem.h"
#include "kit_arena.h"
#include "kit_map.h"
#include "kit_mem.h"
#include "kit_message.h"
#include "kit_timer.h"

/* The small things that control is built of. */

static void memory_is_counted_and_limited(void **state)
{
	void *a = kit_mem_alloc(KIT_MEM_OTHER, 100), *b;

	(void)state;
	assert_non_null(a);
	assert_int_equal(kit_mem_used(KIT_MEM_OTHER), 100);
	kit_mem_limit(KIT_MEM_OTHER, 150);
	b = kit_mem_alloc(KIT_MEM_OTHER, 51);
	assert_null(b);
	assert_int_equal(kit_mem_failures(KIT_MEM_OTHER), 1);
	b = kit_mem_alloc(KIT_MEM_OTHER, 50);
	assert_non_null(b);
	kit_mem_free(KIT_MEM_OTHER, a, 100);
	kit_mem_free(KIT_MEM_OTHER, b, 50);
	kit_mem_free(KIT_MEM_OTHER, NULL, 1);
	kit_mem_limit(KIT_MEM_OTHER, 0);
	assert_int_equal(kit_mem_used(KIT_MEM_OTHER), 0);
	assert_int_equal(kit_mem_objects(KIT_MEM_OTHER), 0);
	for (unsigned i = 0; i < KIT_MEM_CLASSES; i++)
		assert_non_null(kit_mem_name((enum kit_mem_class)i));
}

struct item {
	struct kit_map_node node;
	uint64_t key;
	unsigned seen;
};

static void see(void *arg, struct kit_map_node *node)
{
	struct item *item = (struct item *)node;

	(void)arg;
	item->seen++;
}

static struct item *find(struct kit_map *map, uint64_t key)
{
	struct kit_map_node *node;

	KIT_MAP_CHAIN(node, map, base_hash_u64(key, 7))
	{
		if (((struct item *)node)->key == key)
			return (struct item *)node;
	}
	return NULL;
}

enum { ITEMS = 1000 };

static void map_finds_what_is_in_it(void **state)
{
	static struct item items[ITEMS];
	struct kit_map map;

	(void)state;
	kit_map_init(&map, KIT_MEM_OTHER);
	assert_null(find(&map, 1));
	assert_null(kit_map_next(&map, NULL));
	for (unsigned i = 0; i < ITEMS; i++) {
		items[i].key = i;
		assert_int_equal(kit_map_insert(&map, &items[i].node, base_hash_u64(i, 7)), 0);
	}
	for (unsigned i = 0; i < ITEMS; i += 2)
		kit_map_remove(&map, &items[i].node);
	assert_int_equal(map.len, ITEMS / 2);
	for (unsigned i = 0; i < ITEMS; i++)
		assert_ptr_equal(find(&map, i), i % 2 ? &items[i] : NULL);
	kit_map_fini(&map);
	assert_int_equal(kit_mem_used(KIT_MEM_OTHER), 0);
}

/* What is there over a whole walk in parts is seen once, though the table doubles several times meanwhile. */
static void scan_sees_each_once(void **state)
{
	static struct item items[ITEMS * 9];
	struct kit_map map;
	uint64_t cursor = 0;
	unsigned parts = 0, extra = ITEMS;

	(void)state;
	kit_map_init(&map, KIT_MEM_OTHER);
	for (unsigned i = 0; i < ITEMS; i++)
		assert_int_equal(kit_map_insert(&map, &items[i].node, base_hash_u64(i, 3)), 0);
	do {
		cursor = kit_map_scan(&map, cursor, 10, see, NULL);
		for (unsigned k = 0; k < 50 && extra < ITEMS * 9; k++, extra++)
			assert_int_equal(
				kit_map_insert(&map, &items[extra].node, base_hash_u64(extra, 3)),
				0);
		parts++;
	} while (cursor != 0);
	assert_true(parts > 10);
	for (unsigned i = 0; i < ITEMS; i++)
		assert_int_equal(items[i].seen, 1);
	for (unsigned i = ITEMS; i < extra; i++)
		assert_true(items[i].seen <= 1);
	kit_map_fini(&map);
}

static uint64_t last_fired_ms;

static void on_fire(struct kit_timer *timer, uint64_t now_ms)
{
	assert_true(timer->due_ms >= last_fired_ms);
	assert_true(timer->due_ms <= now_ms);
	last_fired_ms = timer->due_ms;
}

static void timers_fire_in_order(void **state)
{
	static struct kit_timer timer[500];
	struct kit_timers timers;
	unsigned fired = 0;

	(void)state;
	srand(3);
	kit_timers_init(&timers);
	assert_int_equal(kit_timers_next(&timers), UINT64_MAX);
	for (unsigned i = 0; i < 500; i++)
		kit_timer_set(&timers, &timer[i], 1 + (unsigned)rand() % 1000, on_fire);
	for (unsigned i = 0; i < 500; i += 5) /* moved */
		kit_timer_set(&timers, &timer[i], 1 + (unsigned)rand() % 1000, on_fire);
	for (unsigned i = 1; i < 500; i += 5)
		kit_timer_cancel(&timers, &timer[i]);
	kit_timer_cancel(&timers, &timer[1]); /* twice does no harm */
	for (uint64_t now_ms = 0; now_ms <= 1000; now_ms += 7)
		fired += kit_timers_run(&timers, now_ms, UINT32_MAX);
	assert_int_equal(fired + kit_timers_run(&timers, 1000, UINT32_MAX), 400);
	assert_false(kit_timer_is_set(&timer[0]));
	kit_timers_fini(&timers);
	assert_int_equal(kit_mem_used(KIT_MEM_OTHER), 0);
}

static void message_is_copied_and_counted(void **state)
{
	char topic[] = "a/b", payload[] = "xyz";
	struct kit_message_view view = {
		.topic = topic,
		.topic_bytes = 3,
		.payload = payload,
		.payload_bytes = 3,
		.born_ms = 1000,
		.expiry_s = 2,
	};
	struct kit_message *message = kit_message_new(KIT_MEM_MESSAGES, &view);

	(void)state;
	assert_non_null(message);
	memset(topic, 'q', 3);
	memset(payload, 'q', 3);
	assert_memory_equal(message->view.topic, "a/b", 3);
	assert_memory_equal(message->view.payload, "xyz", 3);
	assert_false(kit_message_is_expired(&message->view, 2999));
	assert_true(kit_message_is_expired(&message->view, 3000));
	kit_message_put(kit_message_get(message));
	assert_int_equal(kit_mem_used(KIT_MEM_MESSAGES), kit_message_bytes(message));
	kit_message_put(message);
	assert_int_equal(kit_mem_used(KIT_MEM_MESSAGES), 0);
}

static void arena_is_a_heap(void **state)
{
	struct kit_arena arena;
	void *object;

	(void)state;
	assert_int_equal(kit_arena_open(&arena, 1 << 20), 0);
	assert_int_equal(kit_arena_used(&arena), 0);
	object = base_mem_alloc(arena.mem, KIT_ARENA_CLASS, 1000);
	assert_non_null(object);
	memset(object, 1, 1000);
	assert_true(kit_arena_used(&arena) >= 1000);
	kit_arena_close(&arena); /* with the object in it */
	kit_arena_close(&arena);
	assert_true(kit_arena_open(&arena, 1000) < 0); /* below the least heap */
	kit_arena_close(&arena);
	assert_true(kit_arena_open(&arena, SIZE_MAX / 2) < 0); /* above any address space */
	kit_arena_close(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_counted_and_limited),
		cmocka_unit_test(map_finds_what_is_in_it),
		cmocka_unit_test(scan_sees_each_once),
		cmocka_unit_test(timers_fire_in_order),
		cmocka_unit_test(message_is_copied_and_counted),
		cmocka_unit_test(arena_is_a_heap),
	};

	return cmocka_run_group_tests_name("kit", tests, NULL, NULL);
}
