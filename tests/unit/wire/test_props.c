#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codec.h"
#include "wire_error.h"

enum { BYTES_MAX = 512, TEXT_MAX = 1024 };

/* Packets with a hole for properties, in the order of the matrix' columns. */
static const struct {
	char column;
	uint8_t from;
	const char *before, *after;
} packets[] = {
	{'c', WIRE_FROM_CLIENT, "10[ <'MQTT'> 05 02 0000 [", "] <'c'> ]"},
	{'w', WIRE_FROM_CLIENT, "10[ <'MQTT'> 05 06 0000 [] <'c'> [", "] <'w'> <> ]"},
	{'C', WIRE_FROM_SERVER, "20[ 00 00 [", "] ]"},
	{'p', WIRE_FROM_CLIENT, "30[ <'a'> [", "] ]"},
	{'P', WIRE_FROM_SERVER, "30[ <'a'> [", "] ]"},
	{'a', WIRE_FROM_CLIENT, "40[ 0001 00 [", "] ]"},
	{'a', WIRE_FROM_SERVER, "50[ 0001 00 [", "] ]"},
	{'a', WIRE_FROM_CLIENT, "62[ 0001 00 [", "] ]"},
	{'a', WIRE_FROM_SERVER, "70[ 0001 00 [", "] ]"},
	{'s', WIRE_FROM_CLIENT, "82[ 0001 [", "] <'a'> 00 ]"},
	{'S', WIRE_FROM_SERVER, "90[ 0001 [", "] 00 ]"},
	{'u', WIRE_FROM_CLIENT, "a2[ 0001 [", "] <'a'> ]"},
	{'U', WIRE_FROM_SERVER, "b0[ 0001 [", "] 00 ]"},
	{'d', WIRE_FROM_CLIENT, "e0[ 00 [", "] ]"},
	{'D', WIRE_FROM_SERVER, "e0[ 80 [", "] ]"},
	{'A', WIRE_FROM_CLIENT, "f0[ 18 [", "] ]"},
	{'A', WIRE_FROM_SERVER, "f0[ 18 [", "] ]"},
};

/* The matrix of the standard's sections 3.x.2.2, typed in from there and not from wire_property.def. */
static const struct {
	unsigned id;
	const char *good; /* a value that is allowed */
	const char *bad; /* one that is not, NULL when there is none */
	const char *columns;
} rows[] = {
	{0x01, "01", "02", "wpP"},
	{0x02, "00000000", NULL, "wpP"},
	{0x03, "<>", "<80>", "wpP"},
	{0x08, "<'r'>", "<'+'>", "wpP"},
	{0x09, "<00ff>", NULL, "wpP"},
	{0x0B, "01", "00", "Ps"},
	{0x11, "ffffffff", NULL, "cCd"},
	{0x12, "<'i'>", "<00>", "C"},
	{0x13, "0000", NULL, "C"},
	{0x15, "<'m'>", "<ff>", "cCA"},
	{0x16, "<00>", NULL, "cCA"},
	{0x17, "00", "ff", "c"},
	{0x18, "00000001", NULL, "w"},
	{0x19, "01", "02", "c"},
	{0x1A, "<'i'>", "<c080>", "C"},
	{0x1C, "<'s'>", "<eda080>", "CD"},
	{0x1F, "<'r'>", "<f8>", "CaSUdDA"},
	{0x21, "ffff", "0000", "cC"},
	{0x22, "0000", NULL, "cC"},
	{0x23, "0001", "0000", "pP"},
	{0x24, "00", "02", "C"},
	{0x25, "01", "02", "C"},
	{0x26, "<> <>", "<'k'> <80>", "cwCpPasSuUdDA"},
	{0x26, "<'k'> <'v'>", "<80> <'v'>", "cwCpPasSuUdDA"},
	{0x27, "00000001", "00000000", "cC"},
	{0x28, "01", "02", "C"},
	{0x29, "01", "02", "C"},
	{0x2A, "00", "02", "C"},
};

enum {
	ROWS = sizeof(rows) / sizeof(rows[0]),
	PACKETS = sizeof(packets) / sizeof(packets[0]),
};

/* Decodes packet `at` with these properties; AUTH and authentication data get the method that they need. */
static int decode_with(struct codec *codec, size_t at, unsigned id, const char *props)
{
	static uint8_t packet[BYTES_MAX]; /* decoded slices point into it */
	char text[TEXT_MAX];
	bool needs_method = id != 0x15 && (packets[at].column == 'A' ||
						  (id == 0x16 && strchr("cC", packets[at].column)));
	struct wire_rules rules = {.version = WIRE_V5, .from = packets[at].from};

	snprintf(text, sizeof(text), "%s %s %s %s", packets[at].before,
		needs_method ? "15 <'m'>" : "", props, packets[at].after);
	size_t bytes = codec_bytes(packet, sizeof(packet), text);
	int result = codec_decode(codec, rules, packet, bytes);
	return result == (int)bytes ? 0 : result;
}

