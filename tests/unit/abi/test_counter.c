#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "abi_counter.h"

static void metrics_are_distinct(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ABI_COUNTER_COUNT; i++) {
		const struct abi_counter_info *info = abi_counter_info((enum abi_counter)i);

		assert_true(info->help != NULL && info->help[0] != '\0');
		for (unsigned j = 0; info->metric != NULL && j < i; j++) {
			const char *other = abi_counter_info((enum abi_counter)j)->metric;

			assert_true(other == NULL || strcmp(other, info->metric) != 0);
		}
	}
}

static void packet_types_have_counters(void **state)
{
	(void)state;
	assert_int_equal(abi_counter_received(1), ABI_COUNTER_PACKETS_CONNECT_RECEIVED);
	assert_int_equal(abi_counter_received(3), ABI_COUNTER_PACKETS_PUBLISH_RECEIVED);
	assert_int_equal(abi_counter_received(14), ABI_COUNTER_PACKETS_DISCONNECT_RECEIVED);
	assert_int_equal(abi_counter_sent(2), ABI_COUNTER_PACKETS_CONNACK_SENT);
	assert_int_equal(abi_counter_sent(13), ABI_COUNTER_PACKETS_PINGRESP_SENT);
	assert_int_equal(abi_counter_sent(15), ABI_COUNTER_PACKETS_AUTH_SENT);
	assert_string_equal(
		abi_counter_info(abi_counter_received(8))->metric, "packets.subscribe.received");
	assert_null(abi_counter_info(abi_counter_received(9))->metric); /* no client sends SUBACK */
}

static void shutdowns_have_names(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ABI_SHUTDOWN_COUNT; i++) {
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(
				abi_shutdown_info(i)->name, abi_shutdown_info(j)->name);
	}
	assert_string_equal(abi_shutdown_info(ABI_SHUTDOWN_CLOSED)->name, "closed");
	assert_string_equal(abi_shutdown_info(ABI_SHUTDOWN_CLOSED)->v5_name, "tcp_closed");
	assert_ptr_equal(
		abi_shutdown_info(ABI_SHUTDOWN_COUNT), abi_shutdown_info(ABI_SHUTDOWN_INTERNAL));
	assert_ptr_equal(abi_shutdown_info(~0u), abi_shutdown_info(ABI_SHUTDOWN_INTERNAL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(metrics_are_distinct),
		cmocka_unit_test(packet_types_have_counters),
		cmocka_unit_test(shutdowns_have_names),
	};

	return cmocka_run_group_tests_name("abi_counter", tests, NULL, NULL);
}
