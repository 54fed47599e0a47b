#ifndef BUILD_H
#define BUILD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rule_build.h"
#include "rule_table.h"

/*
 * Tables and questions in few words.
 *
 * Layer: tests
 */

enum { BOTH = RULE_PUBLISH | RULE_SUBSCRIBE };

/* A table that is being built in memory aligned as it must be. */
struct bench {
	struct rule_build build;
	_Alignas(8) uint8_t buf[64 << 10];
	const struct rule_table *table;
};

void bench_begin(struct bench *b);
void bench_end(struct bench *b); /* opens the table */

struct wire_str str(const char *text); /* NULL: none */

/* A rule for any QoS and retain flag; a condition and topics follow. */
void rule(struct bench *b, bool allow, unsigned actions);
void topic(struct bench *b, const char *filter);
void literal(struct bench *b, const char *filter);
void network(
	struct bench *b, const char *addr, unsigned prefix_bits); /* bits as in the text's family */

/* What rule_table_check says; QoS 0, not retained. */
enum rule_verdict publishes(const struct bench *b, const char *username, const char *client_id,
	const char *addr, const char *name);
enum rule_verdict subscribes(const struct bench *b, const char *username, const char *client_id,
	const char *addr, const char *filter);

#endif
