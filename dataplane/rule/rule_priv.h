#ifndef RULE_PRIV_H
#define RULE_PRIV_H

#include "rule_table.h"

/*
 * Layout of a table: its head; then for each rule a head, one condition in prefix order, and the
 * topics. Each part is padded to 4 bytes.
 *
 * Layer:  rule
 * Thread: any
 */

enum { RULE_MAGIC = 0x454c5552 /* "RULE" */, RULE_VERSION = 1 };

struct rule_table {
	uint32_t magic;
	uint32_t version;
	uint32_t bytes; /* of the whole table */
	uint32_t rule_len;
};

struct rule_head {
	uint32_t bytes; /* of the whole rule */
	uint8_t allow;
	uint8_t actions;
	uint8_t qos_mask;
	uint8_t retain; /* enum rule_retain */
	uint16_t topic_len;
	uint16_t condition_bytes;
};

enum rule_condition_kind {
	RULE_CONDITION_ALL,
	RULE_CONDITION_USERNAME,
	RULE_CONDITION_CLIENT_ID,
	RULE_CONDITION_NETWORK,
	RULE_CONDITION_AND, /* len: of conditions that follow */
	RULE_CONDITION_OR,
};

/* Head of a condition; `len` bytes of text follow, or a struct rule_network. */
struct rule_condition {
	uint16_t kind;
	uint16_t len;
};

struct rule_network {
	uint8_t addr[16];
	uint32_t prefix_bits;
};

/* Head of a topic; its text follows. */
struct rule_topic {
	uint16_t literal;
	uint16_t bytes;
};

static inline size_t rule_padded(size_t bytes)
{
	return (bytes + 3) & ~(size_t)3;
}

/* Bytes of a condition without the conditions in it. */
static inline size_t rule_condition_bytes(const struct rule_condition *c)
{
	switch ((enum rule_condition_kind)c->kind) {
	case RULE_CONDITION_USERNAME:
	case RULE_CONDITION_CLIENT_ID:
		return sizeof(*c) + rule_padded(c->len);
	case RULE_CONDITION_NETWORK:
		return sizeof(*c) + sizeof(struct rule_network);
	case RULE_CONDITION_ALL:
	case RULE_CONDITION_AND:
	case RULE_CONDITION_OR:
		break;
	}
	return sizeof(*c);
}

/* Whether one of the topics at `at` matches what is asked for. */
bool rule_topics_match(const uint8_t *at, unsigned topic_len, const struct rule_who *who,
	const struct rule_what *what);

#endif
