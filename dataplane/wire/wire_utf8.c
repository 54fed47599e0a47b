#include <string.h>

#include "wire_error.h"
#include "wire_text_priv.h"
#include "wire_topic.h"

/* What a scan lets through besides plain text. */
enum { ALLOW_NUL = 1, ALLOW_CONTROL = 2 };

struct range {
	uint8_t low, high; /* of the second byte */
	uint8_t more; /* bytes after the first; 0: no such first byte */
};

/* Unicode 15, table 3-7: keeps out overlong forms, surrogates, and all above U+10FFFF. */
static struct range range_of(uint8_t first)
{
	if (first >= 0xC2 && first <= 0xDF)
		return (struct range){0x80, 0xBF, 1};
	if (first >= 0xE0 && first <= 0xEF)
		return (struct range){first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF, 2};
	if (first >= 0xF0 && first <= 0xF4)
		return (struct range){first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF, 3};
	return (struct range){0, 0, 0};
}

/* Reads one character above U+007F; returns its bytes, 0 when it is ill-formed. */
static size_t character(const uint8_t *at, size_t left, uint32_t *out)
{
	struct range range = range_of(at[0]);

	if (range.more == 0 || left <= range.more || at[1] < range.low || at[1] > range.high)
		return 0;
	uint32_t code = at[0] & (0x3FU >> range.more);
	for (size_t i = 1; i <= range.more; i++) {
		if ((at[i] & 0xC0) != 0x80)
			return 0;
		code = code << 6 | (at[i] & 0x3FU);
	}
	*out = code;
	return (size_t)range.more + 1;
}

static bool is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7F && code <= 0x9F) ||
	       (code >= 0xFDD0 && code <= 0xFDEF) || (code & 0xFFFE) == 0xFFFE;
}

static int scan(const uint8_t *data, size_t bytes, unsigned allow)
{
	int result = 0;

	for (size_t i = 0; i < bytes;) {
		if (bytes - i >= 8 && wire_text_is_plain8(wire_text_load8(data + i))) {
			i += 8;
			continue;
		}
		uint32_t code = data[i];
		size_t step = code < 0x80 ? 1 : character(data + i, bytes - i, &code);

		if (step == 0 || (code == 0 && (allow & ALLOW_NUL) == 0))
			return -WIRE_E_UTF8;
		if ((allow & ALLOW_CONTROL) == 0 && is_control(code))
			result = -WIRE_E_CONTROL;
		i += step;
	}
	return result;
}

int wire_utf8_check(struct wire_str text, uint8_t lenient)
{
	return scan(text.data, text.bytes, lenient & WIRE_LENIENT_TEXT ? ALLOW_CONTROL : 0);
}

bool wire_utf8_is_valid(struct wire_str text)
{
	return scan(text.data, text.bytes, ALLOW_CONTROL) == 0;
}

bool wire_utf8_is_payload(const uint8_t *data, size_t bytes)
{
	return scan(data, bytes, ALLOW_CONTROL | ALLOW_NUL) == 0;
}
