#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kit_mem.h"
#include "retain.h"

/* The store of retained messages: replace, remove, limits, expiry, and walks that stop and go on. */

static struct retain *retain;
static struct retain_config config;

static int up(void **state)
{
	(void)state;
	config = (struct retain_config){
		.max_bytes = 1 << 20,
		.max_payload_bytes = 100,
		.expiry_s = KIT_EXPIRY_NONE,
		.index_bytes = 1 << 20,
	};
	retain = retain_new(&config);
	return retain ? 0 : -1;
}

static int down(void **state)
{
	(void)state;
	retain_free(retain);
	return kit_mem_used(KIT_MEM_RETAINED) == 0 && kit_mem_used(KIT_MEM_OTHER) == 0 ? 0 : -1;
}

static struct kit_message_view view_of(const char *topic, const char *payload)
{
	return (struct kit_message_view){
		.topic = topic,
		.topic_bytes = (uint16_t)strlen(topic),
		.payload = payload,
		.payload_bytes = (uint32_t)strlen(payload),
		.born_ms = 1000,
		.expiry_s = KIT_EXPIRY_NONE,
		.retain = true,
	};
}

static enum retain_result put(const char *topic, const char *payload)
{
	struct kit_message_view view = view_of(topic, payload);

	return retain_put(retain, &view, 1000);
}

struct seen {
	unsigned count, stop_at;
	char last[64];
};

static bool see(void *arg, struct kit_message *message)
{
	struct seen *seen = arg;

	if (seen->stop_at != 0 && seen->count == seen->stop_at)
		return false;
	seen->count++;
	snprintf(seen->last, sizeof(seen->last), "%.*s=%.*s", message->view.topic_bytes,
		message->view.topic, (int)message->view.payload_bytes,
		(const char *)message->view.payload);
	return true;
}

static struct seen look(const char *filter, uint64_t now_ms)
{
	struct retain_cursor *cursor = retain_cursor_new(retain, filter, (uint16_t)strlen(filter));
	struct seen seen = {0};

	assert_non_null(cursor);
	while (!retain_cursor_step(cursor, now_ms, 64, see, &seen))
		;
	retain_cursor_free(cursor);
	return seen;
}

static void one_for_each_topic(void **state)
{
	(void)state;
	assert_int_equal(put("a", "1"), RETAIN_STORED);
	assert_int_equal(put("a", "2"), RETAIN_REPLACED);
	assert_int_equal(put("b", "3"), RETAIN_STORED);
	assert_int_equal(retain_count(retain), 2);
	assert_string_equal(look("a", 1000).last, "a=2");
	assert_int_equal(look("c", 1000).count, 0);
	assert_int_equal(put("a", ""), RETAIN_REMOVED);
	assert_int_equal(put("a", ""), RETAIN_NOTHING);
	assert_int_equal(look("a", 1000).count, 0);
	assert_int_equal(put("b", ""), RETAIN_REMOVED);
	assert_int_equal(retain_bytes(retain), 0);
	assert_int_equal(retain_count_max(retain), 2);
}

static void limits(void **state)
{
	char large[102];

	(void)state;
	memset(large, 'x', 101);
	large[101] = '\0';
	assert_int_equal(put("a", "1"), RETAIN_STORED);
	assert_int_equal(put("a", large), RETAIN_TOO_LARGE);
	assert_int_equal(look("a", 1000).count, 0); /* what is out of date is not kept either */
	config.max_messages = 1;
	retain_configure(retain, &config);
	assert_int_equal(put("a", "1"), RETAIN_STORED);
	assert_int_equal(put("b", "1"), RETAIN_FULL);
	assert_int_equal(put("a", "2"), RETAIN_REPLACED);
	config.max_messages = 0;
	config.max_bytes = retain_bytes(retain) + 10;
	retain_configure(retain, &config);
	assert_int_equal(put("b", "1"), RETAIN_FULL);
	assert_int_equal(put("a", "3"), RETAIN_REPLACED);
	assert_int_equal(retain_counters(retain)->refused_full, 2);
	assert_int_equal(retain_counters(retain)->refused_too_large, 1);
}

