#include <string.h>

#include "harness.h"

/* Control's own subscription beside those of sessions. */

static const char topic[] = "$SYS/brokers/n/health";

struct seen {
	unsigned len;
	uint32_t worker;
	char payload[16];
};

static void on_message(void *arg, uint32_t worker, const struct kit_message_view *message)
{
	struct seen *seen = arg;

	seen->len++;
	seen->worker = worker;
	memcpy(seen->payload, message->payload, message->payload_bytes);
}

static void every_worker_is_asked(void **state)
{
	struct seen seen = {0};

	(void)state;
	session_core_watch(harness.core, topic, on_message, &seen);
	expect("interest+ all $SYS/brokers/n/health");
	session_link_handler.worker_up(harness.core, 1);
	expect("interest+ one $SYS/brokers/n/health");
	harness_interest(2000, topic, "7", 0, false);
	assert_int_equal(seen.len, 1);
	assert_int_equal(seen.worker, 2);
	assert_string_equal(seen.payload, "7");
	harness_interest(2000, "$SYS/brokers/n/healthy", "8", 0, false);
	harness_interest(2000, "other", "8", 0, false);
	assert_int_equal(seen.len, 1);
	session_core_watch(harness.core, NULL, NULL, NULL);
	harness_interest(2000, topic, "9", 0, false);
	assert_int_equal(seen.len, 1);
	expect_silence();
}

/* A session that is away with such a filter, until a clean start ends it. */
static void come_and_go(const char *filter)
{
	harness_client(1, "a", 60);
	harness_subscribe(1, filter, 1, 0);
	harness_closed(1, "closed");
	harness_forget();
	harness_interest(99, filter, "m", 1, false);
	assert_int_equal(harness_view("a").queue_len, 1);
	connect_with(2, "a", .clean = true);
}

static void a_session_gets_it_too(void **state)
{
	struct seen seen = {0};

	(void)state;
	come_and_go(topic);
	expect("interest- all $SYS/brokers/n/health");
	harness_forget();
	harness_closed_normal(2);
	harness_forget();

	session_core_watch(harness.core, topic, on_message, &seen);
	harness_forget();
	come_and_go(topic);
	assert_int_equal(seen.len, 1);
	/* the entry stays, as it is ours */
	expect("grant 2 new expiry 0");
	harness_closed_normal(2);
	harness_forget();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_up, harness_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_worker_is_asked),
		TEST(a_session_gets_it_too),
	};

	return cmocka_run_group_tests_name("session watch", tests, NULL, NULL);
}
