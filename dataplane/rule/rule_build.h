#ifndef RULE_BUILD_H
#define RULE_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rule_table.h"

/*
 * Writes a rule table.
 *
 * Layer:     rule (base, wire; pure)
 * Thread:    any
 * Ownership: writes into the caller's buffer, aligned to 8
 * Errors:    remembered; rule_build_end tells the first: -ENOSPC (buffer too small), -EINVAL (calls
 *            out of order, a text or the conditions of one rule above 65535 bytes, nesting above
 *            RULE_DEPTH_MAX, a prefix above 128)
 *
 * For each rule: rule_build_rule, one condition (an AND or OR is followed by its `len` conditions),
 * then the topics; a rule without topics is for every topic, those that begin with '$' too.
 */

enum { RULE_DEPTH_MAX = 8, RULE_ANY_QOS = 7 };

enum rule_retain { RULE_RETAIN_ANY, RULE_RETAIN_TRUE, RULE_RETAIN_FALSE };

struct rule_build {
	uint8_t *buf;
	size_t size, at;
	size_t rule_at; /* of the rule that is being written; 0 = none */
	uint32_t rule_len;
	uint32_t conditions_open; /* still to come in this rule */
	int error;
};

void rule_build_begin(struct rule_build *build, void *buf, size_t size);

/* `actions`: RULE_PUBLISH, RULE_SUBSCRIBE or both; `qos_mask`: bit n for QoS n. */
void rule_build_rule(struct rule_build *build, bool allow, unsigned actions, unsigned qos_mask,
	enum rule_retain retain);

void rule_build_all(struct rule_build *build);
void rule_build_username(struct rule_build *build, struct wire_str name);
void rule_build_client_id(struct rule_build *build, struct wire_str id);
/* `addr`: 16 bytes, IPv4 mapped; `prefix_bits` counts within the 128 (IPv4: 96 more). */
void rule_build_network(struct rule_build *build, const uint8_t *addr, unsigned prefix_bits);
void rule_build_and(struct rule_build *build, uint16_t len);
void rule_build_or(struct rule_build *build, uint16_t len);

/* `literal`: {eq, ...}. May hold ${clientid} and ${username}. */
void rule_build_topic(struct rule_build *build, bool literal, struct wire_str filter);

/* The table's bytes (> 0), or the first error. */
int rule_build_end(struct rule_build *build) __attribute__((warn_unused_result));

#endif