static bool is_sender_fault(unsigned id, char column)
{
	return (id == 0x0B && column == 'p') || (id == 0x11 && column == 'D') ||
	       (id == 0x1C && column == 'd');
}

static void each_property_stands_where_it_may(void **state)
{
	char text[TEXT_MAX];
	struct codec codec;

	(void)state;
	for (size_t row = 0; row < ROWS; row++)
		for (size_t at = 0; at < PACKETS; at++) {
			snprintf(text, sizeof(text), "%02x %s", rows[row].id, rows[row].good);
			int error = decode_with(&codec, at, rows[row].id, text), want = 0;

			if (is_sender_fault(rows[row].id, packets[at].column))
				want = -WIRE_E_PROPERTY_SENDER;
			else if (strchr(rows[row].columns, packets[at].column) == NULL)
				want = -WIRE_E_PROPERTY_PLACE;
			if (error != want)
				fail_msg("%02x in %s: %s", rows[row].id, packets[at].before,
					wire_error_name(error));
		}
}

/* 2.2.2.2: once, but for user properties, and subscription identifiers of a server's PUBLISH. */
static void no_property_stands_twice(void **state)
{
	char text[TEXT_MAX];
	struct codec codec;

	(void)state;
	for (size_t row = 0; row < ROWS; row++)
		for (size_t at = 0; at < PACKETS; at++) {
			unsigned id = rows[row].id;
			bool may = id == 0x26 || (id == 0x0B && packets[at].column == 'P');

			if (strchr(rows[row].columns, packets[at].column) == NULL)
				continue;
			snprintf(text, sizeof(text), "%02x %s %02x %s", id, rows[row].good, id,
				rows[row].good);
			assert_int_equal(decode_with(&codec, at, id, text),
				may ? 0 : -WIRE_E_PROPERTY_TWICE);
		}
}

static void values_have_ranges(void **state)
{
	char text[TEXT_MAX];
	struct codec codec;

	(void)state;
	for (size_t row = 0; row < ROWS; row++)
		for (size_t at = 0; at < PACKETS; at++) {
			if (rows[row].bad == NULL ||
				strchr(rows[row].columns, packets[at].column) == NULL)
				continue;
			snprintf(text, sizeof(text), "%02x %s", rows[row].id, rows[row].bad);
			int error = decode_with(&codec, at, rows[row].id, text);

			assert_true(error == -WIRE_E_PROPERTY_VALUE || error == -WIRE_E_UTF8 ||
				    error == -WIRE_E_RESPONSE_TOPIC ||
				    error == -WIRE_E_TOPIC_ALIAS);
		}
}

/* All other identifiers, in each packet. */
static void unknown_properties_are_malformed(void **state)
{
	char text[TEXT_MAX];
	struct codec codec;

	(void)state;
	for (unsigned id = 0; id < 256; id++) {
		bool is_known = false;

		for (size_t row = 0; row < ROWS; row++)
			is_known |= rows[row].id == id;
		for (size_t at = 0; at < PACKETS && !is_known; at++) {
			snprintf(text, sizeof(text), "%02x 00000000", id);
			assert_int_equal(
				decode_with(&codec, at, id, text), -WIRE_E_PROPERTY_UNKNOWN);
		}
		assert_int_equal(strcmp(wire_property_name(id), "unknown") != 0, is_known);
	}
}

static void they_are_walked_in_order(void **state)
{
	uint8_t block[BYTES_MAX];
	size_t bytes = codec_bytes(
		block, sizeof(block), "23 0102 26 <'k'> <'v'> 0b ff7f 09 <00> 26 <'k'> <>");
	struct wire_str rest = {block, (uint32_t)bytes};
	struct wire_prop prop;

	(void)state;
	assert_true(wire_props_next(&rest, &prop));
	assert_int_equal(prop.id, WIRE_PROP_TOPIC_ALIAS);
	assert_int_equal(prop.number, 0x0102);
	assert_true(wire_props_next(&rest, &prop));
	assert_int_equal(prop.id, WIRE_PROP_USER_PROPERTY);
	assert_memory_equal(prop.key.data, "k", 1);
	assert_memory_equal(prop.value.data, "v", 1);
	assert_true(wire_props_next(&rest, &prop));
	assert_int_equal(prop.number, 16383);
	assert_true(wire_props_next(&rest, &prop));
	assert_int_equal(prop.value.bytes, 1);
	assert_true(wire_props_next(&rest, &prop));
	assert_int_equal(prop.value.bytes, 0);
	assert_false(wire_props_next(&rest, &prop));
	assert_int_equal(rest.bytes, 0);
}

