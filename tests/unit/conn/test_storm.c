#include "harness.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Many clients at random: every kind of packet, whole and in pieces, valid and broken; transports
 * and a ring that take little; control that answers late, or dies. Nothing may crash, answers may
 * not be torn, and at the end no memory is left.
 */

enum { PLAYERS = 12, TURNS = 20000 };

static uint64_t random_state = 88172645463325252ull;

static unsigned chance(unsigned n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned)(random_state >> 33) % n;
}

static const char *some_topic(void)
{
	static const char *const topics[] = {"a", "a/b", "b", "b/c/d", "ctl", "ctl/x"};

	return topics[chance(6)];
}

static const char *some_filter(void)
{
	static const char *const filters[] = {
		"a", "a/#", "+/b", "#", "$share/g/a", "$share/g/+/b", "b/+/d", "x"};

	return filters[chance(8)];
}

static void connect_one(struct fixture *f, unsigned i)
{
	static const uint8_t versions[] = {WIRE_V31, WIRE_V311, WIRE_V5};
	struct client *c = dial(f, i, versions[chance(3)]);
	char id[16];

	c->piece = chance(3) == 0 ? 1 + chance(5) : 0;
	snprintf(id, sizeof(id), "c%u", i);
	say_connect(c, id, chance(2), chance(2) ? 60 : 0, (uint16_t)chance(20));
}

static void publish_one(struct client *c)
{
	static char payload[20000];
	struct wire_publish_out publish = {.version = c->version,
		.qos = (uint8_t)chance(3),
		.retain = chance(8) == 0,
		.packet_id = (uint16_t)(1 + chance(20)),
		.topic = str(some_topic()),
		.payload_bytes = chance(10) ? chance(40) : chance(sizeof(payload))};

	if (publish.qos == 0)
		publish.packet_id = 0;
	if (c->version == WIRE_V5 && chance(4) == 0)
		publish.topic_alias = (uint16_t)(1 + chance(10));
	if (c->version == WIRE_V5 && chance(4) == 0) {
		publish.has_expiry = true;
		publish.expiry_s = chance(5);
	}
	say_publish_with(c, &publish, payload);
}

static void broken_one(struct client *c)
{
	uint8_t bytes[12];

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)chance(256);
	give(c, bytes, 1 + chance(sizeof(bytes) - 1));
}

static void client_turn(struct client *c)
{
	static const uint8_t acks[] = {WIRE_PUBACK, WIRE_PUBREC, WIRE_PUBREL, WIRE_PUBCOMP};

	switch (chance(16)) {
	case 0:
		say_subscribe(c, (uint16_t)(1 + chance(100)), some_filter(), (uint8_t)chance(3));
		break;
	case 1:
		say_unsubscribe(c, (uint16_t)(1 + chance(100)), some_filter());
		break;
	case 2:
		say_ping(c);
		break;
	case 3:
		if (chance(10) == 0)
			say_disconnect(c, 0);
		break;
	case 4:
		if (chance(20) == 0)
			broken_one(c);
		break;
	case 5:
		if (chance(20) == 0)
			hang_up(c);
		break;
	case 6:
	case 7:
	case 8:
	case 9:
		say_ack(c, acks[chance(4)], (uint16_t)(1 + chance(40)), 0);
		break;
	default:
		publish_one(c);
	}
}

static void transport_turn(struct client *c)
{
	switch (chance(4)) {
	case 0:
		c->space = chance(200);
		break;
	case 1:
		c->space = SIZE_MAX;
		break;
	default:
		conn_writable(c->conn);
	}
}

/* Whole packets only, of those that a server sends: the decoder asserts it. */
static void look(struct client *c)
{
	struct wire_rules rules = {.version = c->version, .from = WIRE_FROM_SERVER};
	struct wire_frame frame;
	size_t at = 0;
	int whole;

	while ((whole = wire_frame_peek(c->out + at, c->out_bytes - at, &frame)) > 0 &&
		(size_t)whole <= c->out_bytes - at) {
		assert_int_equal(wire_frame_check(&frame, rules), 0);
		at += (size_t)whole;
	}
	assert_true(whole >= 0);
	c->out_bytes -= at;
	if (c->out_bytes > 0)
		memmove(c->out, c->out + at, c->out_bytes);
}

