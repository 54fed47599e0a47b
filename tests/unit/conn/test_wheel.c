#include "harness.h"

#include <stdlib.h>

#include "conn_priv.h"

enum { TIMERS = 2000 };

struct probe {
	struct conn_timer timer;
	uint64_t due_ms;
};

static uint32_t random_state = 12345;

static uint32_t next_random(void)
{
	random_state = random_state * 1664525u + 1013904223u;
	return random_state >> 8;
}

/* Against the plain truth: every timer fires once, not early, and not later than two ticks. */
static void test_random(void **state)
{
	struct probe *probes = calloc(TIMERS, sizeof(*probes));
	struct conn_wheel wheel;
	uint64_t now = 5000;
	unsigned left = TIMERS;

	(void)state;
	assert_non_null(probes);
	conn_wheel_init(&wheel, now);
	assert_true(conn_wheel_wake_ms(&wheel) == UINT64_MAX);
	for (unsigned i = 0; i < TIMERS; i++) {
		uint64_t range = i % 3 == 0 ? 5000 : i % 3 == 1 ? 600000 : 20000000;

		conn_timer_init(&probes[i].timer);
		probes[i].due_ms = now + next_random() % range;
		conn_timer_start(&wheel, &probes[i].timer, probes[i].due_ms);
		assert_true(conn_timer_is_running(&probes[i].timer));
	}
	for (unsigned i = 0; i < TIMERS; i += 5) {
		conn_timer_stop(&probes[i].timer);
		left--;
	}
	while (left > 0) {
		struct conn_timer *timer;
		uint64_t wake = conn_wheel_wake_ms(&wheel);
		uint64_t before = now;

		assert_true(wake != UINT64_MAX);
		now = wake > now + 700 ? wake : now + 1 + next_random() % 700;
		conn_wheel_advance(&wheel, now);
		while ((timer = conn_wheel_next(&wheel)) != NULL) {
			struct probe *probe = BASE_CONTAINER_OF(timer, struct probe, timer);

			assert_true(probe->due_ms <= now);
			assert_true(probe->due_ms + 2 * CONN_WHEEL_TICK_MS >= before);
			assert_int_not_equal((probe - probes) % 5, 0);
			left--;
		}
	}
	free(probes);
}

/* Idle connections cost nothing between their deadlines: the wheel jumps over empty time. */
static void test_jump(void **state)
{
	struct conn_wheel wheel;
	struct probe probe;
	unsigned turns = 0;

	(void)state;
	conn_wheel_init(&wheel, 0);
	conn_timer_init(&probe.timer);
	conn_timer_start(&wheel, &probe.timer, 30000000);
	while (conn_timer_is_running(&probe.timer)) {
		conn_wheel_advance(&wheel, conn_wheel_wake_ms(&wheel));
		(void)conn_wheel_next(&wheel);
		turns++;
	}
	assert_true(turns <= 4);
	assert_true(wheel.tick * CONN_WHEEL_TICK_MS >= 30000000);
	/* A deadline beyond the wheel's reach fires early, for its user to look. */
	conn_timer_start(&wheel, &probe.timer, UINT64_MAX / 2);
	conn_wheel_advance(&wheel, 30000000 + 10ull * 3600 * 1000);
	assert_ptr_equal(conn_wheel_next(&wheel), &probe.timer);
}

/* Packet identifiers against an array of flags. */
static void test_ids(void **state)
{
	struct fixture *f = *state;
	struct client *c = online(f, 0, WIRE_V5, "a", 0);
	struct conn_ids ids = {0};
	static bool there[65536];
	uint32_t len = 0;

	for (unsigned i = 0; i < 200000; i++) {
		uint16_t id = (uint16_t)(1 + next_random() % 3000 * 7);

		if (id == 0)
			continue;
		if (next_random() % 2) {
			assert_int_equal(conn_ids_put(c->conn, &ids, true, id, &there[id]), 0);
			len += !there[id];
			there[id] = true;
		} else {
			assert_int_equal(conn_ids_del(&ids, id), there[id]);
			len -= there[id];
			there[id] = false;
		}
		assert_int_equal(ids.len, len);
	}
	for (unsigned id = 1; id < 65536; id++) {
		assert_int_equal(conn_ids_has(&ids, (uint16_t)id), there[id]);
		assert_ptr_equal(conn_ids_get(&ids, (uint16_t)id), there[id] ? &there[id] : NULL);
	}
	conn_ids_drop(c->conn, &ids);
	print_message("struct conn: %zu bytes, struct conn_out: %zu\n", sizeof(struct conn),
		sizeof(struct conn_out));
	assert_true(sizeof(struct conn) <= 384);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_jump),
		cmocka_unit_test_setup_teardown(test_ids, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests_name("conn wheel", tests, NULL, NULL);
}
