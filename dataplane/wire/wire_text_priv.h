#ifndef WIRE_TEXT_PRIV_H
#define WIRE_TEXT_PRIV_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/*
 * Eight bytes of text at a time. Nearly all topics and strings are plain ASCII, and none of these
 * tests depends on the order of the bytes in the word.
 */

#define WIRE_TEXT_EACH(byte) (UINT64_C(0x0101010101010101) * (uint64_t)(byte))

static inline uint64_t wire_text_load8(const uint8_t *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

/* Whether some byte of `word` is zero; exact as a yes or no. */
static inline bool wire_text_has_zero(uint64_t word)
{
	return ((word - WIRE_TEXT_EACH(1)) & ~word & WIRE_TEXT_EACH(0x80)) != 0;
}

/* All bytes from U+0020 to U+007E: neither multibyte nor a control character. */
static inline bool wire_text_is_plain8(uint64_t word)
{
	uint64_t low = (word - WIRE_TEXT_EACH(0x20)) & ~word;

	return ((word | low) & WIRE_TEXT_EACH(0x80)) == 0 &&
	       !wire_text_has_zero(word ^ WIRE_TEXT_EACH(0x7F));
}

static inline bool wire_text_has_wildcard8(uint64_t word)
{
	return wire_text_has_zero(word ^ WIRE_TEXT_EACH('+')) ||
	       wire_text_has_zero(word ^ WIRE_TEXT_EACH('#'));
}

#endif
