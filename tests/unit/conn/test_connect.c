#include "harness.h"

#include <string.h>

static void test_versions(void **state)
{
	struct fixture *f = *state;
	struct client *c = dial(f, 0, WIRE_V31);

	say_connect(c, "old", true, 0, 60);
	expect_told(f, "connect v3 id=old clean=1 expiry=0\n");
	expect(c, "");
	grant(c, 1, 0, false, false);
	expect(c, "CONNACK 00\n");
	c = dial(f, 1, WIRE_V311);
	say_connect(c, "mid", false, 0, 60);
	expect_told(f, "connect v4 id=mid clean=0 expiry=4294967295\n");
	grant(c, 2, 7200, true, true);
	expect(c, "CONNACK 00 present\n");
	c = dial(f, 2, WIRE_V5);
	say_connect(c, "new", true, 30, 60);
	expect_told(f, "connect v5 id=new clean=1 expiry=30\n");
	grant(c, 3, 20, false, false);
	expect(c, "CONNACK 00 expiry=20 receive=100 packet=2097152 alias=10\n");
	assert_int_equal(counted(f, CONN_COUNTER_LIVE_CONNECTIONS_COUNT), 3);
	assert_int_equal(counted(f, CONN_COUNTER_CONNECTIONS_COUNT), 3);
	assert_int_equal(counted(f, CONN_COUNTER_PACKETS_CONNECT_RECEIVED), 3);
	assert_int_equal(counted(f, CONN_COUNTER_PACKETS_CONNACK_SENT), 3);
}

/* A client that takes no packet of the size of our CONNACK does not wait for it for ever. */
static void test_connack_too_large(void **state)
{
	struct fixture *f = *state;
	struct client *c = dial(f, 0, WIRE_V5);
	struct wire_connect connect = {.client_id = str("c"), .clean_start = true};

	connect.props.maximum_packet_bytes = 5;
	wire_props_mark(&connect.props, WIRE_PROP_MAXIMUM_PACKET);
	say_connect_with(c, &connect);
	grant(c, 1, 0, false, false);
	assert_true(c->is_closed);
	assert_int_equal(c->out_bytes, 0);
	assert_int_equal(f->shutdown[CONN_SHUTDOWN_FRAME_TOO_LARGE], 1);
	assert_int_equal(counted(f, CONN_COUNTER_LIVE_CONNECTIONS_COUNT), 0);
}

static void test_promises(void **state)
{
	struct fixture *f = *state;
	struct client *c;
	struct conn_grant g = {.session = 1, .assigned_id = str("made")};

	f->config.max_qos = 1;
	f->config.retain_available = false;
	f->config.wildcard_available = false;
	f->config.shared_available = false;
	f->config.server_keepalive_s = 25;
	f->config.topic_alias_max = 0;
	f->config.max_packet_bytes = 0;
	f->config.receive_max = 0;
	reconfigure(f);
	c = dial(f, 0, WIRE_V5);
	say_connect(c, "", true, 0, 60);
	g.conn = c->id;
	conn_grant(f->hub, &g);
	expect(c, "CONNACK 00 qos=1 retain=0 wildcard=0 shared=0 keepalive=25 assigned=made\n");
	/* The server's keep-alive is in force, and the id that control made is told on. */
	conn_hub_resync_begin(f->hub);
	forget(f);
	assert_true(conn_hub_resync_step(f->hub));
	expect_told(f, "live v5 id=made clean=1 expiry=0 session=1\n");
	elapse(f, 37000);
	assert_true(c->is_open);
	elapse(f, 1000);
	expect(c, "DISCONNECT 8d\n");
	assert_int_equal(f->shutdown[CONN_SHUTDOWN_KEEPALIVE_TIMEOUT], 1);
}

