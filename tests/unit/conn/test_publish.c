#include "harness.h"

#include <stdlib.h>
#include <string.h>

#include "rule_build.h"

/* Messages from one client to others. */

static const uint8_t versions[] = {WIRE_V31, WIRE_V311, WIRE_V5};

static void test_qos0(void **state)
{
	struct fixture *f = *state;

	for (unsigned v = 0; v < 3; v++) {
		struct client *a = online(f, 0, versions[v], "a", 0);
		struct client *b = online(f, 1, versions[v], "b", 0);

		subscribed(b, "x/+", 1);
		say_publish(a, "x/y", "hello", 0, 0);
		say_publish(a, "y/x", "nobody", 0, 0);
		expect(b, "PUBLISH t=x/y p=hello q0\n");
		expect(a, "");
		hang_up(a);
		hang_up(b);
	}
	assert_int_equal(counted(f, CONN_COUNTER_MESSAGES_QOS0_RECEIVED), 6);
	assert_int_equal(counted(f, CONN_COUNTER_MESSAGES_QOS0_SENT), 3);
	assert_int_equal(counted(f, CONN_COUNTER_MESSAGES_DROPPED_NO_SUBSCRIBERS), 3);
	assert_int_equal(counted(f, CONN_COUNTER_MEMORY_FAILURES), 0);
}

static void test_qos1(void **state)
{
	struct fixture *f = *state;

	for (unsigned v = 0; v < 3; v++) {
		struct client *a = online(f, 0, versions[v], "a", 0);
		struct client *b = online(f, 1, versions[v], "b", 0);

		subscribed(b, "t", 1);
		say_publish(a, "t", "m", 1, 5);
		expect(a, "PUBACK #5 00\n");
		expect(b, "PUBLISH t=t p=m q1 #1\n");
		say_ack(b, WIRE_PUBACK, 1, 0);
		say_ack(b, WIRE_PUBACK, 1, 0);
		say_publish(a, "none", "m", 1, 6);
		expect(a, versions[v] == WIRE_V5 ? "PUBACK #6 10\n" : "PUBACK #6 00\n");
		assert_int_equal(counted(f, CONN_COUNTER_MESSAGES_ACKED), v + 1);
		assert_int_equal(counted(f, CONN_COUNTER_PACKETS_PUBACK_MISSED), v + 1);
		hang_up(a);
		hang_up(b);
	}
}

static void test_qos2(void **state)
{
	struct fixture *f = *state;

	for (unsigned v = 0; v < 3; v++) {
		struct client *a = online(f, 0, versions[v], "a", 0);
		struct client *b = online(f, 1, versions[v], "b", 0);

		subscribed(b, "t", 2);
		say_publish(a, "t", "m", 2, 5);
		say_publish(a, "t", "m", 2, 5); /* a repetition is answered, not delivered */
		expect(a, "PUBREC #5 00\nPUBREC #5 00\n");
		expect(b, "PUBLISH t=t p=m q2 #1\n");
		say_ack(a, WIRE_PUBREL, 5, 0);
		say_ack(a, WIRE_PUBREL, 5, 0);
		expect(a, versions[v] == WIRE_V5 ? "PUBCOMP #5 00\nPUBCOMP #5 92\n"
						 : "PUBCOMP #5 00\nPUBCOMP #5 00\n");
		say_publish(a, "t", "n", 2, 5); /* the identifier is free again */
		expect(b, "PUBLISH t=t p=n q2 #2\n");
		say_ack(b, WIRE_PUBREC, 1, 0);
		say_ack(b, WIRE_PUBREC, 1, 0);
		expect(b, "PUBREL #1 00\nPUBREL #1 00\n");
		say_ack(b, WIRE_PUBCOMP, 1, 0);
		say_ack(b, WIRE_PUBCOMP, 1, 0);
		say_ack(b, WIRE_PUBCOMP, 2, 0); /* before PUBREC: not taken */
		say_ack(b, WIRE_PUBREC, 77, 0);
		expect(b, versions[v] == WIRE_V5 ? "PUBREL #77 92\n" : "PUBREL #77 00\n");
		hang_up(a);
		hang_up(b);
	}
	assert_int_equal(counted(f, CONN_COUNTER_PACKETS_PUBCOMP_MISSED), 3);
	assert_int_equal(counted(f, CONN_COUNTER_PACKETS_PUBCOMP_INUSE), 3);
	assert_int_equal(counted(f, CONN_COUNTER_PACKETS_PUBLISH_INUSE), 3);
}

