#include "rule_table.h"

#include <string.h>

#include "rule_build.h"
#include "rule_priv.h"

static const struct rule_head *first_rule(const struct rule_table *table)
{
	return (const struct rule_head *)(table + 1);
}

static const struct rule_head *next_rule(const struct rule_head *head)
{
	return (const struct rule_head *)(const void *)((const uint8_t *)head + head->bytes);
}

/* Checks one condition with all in it; returns what lies behind, or NULL. */
static const uint8_t *condition_end(const uint8_t *at, const uint8_t *end, unsigned depth)
{
	const struct rule_condition *c = (const void *)at;
	size_t bytes;

	if (depth > RULE_DEPTH_MAX || (size_t)(end - at) < sizeof(*c) ||
		c->kind > RULE_CONDITION_OR)
		return NULL;
	bytes = rule_condition_bytes(c);
	if ((size_t)(end - at) < bytes)
		return NULL;
	if (c->kind == RULE_CONDITION_NETWORK &&
		((const struct rule_network *)(const void *)(c + 1))->prefix_bits > 128)
		return NULL;
	at += bytes;
	if (c->kind == RULE_CONDITION_AND || c->kind == RULE_CONDITION_OR)
		for (unsigned i = 0; i < c->len && at != NULL; i++)
			at = condition_end(at, end, depth + 1);
	return at;
}

static bool rule_is_whole(const struct rule_head *head, size_t left)
{
	const uint8_t *at = (const uint8_t *)(head + 1), *end;

	if (left < sizeof(*head) || head->bytes < sizeof(*head) || head->bytes > left ||
		head->bytes % 4 != 0 || head->retain > RULE_RETAIN_FALSE)
		return false;
	end = (const uint8_t *)head + head->bytes;
	if ((size_t)(end - at) < head->condition_bytes ||
		condition_end(at, at + head->condition_bytes, 0) != at + head->condition_bytes)
		return false;
	at += head->condition_bytes;
	for (unsigned i = 0; i < head->topic_len; i++) {
		const struct rule_topic *topic = (const void *)at;

		if ((size_t)(end - at) < sizeof(*topic) ||
			(size_t)(end - at) - sizeof(*topic) < rule_padded(topic->bytes))
			return false;
		at += sizeof(*topic) + rule_padded(topic->bytes);
	}
	return at == end;
}

const struct rule_table *rule_table_open(const void *blob, size_t bytes)
{
	const struct rule_table *table = blob;
	const uint8_t *end = (const uint8_t *)blob + bytes;
	const struct rule_head *head;

	if (bytes < sizeof(*table) || (uintptr_t)blob % 8 != 0 || table->magic != RULE_MAGIC ||
		table->version != RULE_VERSION || table->bytes != bytes)
		return NULL;
	head = first_rule(table);
	for (uint32_t i = 0; i < table->rule_len; i++) {
		if (!rule_is_whole(head, (size_t)(end - (const uint8_t *)head)))
			return NULL;
		head = next_rule(head);
	}
	return (const uint8_t *)head == end ? table : NULL;
}

uint32_t rule_table_len(const struct rule_table *table)
{
	return table->rule_len;
}

static bool is_same_text(struct wire_str value, const void *text, size_t bytes)
{
	return value.data != NULL && value.bytes == bytes && memcmp(value.data, text, bytes) == 0;
}

static bool is_in_network(const uint8_t *addr, const struct rule_network *network)
{
	unsigned whole = network->prefix_bits / 8, rest = network->prefix_bits % 8;

	if (memcmp(addr, network->addr, whole) != 0)
		return false;
	return rest == 0 || ((addr[whole] ^ network->addr[whole]) >> (8 - rest)) == 0;
}

