#include "wire_topic.h"

#include <string.h>

#include "wire_error.h"
#include "wire_text_priv.h"

/* All of it plain ASCII without a wildcard: the one pass that nearly every topic takes. */
static bool is_plain_topic(const uint8_t *data, size_t bytes)
{
	uint64_t tail = WIRE_TEXT_EACH(' ');

	for (; bytes >= 8; data += 8, bytes -= 8) {
		uint64_t word = wire_text_load8(data);

		if (!wire_text_is_plain8(word) || wire_text_has_wildcard8(word))
			return false;
	}
	memcpy(&tail, data, bytes);
	return wire_text_is_plain8(tail) && !wire_text_has_wildcard8(tail);
}

int wire_topic_check(struct wire_str name, uint8_t lenient, unsigned max_levels)
{
	if (name.bytes == 0)
		return -WIRE_E_TOPIC_EMPTY;
	if (name.bytes > WIRE_STRING_MAX)
		return -WIRE_E_TOO_LARGE;
	if (!is_plain_topic(name.data, name.bytes)) {
		int error = wire_utf8_check(name, lenient);

		if (error != 0)
			return error;
		if (memchr(name.data, '+', name.bytes) != NULL ||
			memchr(name.data, '#', name.bytes) != NULL)
			return -WIRE_E_TOPIC_WILDCARD;
	}
	return max_levels != 0 && wire_topic_levels(name) > max_levels ? -WIRE_E_TOPIC_LEVELS : 0;
}

unsigned wire_topic_levels(struct wire_str text)
{
	unsigned levels = 1;

	for (uint32_t i = 0; i < text.bytes; i++)
		levels += text.data[i] == '/';
	return levels;
}

/* The bytes up to the next '/' or the end. */
static uint32_t level_bytes(struct wire_str text)
{
	const uint8_t *slash = text.bytes > 0 ? memchr(text.data, '/', text.bytes) : NULL;

	return slash != NULL ? (uint32_t)(slash - text.data) : text.bytes;
}

static struct wire_str skip(struct wire_str text, uint32_t bytes)
{
	return (struct wire_str){text.data + bytes, text.bytes - bytes};
}

static bool starts_with(struct wire_str text, const char *prefix, uint32_t prefix_bytes)
{
	return text.bytes >= prefix_bytes && memcmp(text.data, prefix, prefix_bytes) == 0;
}

/* Takes the share prefix off: sets share and filter. */
static int share_parse(struct wire_filter *out)
{
	static const char share[] = "$share/", queue[] = "$queue/";
	enum { PREFIX_BYTES = sizeof(share) - 1 };

	out->filter = out->text;
	if (starts_with(out->text, queue, PREFIX_BYTES)) {
		/* its long form, $share/$queue/{filter}, has to be a string too */
		if (out->text.bytes > WIRE_STRING_MAX - PREFIX_BYTES)
			return -WIRE_E_FILTER_SHARE;
		out->share = (struct wire_str){out->text.data, PREFIX_BYTES - 1};
		out->filter = skip(out->text, PREFIX_BYTES);
	} else if (starts_with(out->text, share, PREFIX_BYTES)) {
		struct wire_str rest = skip(out->text, PREFIX_BYTES);
		uint32_t name_bytes = level_bytes(rest);

		if (name_bytes == 0 || name_bytes == rest.bytes ||
			memchr(rest.data, '+', name_bytes) != NULL ||
			memchr(rest.data, '#', name_bytes) != NULL)
			return -WIRE_E_FILTER_SHARE;
		out->share = (struct wire_str){rest.data, name_bytes};
		out->filter = skip(rest, name_bytes + 1);
	}
	return out->share.data != NULL && out->filter.bytes == 0 ? -WIRE_E_FILTER_SHARE : 0;
}

/* One level of `bytes` bytes, 4.7.1. */
static int level_check(const uint8_t *level, uint32_t bytes, bool is_last, bool *has_wildcard)
{
	if (bytes == 0)
		return 0;
	if (memchr(level, '#', bytes) != NULL) {
		*has_wildcard = true;
		return bytes == 1 && is_last ? 0 : -WIRE_E_FILTER_HASH;
	}
	if (memchr(level, '+', bytes) != NULL) {
		*has_wildcard = true;
		return bytes == 1 ? 0 : -WIRE_E_FILTER_PLUS;
	}
	return 0;
}

static int syntax_parse(struct wire_filter *out, unsigned max_levels)
{
	int error = out->text.bytes == 0 ? -WIRE_E_FILTER_EMPTY : share_parse(out);
	struct wire_str rest = out->filter;
	bool is_last = false;

	while (error == 0 && !is_last) {
		uint32_t bytes = level_bytes(rest);

		is_last = bytes == rest.bytes;
		error = level_check(rest.data, bytes, is_last, &out->has_wildcard);
		out->levels++;
		rest = skip(rest, is_last ? bytes : bytes + 1);
	}
	if (error == 0 && max_levels != 0 && out->levels > max_levels)
		return -WIRE_E_FILTER_LEVELS;
	return error;
}

int wire_filter_parse(struct wire_filter *out, struct wire_str text, unsigned max_levels)
{
	memset(out, 0, sizeof(*out));
	out->text = text;
	out->error =
		text.bytes > WIRE_STRING_MAX ? -WIRE_E_TOO_LARGE : syntax_parse(out, max_levels);
	return out->error;
}

bool wire_topic_matches(struct wire_str filter, struct wire_str topic)
{
	if (filter.bytes == 0 || topic.bytes == 0)
		return false;
	if (topic.data[0] == '$' && (filter.data[0] == '+' || filter.data[0] == '#'))
		return false;
	for (;;) {
		uint32_t want = level_bytes(filter), have = level_bytes(topic);

		if (want == 1 && filter.data[0] == '#')
			return true;
		bool is_any = want == 1 && filter.data[0] == '+';
		if (!is_any && (want != have || memcmp(filter.data, topic.data, want) != 0))
			return false;
		if (have == topic.bytes) {
			struct wire_str rest = skip(filter, want);

			/* "sport/#" also matches "sport" (4.7.1.2). */
			return rest.bytes == 0 ||
			       (rest.bytes == 2 && memcmp(rest.data, "/#", 2) == 0);
		}
		if (want == filter.bytes)
			return false;
		filter = skip(filter, want + 1);
		topic = skip(topic, have + 1);
	}
}