static void test_all_of_connect(void **state)
{
	struct fixture *f = *state;
	struct client *c = dial(f, 0, WIRE_V5);
	struct wire_connect connect = {.client_id = str("full"),
		.clean_start = true,
		.has_will = true,
		.will_qos = 1,
		.will_topic = str("last/will"),
		.will_payload = str("bye"),
		.has_username = true,
		.username = str("joe"),
		.has_password = true,
		.password = str("secret")};

	say_connect_with(c, &connect);
	expect_told(f, "connect v5 id=full clean=1 expiry=0 user=joe pass=secret will=last/will "
		       "text=bye\n");
	/* A new control hears it all again; the password is kept no longer than it is needed. */
	conn_hub_resync_begin(f->hub);
	assert_true(conn_hub_resync_step(f->hub));
	expect_told(f, "connect v5 id=full clean=1 expiry=0 user=joe pass=secret will=last/will "
		       "text=bye\n");
	grant(c, 5, 0, false, false);
	conn_hub_resync_begin(f->hub);
	assert_true(conn_hub_resync_step(f->hub));
	expect_told(f, "live v5 id=full clean=1 expiry=0 user=joe will=last/will text=bye "
		       "session=5\n");
}

static void test_refusals(void **state)
{
	struct fixture *f = *state;
	struct client *c = dial(f, 0, WIRE_V5);

	say_connect(c, "x", true, 0, 0);
	conn_refuse(f->hub, c->id, 0x87, CONN_SHUTDOWN_NOT_AUTHORIZED, str("no"));
	expect(c, "CONNACK 87 why=no\n");
	assert_true(c->is_closed);
	c = dial(f, 1, WIRE_V311);
	say_connect(c, "x", true, 0, 0);
	conn_refuse(f->hub, c->id, 0x86, CONN_SHUTDOWN_BAD_CREDENTIALS, str(""));
	expect(c, "CONNACK 04\n");
	expect_told(f, "connect v5 id=x clean=1 expiry=0\nclosed 0 NOT_AUTHORIZED\n"
		       "connect v4 id=x clean=1 expiry=0\nclosed 1 BAD_CREDENTIALS\n");
	assert_int_equal(counted(f, CONN_COUNTER_PACKETS_CONNACK_AUTH_ERROR), 2);
	assert_int_equal(f->shutdown[CONN_SHUTDOWN_BAD_CREDENTIALS], 1);
}

static void test_refused_here(void **state)
{
	struct fixture *f = *state;
	struct wire_connect connect = {.client_id = str("c"), .clean_start = true};
	struct client *c;

	f->config.max_client_id_bytes = 3;
	f->config.max_qos = 0;
	f->config.max_topic_levels = 2;
	f->config.retain_available = false;
	reconfigure(f);
	c = dial(f, 0, WIRE_V5);
	say_connect(c, "long", true, 0, 0);
	expect(c, "CONNACK 85\n");
	c = dial(f, 0, WIRE_V311);
	say_connect(c, "long", true, 0, 0);
	expect(c, "CONNACK 02\n");
	c = dial(f, 0, WIRE_V5);
	connect.props.auth_method = str("SCRAM-SHA-256");
	wire_props_mark(&connect.props, WIRE_PROP_AUTH_METHOD);
	say_connect_with(c, &connect);
	expect(c, "CONNACK 8c\n");
	c = dial(f, 0, WIRE_V5);
	connect.props = (struct wire_props){0};
	connect.has_will = true;
	connect.will_topic = str("w");
	connect.will_qos = 1;
	say_connect_with(c, &connect);
	expect(c, "CONNACK 9b\n");
	c = dial(f, 0, WIRE_V5);
	connect.will_qos = 0;
	connect.will_retain = true;
	say_connect_with(c, &connect);
	expect(c, "CONNACK 9a\n");
	c = dial(f, 0, WIRE_V5);
	connect.will_retain = false;
	connect.will_topic = str("a/b/c");
	say_connect_with(c, &connect);
	expect(c, "CONNACK 90\n");
	expect_told(f, "");
	assert_int_equal(counted(f, CONN_COUNTER_CONNECTIONS_COUNT), 0);
}

