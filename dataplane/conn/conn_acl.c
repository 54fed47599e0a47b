#include <errno.h>
#include <string.h>

#include "conn_priv.h"
#include "rule_table.h"

/*
 * Access rules. A publisher mostly stays with one topic: the connection keeps the last verdict,
 * with the topic that it was for.
 */

struct conn_verdict {
	uint32_t generation; /* of the rules */
	uint16_t bytes, cap;
	uint8_t qos;
	bool retain, is_allowed;
	char topic[];
};

void conn_rules_free(struct conn_hub *hub)
{
	conn_free(hub, hub->params.mem_rule, hub->rules_copy);
	hub->rules_copy = NULL;
	hub->rules = NULL;
}

int conn_hub_set_rules(struct conn_hub *hub, const void *blob, size_t bytes)
{
	const struct rule_table *rules;
	void *copy;

	if (bytes == 0)
		return -EBADMSG;
	copy = conn_alloc(hub, hub->params.mem_rule, bytes);
	if (copy == NULL)
		return -ENOMEM;
	memcpy(copy, blob, bytes);
	rules = rule_table_open(copy, bytes);
	if (rules == NULL) {
		conn_free(hub, hub->params.mem_rule, copy);
		return -EBADMSG;
	}
	conn_rules_free(hub);
	hub->rules = rules;
	hub->rules_copy = copy;
	hub->rules_generation++;
	return 0;
}

void conn_acl_drop(struct conn *conn)
{
	conn_free(conn->hub, conn->hub->params.mem_conn, conn->verdict);
	conn->verdict = NULL;
}

static struct rule_who who_of(const struct conn *conn)
{
	const struct conn_identity *identity = conn->identity;
	struct rule_who who = {
		.client_id = conn_str(identity->bytes, identity->client_id_bytes),
		.addr = conn->peer_addr,
	};

	if (identity->has_username)
		who.username = conn_str(
			identity->bytes + identity->client_id_bytes, identity->username_bytes);
	return who;
}

static bool allows(struct conn_hub *hub, enum rule_verdict verdict)
{
	switch (verdict) {
	case RULE_ALLOW:
		return true;
	case RULE_DENY:
		return false;
	case RULE_NO_MATCH:
	default:
		conn_count(hub, CONN_COUNTER_AUTHORIZATION_NOMATCH);
		return !hub->config.acl_no_match_deny;
	}
}

static bool decide(struct conn *conn, const struct rule_what *what)
{
	struct rule_who who = who_of(conn);

	return allows(conn->hub, rule_table_check(conn->hub->rules, &who, what));
}

/* Most clients may publish everything, or nothing: that is found out once for each table. */
static bool is_settled(struct conn *conn, enum rule_verdict *verdict)
{
	struct conn_hub *hub = conn->hub;

	if (conn->settled_generation != hub->rules_generation) {
		struct rule_who who = who_of(conn);
		enum rule_verdict settled = RULE_NO_MATCH;

		conn->is_settled = rule_table_is_settled(hub->rules, &who, RULE_PUBLISH, &settled);
		conn->settled_verdict = (uint8_t)settled;
		conn->settled_generation = hub->rules_generation;
	}
	*verdict = (enum rule_verdict)conn->settled_verdict;
	return conn->is_settled;
}

static void count(struct conn_hub *hub, bool is_allowed)
{
	conn_count(hub,
		is_allowed ? CONN_COUNTER_AUTHORIZATION_ALLOW : CONN_COUNTER_AUTHORIZATION_DENY);
}

static bool is_cached(const struct conn *conn, struct wire_str topic, uint8_t qos, bool retain)
{
	const struct conn_verdict *verdict = conn->verdict;

	return verdict != NULL && verdict->generation == conn->hub->rules_generation &&
	       verdict->qos == qos && verdict->retain == retain && verdict->bytes == topic.bytes &&
	       memcmp(verdict->topic, topic.data, topic.bytes) == 0;
}

static void cache(
	struct conn *conn, struct wire_str topic, uint8_t qos, bool retain, bool is_allowed)
{
	struct conn_hub *hub = conn->hub;
	struct conn_verdict *verdict = conn->verdict;

	if (verdict == NULL || verdict->cap < topic.bytes) {
		conn_acl_drop(conn);
		verdict = conn_alloc(hub, hub->params.mem_conn, sizeof(*verdict) + topic.bytes);
		if (verdict == NULL)
			return;
		verdict->cap = (uint16_t)topic.bytes;
		conn->verdict = verdict;
	}
	verdict->generation = hub->rules_generation;
	verdict->bytes = (uint16_t)topic.bytes;
	verdict->qos = qos;
	verdict->retain = retain;
	verdict->is_allowed = is_allowed;
	memcpy(verdict->topic, topic.data, topic.bytes);
}

bool conn_acl_publish(struct conn *conn, struct wire_str topic, uint8_t qos, bool retain)
{
	struct conn_hub *hub = conn->hub;
	struct rule_what what = {
		.action = RULE_PUBLISH, .qos = qos, .retain = retain, .topic = topic};
	enum rule_verdict verdict;
	bool is_allowed;

	if (hub->rules == NULL) {
		is_allowed = !hub->config.acl_no_match_deny;
	} else if (is_settled(conn, &verdict)) {
		is_allowed = allows(hub, verdict);
	} else if (is_cached(conn, topic, qos, retain)) {
		conn_count(hub, CONN_COUNTER_AUTHORIZATION_CACHE_HIT);
		is_allowed = conn->verdict->is_allowed;
	} else {
		conn_count(hub, CONN_COUNTER_AUTHORIZATION_CACHE_MISS);
		is_allowed = decide(conn, &what);
		cache(conn, topic, qos, retain, is_allowed);
	}
	count(hub, is_allowed);
	return is_allowed;
}

bool conn_acl_subscribe(struct conn *conn, struct wire_str filter, uint8_t qos)
{
	struct conn_hub *hub = conn->hub;
	struct rule_what what = {.action = RULE_SUBSCRIBE, .qos = qos, .topic = filter};
	bool is_allowed;

	if (hub->rules == NULL)
		return !hub->config.acl_no_match_deny;
	is_allowed = decide(conn, &what);
	count(hub, is_allowed);
	return is_allowed;
}
