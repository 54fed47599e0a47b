#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codec.h"
#include "guard.h"
#include "wire_error.h"
#include "wire_topic.h"

enum { BYTES_MAX = 256 };

static struct wire_str str(const char *text)
{
	return (struct wire_str){(const uint8_t *)text, (uint32_t)strlen(text)};
}

static const struct {
	const char *bytes;
	int error; /* strict */
} strings[] = {
	{"''", 0},
	{"'plain ASCII~'", 0},
	{"c280", -WIRE_E_CONTROL},
	{"c29f", -WIRE_E_CONTROL},
	{"c2a0", 0},
	{"dfbf", 0},
	{"e0a080", 0},
	{"ed9fbf", 0}, /* U+D7FF, the last before the surrogates */
	{"ee8080", 0}, /* U+E000, the first after */
	{"efbbbf", 0}, /* BOM, U+FEFF */
	{"efbfbd", 0},
	{"efb78f", 0}, /* U+FDCF */
	{"efb790", -WIRE_E_CONTROL}, /* U+FDD0 */
	{"efb7af", -WIRE_E_CONTROL}, /* U+FDEF */
	{"efb7b0", 0},
	{"efbfbe", -WIRE_E_CONTROL}, /* U+FFFE */
	{"efbfbf", -WIRE_E_CONTROL},
	{"f0908080", 0},
	{"f09fbfbe", -WIRE_E_CONTROL}, /* U+1FFFE */
	{"f48fbfbd", 0},
	{"f48fbfbf", -WIRE_E_CONTROL}, /* U+10FFFF */
	{"01", -WIRE_E_CONTROL},
	{"1f", -WIRE_E_CONTROL},
	{"7f", -WIRE_E_CONTROL},
	{"00", -WIRE_E_UTF8},
	{"c080", -WIRE_E_UTF8}, /* U+0000 overlong */
	{"c1bf", -WIRE_E_UTF8},
	{"e09fbf", -WIRE_E_UTF8},
	{"f08fbfbf", -WIRE_E_UTF8},
	{"eda080", -WIRE_E_UTF8}, /* U+D800 */
	{"edbfbf", -WIRE_E_UTF8}, /* U+DFFF */
	{"f4908080", -WIRE_E_UTF8}, /* U+110000 */
	{"f5808080", -WIRE_E_UTF8},
	{"f888808080", -WIRE_E_UTF8},
	{"fe", -WIRE_E_UTF8},
	{"ff", -WIRE_E_UTF8},
	{"80", -WIRE_E_UTF8},
	{"bf", -WIRE_E_UTF8},
	{"c2", -WIRE_E_UTF8},
	{"c2 'x'", -WIRE_E_UTF8},
	{"e282", -WIRE_E_UTF8},
	{"e28228", -WIRE_E_UTF8},
	{"f09f98", -WIRE_E_UTF8},
	{"f0289f98", -WIRE_E_UTF8},
	{"f09f9828", -WIRE_E_UTF8},
	{"c2c2a0", -WIRE_E_UTF8},
	{"c2a0 e0a080 f0908080 c2a0", 0}, /* one right after the other */
	{"c2a0 80", -WIRE_E_UTF8},
	{"e0a080 00", -WIRE_E_UTF8},
	{"f0908080 ff", -WIRE_E_UTF8},
	{"c2a0 07", -WIRE_E_CONTROL},
};

/* Each string at each distance from the borders of the eight-byte steps, and up against the guard page. */
static void utf8_corner_cases(void **state)
{
	char padding[20];
	uint8_t bytes[BYTES_MAX];

	memset(padding, 'x', sizeof(padding));
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		for (size_t before = 0; before < 18; before++)
			for (size_t after = 0; after < 18; after += 17) {
				size_t n = before;

				memcpy(bytes, padding, before);
				n += codec_bytes(bytes + n, 16, strings[i].bytes);
				memcpy(bytes + n, padding, after);
				n += after;
				struct wire_str s = {guard_place(*state, bytes, n), (uint32_t)n};

				assert_int_equal(wire_utf8_check(s, 0), strings[i].error);
				int lenient = strings[i].error == -WIRE_E_UTF8 ? -WIRE_E_UTF8 : 0;
				assert_int_equal(wire_utf8_check(s, WIRE_LENIENT_TEXT), lenient);
				assert_int_equal(wire_utf8_is_valid(s), lenient == 0);
			}
}

/* Every single byte, alone and among others: the fast path agrees with the definition. */
static void each_ascii_character_is_judged(void **state)
{
	uint8_t bytes[16];

	for (unsigned c = 0; c < 256; c++)
		for (size_t at = 0; at < sizeof(bytes); at++) {
			memset(bytes, 'x', sizeof(bytes));
			bytes[at] = (uint8_t)c;
			struct wire_str s = {
				guard_place(*state, bytes, sizeof(bytes)), sizeof(bytes)};
			int want = c == 0 || c >= 0x80     ? -WIRE_E_UTF8
				   : c < 0x20 || c == 0x7F ? -WIRE_E_CONTROL
							   : 0;

			assert_int_equal(wire_utf8_check(s, 0), want);
			if (c == '+' || c == '#')
				want = -WIRE_E_TOPIC_WILDCARD;
			assert_int_equal(wire_topic_check(s, 0, 0), want);
		}
}