/* 4.3.3-9: PUBREC with an error ends the flow, and frees the window. */
static void test_ack_errors(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	struct client *b;

	f->config.max_inflight = 1;
	reconfigure(f);
	b = online(f, 1, WIRE_V5, "b", 0);
	subscribed(b, "t", 2);
	say_publish(a, "t", "1", 2, 1);
	say_publish(a, "t", "2", 1, 2);
	say_publish(a, "t", "3", 1, 3);
	expect(b, "PUBLISH t=t p=1 q2 #1\n");
	say_ack(b, WIRE_PUBREC, 1, 0x87);
	expect(b, "PUBLISH t=t p=2 q1 #2\n");
	say_ack(b, WIRE_PUBACK, 2, 0x97);
	expect(b, "PUBLISH t=t p=3 q1 #3\n");
}

static void test_overlap(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	struct client *b = online(f, 1, WIRE_V5, "b", 0);
	struct wire_subscription one = {.filter = str("x/#"), .qos = 0};
	struct wire_subscription two = {.filter = str("x/y"), .qos = 2};

	say_subscribe_with(b, 1, 11, &one, 1);
	suback(b, 1, "x/#", 0, 0);
	say_subscribe_with(b, 2, 22, &two, 1);
	suback(b, 2, "x/y", 2, 2);
	forget(f);
	say_publish(a, "x/y", "m", 1, 1);
	expect(b, "PUBLISH t=x/y p=m q1 #1 id=11 id=22\n");
	say_publish(a, "x/y", "m", 0, 0);
	expect(b, "PUBLISH t=x/y p=m q0 id=11 id=22\n");
	say_publish(a, "x/z", "m", 1, 1);
	expect(b, "PUBLISH t=x/z p=m q0 id=11\n");
	assert_int_equal(counted(f, CONN_COUNTER_MESSAGES_DELIVERED), 3);
}

static void test_no_local(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	struct client *b = online(f, 1, WIRE_V5, "b", 0);
	struct client *c = online(f, 2, WIRE_V311, "c", 0);

	subscribed(a, "t", 4);
	subscribed(b, "t", 4);
	subscribed(c, "t", 0);
	say_publish(a, "t", "m", 0, 0);
	expect(a, "");
	expect(b, "PUBLISH t=t p=m q0\n");
	expect(c, "PUBLISH t=t p=m q0\n");
	say_publish(c, "t", "m", 0, 0);
	expect(c, "PUBLISH t=t p=m q0\n");
	f->config.ignore_loop_deliver = true;
	reconfigure(f);
	say_publish(c, "t", "m", 0, 0);
	expect(c, "");
	assert_int_equal(counted(f, CONN_COUNTER_DELIVERY_DROPPED_NO_LOCAL), 2);
}

static void test_retain_flag(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	struct client *b = online(f, 1, WIRE_V5, "b", 0);
	struct client *c = online(f, 2, WIRE_V5, "c", 0);
	struct wire_publish_out publish = {
		.version = WIRE_V5, .retain = true, .topic = str("t"), .payload_bytes = 1};

	subscribed(b, "t", 0);
	subscribed(c, "t", 8);
	say_publish_with(a, &publish, "m");
	expect_told(f, "retain t=t p=m q0 r\n");
	expect(b, "PUBLISH t=t p=m q0\n");
	expect(c, "PUBLISH t=t p=m q0 r\n");
	f->config.retain_available = false;
	reconfigure(f);
	say_publish_with(a, &publish, "m");
	expect(a, "DISCONNECT 9a\n");
}