/* 3.3.2-4, 3.3.2-15 to -18, 3.3.2-20. */
static void what_is_forwarded_stays_as_it_came(void **state)
{
	uint8_t in[BYTES_MAX], want[BYTES_MAX], out[BYTES_MAX];
	size_t in_bytes = codec_bytes(in, sizeof(in),
		"26 <'b'> <'1'> 23 0001 01 01 26 <'a'> <'2'> 02 00000009 09 <00> 0b 05 08 <'r'> 18 "
		"00000001"
		" 03 <'t'> 26 <'b'> <'1'>");
	size_t want_bytes = codec_bytes(want, sizeof(want),
		"26 <'b'> <'1'> 01 01 26 <'a'> <'2'> 09 <00> 08 <'r'> 03 <'t'> 26 <'b'> <'1'>");
	struct wire_str raw = {in, (uint32_t)in_bytes};

	(void)state;
	assert_int_equal(wire_props_forward(out, want_bytes, raw), want_bytes);
	assert_memory_equal(out, want, want_bytes);
	assert_int_equal(wire_props_forward(out, want_bytes - 1, raw), -WIRE_E_BUFFER);
	assert_int_equal(wire_props_forward(NULL, 0, (struct wire_str){NULL, 0}), 0);
}

static void user_properties_are_appended(void **state)
{
	struct wire_str key = {(const uint8_t *)"key", 3}, value = {(const uint8_t *)"v", 1};
	struct wire_str long_one = {(const uint8_t *)"", WIRE_STRING_MAX + 1};
	uint8_t block[18], want[BYTES_MAX];
	int bytes = wire_props_user_append(block, sizeof(block), 0, key, value);

	(void)state;
	assert_int_equal(bytes, 9);
	bytes = wire_props_user_append(block, sizeof(block), (size_t)bytes, key, value);
	assert_int_equal(bytes, 18);
	size_t want_bytes = codec_bytes(want, sizeof(want), "26 <'key'> <'v'> 26 <'key'> <'v'>");
	assert_int_equal(want_bytes, 18);
	assert_memory_equal(block, want, 18);
	assert_int_equal(
		wire_props_user_append(block, sizeof(block), 18, key, value), -WIRE_E_BUFFER);
	assert_int_equal(
		wire_props_user_append(block, sizeof(block), 0, long_one, value), -WIRE_E_ARGUMENT);
}

/* wire_props_encode writes what PUBLISH may carry, and nothing else. */
static void a_block_is_made_from_members(void **state)
{
	struct wire_props props = {.payload_format = 1, .message_expiry_s = 7, .topic_alias = 2};
	uint8_t out[BYTES_MAX], want[BYTES_MAX];
	size_t want_bytes = codec_bytes(want, sizeof(want), "01 01 02 00000007");

	(void)state;
	wire_props_mark(&props, WIRE_PROP_PAYLOAD_FORMAT);
	wire_props_mark(&props, WIRE_PROP_MESSAGE_EXPIRY); /* and not the alias */
	assert_int_equal(wire_props_encode(out, sizeof(out), &props), want_bytes);
	assert_memory_equal(out, want, want_bytes);
	assert_int_equal(wire_props_encode(out, want_bytes - 1, &props), -WIRE_E_BUFFER);
	uint8_t raw[BYTES_MAX];
	size_t raw_bytes = codec_bytes(raw, sizeof(raw), "0b 01 23 0009 26 <> <> 0b 02");
	props.raw =
		(struct wire_str){raw, (uint32_t)raw_bytes}; /* identifiers stay, the alias goes */
	want_bytes = codec_bytes(want, sizeof(want), "01 01 02 00000007 0b 01 26 <> <> 0b 02");
	assert_int_equal(wire_props_encode(out, sizeof(out), &props), want_bytes);
	assert_memory_equal(out, want, want_bytes);
	props.subscription_id = 3; /* a member goes before what is in the block */
	wire_props_mark(&props, WIRE_PROP_SUBSCRIPTION_ID);
	want_bytes = codec_bytes(want, sizeof(want), "01 01 02 00000007 0b 03 26 <> <>");
	assert_int_equal(wire_props_encode(out, sizeof(out), &props), want_bytes);
	assert_memory_equal(out, want, want_bytes);
	wire_props_mark(&props, WIRE_PROP_REASON_STRING);
	assert_int_equal(wire_props_encode(out, sizeof(out), &props), -WIRE_E_PROPERTY_PLACE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_property_stands_where_it_may),
		cmocka_unit_test(no_property_stands_twice),
		cmocka_unit_test(values_have_ranges),
		cmocka_unit_test(unknown_properties_are_malformed),
		cmocka_unit_test(they_are_walked_in_order),
		cmocka_unit_test(what_is_forwarded_stays_as_it_came),
		cmocka_unit_test(user_properties_are_appended),
		cmocka_unit_test(a_block_is_made_from_members),
	};

	return cmocka_run_group_tests_name("wire properties", tests, NULL, NULL);
}