/* Every code point from U+0001: encoded here by the definition, and judged well-formed but for surrogates. */
static void each_code_point_is_judged(void **state)
{
	(void)state;
	for (uint32_t code = 0x80; code <= 0x10FFFF; code += code < 0x3000 ? 1 : 7) {
		uint8_t b[4];
		uint32_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

		for (uint32_t i = n; i-- > 1;)
			b[i] = (uint8_t)(0x80 | (code >> 6 * (n - 1 - i) & 0x3F));
		b[0] = (uint8_t)((0xF00U >> n & 0xFF) | code >> 6 * (n - 1));
		bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;

		assert_int_equal(wire_utf8_is_valid((struct wire_str){b, n}), !is_surrogate);
	}
}

/* 3.3.2.3.2: a payload is text with U+0000 allowed. */
static void payloads_may_have_null(void **state)
{
	(void)state;
	assert_true(wire_utf8_is_payload((const uint8_t *)"a\0b", 3));
	assert_true(wire_utf8_is_payload(NULL, 0));
	assert_false(wire_utf8_is_payload((const uint8_t *)"a\xff", 2));
}

static void topic_names_are_checked(void **state)
{
	static uint8_t huge[WIRE_STRING_MAX + 1];

	(void)state;
	memset(huge, '/', sizeof(huge));
	assert_int_equal(wire_topic_check((struct wire_str){huge, WIRE_STRING_MAX}, 0, 0), 0);
	assert_int_equal(
		wire_topic_check((struct wire_str){huge, sizeof(huge)}, 0, 0), -WIRE_E_TOO_LARGE);
	assert_int_equal(wire_topic_levels((struct wire_str){huge, 1000}), 1001);
	assert_int_equal(wire_topic_check(str(""), 0, 0), -WIRE_E_TOPIC_EMPTY);
	assert_int_equal(wire_topic_check(str("a/b/c"), 0, 3), 0);
	assert_int_equal(wire_topic_check(str("a/b/c"), 0, 2), -WIRE_E_TOPIC_LEVELS);
	assert_int_equal(wire_topic_check(str("\xc3\xa4/+"), 0, 0), -WIRE_E_TOPIC_WILDCARD);
	assert_int_equal(wire_topic_check(str("\xc3\xa4/b"), 0, 0), 0);
	assert_int_equal(wire_topic_check(str("a\x01"), WIRE_LENIENT_TEXT, 0), 0);
	assert_int_equal(wire_topic_check(str("a\x01"), 0, 0), -WIRE_E_CONTROL);
}

static const struct {
	const char *text;
	int error;
	const char *share, *filter;
	unsigned levels;
	bool has_wildcard;
} filters[] = {
	{"a", 0, NULL, "a", 1, false},
	{"/", 0, NULL, "/", 2, false},
	{"#", 0, NULL, "#", 1, true},
	{"+", 0, NULL, "+", 1, true},
	{"+/+/#", 0, NULL, "+/+/#", 3, true},
	{"/+", 0, NULL, "/+", 2, true},
	{"a//b", 0, NULL, "a//b", 3, false},
	{"a/", 0, NULL, "a/", 2, false},
	{"", -WIRE_E_FILTER_EMPTY, NULL, NULL, 0, false},
	{"a#", -WIRE_E_FILTER_HASH, NULL, NULL, 0, false},
	{"#a", -WIRE_E_FILTER_HASH, NULL, NULL, 0, false},
	{"a/#/b", -WIRE_E_FILTER_HASH, NULL, NULL, 0, false},
	{"#/", -WIRE_E_FILTER_HASH, NULL, NULL, 0, false},
	{"##", -WIRE_E_FILTER_HASH, NULL, NULL, 0, false},
	{"+#", -WIRE_E_FILTER_HASH, NULL, NULL, 0, false},
	{"a+", -WIRE_E_FILTER_PLUS, NULL, NULL, 0, false},
	{"+a/b", -WIRE_E_FILTER_PLUS, NULL, NULL, 0, false},
	{"++", -WIRE_E_FILTER_PLUS, NULL, NULL, 0, false},
	{"$share/g/a/#", 0, "g", "a/#", 2, true},
	{"$share/g//", 0, "g", "/", 2, false},
	{"$share/g/", -WIRE_E_FILTER_SHARE, NULL, NULL, 0, false},
	{"$share/g", -WIRE_E_FILTER_SHARE, NULL, NULL, 0, false},
	{"$share/", -WIRE_E_FILTER_SHARE, NULL, NULL, 0, false},
	{"$share//a", -WIRE_E_FILTER_SHARE, NULL, NULL, 0, false},
	{"$share/+/a", -WIRE_E_FILTER_SHARE, NULL, NULL, 0, false},
	{"$share/g#/a", -WIRE_E_FILTER_SHARE, NULL, NULL, 0, false},
	{"$share/g/a#", -WIRE_E_FILTER_HASH, NULL, NULL, 0, false},
	{"$share", 0, NULL, "$share", 1, false},
	{"$shared/g/a", 0, NULL, "$shared/g/a", 3, false},
	{"$queue/a/+", 0, "$queue", "a/+", 2, true},
	{"$queue/", -WIRE_E_FILTER_SHARE, NULL, NULL, 0, false},
	{"$SYS/#", 0, NULL, "$SYS/#", 2, true},
};