static void test_not_mqtt(void **state)
{
	struct fixture *f = *state;
	static const uint8_t level9[] = {0x10, 12, 0, 4, 'M', 'Q', 'T', 'T', 9, 2, 0, 0, 0, 0};
	static const char http[] = "GET / HTTP/1.1\r\n\r\n";
	static const uint8_t ping[] = {0xc0, 0};
	static const uint8_t long_connect[] = {0x10, 0xff, 0xff, 0xff, 0x7f, 0};
	struct client *c = dial(f, 0, WIRE_V311);

	give(c, http, sizeof(http) - 1);
	assert_true(c->is_closed);
	c = dial(f, 0, WIRE_V311);
	give(c, ping, sizeof(ping));
	assert_true(c->is_closed);
	expect(c, "");
	assert_true(f->shutdown[CONN_SHUTDOWN_PROTO_UNEXPECTED_C] > 0);
	/* By its head, before it is whole. */
	c = dial(f, 0, WIRE_V311);
	give(c, "\x30\x7f", 2);
	assert_true(c->is_closed);
	c = dial(f, 0, WIRE_V311);
	give(c, level9, sizeof(level9));
	assert_true(c->is_closed);
	assert_int_equal(f->shutdown[CONN_SHUTDOWN_UNSUPPORTED_VERSION], 1);
	/* What is too large is refused by its head. */
	c = dial(f, 0, WIRE_V311);
	give(c, long_connect, sizeof(long_connect));
	assert_true(c->is_closed);
	assert_int_equal(f->shutdown[CONN_SHUTDOWN_FRAME_TOO_LARGE], 1);
	expect_told(f, "");
	assert_non_null(strstr(f->log.data, "192.0.2.7:4711"));
}

static void test_second_connect(void **state)
{
	struct fixture *f = *state;
	struct client *c = online(f, 0, WIRE_V5, "c", 0);

	say_connect(c, "c", true, 0, 0);
	expect(c, "DISCONNECT 82\n");
	assert_true(c->is_closed);
	assert_int_equal(f->shutdown[CONN_SHUTDOWN_PROTO_UNEXPECTED_C], 1);
}

static void test_idle(void **state)
{
	struct fixture *f = *state;
	struct client *c = dial(f, 0, WIRE_V5);

	give(c, "\x10", 1);
	elapse(f, 14900);
	assert_true(c->is_open);
	elapse(f, 500);
	assert_true(c->is_closed);
	expect(c, "");
	assert_int_equal(f->shutdown[CONN_SHUTDOWN_IDLE_TIMEOUT], 1);
	expect_told(f, "");
}

/*
 * Control is dead: the client is told so, and a late answer still finds the session's state a home.
 */
static void test_no_answer(void **state)
{
	struct fixture *f = *state;
	struct client *c = dial(f, 0, WIRE_V5);

	say_connect(c, "c", false, 100, 0);
	elapse(f, 10500);
	expect(c, "CONNACK 88\n");
	assert_true(c->is_closed);
	expect_told(f, "connect v5 id=c clean=0 expiry=100\n");
	grant(c, 7, 100, true, true);
	inflight(c, 12, CONN_DELIVERY_PUBLISHED, "a", "one", 1);
	deliver(c, "a", "two", 1);
	conn_restore_end(f->hub, c->id);
	deliver(c, "a", "three", 1);
	expect_told(f, "restored 0\n");
	conn_caught_up(f->hub, c->id);
	expect_told(f, "0 published #12 t=a p=one q1 for q1\n0 queued #0 t=a p=two q1 for q1\n"
		       "0 queued #0 t=a p=three q1 for q1\nclosed 0 CONTROL_UNAVAILABLE\n");
}

/* The ring is full: the CONNECT waits, and is told in time that this is our fault. */
static void test_full_ring(void **state)
{
	struct fixture *f = *state;
	struct client *c = dial(f, 0, WIRE_V5);

	f->room = 10;
	say_connect(c, "c", true, 0, 0);
	expect_told(f, "");
	assert_true(conn_hub_is_blocked(f->hub));
	f->room = SIZE_MAX;
	conn_hub_unblock(f->hub);
	assert_false(conn_hub_is_blocked(f->hub));
	expect_told(f, "connect v5 id=c clean=1 expiry=0\n");
	f->room = 10;
	c = dial(f, 1, WIRE_V311);
	say_connect(c, "d", true, 0, 0);
	elapse(f, 15500);
	expect(c, "CONNACK 03\n");
	assert_int_equal(f->shutdown[CONN_SHUTDOWN_CONTROL_UNAVAILABLE], 2);
	assert_false(conn_hub_is_blocked(f->hub));
}

