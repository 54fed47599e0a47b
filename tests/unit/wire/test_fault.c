#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec.h"
#include "guard.h"
#include "wire_error.h"

/*
 * What is refused, and how it is answered (tests/golden/wire).
 */
enum { C = WIRE_FROM_CLIENT, S = WIRE_FROM_SERVER, BYTES_MAX = 512, CLOSE = -1, NONE = -2 };

struct fault {
	const char *id, *bytes;
	enum wire_error error;
	int answer;
	uint8_t version, from, reason;
};

static const struct fault faults[] = {
#define FAULT(statement, level, sender, text, name, code, due)                                     \
	{.id = (statement),                                                                        \
		.bytes = (text),                                                                   \
		.error = (name),                                                                   \
		.answer = (due),                                                                   \
		.version = (level),                                                                \
		.from = (sender),                                                                  \
		.reason = (code)},
#include "../../golden/wire/faults.def"
#undef FAULT
};

static void each_fault_is_named(void **state)
{
	uint8_t packet[BYTES_MAX];
	struct codec codec;

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		const struct fault *f = &faults[i];
		size_t bytes = codec_bytes(packet, sizeof(packet), f->bytes);
		struct wire_rules rules = {.version = f->version, .from = f->from};
		int error = codec_decode(&codec, rules, guard_place(*state, packet, bytes), bytes);

		if (error != -(int)f->error || wire_error_reason(error) != f->reason)
			fail_msg("%s (%s): %d %s, reason %02x", f->id, f->bytes, error,
				wire_error_name(error), wire_error_reason(error));
		if (f->answer != NONE)
			assert_int_equal(wire_connect_refusal(&codec.as.connect, error), f->answer);
	}
}

/* Each error that bytes can cause has a line above. */
static void each_error_is_tested(void **state)
{
	bool has[WIRE_ERRORS] = {false};

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		has[faults[i].error] = true;
	for (int error = WIRE_E_NONE + 1; error < WIRE_ERRORS; error++) {
		bool is_elsewhere =
			error == WIRE_E_UNEXPECTED || error == WIRE_E_TOPIC_LEVELS ||
			error == WIRE_E_PAYLOAD_FORMAT ||
			(error >= WIRE_E_FILTER_EMPTY && error <= WIRE_E_FILTER_LEVELS) ||
			error == WIRE_E_PROPERTY_PLACE || error >= WIRE_E_BUFFER;

		if (has[error] == is_elsewhere)
			fail_msg("%s", wire_error_name(error));
	}
}

/* A refusal goes out in the client's own version. */
static void refused_connect_tells_its_version(void **state)
{
	static const struct {
		const char *bytes;
		uint8_t version;
	} cases[] = {
		{"10[ <'MQTT'> 03 02 0000 <'c'> ]", WIRE_V311},
		{"10[ <'MQTT'> 00 02 0000 <'c'> ]", WIRE_V311},
		{"10[ <'MQIsdp'> 05 02 0000 <'c'> ]", WIRE_V31},
		{"10[ <'MQTT'> 7f 02 0000 <'c'> ]", WIRE_V5},
		{"10[ <'MQTT'> 86 02 0000 <'c'> ]", WIRE_V5},
		{"10[ <'HTTP'> 04 02 0000 <'c'> ]", 0},
		{"10[ <> 04 02 0000 <'c'> ]", 0},
	};
	uint8_t packet[BYTES_MAX];
	struct wire_connect connect;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t bytes = codec_bytes(packet, sizeof(packet), cases[i].bytes);

		assert_true(
			wire_connect_decode(&connect, (struct wire_rules){0}, packet, bytes) < 0);
		assert_int_equal(connect.version, cases[i].version);
	}
}

static void lenience_is_asked_for(void **state)
{
	static const char *const texts[] = {
		"10[ <'MQIsdp'> 03 02 0000 <'abcdefghijklmnopqrstuvwx'> ]",
		"10[ <'MQTT'> 04 02 0000 <'a' 07> ]",
	};
	static const uint8_t lenient[] = {WIRE_LENIENT_ID, WIRE_LENIENT_TEXT};
	uint8_t packet[BYTES_MAX];
	struct wire_connect connect;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		size_t bytes = codec_bytes(packet, sizeof(packet), texts[i]);
		struct wire_rules rules = {.lenient = lenient[i]};
		struct wire_rules other = {.lenient = lenient[1 - i]};

		assert_int_equal(wire_connect_decode(&connect, rules, packet, bytes), bytes);
		assert_true(wire_connect_decode(&connect, other, packet, bytes) < 0);
	}
}

/* A decoder that is given another packet says so. */
static void another_packet_is_unexpected(void **state)
{
	const uint8_t ping[] = {0xC0, 0}, puback[] = {0x40, 2, 0, 1};
	struct wire_rules rules = {.version = WIRE_V5};
	struct codec codec;

	(void)state;
	assert_int_equal(
		wire_connect_decode(&codec.as.connect, rules, ping, 2), -WIRE_E_UNEXPECTED);
	assert_int_equal(
		wire_publish_decode(&codec.as.publish, rules, ping, 2), -WIRE_E_UNEXPECTED);
	assert_int_equal(wire_ack_decode(&codec.as.ack, rules, ping, 2), -WIRE_E_UNEXPECTED);
	assert_int_equal(
		wire_subscribe_decode(&codec.as.subscribe, rules, ping, 2), -WIRE_E_UNEXPECTED);
	assert_int_equal(wire_ping_decode(rules, puback, 4), -WIRE_E_UNEXPECTED);
	assert_int_equal(wire_error_reason(-WIRE_E_UNEXPECTED), 0x82);
}

static int setup(void **state)
{
	*state = guard_new(BYTES_MAX);
	return 0;
}

static int teardown(void **state)
{
	guard_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_is_named),
		cmocka_unit_test(each_error_is_tested),
		cmocka_unit_test(refused_connect_tells_its_version),
		cmocka_unit_test(lenience_is_asked_for),
		cmocka_unit_test(another_packet_is_unexpected),
	};

	return cmocka_run_group_tests_name("wire faults", tests, setup, teardown);
}