static void test_properties(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	struct client *b = online(f, 1, WIRE_V5, "b", 0);
	struct client *c = online(f, 2, WIRE_V311, "c", 0);
	struct wire_props props = {.content_type = str("json")};
	uint8_t raw[64], forward[64];
	int bytes;
	struct wire_publish_out publish = {.version = WIRE_V5,
		.qos = 1,
		.packet_id = 1,
		.topic = str("t"),
		.payload_bytes = 1,
		.has_expiry = true,
		.expiry_s = 10};

	wire_props_mark(&props, WIRE_PROP_CONTENT_TYPE);
	bytes = wire_props_user_append(raw, sizeof(raw), 0, str("k"), str("v1"));
	bytes = wire_props_user_append(raw, sizeof(raw), (size_t)bytes, str("k"), str("v2"));
	props.raw = (struct wire_str){raw, (uint32_t)bytes};
	bytes = wire_props_encode(forward, sizeof(forward), &props);
	assert_true(bytes > 0);
	publish.forward = (struct wire_str){forward, (uint32_t)bytes};
	f->config.max_inflight = 1;
	reconfigure(f);
	subscribed(b, "t", 1);
	subscribed(c, "t", 0);
	say_publish_with(a, &publish, "m");
	expect(b, "PUBLISH t=t p=m q1 #1 expiry=10 type=json user=v1 user=v2\n");
	expect(c, "PUBLISH t=t p=m q0\n");
	publish.packet_id = 2;
	say_publish_with(a, &publish, "n");
	publish.packet_id = 3;
	publish.expiry_s = 2;
	say_publish_with(a, &publish, "o");
	elapse(f, 3000);
	say_ack(b, WIRE_PUBACK, 1, 0);
	expect(b, "PUBLISH t=t p=n q1 #2 expiry=7 type=json user=v1 user=v2\n");
	say_ack(b, WIRE_PUBACK, 2, 0);
	expect(b, "");
	assert_int_equal(counted(f, CONN_COUNTER_DELIVERY_DROPPED_EXPIRED), 1);
}

static void test_alias(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	struct client *b = online(f, 1, WIRE_V5, "b", 0);
	struct wire_publish_out publish = {
		.version = WIRE_V5, .topic = str("t/1"), .payload_bytes = 1, .topic_alias = 3};

	subscribed(b, "t/+", 0);
	say_publish_with(a, &publish, "1");
	publish.topic = str("");
	say_publish_with(a, &publish, "2");
	publish.topic = str("t/2");
	say_publish_with(a, &publish, "3");
	publish.topic = str("");
	say_publish_with(a, &publish, "4");
	expect(b, "PUBLISH t=t/1 p=1 q0\nPUBLISH t=t/1 p=2 q0\nPUBLISH t=t/2 p=3 q0\n"
		  "PUBLISH t=t/2 p=4 q0\n");
	publish.topic_alias = 4;
	say_publish_with(a, &publish, "5");
	expect(a, "DISCONNECT 82\n");
	a = online(f, 0, WIRE_V5, "a", 0);
	publish.topic = str("t/1");
	publish.topic_alias = 11;
	say_publish_with(a, &publish, "6");
	expect(a, "DISCONNECT 94\n");
	assert_int_equal(f->shutdown[CONN_SHUTDOWN_TOPIC_ALIAS_INVALID], 1);
}

/* All topics of a client's aliases together are bounded. */
static void test_alias_bytes(void **state)
{
	struct fixture *f = *state;
	struct client *a;
	struct wire_publish_out publish = {.version = WIRE_V5};
	char topic[] = "0/a topic of one hundred bytes, more or less, so that a few of them are "
		       "more than one packet may have";

	f->config.max_packet_bytes = 300;
	reconfigure(f);
	a = online(f, 0, WIRE_V5, "a", 0);
	publish.topic = str(topic);
	for (publish.topic_alias = 1; publish.topic_alias <= 2; publish.topic_alias++) {
		topic[0]++;
		say_publish_with(a, &publish, "");
		say_publish_with(a, &publish, "");
		assert_true(a->is_open);
	}
	topic[0]++;
	say_publish_with(a, &publish, "");
	expect(a, "DISCONNECT 97\n");
	assert_int_equal(f->shutdown[CONN_SHUTDOWN_QUOTA_EXCEEDED], 1);
}