static void test_pipelined(void **state)
{
	struct fixture *f = *state;
	struct client *c = dial(f, 0, WIRE_V311);

	say_connect(c, "c", true, 0, 0);
	say_subscribe(c, 1, "a", 1);
	say_ping(c);
	expect_told(f, "connect v4 id=c clean=1 expiry=0\n");
	grant(c, 1, 0, false, false);
	expect(c, "CONNACK 00\n");
	expect_told(f, "subscribe 0 #1 a:01:00\n");
	suback(c, 1, "a", 1, 1);
	expect(c, "SUBACK #1 01\nPINGRESP\n");
}

static void test_gone_while_deciding(void **state)
{
	struct fixture *f = *state;
	struct client *c = dial(f, 0, WIRE_V5);

	say_connect(c, "c", true, 0, 0);
	conn_lost(c->conn, CONN_SHUTDOWN_CLOSED);
	c->is_open = false;
	expect_told(f, "connect v5 id=c clean=1 expiry=0\n");
	grant(c, 1, 0, false, false);
	expect_told(f, "closed 0 CLOSED\n");
	assert_int_equal(counted(f, CONN_COUNTER_LIVE_CONNECTIONS_COUNT), 0);
}

static void test_keepalive(void **state)
{
	struct fixture *f = *state;
	struct client *c = dial(f, 0, WIRE_V311);

	say_connect(c, "c", true, 0, 10);
	grant(c, 1, 0, false, false);
	forget(f);
	for (unsigned i = 0; i < 10; i++) {
		elapse(f, 14000);
		assert_true(c->is_open);
		say_ping(c);
	}
	elapse(f, 15500);
	assert_true(c->is_closed);
	expect_told(f, "closed 0 KEEPALIVE_TIMEOUT\n");
}

static void test_disconnects(void **state)
{
	struct fixture *f = *state;
	struct client *c = online(f, 0, WIRE_V5, "a", 0);

	say_disconnect(c, 0);
	assert_true(c->is_closed);
	expect_told(f, "closed 0 NORMAL no-will\n");
	c = online(f, 0, WIRE_V5, "a", 0);
	say_disconnect(c, 4);
	expect_told(f, "closed 0 NORMAL\n");
	c = online(f, 0, WIRE_V5, "a", 0);
	conn_disconnect(f->hub, c->id, 0x8e, CONN_SHUTDOWN_TAKENOVER, str(""));
	expect(c, "DISCONNECT 8e\n");
	expect_told(f, "closed 0 TAKENOVER\n");
	c = online(f, 0, WIRE_V311, "a", 0);
	conn_disconnect(f->hub, c->id, 0x8e, CONN_SHUTDOWN_TAKENOVER, str(""));
	expect(c, "");
	assert_true(c->is_closed);
	forget(f);
	c = online(f, 0, WIRE_V5, "a", 0);
	conn_end_all(f->hub, 0x8b, CONN_SHUTDOWN_SERVER_SHUTDOWN);
	expect(c, "DISCONNECT 8b\n");
	expect_told(f, "closed 0 SERVER_SHUTDOWN\n");
	assert_int_equal(counted(f, CONN_COUNTER_CLIENT_DISCONNECTED), 5);
	assert_int_equal(counted(f, CONN_COUNTER_CONNECTIONS_MAX), 1);
}

static void test_expiry_change(void **state)
{
	struct fixture *f = *state;
	static const uint8_t packet[] = {0xe0, 7, 0, 5, 0x11, 0, 0, 0, 9};
	struct client *c = online(f, 0, WIRE_V5, "a", 100);

	give(c, packet, sizeof(packet));
	expect_told(f, "closed 0 NORMAL no-will expiry-set\n");
	c = online(f, 0, WIRE_V5, "a", 0);
	give(c, packet, sizeof(packet));
	expect(c, "DISCONNECT 82\n");
	expect_told(f, "closed 0 PROTOCOL_ERROR\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_versions),
		TEST(test_connack_too_large),
		TEST(test_promises),
		TEST(test_all_of_connect),
		TEST(test_refusals),
		TEST(test_refused_here),
		TEST(test_not_mqtt),
		TEST(test_second_connect),
		TEST(test_idle),
		TEST(test_no_answer),
		TEST(test_full_ring),
		TEST(test_pipelined),
		TEST(test_gone_while_deciding),
		TEST(test_keepalive),
		TEST(test_disconnects),
		TEST(test_expiry_change),
	};

	return cmocka_run_group_tests_name("conn connect", tests, NULL, NULL);
}