static void filters_are_taken_apart(void **state)
{
	static uint8_t huge[WIRE_STRING_MAX + 1];
	struct wire_filter out;

	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		size_t n = strlen(filters[i].text);
		struct wire_str text = {guard_place(*state, filters[i].text, n), (uint32_t)n};
		int error = wire_filter_parse(&out, text, 0);

		if (error != filters[i].error)
			fail_msg("%s: %s", filters[i].text, wire_error_name(error));
		assert_int_equal(out.error, error);
		if (error != 0) {
			assert_int_equal(wire_error_reason(error), 0x8F);
			continue;
		}
		assert_int_equal(out.filter.bytes, strlen(filters[i].filter));
		assert_memory_equal(out.filter.data, filters[i].filter, out.filter.bytes);
		assert_int_equal(out.levels, filters[i].levels);
		assert_int_equal(out.has_wildcard, filters[i].has_wildcard);
		assert_int_equal(out.share.data != NULL, filters[i].share != NULL);
		if (filters[i].share != NULL) {
			assert_int_equal(out.share.bytes, strlen(filters[i].share));
			assert_memory_equal(out.share.data, filters[i].share, out.share.bytes);
		}
	}
	memset(huge, 'x', sizeof(huge));
	struct wire_str longest = {huge, WIRE_STRING_MAX}, longer = {huge, sizeof(huge)};
	assert_int_equal(wire_filter_parse(&out, longest, 0), 0);
	assert_int_equal(wire_filter_parse(&out, longer, 0), -WIRE_E_TOO_LARGE);
	assert_int_equal(wire_filter_parse(&out, str("a/b/c"), 3), 0);
	assert_int_equal(wire_filter_parse(&out, str("a/b/#"), 2), -WIRE_E_FILTER_LEVELS);
	assert_int_equal(wire_filter_parse(&out, str("$share/g/a/b"), 2), 0);
	memcpy(huge, "$queue/", 7);
	assert_int_equal(wire_filter_parse(&out, longest, 0), -WIRE_E_FILTER_SHARE);
	longest.bytes -= 7; /* $share/$queue/x... is as long as a string may be */
	assert_int_equal(wire_filter_parse(&out, longest, 0), 0);
	longest.bytes += 7;
	memset(huge, '/', sizeof(huge));
	assert_int_equal(wire_filter_parse(&out, longest, 0), 0);
	assert_int_equal(out.levels, WIRE_STRING_MAX + 1);
	assert_int_equal(wire_filter_parse(&out, longest, 256), -WIRE_E_FILTER_LEVELS);
}

/* 4.7.1, 4.7.2, 4.7.3. */
static void filters_match(void **state)
{
	static const struct {
		const char *filter, *topic;
		bool matches;
	} cases[] = {
		{"a", "a", true},
		{"a", "A", false},
		{"a", "a/", false},
		{"a/", "a", false},
		{"a", "ab", false},
		{"ab", "a", false},
		{"sport/#", "sport", true},
		{"sport/#", "sport/", true},
		{"sport/#", "sport/tennis/player1", true},
		{"sport/#", "sports", false},
		{"sport/+", "sport", false},
		{"sport/+", "sport/", true},
		{"sport/+", "sport/a", true},
		{"sport/+", "sport/a/b", false},
		{"sport/+/#", "sport/a", true},
		{"sport/+/#", "sport", false},
		{"+", "finance", true},
		{"+", "/finance", false},
		{"/+", "/finance", true},
		{"+/+", "/finance", true},
		{"+/b/c", "a/b/c", true},
		{"a/+/c", "a//c", true},
		{"#", "a/b", true},
		{"#", "/", true},
		{"#", "$SYS/x", false},
		{"+/x", "$SYS/x", false},
		{"$SYS/#", "$SYS/x", true},
		{"$SYS/#", "$SYS", true},
		{"$SYS/+", "$SYS/x", true},
		{"a/$b", "a/$b", true},
		{"a/+", "a/$b", true},
		{"a/b", "a/b/c", false},
		{"a/b/c", "a/b", false},
		{"", "a", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (wire_topic_matches(str(cases[i].filter), str(cases[i].topic)) !=
			cases[i].matches)
			fail_msg("%s %s", cases[i].filter, cases[i].topic);
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
		cmocka_unit_test(utf8_corner_cases),
		cmocka_unit_test(each_ascii_character_is_judged),
		cmocka_unit_test(each_code_point_is_judged),
		cmocka_unit_test(payloads_may_have_null),
		cmocka_unit_test(topic_names_are_checked),
		cmocka_unit_test(filters_are_taken_apart),
		cmocka_unit_test(filters_match),
	};

	return cmocka_run_group_tests_name("wire text", tests, setup, teardown);
}