/* An alias that is set anew gives back what it had. */
static void test_alias_replaced(void **state)
{
	struct fixture *f = *state;
	struct wire_publish_out publish = {.version = WIRE_V5, .topic_alias = 1};
	char topic[] = "0/a topic of more than one hundred bytes, two of which are more than one "
		       "packet of this connection may have";
	struct client *a;

	f->config.max_packet_bytes = 150;
	reconfigure(f);
	a = online(f, 0, WIRE_V5, "a", 0);
	publish.topic = str(topic);
	for (unsigned i = 0; i < 3; i++) {
		topic[0]++;
		say_publish_with(a, &publish, "");
	}
	expect(a, "");
	assert_true(a->is_open);
	publish.topic_alias = 2;
	say_publish_with(a, &publish, "");
	expect(a, "DISCONNECT 97\n");
	assert_int_equal(counted(f, CONN_COUNTER_PACKETS_PUBLISH_ERROR), 1);
}

static void test_receive_max(void **state)
{
	struct fixture *f = *state;
	struct client *a;

	f->config.receive_max = 2;
	reconfigure(f);
	a = online(f, 0, WIRE_V5, "a", 0);
	say_publish(a, "t", "m", 2, 1);
	say_publish(a, "t", "m", 2, 2);
	say_ack(a, WIRE_PUBREL, 1, 0);
	say_publish(a, "t", "m", 2, 3);
	expect(a, "PUBREC #1 10\nPUBREC #2 10\nPUBCOMP #1 00\nPUBREC #3 10\n");
	say_publish(a, "t", "m", 1, 4);
	expect(a, "DISCONNECT 93\n");
	assert_int_equal(f->shutdown[CONN_SHUTDOWN_RECEIVE_MAX_EXCEEDED], 1);
}

static void test_limits(void **state)
{
	struct fixture *f = *state;
	struct client *a;

	f->config.max_qos = 1;
	f->config.max_topic_levels = 3;
	reconfigure(f);
	a = online(f, 0, WIRE_V5, "a", 0);
	say_publish(a, "a/b/c", "m", 1, 1);
	expect(a, "PUBACK #1 10\n");
	say_publish(a, "a/b/c", "m", 2, 1);
	expect(a, "DISCONNECT 9b\n");
	a = online(f, 0, WIRE_V5, "a", 0);
	say_publish(a, "a/b/c/d", "m", 1, 1);
	expect(a, "DISCONNECT 90\n");
	a = online(f, 0, WIRE_V5, "a", 0);
	give(a, "\x30\x05\0\1+\0m", 7); /* a wildcard in a topic name */
	expect(a, "DISCONNECT 90\n");
}

/* Nobody may use what is below `filter`. */
static void rules(struct fixture *f, const char *filter)
{
	uint64_t blob[64];
	struct rule_build build;
	int bytes;

	rule_build_begin(&build, blob, sizeof(blob));
	rule_build_rule(
		&build, false, RULE_PUBLISH | RULE_SUBSCRIBE, RULE_ANY_QOS, RULE_RETAIN_ANY);
	rule_build_all(&build);
	rule_build_topic(&build, false, str(filter));
	rule_build_rule(&build, true, RULE_PUBLISH | RULE_SUBSCRIBE, RULE_ANY_QOS, RULE_RETAIN_ANY);
	rule_build_all(&build);
	bytes = rule_build_end(&build);
	assert_true(bytes > 0);
	assert_int_equal(conn_hub_set_rules(f->hub, blob, (size_t)bytes), 0);
	assert_int_not_equal(conn_hub_set_rules(f->hub, "nonsense", 8), 0);
}

