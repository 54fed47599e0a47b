#include "rule_build.h"

#include <errno.h>
#include <string.h>

#include "rule_priv.h"

static void fail(struct rule_build *b, int error)
{
	if (b->error == 0)
		b->error = error;
}

/* Appends a head and its text, padded with zeros. */
static void append(struct rule_build *b, const void *head, size_t head_bytes, const void *text,
	size_t text_bytes)
{
	size_t bytes = head_bytes + rule_padded(text_bytes);

	if (b->error != 0)
		return;
	if (b->size - b->at < bytes) {
		fail(b, -ENOSPC);
		return;
	}
	memset(b->buf + b->at, 0, bytes);
	memcpy(b->buf + b->at, head, head_bytes);
	if (text_bytes > 0)
		memcpy(b->buf + b->at + head_bytes, text, text_bytes);
	b->at += bytes;
}

/* Writes the length of the rule that ends here into its head. */
static void close_rule(struct rule_build *b)
{
	struct rule_head head;

	if (b->rule_at == 0 || b->error != 0)
		return;
	if (b->conditions_open > 0) {
		fail(b, -EINVAL);
		return;
	}
	memcpy(&head, b->buf + b->rule_at, sizeof(head));
	head.bytes = (uint32_t)(b->at - b->rule_at);
	memcpy(b->buf + b->rule_at, &head, sizeof(head));
}

void rule_build_begin(struct rule_build *b, void *buf, size_t size)
{
	struct rule_table table = {.magic = RULE_MAGIC, .version = RULE_VERSION};

	*b = (struct rule_build){.buf = buf, .size = size};
	append(b, &table, sizeof(table), NULL, 0);
}

void rule_build_rule(struct rule_build *b, bool allow, unsigned actions, unsigned qos_mask,
	enum rule_retain retain)
{
	struct rule_head head = {
		.allow = allow,
		.actions = (uint8_t)actions,
		.qos_mask = (uint8_t)qos_mask,
		.retain = (uint8_t)retain,
	};

	close_rule(b);
	b->rule_at = b->at;
	b->rule_len++;
	b->conditions_open = 1;
	append(b, &head, sizeof(head), NULL, 0);
}

static void add_condition(struct rule_build *b, enum rule_condition_kind kind, uint32_t len,
	const void *payload, size_t payload_bytes)
{
	struct rule_condition c = {.kind = (uint16_t)kind, .len = (uint16_t)len};
	struct rule_head head;

	if (b->rule_at == 0 || b->conditions_open == 0 || len > UINT16_MAX) {
		fail(b, -EINVAL);
		return;
	}
	b->conditions_open--;
	append(b, &c, sizeof(c), payload, payload_bytes);
	if (b->error != 0)
		return;
	if (b->at - b->rule_at - sizeof(head) > UINT16_MAX) {
		fail(b, -EINVAL);
		return;
	}
	memcpy(&head, b->buf + b->rule_at, sizeof(head));
	head.condition_bytes = (uint16_t)(b->at - b->rule_at - sizeof(head));
	memcpy(b->buf + b->rule_at, &head, sizeof(head));
}

void rule_build_all(struct rule_build *b)
{
	add_condition(b, RULE_CONDITION_ALL, 0, NULL, 0);
}

void rule_build_username(struct rule_build *b, struct wire_str name)
{
	add_condition(b, RULE_CONDITION_USERNAME, name.bytes, name.data, name.bytes);
}

void rule_build_client_id(struct rule_build *b, struct wire_str id)
{
	add_condition(b, RULE_CONDITION_CLIENT_ID, id.bytes, id.data, id.bytes);
}

void rule_build_network(struct rule_build *b, const uint8_t *addr, unsigned prefix_bits)
{
	struct rule_network network = {.prefix_bits = prefix_bits};

	if (prefix_bits > 128) {
		fail(b, -EINVAL);
		return;
	}
	memcpy(network.addr, addr, sizeof(network.addr));
	add_condition(b, RULE_CONDITION_NETWORK, sizeof(network), &network, sizeof(network));
}

void rule_build_and(struct rule_build *b, uint16_t len)
{
	add_condition(b, RULE_CONDITION_AND, len, NULL, 0);
	b->conditions_open += len;
}

void rule_build_or(struct rule_build *b, uint16_t len)
{
	add_condition(b, RULE_CONDITION_OR, len, NULL, 0);
	b->conditions_open += len;
}

void rule_build_topic(struct rule_build *b, bool literal, struct wire_str filter)
{
	struct rule_topic topic = {.literal = literal, .bytes = (uint16_t)filter.bytes};
	struct rule_head head;

	if (b->rule_at == 0 || b->conditions_open > 0 || filter.bytes > UINT16_MAX) {
		fail(b, -EINVAL);
		return;
	}
	append(b, &topic, sizeof(topic), filter.data, filter.bytes);
	if (b->error != 0)
		return;
	memcpy(&head, b->buf + b->rule_at, sizeof(head));
	if (head.topic_len == UINT16_MAX) {
		fail(b, -EINVAL);
		return;
	}
	head.topic_len++;
	memcpy(b->buf + b->rule_at, &head, sizeof(head));
}

/* Opens what was built, which checks the nesting too. */
int rule_build_end(struct rule_build *b)
{
	struct rule_table table = {.magic = RULE_MAGIC, .version = RULE_VERSION};

	close_rule(b);
	if (b->error != 0)
		return b->error;
	table.bytes = (uint32_t)b->at;
	table.rule_len = b->rule_len;
	memcpy(b->buf, &table, sizeof(table));
	return rule_table_open(b->buf, b->at) == NULL ? -EINVAL : (int)b->at;
}
