#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_addr.h"

static void texts(void **state)
{
	static const struct {
		const char *text;
		int status;
		uint8_t family;
	} cases[] = {
		{"", 0, STACK_FAMILY_NONE},
		{"192.0.2.1", 0, STACK_FAMILY_IPV4},
		{"2001:db8::1", 0, STACK_FAMILY_IPV6},
		{"192.0.2", -22, STACK_FAMILY_NONE},
		{"192.0.2.256", -22, STACK_FAMILY_NONE},
		{"broker.example", -22, STACK_FAMILY_NONE},
		{"2001:db8::1/64", -22, STACK_FAMILY_NONE},
		{"2001:db8:::1", -22, STACK_FAMILY_NONE},
	};
	struct stack_addr addr;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&addr, 0xff, sizeof(addr));
		assert_int_equal(stack_addr_parse(&addr, cases[i].text), cases[i].status);
		assert_int_equal(addr.family, cases[i].family);
		assert_int_equal(addr.port, 0);
	}
}

static void prefixes(void **state)
{
	static const struct {
		const char *text;
		int status;
		uint8_t bits;
	} cases[] = {
		{"", 0, 0},
		{"192.0.2.1/24", 0, 24},
		{"192.0.2.1/32", 0, 32},
		{"2001:db8::1/128", 0, 128},
		{"192.0.2.1", -22, 0},
		{"192.0.2.1/", -22, 0},
		{"192.0.2.1/33", -22, 0},
		{"192.0.2.1/0", -22, 0},
		{"192.0.2.1/2x", -22, 0},
		{"192.0.2.1/0024", -22, 0},
		{"/24", -22, 0},
		{"2001:db8::1/129", -22, 0},
		{"2001:0db8:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001/64", -22, 0},
	};
	struct stack_addr addr;
	uint8_t bits;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
			stack_addr_parse_prefix(&addr, &bits, cases[i].text), cases[i].status);
		if (cases[i].status == 0)
			assert_int_equal(bits, cases[i].bits);
	}
}

static void formats(void **state)
{
	char text[STACK_ADDR_TEXT_SIZE];
	struct stack_addr addr;

	(void)state;
	assert_int_equal(stack_addr_parse(&addr, "192.0.2.1"), 0);
	assert_string_equal(stack_addr_format(&addr, text), "192.0.2.1");
	addr.port = 1883;
	assert_string_equal(stack_addr_format(&addr, text), "192.0.2.1:1883");
	assert_int_equal(stack_addr_parse(&addr, "2001:db8::1"), 0);
	addr.port = 65535;
	assert_string_equal(stack_addr_format(&addr, text), "[2001:db8::1]:65535");
	assert_int_equal(stack_addr_parse(&addr, ""), 0);
	addr.port = 7;
	assert_string_equal(stack_addr_format(&addr, text), "*:7");
}

static void equality(void **state)
{
	struct stack_addr a, b;

	(void)state;
	assert_int_equal(stack_addr_parse(&a, "192.0.2.1"), 0);
	b = a;
	assert_true(stack_addr_is_equal(&a, &b));
	b.port = 1;
	assert_false(stack_addr_is_equal(&a, &b));
	b = a;
	b.bytes[3] ^= 1;
	assert_false(stack_addr_is_equal(&a, &b));
	b = a;
	b.family = STACK_FAMILY_IPV6;
	assert_false(stack_addr_is_equal(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(formats),
		cmocka_unit_test(equality),
	};

	return cmocka_run_group_tests_name("stack_addr", tests, NULL, NULL);
}