static void test_rules(void **state)
{
	struct fixture *f = *state;
	struct client *a, *b;

	rules(f, "secret/#");
	a = online(f, 0, WIRE_V5, "a", 0);
	b = online(f, 1, WIRE_V311, "b", 0);
	say_publish(a, "secret/x", "m", 0, 0);
	say_publish(a, "secret/x", "m", 1, 1);
	say_publish(a, "secret/x", "m", 1, 2);
	say_publish(a, "secret/x", "m", 2, 3);
	say_publish(a, "open", "m", 1, 4);
	expect(a, "PUBACK #1 87\nPUBACK #2 87\nPUBREC #3 87\nPUBACK #4 10\n");
	say_publish(b, "secret/x", "m", 1, 1);
	say_publish(b, "secret/x", "m", 2, 2);
	say_ack(b, WIRE_PUBREL, 2, 0);
	expect(b, "PUBACK #1 00\nPUBREC #2 00\nPUBCOMP #2 00\n");
	assert_int_equal(counted(f, CONN_COUNTER_PACKETS_PUBLISH_AUTH_ERROR), 6);
	assert_int_equal(counted(f, CONN_COUNTER_AUTHORIZATION_CACHE_HIT), 1);
	assert_int_equal(counted(f, CONN_COUNTER_AUTHORIZATION_DENY), 6);
	/* A new table forgets the verdicts of the old one. */
	say_publish(a, "secret/x", "m", 1, 5);
	rules(f, "other/#");
	say_publish(a, "secret/x", "m", 1, 6);
	rules(f, "secret/#");
	expect(a, "PUBACK #5 87\nPUBACK #6 10\n");
	f->config.acl_deny_disconnect = true;
	reconfigure(f);
	say_publish(a, "secret/x", "m", 0, 0);
	expect(a, "DISCONNECT 87\n");
	say_publish(b, "secret/x", "m", 0, 0);
	assert_true(b->is_closed);
	assert_int_equal(f->shutdown[CONN_SHUTDOWN_NOT_AUTHORIZED], 2);
}

/* Rules that say the same of every topic are asked once for a connection and table. */
static void test_settled_rules(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	uint64_t blob[64];
	struct rule_build build;

	for (int allow = 1; allow >= 0; allow--) {
		int bytes;

		rule_build_begin(&build, blob, sizeof(blob));
		rule_build_rule(&build, allow, RULE_PUBLISH, RULE_ANY_QOS, RULE_RETAIN_ANY);
		rule_build_client_id(&build, str("a"));
		bytes = rule_build_end(&build);
		assert_true(bytes > 0);
		assert_int_equal(conn_hub_set_rules(f->hub, blob, (size_t)bytes), 0);
		say_publish(a, "x", "m", 1, 1);
		say_publish(a, "y", "m", 1, 2);
		expect(a, allow ? "PUBACK #1 10\nPUBACK #2 10\n" : "PUBACK #1 87\nPUBACK #2 87\n");
	}
	assert_int_equal(counted(f, CONN_COUNTER_AUTHORIZATION_ALLOW), 2);
	assert_int_equal(counted(f, CONN_COUNTER_AUTHORIZATION_DENY), 2);
	assert_int_equal(counted(f, CONN_COUNTER_AUTHORIZATION_CACHE_MISS), 0);
}

/* Every packet of a conversation, cut into single bytes. */
static void test_bytewise(void **state)
{
	struct fixture *f = *state;
	struct client *b = online(f, 1, WIRE_V5, "b", 0);
	struct client *a = dial(f, 0, WIRE_V5);
	char payload[3000];

	subscribed(b, "#", 2);
	a->piece = 1;
	say_connect(a, "a", true, 0, 0);
	grant(a, 1, 0, false, false);
	forget(f);
	say_publish(a, "t", "one", 2, 1);
	say_ack(a, WIRE_PUBREL, 1, 0);
	memset(payload, 'p', sizeof(payload) - 1);
	payload[sizeof(payload) - 1] = 0;
	say_publish(a, "big", payload, 1, 2);
	say_subscribe(a, 3, "x", 0);
	say_ping(a);
	expect(a, "PUBREC #1 00\nPUBCOMP #1 00\nPUBACK #2 00\n");
	suback(a, 3, "x", 0, 0);
	expect(a, "SUBACK #3 00\nPINGRESP\n");
	expect(b, "PUBLISH t=t p=one q2 #1\nPUBLISH t=big p=<2999> q1 #2\n");
	say_disconnect(a, 0);
	assert_true(a->is_closed);
	assert_int_equal(base_mem_objects(f->mem, MEM_INPUT), 0);
}

