#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "doubles.h"
#include "kit_mem.h"
#include "sys.h"

/* $SYS: what is published when, and the JSON of client events. */

static struct sys *sys;
static struct sys_config config;

static int up(void **state)
{
	(void)state;
	config = (struct sys_config){
		.node = "sluice",
		.version = "1.2.3",
		.heartbeat_ms = 30000,
		.interval_ms = 60000,
		.client_events = true,
	};
	published_len = 0;
	sys = sys_new(&config, NULL, NULL, NULL, 1000);
	return sys ? 0 : -1;
}

static int down(void **state)
{
	(void)state;
	sys_free(sys);
	return kit_mem_used(KIT_MEM_OTHER) == 0 && observed == NULL && watched == NULL ? 0 : -1;
}

static void expect_on(const char *topic, const char *payload, bool retain)
{
	const struct published *p = published_on(topic);

	assert_non_null(p);
	assert_string_equal(p->payload, payload);
	assert_int_equal(p->retain, retain);
}

static void identity_is_retained(void **state)
{
	(void)state;
	expect_on("$SYS/brokers", "sluice", true);
	expect_on("$SYS/brokers/sluice/version", "1.2.3", true);
	assert_true(published_on("$SYS/brokers/sluice/sysdescr")->retain);
	assert_int_equal(published_len, 3);
}

static void heartbeat(void **state)
{
	(void)state;
	sys_turn(sys, 30999);
	assert_null(published_on("$SYS/brokers/sluice/uptime"));
	assert_int_equal(sys_next_ms(sys), 31000);
	sys_turn(sys, 31000);
	expect_on("$SYS/brokers/sluice/uptime", "30000", false);
	assert_int_equal(strlen(published_on("$SYS/brokers/sluice/datetime")->payload), 20);
	assert_null(published_on("$SYS/brokers/sluice/stats/connections/count"));
}

static void figures(void **state)
{
	(void)state;
	sys_turn(sys, 61000);
	expect_on("$SYS/brokers/sluice/stats/connections/count", "3", false);
	expect_on("$SYS/brokers/sluice/stats/connections/max", "5", false);
	expect_on("$SYS/brokers/sluice/stats/topics/count", "7", false);
	expect_on("$SYS/brokers/sluice/stats/retained/count", "21", false);
	expect_on("$SYS/brokers/sluice/metrics/packets/connect/received", "4", false);
	expect_on("$SYS/brokers/sluice/metrics/session/created", "11", false);
	/* a worker's figure stands, but what both drop is summed */
	expect_on("$SYS/brokers/sluice/metrics/client/connected", "6", false);
	expect_on("$SYS/brokers/sluice/metrics/delivery/dropped/queue_full", "10", false);
	expect_on("$SYS/brokers/sluice/metrics/delivery/dropped/expired", "1", false);
	expect_on("$SYS/brokers/sluice/metrics/delivery/dropped", "13", false);
	assert_null(published_on("$SYS/brokers/sluice/metrics/connections/count"));
}

static void intervals_change(void **state)
{
	unsigned before;

	(void)state;
	config.interval_ms = 1000;
	config.heartbeat_ms = 0;
	sys_configure(sys, &config, 2000);
	before = published_len;
	sys_turn(sys, 3000);
	assert_true(published_len > before);
	before = published_len;
	sys_turn(sys, 3500);
	assert_int_equal(published_len, before);
	sys_turn(sys, 1u << 30);
	assert_null(published_on("$SYS/brokers/sluice/uptime"));
}

static struct session_view view_of(const char *id)
{
	return (struct session_view){
		.client_id = id,
		.client_id_bytes = (uint32_t)strlen(id),
		.version = 5,
		.keepalive_s = 60,
		.peer_port = 4711,
		.peer_addr = {[10] = 0xff, [11] = 0xff, 198, 18, 0, 1},
		.session_expiry_s = 7,
		.connected_wall_ms = 123,
		.disconnected_wall_ms = 456,
	};
}