static void expiry(void **state)
{
	struct kit_message_view view = view_of("a", "1");

	(void)state;
	view.expiry_s = 10;
	assert_int_equal(retain_put(retain, &view, 1000), RETAIN_STORED);
	config.expiry_s = 20;
	retain_configure(retain, &config);
	assert_int_equal(put("b", "1"), RETAIN_STORED);
	assert_int_equal(look("+", 10999).count, 2);
	assert_int_equal(look("+", 11000).count, 1);
	retain_sweep(retain, 11000, 1000);
	assert_int_equal(retain_count(retain), 1);
	retain_sweep(retain, 21000, 1000);
	assert_int_equal(retain_count(retain), 0);
	assert_int_equal(retain_counters(retain)->expired, 2);
	view.born_ms = 0;
	assert_int_equal(retain_put(retain, &view, 10000), RETAIN_NOTHING); /* expired on arrival */
}

enum { MANY = 2000 };

static void walk_stops_and_goes_on(void **state)
{
	struct retain_cursor *cursor;
	struct seen seen = {.stop_at = 1};
	char topic[32];
	unsigned added = 0;

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(topic, sizeof(topic), "t/%u", i);
		assert_int_equal(put(topic, "x"), RETAIN_STORED);
		snprintf(topic, sizeof(topic), "other/%u", i);
		assert_int_equal(put(topic, "x"), RETAIN_STORED);
	}
	cursor = retain_cursor_new(retain, "t/+", 3);
	assert_non_null(cursor);
	while (!retain_cursor_step(cursor, 1000, 256, see, &seen)) {
		if (seen.count == seen.stop_at)
			seen.stop_at += 7;
		snprintf(topic, sizeof(topic), "new/%u", added++);
		put(topic, "x");
	}
	retain_cursor_free(cursor);
	assert_int_equal(seen.count, MANY); /* each of them once, though the table grew */
	assert_true(added > MANY / 10);
}

/* Topics, and parts of topics, that a walk looks at until its end. */
static unsigned looks(const char *filter, struct seen *seen)
{
	struct retain_cursor *cursor = retain_cursor_new(retain, filter, (uint16_t)strlen(filter));
	unsigned count = 0;

	assert_non_null(cursor);
	*seen = (struct seen){0};
	while (!retain_cursor_step(cursor, 1000, 1, see, seen))
		count++;
	retain_cursor_free(cursor);
	return count;
}

enum { FLOORS = 10, LINES = 100, SENSORS = 100 };

static void walk_looks_at_what_the_filter_selects(void **state)
{
	struct seen seen;
	char topic[64];

	(void)state;
	config.index_bytes = 64 << 20;
	config.max_bytes = 64 << 20;
	retain_free(retain);
	retain = retain_new(&config);
	assert_non_null(retain);
	for (unsigned i = 0; i < FLOORS * LINES * SENSORS; i++) {
		snprintf(topic, sizeof(topic), "floor%u/line%u/sensor%u", i / (LINES * SENSORS),
			i / SENSORS % LINES, i % SENSORS);
		assert_int_equal(put(topic, "1"), RETAIN_STORED);
	}
	print_message("figure: %u topics in %zu bytes of index\n", FLOORS * LINES * SENSORS,
		retain_index_bytes(retain));

	assert_true(looks("floor3/line77/sensor5", &seen) <= 3);
	assert_int_equal(seen.count, 1);
	assert_string_equal(seen.last, "floor3/line77/sensor5=1");
	assert_true(looks("floor3/line77/+", &seen) <= 2 + SENSORS);
	assert_int_equal(seen.count, SENSORS);
	assert_true(looks("floor3/line77/#", &seen) <= 2 + SENSORS);
	assert_int_equal(seen.count, SENSORS);
	assert_true(looks("+/line77/sensor5", &seen) <= 3 * FLOORS);
	assert_int_equal(seen.count, FLOORS);
	assert_true(looks("floor3/+/sensor5", &seen) <= 1 + 2 * LINES);
	assert_int_equal(seen.count, LINES);
	assert_true(looks("elsewhere/#", &seen) <= 1);
	assert_int_equal(seen.count, 0);
	assert_true(looks("#", &seen) >= FLOORS * LINES * SENSORS); /* the count is one of looks */
	assert_int_equal(seen.count, FLOORS * LINES * SENSORS);
}

