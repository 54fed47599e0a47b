#include <string.h>

#include "rule_priv.h"
#include "wire_topic.h"

/* Whether a level of a rule's filter takes in a level of what is asked for. */
static bool level_covers(struct wire_str rule, struct wire_str asked)
{
	if (rule.bytes == 1 && rule.data[0] == '+')
		return asked.bytes != 1 || asked.data[0] != '#';
	return rule.bytes == asked.bytes && memcmp(rule.data, asked.data, rule.bytes) == 0;
}

/* Takes a level off `rest`, whose data is NULL behind the last one. */
static struct wire_str take_level(struct wire_str *rest)
{
	struct wire_str level = *rest;
	const uint8_t *slash = rest->bytes > 0 ? memchr(rest->data, '/', rest->bytes) : NULL;

	if (slash == NULL) {
		rest->data = NULL;
		return level;
	}
	level.bytes = (uint32_t)(slash - rest->data);
	rest->bytes -= level.bytes + 1;
	rest->data = slash + 1;
	return level;
}

static bool is_text(struct wire_str text, const char *want)
{
	return text.bytes == strlen(want) && memcmp(text.data, want, text.bytes) == 0;
}

/*
 * Whether every topic that `asked` selects is selected by `rule`: as a match of topic names, but a
 * '#' that is asked for needs a '#'. As a name has at least one level, "+/#" is as wide as "#".
 */
static bool filter_covers(struct wire_str rule, struct wire_str asked)
{
	bool is_hidden = asked.bytes > 0 && asked.data[0] == '$';
	bool is_first = true;

	if (is_text(rule, "+/#") && is_text(asked, "#"))
		return true;
	while (rule.data != NULL) {
		struct wire_str level = take_level(&rule);
		bool is_pound = level.bytes == 1 && level.data[0] == '#';

		if (is_first && is_hidden && level.bytes == 1 && (is_pound || level.data[0] == '+'))
			return false;
		is_first = false;
		if (is_pound)
			return true;
		if (asked.data == NULL || !level_covers(level, take_level(&asked)))
			return false;
	}
	return asked.data == NULL;
}

static bool text_matches(bool literal, struct wire_str rule, const struct rule_what *what)
{
	if (literal)
		return rule.bytes == what->topic.bytes &&
		       memcmp(rule.data, what->topic.data, rule.bytes) == 0;
	if (what->action == RULE_PUBLISH)
		return wire_topic_matches(rule, what->topic);
	return filter_covers(rule, what->topic);
}

/* The value of the placeholder that `text` begins with, if it does, and its length there. */
static bool placeholder(
	struct wire_str text, const struct rule_who *who, struct wire_str *value, uint32_t *bytes)
{
	static const char client_id[] = "${clientid}", username[] = "${username}";

	if (text.bytes >= sizeof(client_id) - 1 &&
		memcmp(text.data, client_id, sizeof(client_id) - 1) == 0) {
		*value = who->client_id;
		*bytes = sizeof(client_id) - 1;
		return true;
	}
	if (text.bytes >= sizeof(username) - 1 &&
		memcmp(text.data, username, sizeof(username) - 1) == 0) {
		*value = who->username;
		*bytes = sizeof(username) - 1;
		return true;
	}
	return false;
}

static bool is_usable(struct wire_str value)
{
	return value.data != NULL && value.bytes > 0 &&
	       memchr(value.data, '+', value.bytes) == NULL &&
	       memchr(value.data, '#', value.bytes) == NULL;
}

/*
 * The same with the placeholders filled in. No topic is longer than the buffer, so what does not
 * fit matches none.
 */
static bool filled_matches(bool literal, struct wire_str rule, const struct rule_who *who,
	const struct rule_what *what)
{
	uint8_t text[UINT16_MAX];
	uint32_t at = 0;

	for (uint32_t i = 0; i < rule.bytes;) {
		struct wire_str rest = {rule.data + i, rule.bytes - i}, value = {rest.data, 1};
		uint32_t taken = 1;

		if (placeholder(rest, who, &value, &taken) &&
			(!is_usable(value) || (at == 0 && value.data[0] == '$')))
			return false;
		if (value.bytes > sizeof(text) - at)
			return false;
		memcpy(text + at, value.data, value.bytes);
		at += value.bytes;
		i += taken;
	}
	return text_matches(literal, (struct wire_str){text, at}, what);
}

bool rule_topics_match(const uint8_t *at, unsigned topic_len, const struct rule_who *who,
	const struct rule_what *what)
{
	for (unsigned i = 0; i < topic_len; i++) {
		const struct rule_topic *topic = (const void *)at;
		struct wire_str text = {at + sizeof(*topic), topic->bytes};
		bool is_plain = memchr(text.data, '$', text.bytes) == NULL ||
				memmem(text.data, text.bytes, "${", 2) == NULL;

		if (is_plain ? text_matches(topic->literal != 0, text, what)
			     : filled_matches(topic->literal != 0, text, who, what))
			return true;
		at += sizeof(*topic) + rule_padded(topic->bytes);
	}
	return false;
}
