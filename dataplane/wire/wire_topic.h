#ifndef WIRE_TOPIC_H
#define WIRE_TOPIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire_packet.h"

/*
 * UTF-8 strings, topic names and topic filters (MQTT 5: 1.5.4, 4.7, 4.8.2).
 *
 * Layer:     wire (C library only)
 * Thread:    any; no state
 * Ownership: borrows its input
 * Errors:    negative values of wire_error.h
 */

/*
 * 0, or -WIRE_E_UTF8 (1.5.4-1, 1.5.4-2: ill-formed, overlong, surrogate, above U+10FFFF, U+0000),
 * or -WIRE_E_CONTROL (U+0001 to U+001F, U+007F to U+009F, non-characters) unless `lenient` has
 * WIRE_LENIENT_TEXT.
 */
int wire_utf8_check(struct wire_str text, uint8_t lenient) __attribute__((warn_unused_result));

/* Well-formed and without U+0000, or simply well-formed (a payload may hold U+0000; 3.3.2.3.2). */
bool wire_utf8_is_valid(struct wire_str text);
bool wire_utf8_is_payload(const uint8_t *data, size_t bytes);

/*
 * 0, or what is wrong with a topic name (4.7.1, 4.7.3): encoding as above, empty, wildcard, more
 * than `max_levels` levels (0: no limit).
 */
int wire_topic_check(struct wire_str name, uint8_t lenient, unsigned max_levels)
	__attribute__((warn_unused_result));

/*
 * Takes a filter apart: fills text, share, filter, levels, has_wildcard and error of `out`, clears
 * the rest. Knows $share/{name}/{filter} (4.8.2) and the older $queue/{filter}, whose share name is
 * "$queue". Returns out->error: 0 or what is wrong with the syntax; the encoding is not checked
 * (decoders have, else use wire_utf8_check). `max_levels` is for the filter without the share
 * prefix, 0: no limit.
 */
int wire_filter_parse(struct wire_filter *out, struct wire_str text, unsigned max_levels);

unsigned wire_topic_levels(struct wire_str text); /* 1 + number of '/' */

/*
 * Whether a filter (without share prefix) matches a topic name (4.7.2, 4.7.3): for tests and for
 * lists of few filters; many are the topic index's work.
 */
bool wire_topic_matches(struct wire_str filter, struct wire_str topic);

#endif
