#include "build.h"

#include <arpa/inet.h>
#include <string.h>

void bench_begin(struct bench *b)
{
	memset(b->buf, 0xa5, sizeof(b->buf));
	rule_build_begin(&b->build, b->buf, sizeof(b->buf));
}

void bench_end(struct bench *b)
{
	int bytes = rule_build_end(&b->build);

	assert_true(bytes > 0);
	b->table = rule_table_open(b->buf, (size_t)bytes);
	assert_non_null(b->table);
}

struct wire_str str(const char *text)
{
	return (struct wire_str){(const uint8_t *)text, text == NULL ? 0 : (uint32_t)strlen(text)};
}

void rule(struct bench *b, bool allow, unsigned actions)
{
	rule_build_rule(&b->build, allow, actions, RULE_ANY_QOS, RULE_RETAIN_ANY);
}

void topic(struct bench *b, const char *filter)
{
	rule_build_topic(&b->build, false, str(filter));
}

void literal(struct bench *b, const char *filter)
{
	rule_build_topic(&b->build, true, str(filter));
}

/* IPv6, or IPv4 mapped. Returns the bits that come before the address of its family. */
static unsigned parse_addr(const char *text, uint8_t *addr)
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

	if (inet_pton(AF_INET6, text, addr) == 1)
		return 0;
	memcpy(addr, mapped, sizeof(mapped));
	assert_int_equal(inet_pton(AF_INET, text, addr + sizeof(mapped)), 1);
	return 96;
}

void network(struct bench *b, const char *addr, unsigned prefix_bits)
{
	uint8_t bytes[16];
	unsigned before = parse_addr(addr, bytes);

	rule_build_network(&b->build, bytes, before + prefix_bits);
}

static enum rule_verdict check(const struct bench *b, const char *username, const char *client_id,
	const char *addr_text, const struct rule_what *what)
{
	uint8_t addr[16];
	struct rule_who who = {str(username), str(client_id), addr};

	parse_addr(addr_text, addr);
	return rule_table_check(b->table, &who, what);
}

enum rule_verdict publishes(const struct bench *b, const char *username, const char *client_id,
	const char *addr, const char *name)
{
	struct rule_what what = {.action = RULE_PUBLISH, .topic = str(name)};

	return check(b, username, client_id, addr, &what);
}

enum rule_verdict subscribes(const struct bench *b, const char *username, const char *client_id,
	const char *addr, const char *filter)
{
	struct rule_what what = {.action = RULE_SUBSCRIBE, .topic = str(filter)};

	return check(b, username, client_id, addr, &what);
}