static void client_events(void **state)
{
	struct session_view view = view_of("dev\"1");
	json_t *object;

	(void)state;
	observed->connected(observed_arg, &view);
	object = json_loads(
		published_on("$SYS/brokers/sluice/clients/dev\"1/connected")->payload, 0, NULL);
	assert_non_null(object);
	assert_string_equal(json_string_value(json_object_get(object, "clientid")), "dev\"1");
	assert_string_equal(json_string_value(json_object_get(object, "ipaddress")), "198.18.0.1");
	assert_int_equal(json_integer_value(json_object_get(object, "sockport")), 4711);
	assert_int_equal(json_integer_value(json_object_get(object, "keepalive")), 60);
	assert_int_equal(json_integer_value(json_object_get(object, "expiry_interval")), 7);
	assert_true(json_is_false(json_object_get(object, "clean_start")));
	json_decref(object);
	observed->disconnected(observed_arg, &view, "keepalive_timeout");
	object = json_loads(
		published_on("$SYS/brokers/sluice/clients/dev\"1/disconnected")->payload, 0, NULL);
	assert_non_null(object);
	assert_string_equal(
		json_string_value(json_object_get(object, "reason")), "keepalive_timeout");
	assert_int_equal(json_integer_value(json_object_get(object, "disconnected_at")), 456);
	json_decref(object);
}

static void events_that_have_no_topic(void **state)
{
	struct session_view view = view_of("a+b");
	unsigned before = published_len;

	(void)state;
	observed->connected(observed_arg, &view);
	config.client_events = false;
	sys_configure(sys, &config, 1000);
	view = view_of("plain");
	observed->connected(observed_arg, &view);
	assert_int_equal(published_len, before);
}

/* The last message that was published comes back from a worker. */
static void bring_back(uint32_t worker, const char *payload, uint64_t publisher)
{
	struct kit_message_view view = {
		.publisher = publisher,
		.payload = payload,
		.payload_bytes = (uint32_t)strlen(payload),
	};

	watcher(watch_arg, worker, &view);
}

static void probe(void **state)
{
	static const char topic[] = "$SYS/brokers/sluice/health";
	uint64_t number, next;
	char text[512];

	(void)state;
	assert_string_equal(watched, topic);
	workers = 3;
	is_worker_up[2] = true;
	number = sys_probe_begin(sys, 5000);
	snprintf(text, sizeof(text), "%s", published_on(topic)->payload);
	assert_int_equal(sys_probe_state(sys, number, 0, 5000), SYS_PROBE_WAITING);
	assert_int_equal(sys_probe_state(sys, number, 1, 5000), SYS_PROBE_LOST); /* it is down */
	/* who asks meanwhile waits for the same message */
	assert_int_equal(sys_probe_begin(sys, 5001), number);
	bring_back(0, "1", 0);
	bring_back(0, text, 99);
	bring_back(0, "a long text that is not ours at all", 0);
	assert_int_equal(sys_probe_state(sys, number, 0, 5001), SYS_PROBE_WAITING);
	bring_back(0, text, 0);
	assert_int_equal(sys_probe_state(sys, number, 0, 5001), SYS_PROBE_BACK);
	assert_int_equal(
		sys_probe_state(sys, number, 2, 5000 + SYS_PROBE_MS - 1), SYS_PROBE_WAITING);
	assert_int_equal(sys_probe_state(sys, number, 2, 5000 + SYS_PROBE_MS), SYS_PROBE_LOST);
	next = sys_probe_begin(sys, 5000 + SYS_PROBE_MS);
	assert_int_not_equal(next, number);
	assert_int_equal(sys_probe_state(sys, next, 0, 7000), SYS_PROBE_WAITING);
	/* the one that was late is no answer to the next */
	bring_back(0, text, 0);
	assert_int_equal(sys_probe_state(sys, next, 0, 7000), SYS_PROBE_WAITING);
	assert_int_equal(sys_probe_state(sys, number, 0, 7000), SYS_PROBE_LOST);
	workers = 1;
	is_worker_up[2] = false;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(identity_is_retained),
		TEST(heartbeat),
		TEST(figures),
		TEST(intervals_change),
		TEST(client_events),
		TEST(events_that_have_no_topic),
		TEST(probe),
	};

	return cmocka_run_group_tests_name("sys", tests, NULL, NULL);
}
