#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire_reason.h"

enum { C = WIRE_FROM_CLIENT, S = WIRE_FROM_SERVER };

/* Tables 3-1 and 3-4 to 3-11, typed in from the standard and not from wire_reason.def. */
static const struct {
	uint8_t type, from;
	const char *codes;
} tables[] = {
	{WIRE_CONNACK, S, "00 80 81 82 83 84 85 86 87 88 89 8a 8c 90 95 97 99 9a 9b 9c 9d 9f"},
	{WIRE_PUBACK, C, "00 10 80 83 87 90 91 97 99"},
	{WIRE_PUBACK, S, "00 10 80 83 87 90 91 97 99"},
	{WIRE_PUBREC, C, "00 10 80 83 87 90 91 97 99"},
	{WIRE_PUBREC, S, "00 10 80 83 87 90 91 97 99"},
	{WIRE_PUBREL, C, "00 92"},
	{WIRE_PUBREL, S, "00 92"},
	{WIRE_PUBCOMP, C, "00 92"},
	{WIRE_PUBCOMP, S, "00 92"},
	{WIRE_SUBACK, S, "00 01 02 80 83 87 8f 91 97 9e a1 a2"},
	{WIRE_UNSUBACK, S, "00 11 80 83 87 8f 91"},
	{WIRE_DISCONNECT, C, "00 04 80 81 82 83 90 93 94 95 96 97 98 99"},
	{WIRE_DISCONNECT, S,
		"80 81 82 83 87 89 8b 8d 8e 8f 90 93 94 95 96 97 98 99 9a 9b 9c 9d 9e"
		" 9f a0 a1 a2"},
	{WIRE_AUTH, C, "18 19"},
	{WIRE_AUTH, S, "00 18"},
	{WIRE_CONNECT, C, ""},
	{WIRE_CONNACK, C, ""},
	{WIRE_PUBLISH, S, ""},
	{WIRE_SUBACK, C, ""},
};

static bool lists(const char *codes, unsigned code)
{
	static const char digits[] = "0123456789abcdef";

	for (; *codes != 0; codes += codes[2] == ' ' ? 3 : 2)
		if (codes[0] == digits[code >> 4] && codes[1] == digits[code & 15])
			return true;
	return false;
}

static void each_packet_has_its_codes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (unsigned code = 0; code < 256; code++)
			assert_int_equal(wire_reason_is_allowed((enum wire_type)tables[i].type,
						 (enum wire_from)tables[i].from, (uint8_t)code),
				lists(tables[i].codes, code));
}

static void codes_have_names(void **state)
{
	unsigned named = 0;

	(void)state;
	assert_string_equal(wire_reason_name(WIRE_REASON_TAKEN_OVER), "session taken over");
	assert_string_equal(wire_reason_name(0x8E), "session taken over");
	assert_string_equal(wire_reason_name(0), "success");
	assert_string_equal(wire_reason_name(0x03), "unknown reason");
	for (unsigned code = 0; code < 256; code++)
		named += strcmp(wire_reason_name((uint8_t)code), "unknown reason") != 0;
	assert_int_equal(named, 8 + 35); /* table 2-6: codes below 0x80, and 0x80 to 0xa2 */
}

static void connack_codes_of_3_are_mapped(void **state)
{
	static const char *const reasons[] = {"00", "80 81 82 83 84", "85",
		"88 89 8b 90 97 9c 9d 9f 95 99 9a 9b", "86", "87 8a 8c"};

	(void)state;
	for (unsigned code = 0; code < 256; code++)
		for (uint8_t v3 = 0; v3 < 6; v3++)
			if (lists(reasons[v3], code))
				assert_int_equal(wire_connack_code_v3((uint8_t)code), v3);
	for (uint8_t v3 = 0; v3 < 6; v3++)
		assert_int_equal(wire_connack_code_v3(v3), v3);
	assert_string_equal(wire_connack_name_v3(2), "identifier rejected");
	assert_string_equal(wire_connack_name_v3(6), "unknown return code");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_packet_has_its_codes),
		cmocka_unit_test(codes_have_names),
		cmocka_unit_test(connack_codes_of_3_are_mapped),
	};

	return cmocka_run_group_tests_name("wire reasons", tests, NULL, NULL);
}