static void index_memory_ends(void **state)
{
	char topic[64];
	unsigned kept = 0;

	(void)state;
	config.max_bytes = 64 << 20;
	retain_configure(retain, &config);
	for (;; kept++) {
		snprintf(topic, sizeof(topic), "topic-that-is-long-enough/%u", kept);
		if (put(topic, "1") != RETAIN_STORED)
			break;
	}
	assert_int_equal(put(topic, "1"), RETAIN_FULL);
	assert_int_equal(retain_counters(retain)->refused_full, 2);
	assert_int_equal(retain_count(retain), kept);
	assert_true(kept > 1000);
	assert_int_equal(put("topic-that-is-long-enough/7", "2"), RETAIN_REPLACED);
	assert_int_equal(put("topic-that-is-long-enough/7", ""), RETAIN_REMOVED);
	assert_int_equal(put("topic-that-is-long-enough/8", ""), RETAIN_REMOVED);
	assert_int_equal(look("#", 1000).count, kept - 2);
	assert_int_equal(put("topic-that-is-long-enough/8", "1"), RETAIN_STORED);
}

static void sweep_goes_round(void **state)
{
	char topic[32];

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		struct kit_message_view view;

		snprintf(topic, sizeof(topic), "t/%u", i);
		view = view_of(topic, "1");
		view.expiry_s = i % 10 == 9 ? 5 : 100;
		assert_int_equal(retain_put(retain, &view, 1000), RETAIN_STORED);
	}
	retain_sweep(retain, 6000, 50);
	assert_int_equal(retain_count(retain), 95);
	retain_sweep(retain, 6000, 50);
	assert_int_equal(retain_count(retain), 90);
	retain_sweep(retain, 6000, 1000);
	assert_int_equal(retain_count(retain), 90);
	assert_int_equal(put("t/0", "for ever"), RETAIN_REPLACED);
	retain_sweep(retain, 101000, 1000);
	assert_int_equal(retain_count(retain), 1);
	assert_int_equal(retain_counters(retain)->expired, 99);
}

static void dollar_topics(void **state)
{
	(void)state;
	put("$SYS/brokers", "sluice");
	put("x", "1");
	assert_int_equal(look("#", 1000).count, 1);
	assert_int_equal(look("+/brokers", 1000).count, 0);
	assert_int_equal(look("$SYS/#", 1000).count, 1);
}

static void freed_in_the_middle_of_a_walk(void **state)
{
	struct retain_cursor *cursor;
	struct seen seen = {.stop_at = 1};

	(void)state;
	put("a", "1");
	put("b", "1");
	put("c", "1");
	cursor = retain_cursor_new(retain, "#", 1);
	assert_non_null(cursor);
	assert_false(retain_cursor_step(cursor, 1000, 256, see, &seen));
	put("a", "");
	put("b", "");
	retain_cursor_free(cursor);
	assert_int_equal(retain_count(retain), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_for_each_topic),
		TEST(limits),
		TEST(expiry),
		TEST(sweep_goes_round),
		TEST(walk_stops_and_goes_on),
		TEST(walk_looks_at_what_the_filter_selects),
		TEST(index_memory_ends),
		TEST(dollar_topics),
		TEST(freed_in_the_middle_of_a_walk),
	};

	return cmocka_run_group_tests_name("retain", tests, NULL, NULL);
}