/* Decides one condition and moves `*at` behind it, and behind all that is in it. */
static bool condition_holds(const uint8_t **at, const struct rule_who *who)
{
	const struct rule_condition *c = (const void *)*at;
	const void *payload = c + 1;
	bool holds;

	*at += rule_condition_bytes(c);
	switch ((enum rule_condition_kind)c->kind) {
	case RULE_CONDITION_ALL:
		return true;
	case RULE_CONDITION_USERNAME:
		return is_same_text(who->username, payload, c->len);
	case RULE_CONDITION_CLIENT_ID:
		return is_same_text(who->client_id, payload, c->len);
	case RULE_CONDITION_NETWORK:
		return is_in_network(who->addr, payload);
	case RULE_CONDITION_AND:
	case RULE_CONDITION_OR:
		break;
	}
	holds = c->kind == RULE_CONDITION_AND;
	for (unsigned i = 0; i < c->len; i++) {
		bool one = condition_holds(at, who);

		holds = c->kind == RULE_CONDITION_AND ? holds && one : holds || one;
	}
	return holds;
}

static bool applies(const struct rule_head *head, const struct rule_what *what)
{
	if ((head->actions & what->action) == 0 || (head->qos_mask >> what->qos & 1) == 0)
		return false;
	if (what->action != RULE_PUBLISH || head->retain == RULE_RETAIN_ANY)
		return true;
	return (head->retain == RULE_RETAIN_TRUE) == what->retain;
}

enum rule_verdict rule_table_check(
	const struct rule_table *table, const struct rule_who *who, const struct rule_what *what)
{
	const struct rule_head *head = first_rule(table);

	for (uint32_t i = 0; i < table->rule_len; i++, head = next_rule(head)) {
		const uint8_t *at = (const uint8_t *)(head + 1);

		if (!applies(head, what) || !condition_holds(&at, who))
			continue;
		if (head->topic_len == 0 || rule_topics_match(at, head->topic_len, who, what))
			return head->allow ? RULE_ALLOW : RULE_DENY;
	}
	return RULE_NO_MATCH;
}

/* Whether the rule applies to every topic, QoS and retain flag. */
static bool takes_all(const struct rule_head *head, enum rule_action action)
{
	return head->topic_len == 0 && (head->qos_mask & RULE_ANY_QOS) == RULE_ANY_QOS &&
	       (action != RULE_PUBLISH || head->retain == RULE_RETAIN_ANY);
}

static bool is_for_anyone(const struct rule_head *head)
{
	return ((const struct rule_condition *)(const void *)(head + 1))->kind ==
	       RULE_CONDITION_ALL;
}

/* Rules that apply to some messages only must agree with the one that takes the others. */
bool rule_table_is_settled(const struct rule_table *table, const struct rule_who *who,
	enum rule_action action, enum rule_verdict *verdict)
{
	const struct rule_head *head = first_rule(table);
	enum rule_verdict partial = RULE_NO_MATCH;

	for (uint32_t i = 0; i < table->rule_len; i++, head = next_rule(head)) {
		const uint8_t *at = (const uint8_t *)(head + 1);
		enum rule_verdict one = head->allow ? RULE_ALLOW : RULE_DENY;

		if ((head->actions & action) == 0 || (who != NULL && !condition_holds(&at, who)))
			continue;
		if (partial != RULE_NO_MATCH && partial != one)
			return false;
		if (takes_all(head, action) && (who != NULL || is_for_anyone(head))) {
			*verdict = one;
			return true;
		}
		partial = one;
	}
	if (partial != RULE_NO_MATCH)
		return false;
	*verdict = RULE_NO_MATCH;
	return true;
}

bool rule_table_is_open(const struct rule_table *table)
{
	enum rule_verdict publish = RULE_DENY, subscribe = RULE_DENY;

	return rule_table_is_settled(table, NULL, RULE_PUBLISH, &publish) &&
	       rule_table_is_settled(table, NULL, RULE_SUBSCRIBE, &subscribe) &&
	       publish == RULE_ALLOW && subscribe == RULE_ALLOW;
}