static void control_answer(struct client *c)
{
	struct conn_grant g = {.conn = c->id, .session = 1 + chance(5)};

	if (c->f == NULL) /* not yet dialled */
		return;
	switch (chance(8)) {
	case 0:
		conn_refuse(c->f->hub, c->id, 0x87, CONN_SHUTDOWN_NOT_AUTHORIZED, str("no"));
		break;
	case 1:
		if (chance(10) == 0)
			conn_disconnect(c->f->hub, c->id, 0x8e, CONN_SHUTDOWN_TAKENOVER, str(""));
		break;
	case 2:
	case 3:
		g.session_expiry_s = chance(2) ? 60 : 0;
		g.restores = g.session_present = chance(2);
		conn_grant(c->f->hub, &g);
		break;
	case 4:
		inflight(c, (uint16_t)(1 + chance(50)), (uint8_t)(1 + chance(3)), some_topic(), "r",
			(uint8_t)(1 + chance(2)));
		break;
	case 5:
		deliver(c, some_topic(), "backlog", (uint8_t)chance(3));
		break;
	case 6:
		conn_restore_end(c->f->hub, c->id);
		break;
	default:
		if (chance(2))
			conn_caught_up(c->f->hub, c->id);
		else
			conn_release(c->f->hub, c->id);
	}
}

/* Answers to whatever was asked, read back from what was told. */
static void control_suback(struct fixture *f)
{
	char *told = f->told.data;
	unsigned client, packet_id;
	char filter[32];

	/* Answers make more to be told. */
	f->told = (struct text){.data = NULL};
	for (char *line = told; line != NULL && *line; line = strchr(line, '\n') + 1) {
		if (sscanf(line, "subscribe %u #%u %31[^:]", &client, &packet_id, filter) == 3)
			suback(&f->clients[client], (uint16_t)packet_id, filter, 1,
				chance(5) ? 1 : 0x80);
		else if (sscanf(line, "unsubscribe %u #%u %31[^:]", &client, &packet_id, filter) ==
			 3)
			unsuback(&f->clients[client], (uint16_t)packet_id, filter,
				chance(5) ? 0 : 0x11);
	}
	free(told);
}

static void control_turn(struct fixture *f)
{
	int result;

	switch (chance(12)) {
	case 0:
		f->room = chance(3000);
		break;
	case 1:
		f->room = SIZE_MAX;
		break;
	case 2:
		result = conn_hub_interest_add(f->hub, str(chance(2) ? "ctl/#" : "$share/g/a"));
		assert_true(result == 0 || result == -ENOMEM);
		break;
	case 3:
		conn_hub_interest_del(f->hub, str(chance(2) ? "ctl/#" : "$share/g/a"));
		break;
	case 4:
		if (chance(50) == 0)
			conn_hub_resync_begin(f->hub);
		break;
	case 5:
	case 6:
		control_suback(f);
		break;
	case 7:
		conn_hub_unblock(f->hub);
		(void)conn_hub_resync_step(f->hub);
		break;
	default:
		control_answer(&f->clients[chance(PLAYERS)]);
	}
}

static void storm(struct fixture *f, unsigned turns)
{
	for (unsigned turn = 0; turn < turns; turn++) {
		unsigned i = chance(PLAYERS);
		struct client *c = &f->clients[i];

		if (!c->is_open) {
			conn_hub_flush(f->hub);
			connect_one(f, i);
		} else if (chance(3) == 0) {
			transport_turn(c);
		} else {
			client_turn(c);
		}
		look(c);
		control_turn(f);
		if (chance(4) == 0)
			conn_hub_flush(f->hub);
		if (chance(10) == 0)
			elapse(f, chance(300));
	}
}

static void test_storm(void **state)
{
	struct fixture *f = *state;

	f->config.max_inflight = 4;
	f->config.max_queue_len = 10;
	f->config.receive_max = 15;
	f->config.queue_qos0 = true;
	reconfigure(f);
	storm(f, TURNS);
	f->room = SIZE_MAX;
	while (!conn_hub_resync_step(f->hub))
		;
	/* It was a storm. */
	assert_true(counted(f, CONN_COUNTER_MESSAGES_SENT) > 1000);
	assert_true(counted(f, CONN_COUNTER_DELIVERY_DROPPED_QUEUE_FULL) > 10);
	assert_true(counted(f, CONN_COUNTER_MESSAGES_FORWARD) > 10);
	assert_true(counted(f, CONN_COUNTER_CLIENT_CONNECTED) > 50);
}

/* The same while allocations fail now and then. */
static void test_storm_without_memory(void **state)
{
	struct fixture *f = *state;

	reconfigure(f);
	for (unsigned round = 0; round < 10; round++) {
		for (unsigned i = MEM_INPUT; i < MEM_RULE; i++)
			base_mem_limit(f->mem, i, 4000 + chance(60000));
		storm(f, TURNS / 10);
	}
	for (unsigned i = MEM_INPUT; i < MEM_RULE; i++)
		base_mem_limit(f->mem, i, 0);
	f->room = SIZE_MAX;
	while (!conn_hub_resync_step(f->hub))
		;
	assert_true(counted(f, CONN_COUNTER_MEMORY_FAILURES) > 10);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_storm),
		TEST(test_storm_without_memory),
	};

	return cmocka_run_group_tests_name("conn storm", tests, NULL, NULL);
}
