#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "guard.h"
#include "wire_error.h"
#include "wire_frame.h"

static int peek(struct guard *guard, const char *bytes, size_t len, struct wire_frame *frame)
{
	return wire_frame_peek(guard_place(guard, bytes, len), len, frame);
}

/* 1.5.5, table 1-1: the borders of each length. */
static void lengths_end_where_the_table_says(void **state)
{
	static const struct {
		const char *bytes;
		size_t header_bytes;
		uint32_t body_bytes;
	} cases[] = {
		{"\x30\x00", 2, 0},
		{"\x30\x7f", 2, 127},
		{"\x30\x80\x01", 3, 128},
		{"\x30\xff\x7f", 3, 16383},
		{"\x30\x80\x80\x01", 4, 16384},
		{"\x30\xff\xff\x7f", 4, 2097151},
		{"\x30\x80\x80\x80\x01", 5, 2097152},
		{"\x30\xff\xff\xff\x7f", 5, 268435455},
	};
	struct wire_frame frame;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t n = 0; n < cases[i].header_bytes; n++)
			assert_int_equal(peek(*state, cases[i].bytes, n, &frame), 0);
		assert_int_equal(peek(*state, cases[i].bytes, cases[i].header_bytes, &frame),
			cases[i].header_bytes + cases[i].body_bytes);
		assert_int_equal(frame.type, WIRE_PUBLISH);
		assert_int_equal(frame.header_bytes, cases[i].header_bytes);
		assert_int_equal(frame.body_bytes, cases[i].body_bytes);
	}
}

/* A fault is told at the first byte that shows it. */
static void bad_headers_are_refused_early(void **state)
{
	struct wire_frame frame;

	assert_int_equal(peek(*state, "\x00", 1, &frame), -WIRE_E_TYPE);
	assert_int_equal(peek(*state, "\x0f\x00", 2, &frame), -WIRE_E_TYPE);
	assert_int_equal(peek(*state, "\x30\x80\x00", 3, &frame), -WIRE_E_LENGTH);
	assert_int_equal(peek(*state, "\x30\xff\x80\x00", 4, &frame), -WIRE_E_LENGTH);
	assert_int_equal(peek(*state, "\x30\x80\x80\x80\x00", 5, &frame), -WIRE_E_LENGTH);
	assert_int_equal(peek(*state, "\x30\xff\xff\xff\xff", 5, &frame), -WIRE_E_LENGTH);
}

/* Who may send what, by table 2-1 of each standard; '-' where the type does not exist. */
static const char *senders_of(unsigned type, unsigned version)
{
	static const char *const senders[] = {[WIRE_CONNECT] = "C",
		[WIRE_CONNACK] = "S",
		[WIRE_PUBLISH] = "CS",
		[WIRE_PUBACK] = "CS",
		[WIRE_PUBREC] = "CS",
		[WIRE_PUBREL] = "CS",
		[WIRE_PUBCOMP] = "CS",
		[WIRE_SUBSCRIBE] = "C",
		[WIRE_SUBACK] = "S",
		[WIRE_UNSUBSCRIBE] = "C",
		[WIRE_UNSUBACK] = "S",
		[WIRE_PINGREQ] = "C",
		[WIRE_PINGRESP] = "S"};

	if (type == WIRE_DISCONNECT)
		return version == 5 ? "CS" : "C";
	if (type == WIRE_AUTH)
		return version == 5 ? "CS" : "-";
	return senders[type];
}

static bool are_flags_right(unsigned type, unsigned flags, unsigned version)
{
	bool has_two = type == WIRE_PUBREL || type == WIRE_SUBSCRIBE || type == WIRE_UNSUBSCRIBE;

	if (type == WIRE_PUBLISH)
		return (flags & 6) != 6 && (flags & 14) != 8;
	if (has_two)
		return flags == 2 || (version == 3 && flags == 10);
	return flags == 0;
}

/* The whole product of type, flags, version and sender. */
static void each_type_has_its_senders_and_flags(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3 * 2 * 15 * 16; i++) {
		unsigned version = 3 + i % 3, from = i / 3 % 2, type = 1 + i / 6 % 15,
			 flags = i / 90;
		struct wire_frame frame = {.type = (uint8_t)type, .flags = (uint8_t)flags};
		struct wire_rules rules = {.version = (uint8_t)version, .from = (uint8_t)from};
		const char *senders = senders_of(type, version);
		int result = wire_frame_check(&frame, rules);
		bool may_send = senders[0] == (from ? 'S' : 'C') || senders[1] == 'S';

		if (senders[0] == '-')
			assert_int_equal(result, -WIRE_E_TYPE);
		else if (senders[0] != 'C' ? !may_send : from && senders[1] != 'S')
			assert_int_equal(result, -WIRE_E_DIRECTION);
		else if (are_flags_right(type, flags, version))
			assert_int_equal(result, 0);
		else
			assert_true(result == -WIRE_E_FLAGS || result == -WIRE_E_PUBLISH_QOS ||
				    result == -WIRE_E_PUBLISH_DUP);
	}
}

static void types_have_names(void **state)
{
	(void)state;
	assert_string_equal(wire_type_name(WIRE_CONNECT), "CONNECT");
	assert_string_equal(wire_type_name(WIRE_AUTH), "AUTH");
	assert_string_equal(wire_type_name(0), "unknown");
	assert_string_equal(wire_type_name(16), "unknown");
}

static void errors_have_texts(void **state)
{
	(void)state;
	for (int error = WIRE_E_NONE + 1; error < WIRE_ERRORS; error++) {
		assert_true(wire_error_text(error)[0] != 0);
		assert_ptr_equal(wire_error_text(error), wire_error_text(-error));
		assert_true(wire_error_reason(-error) > 0x80);
	}
	assert_string_equal(wire_error_text(-WIRE_E_PACKET_ID), "packet identifier is zero");
	assert_string_equal(wire_error_name(-WIRE_E_PACKET_ID), "PACKET_ID");
	assert_string_equal(wire_error_text(0), "unknown error");
	assert_string_equal(wire_error_text(-WIRE_ERRORS), "unknown error");
	assert_string_equal(wire_error_text(INT32_MIN), "unknown error");
	assert_int_equal(wire_error_reason(WIRE_ERRORS), 0x80);
}

static int setup(void **state)
{
	*state = guard_new(16);
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
		cmocka_unit_test(lengths_end_where_the_table_says),
		cmocka_unit_test(bad_headers_are_refused_early),
		cmocka_unit_test(each_type_has_its_senders_and_flags),
		cmocka_unit_test(types_have_names),
		cmocka_unit_test(errors_have_texts),
	};

	return cmocka_run_group_tests_name("wire frame", tests, setup, teardown);
}