/* 1 MB out through a transport that takes little at a time. */
static void test_large(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	struct client *b = online(f, 1, WIRE_V311, "b", 0);
	uint32_t bytes = 1 << 20;
	uint8_t *payload = malloc(bytes);
	struct wire_publish_out publish = {.version = WIRE_V5,
		.topic = str("t"),
		.payload_bytes = bytes,
		.qos = 1,
		.packet_id = 1};
	struct wire_publish got;
	struct wire_rules from_server = {.version = WIRE_V311, .from = WIRE_FROM_SERVER};

	assert_non_null(payload);
	for (uint32_t i = 0; i < bytes; i++)
		payload[i] = (uint8_t)(i * 7 + (i >> 8));
	subscribed(b, "t", 1);
	b->space = 3;
	a->piece = 1460;
	say_publish_with(a, &publish, payload);
	expect(a, "PUBACK #1 00\n");
	say_publish(a, "t", "next", 1, 2);
	say_ping(b);
	for (unsigned i = 0; i < 2000 && b->out_bytes < bytes + 20; i++) {
		b->space = 1000;
		conn_writable(b->conn);
		conn_hub_flush(f->hub);
	}
	assert_true(wire_publish_decode(&got, from_server, b->out, b->out_bytes) > 0);
	assert_int_equal(got.payload_bytes, bytes);
	assert_memory_equal(got.payload, payload, bytes);
	/* Answers go before the next message, never into the middle of one. */
	b->space = SIZE_MAX;
	conn_writable(b->conn);
	expect(b, "PUBLISH t=t p=<1048576> q1 #1\nPINGRESP\nPUBLISH t=t p=next q1 #2\n");
	say_ack(b, WIRE_PUBACK, 1, 0);
	say_ack(b, WIRE_PUBACK, 2, 0);
	assert_int_equal(base_mem_objects(f->mem, MEM_MESSAGE), 0);
	assert_int_equal(base_mem_objects(f->mem, MEM_INPUT), 0);
	free(payload);
}

/* One flush for each connection in a burst, however many packets it got. */
static void test_flush(void **state)
{
	struct fixture *f = *state;
	struct client *a = online(f, 0, WIRE_V5, "a", 0);
	struct client *b = online(f, 1, WIRE_V5, "b", 0);

	subscribed(b, "t", 1);
	conn_hub_flush(f->hub);
	b->flushes = 0;
	for (uint16_t i = 1; i <= 20; i++)
		say_publish(a, "t", "m", 1, i);
	assert_int_equal(b->flushes, 0);
	conn_hub_flush(f->hub);
	conn_hub_flush(f->hub);
	assert_int_equal(b->flushes, 1);
}

/* What a client may not send, by version: closed with the reason that the standard names. */
static void test_faults(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *bytes;
		size_t len;
		const char *v5;
	} faults[] = {
		{"\x36\x05\0\1t\0\1", 7, "DISCONNECT 81\n"}, /* QoS 3 */
		{"\x61\x02\0\1", 4, "DISCONNECT 81\n"}, /* flags of PUBREL */
		{"\x20\x02\0\0", 4, "DISCONNECT 82\n"}, /* CONNACK from a client */
		{"\x82\x02\0\1", 4, NULL}, /* SUBSCRIBE without filters */
		{"\x32\x05\0\1t\0\0", 7, NULL}, /* packet identifier 0 */
		{"\xc0\xff\xff\xff\xff\x01", 6, "DISCONNECT 81\n"}, /* length */
		{"\xf0\x00", 2, "DISCONNECT 82\n"}, /* AUTH without a method in CONNECT */
	};

	for (unsigned i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct client *a = online(f, 0, WIRE_V5, "a", 0);

		give(a, faults[i].bytes, faults[i].len);
		assert_true(a->is_closed);
		if (faults[i].v5 != NULL)
			expect(a, faults[i].v5);
		a = online(f, 0, WIRE_V311, "a", 0);
		give(a, faults[i].bytes, faults[i].len);
		assert_true(a->is_closed);
		expect(a, "");
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_qos0),
		TEST(test_qos1),
		TEST(test_qos2),
		TEST(test_ack_errors),
		TEST(test_overlap),
		TEST(test_no_local),
		TEST(test_retain_flag),
		TEST(test_properties),
		TEST(test_alias),
		TEST(test_alias_bytes),
		TEST(test_alias_replaced),
		TEST(test_receive_max),
		TEST(test_limits),
		TEST(test_rules),
		TEST(test_settled_rules),
		TEST(test_bytewise),
		TEST(test_large),
		TEST(test_flush),
		TEST(test_faults),
	};

	return cmocka_run_group_tests_name("conn publish", tests, NULL, NULL);
}
