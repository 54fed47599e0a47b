#ifndef RULE_TABLE_H
#define RULE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire_props.h"

/*
 * Compiled access rules: who may publish and subscribe where. The first rule that matches decides.
 *
 * Layer:     rule (base, wire; pure)
 * Thread:    any
 * Ownership: a table is one block of bytes without pointers: control builds it (rule_build.h), the
 *            ring carries it, the worker keeps a copy, aligned to 8
 * Cost:      a check costs the rules up to the first that matches; it allocates nothing
 */

struct rule_table; /* bytes that rule_table_open has accepted */

enum rule_action {
	RULE_PUBLISH = 1 << 0,
	RULE_SUBSCRIBE = 1 << 1,
};

enum rule_verdict {
	RULE_NO_MATCH,
	RULE_ALLOW,
	RULE_DENY,
};

struct rule_who {
	struct wire_str username; /* data NULL: none given; matches no rule that names a user */
	struct wire_str client_id;
	const uint8_t *addr; /* 16 bytes: IPv6, or IPv4 mapped */
};

struct rule_what {
	enum rule_action action;
	uint8_t qos;
	bool retain; /* RULE_PUBLISH only */
	struct wire_str topic; /* name; RULE_SUBSCRIBE: filter, without a share prefix */
};

/*
 * The table in `bytes` bytes at `blob` (aligned to 8), after every length in it was checked; NULL
 * for what is no whole table of this version.
 */
const struct rule_table *rule_table_open(const void *blob, size_t bytes);

/*
 * A subscription is allowed or denied by a rule whose filter covers the filter asked for;
 * `{eq, ...}` compares the texts. A placeholder without a value, with a wildcard in its value, or
 * with a value that would make the topic begin with '$', matches nothing.
 */
enum rule_verdict rule_table_check(
	const struct rule_table *table, const struct rule_who *who, const struct rule_what *what);

/*
 * Whether the verdict on an action of `who` (NULL: of anyone) is the same for every topic, QoS and
 * retain flag, and then which: asked once for a table or a connection, it spares the check of each
 * message. Written only when true is returned.
 */
bool rule_table_is_settled(const struct rule_table *table, const struct rule_who *who,
	enum rule_action action, enum rule_verdict *verdict);

/* Whether every publish and every subscription of anyone is allowed: no check is needed. */
bool rule_table_is_open(const struct rule_table *table);

uint32_t rule_table_len(const struct rule_table *table); /* rules */

#endif
