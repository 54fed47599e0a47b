#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_user.h"
#include "stack_priv.h"

/* One connection at a time: what its user is told, and what goes out. */

enum {
	ACK = STACK_FRAME_ACK,
	FIN = STACK_FRAME_FIN | STACK_FRAME_ACK,
	RST = STACK_FRAME_RST | STACK_FRAME_ACK
};

static struct fake_client client_of(uint32_t number)
{
	return (struct fake_client){.family = STACK_FAMILY_IPV4, .number = number, .seq = 5000};
}

/* A connection whose SYN-ACK is answered; its user is fake_users[its turn]. */
static struct fake_client connected(uint32_t number)
{
	struct fake_client client = client_of(number);
	unsigned before = fake_accepted;

	fake_connect(fake_stack, &client);
	assert_int_equal(fake_accepted, before + 1);
	return client;
}

static void send_text(struct fake_client *client, const char *text)
{
	fake_send(fake_stack, client, ACK | STACK_FRAME_PSH, text, strlen(text));
}

static unsigned last_flags(void)
{
	return fake_last.frame.tcp_flags;
}

static void reply(struct fake_user *user)
{
	assert_int_equal(stack_flow_write(user->flow, "reply", 5, false), 5);
}

static void close_flow(struct fake_user *user)
{
	stack_flow_close(user->flow);
}

static void abort_flow(struct fake_user *user)
{
	stack_flow_abort(user->flow);
}

static void reply_and_close(struct fake_user *user)
{
	reply(user);
	stack_flow_close(user->flow);
}

static void reply_rides_on_ack(void **state)
{
	struct fake_client client = connected(1);

	(void)state;
	fake_users[0].on_received = reply;
	fake_sent = 0;
	send_text(&client, "question");
	assert_int_equal(fake_sent, 1);
	assert_int_equal(fake_last.ack, client.seq);
	assert_int_equal(fake_last.payload_bytes, 5);
	assert_memory_equal(fake_last.payload, "reply", 5);
	assert_true(fake_last.checksum_is_right);
	assert_true((last_flags() & STACK_FRAME_PSH) != 0);
}

static void ack_waits_one_tick_at_most(void **state)
{
	struct fake_client client = connected(1);

	(void)state;
	fake_wait(10);
	fake_sent = 0;
	send_text(&client, "a");
	assert_int_equal(fake_sent, 0);
	fake_wait(10);
	assert_int_equal(fake_sent, 1);
	assert_int_equal(fake_last.ack, client.seq);
}

static void ipv6(void **state)
{
	struct fake_client client = {.family = STACK_FAMILY_IPV6, .number = 1};

	(void)state;
	fake_connect(fake_stack, &client);
	assert_int_equal(fake_accepted, 1);
	fake_users[0].on_received = reply;
	send_text(&client, "question");
	assert_int_equal(fake_last.payload_bytes, 5);
	assert_int_equal(fake_last.frame.family, STACK_FAMILY_IPV6);
	assert_true(fake_last.checksum_is_right);
}

/* A checksum that the link vouches for is not looked at; that of the other layer still is. */
static void only_what_nobody_vouches_for_is_checked(void **state)
{
	enum { IP_CHECKSUM = 24, TCP_CHECKSUM = 50 };
	uint8_t frame[FAKE_FRAME_SIZE];

	(void)state;
	for (unsigned i = 0; i < 16; i++) {
		struct fake_client client = {.family = STACK_FAMILY_IPV4, .number = i + 1};
		bool ip_is_wrong = i & 1, tcp_is_wrong = i & 2;
		uint64_t before = stack_counters(fake_stack)->rx_bad_checksum;
		size_t bytes = fake_build(&client, STACK_FRAME_ACK, NULL, 0, frame);
		bool is_bad;

		fake_ip_known = i & 4;
		fake_l4_known = i & 8;
		frame[IP_CHECKSUM] ^= ip_is_wrong;
		frame[TCP_CHECKSUM] ^= tcp_is_wrong;
		fake_sent = 0;
		fake_inject(fake_stack, frame, bytes);
		is_bad = (ip_is_wrong && !fake_ip_known) || (tcp_is_wrong && !fake_l4_known);
		assert_int_equal(stack_counters(fake_stack)->rx_bad_checksum - before, is_bad);
		assert_int_equal(fake_sent, !is_bad); /* RST: it belongs to no connection */
	}
	fake_ip_known = fake_l4_known = false;
}

static void writes_of_a_burst_share_a_segment(void **state)
{
	(void)state;
	connected(1);
	fake_sent = 0;
	for (int i = 0; i < 100; i++)
		assert_int_equal(stack_flow_write(fake_users[0].flow, "0123456789", 10, false), 10);
	assert_int_equal(fake_sent, 0);
	assert_int_equal(stack_flow_unsent(fake_users[0].flow), 1000);
	stack_flow_flush(fake_users[0].flow);
	assert_int_equal(stack_flow_unacked(fake_users[0].flow), 1000);
	assert_in_range(fake_sent, 1, 2); /* 536 bytes: the client names no size */
	assert_true((last_flags() & STACK_FRAME_PSH) != 0);
}

static void pause_keeps_order_and_window(void **state)
{
	struct fake_client client = connected(1);
	struct fake_user *user = &fake_users[0];
	char expected[4000];

	(void)state;
	for (size_t i = 0; i < sizeof(expected); i++)
		expected[i] = (char)(i * 7);
	user->take_max = 100;
	fake_send(fake_stack, &client, ACK, expected, 1000);
	assert_int_equal(user->data_bytes, 100);
	fake_wait(20);
	assert_in_range(fake_last.window, TCP_WND - 1000, TCP_WND - 900);
	user->take_max = SIZE_MAX;
	for (size_t at = 1000; at < 1400; at++) /* single bytes share blocks */
		fake_send(fake_stack, &client, ACK, expected + at, 1);
	fake_send(fake_stack, &client, ACK, expected + 1400, 1000);
	assert_int_equal(user->data_bytes, 100);
	assert_in_range(base_mem_used(fake_mem, FAKE_CLASS_PACKET), 2300, 4096);
	fake_send(fake_stack, &client, FIN, NULL, 0);
	assert_int_equal(user->ended, 0);
	user->take_max = 700;
	stack_flow_resume(user->flow);
	assert_int_equal(user->data_bytes, 800);
	assert_int_equal(user->ended, 0);
	user->take_max = SIZE_MAX;
	stack_flow_resume(user->flow);
	assert_int_equal(user->data_bytes, 2400);
	assert_memory_equal(user->data, expected, 2400);
	assert_int_equal(user->ended, 1);
	stack_flow_close(user->flow);
	assert_int_equal(user->closed, 0);
}

static void resume_inside(struct fake_user *user)
{
	user->take_max = 3;
	stack_flow_resume(user->flow);
}

static void resume_inside_received(void **state)
{
	struct fake_client client = connected(1);
	struct fake_user *user = &fake_users[0];

	(void)state;
	user->take_max = 3;
	user->on_received = resume_inside;
	send_text(&client, "0123456789");
	assert_int_equal(user->received_calls, 4);
	assert_int_equal(user->data_bytes, 10);
	assert_memory_equal(user->data, "0123456789", 10);
}

static void close_inside_received(void **state)
{
	struct fake_client client = connected(1);

	(void)state;
	fake_users[0].on_received = reply_and_close;
	fake_sent = 0;
	send_text(&client, "bye");
	assert_int_equal(fake_sent, 1);
	assert_true((last_flags() & STACK_FRAME_FIN) != 0);
	assert_int_equal(fake_last.payload_bytes, 5);
	/* What the peer had under way does not turn the reply into a RST. */
	send_text(&client, "still talking");
	assert_true((last_flags() & STACK_FRAME_RST) == 0);
	fake_see(&client);
	fake_send(fake_stack, &client, FIN, NULL, 0);
	fake_wait(10200);
	assert_int_equal(stack_counters(fake_stack)->connections, 0);
	assert_int_equal(fake_users[0].closed, 0);
	assert_int_equal(fake_users[0].received_calls, 1);
}

static void abort_inside_received(void **state)
{
	struct fake_client client = connected(1);

	(void)state;
	fake_users[0].on_received = abort_flow;
	send_text(&client, "x");
	assert_true((last_flags() & STACK_FRAME_RST) != 0);
	assert_int_equal(stack_counters(fake_stack)->connections, 0);
	assert_int_equal(fake_users[0].closed, 0);
}

static void abort_first(struct fake_user *user)
{
	(void)user;
	stack_flow_abort(fake_users[0].flow);
	stack_flow_close(fake_users[1].flow);
}

/* Whatever bucket the others are in, also the same. */
static void end_others_inside_received(void **state)
{
	struct fake_client third;

	(void)state;
	connected(1);
	connected(2);
	third = connected(3);
	fake_users[2].on_received = abort_first;
	send_text(&third, "takeover");
	assert_int_equal(stack_counters(fake_stack)->connections, 2);
	fake_users[2].on_received = reply;
	fake_sent = 0;
	send_text(&third, "on");
	assert_int_equal(fake_last.payload_bytes, 5);
}

static void end_inside_accepted(void **state)
{
	struct fake_client client = client_of(1);

	(void)state;
	fake_on_accepted = close_flow;
	fake_connect(fake_stack, &client);
	assert_true((last_flags() & STACK_FRAME_FIN) != 0);
	assert_int_equal(fake_last.frame.tcp_flags & STACK_FRAME_RST, 0);
	client = client_of(2);
	fake_on_accepted = abort_flow;
	fake_connect(fake_stack, &client);
	assert_true((last_flags() & STACK_FRAME_RST) != 0);
	assert_int_equal(stack_counters(fake_stack)->connections, 1);
	client = client_of(3);
	fake_refuse = true;
	fake_connect(fake_stack, &client);
	assert_true((last_flags() & STACK_FRAME_RST) != 0);
	assert_int_equal(stack_counters(fake_stack)->refused, 1);
	assert_int_equal(stack_counters(fake_stack)->accepted, 2);
	assert_int_equal(stack_counters(fake_stack)->connections, 1);
}

static void half_close(void **state)
{
	struct fake_client client = connected(1);
	struct fake_user *user = &fake_users[0];

	(void)state;
	fake_send(fake_stack, &client, FIN, "last words", 10);
	assert_int_equal(user->data_bytes, 10);
	assert_int_equal(user->ended, 1);
	fake_wait(30000); /* the user may take its time */
	assert_int_equal(user->closed, 0);
	reply_and_close(user);
	assert_true((last_flags() & STACK_FRAME_FIN) != 0);
	assert_int_equal(fake_last.payload_bytes, 5);
	fake_see(&client);
	fake_send(fake_stack, &client, ACK, NULL, 0);
	assert_int_equal(stack_counters(fake_stack)->connections, 0);
}

static void reset_is_reported_once(void **state)
{
	struct fake_client client = connected(1);

	(void)state;
	fake_send(fake_stack, &client, RST, NULL, 0);
	assert_int_equal(fake_users[0].closed, 1);
	assert_int_equal(fake_users[0].reason, STACK_CLOSE_RESET);
	fake_wait(100);
	assert_int_equal(fake_users[0].closed, 1);
	assert_int_equal(stack_counters(fake_stack)->connections, 0);
}

static void abort_second(struct fake_user *user)
{
	(void)user;
	stack_flow_abort(fake_users[1].flow);
}

static void end_others_inside_closed(void **state)
{
	struct fake_client client = connected(1);

	(void)state;
	connected(2);
	fake_users[0].on_closed = abort_second;
	fake_send(fake_stack, &client, RST, NULL, 0);
	assert_int_equal(fake_users[1].closed, 0);
	assert_int_equal(stack_counters(fake_stack)->connections, 0);
}

static void writable_after_acknowledgement(void **state)
{
	struct fake_client client = connected(1);
	struct fake_user *user = &fake_users[0];
	static char data[TCP_SND_BUF];
	size_t written = stack_flow_write(user->flow, data, sizeof(data), false);

	(void)state;
	assert_int_equal(written, TCP_SND_BUF);
	assert_int_equal(stack_flow_space(user->flow), 0);
	assert_int_equal(stack_flow_write(user->flow, data, 1, false), 0);
	stack_flow_flush(user->flow);
	fake_see(&client);
	fake_send(fake_stack, &client, ACK, NULL, 0);
	assert_int_equal(user->writable, 1);
	assert_true(stack_flow_space(user->flow) > 0);
}

/* A reader that shuts its window and answers every probe, for ever. */
static void shut_window_times_out(void **state)
{
	struct fake_client client = connected(1);
	struct fake_user *user = &fake_users[0];

	(void)state;
	client.window = 0;
	fake_send(fake_stack, &client, ACK, "w", 1);
	assert_int_equal(stack_flow_write(user->flow, "data", 4, false), 4);
	stack_flow_flush(user->flow);
	for (int i = 0; i < 19 && user->closed == 0; i++) {
		fake_wait(1000);
		fake_send(fake_stack, &client, ACK, NULL, 0);
	}
	assert_int_equal(user->closed, 0);
	fake_wait(2000);
	assert_int_equal(user->closed, 1);
	assert_int_equal(user->reason, STACK_CLOSE_TIMEOUT);
	assert_true((last_flags() & STACK_FRAME_RST) != 0);
}

static void silent_peer_times_out(void **state)
{
	(void)state;
	connected(1);
	reply(&fake_users[0]);
	stack_flow_flush(fake_users[0].flow);
	fake_wait(19000);
	assert_int_equal(fake_users[0].closed, 0);
	fake_wait(2000);
	assert_int_equal(fake_users[0].closed, 1);
	assert_int_equal(fake_users[0].reason, STACK_CLOSE_TIMEOUT);
}

static void closed_flow_does_not_linger(void **state)
{
	struct fake_client client = connected(1);

	(void)state;
	stack_flow_close(fake_users[0].flow);
	fake_see(&client);
	fake_send(fake_stack, &client, ACK, NULL, 0); /* and never its own FIN */
	fake_wait(4000);
	assert_int_equal(stack_counters(fake_stack)->connections, 1);
	fake_wait(2000);
	assert_int_equal(stack_counters(fake_stack)->connections, 0);
}

static void same_ports_again(void **state)
{
	struct fake_client client = connected(1);

	(void)state;
	stack_flow_close(fake_users[0].flow);
	fake_see(&client);
	fake_send(fake_stack, &client, FIN, NULL, 0);
	assert_int_equal(stack_counters(fake_stack)->connections, 1); /* TIME_WAIT */
	client.seq -= 100;
	fake_send(fake_stack, &client, STACK_FRAME_SYN, NULL, 0); /* an old duplicate */
	assert_int_equal(fake_accepted, 1);
	client.seq += 100000;
	fake_connect(fake_stack, &client);
	assert_int_equal(fake_accepted, 2);
	assert_int_equal(stack_counters(fake_stack)->connections, 1);
}

static void limits(void **state)
{
	const struct stack_counters *counters = stack_counters(fake_stack);
	struct fake_client client;

	(void)state;
	for (uint32_t i = 0; i < 5; i++) { /* max_half_open is 4 */
		client = client_of(i);
		fake_send(fake_stack, &client, STACK_FRAME_SYN, NULL, 0);
	}
	assert_int_equal(counters->half_open, 4);
	assert_int_equal(counters->syn_limit_half_open, 1);
	fake_wait(21000);
	assert_int_equal(counters->half_open, 0);
	assert_int_equal(counters->connections, 0);
	for (uint32_t i = 10; i < 18; i++) /* max_connections is 8 */
		connected(i);
	client = client_of(18);
	fake_send(fake_stack, &client, STACK_FRAME_SYN, NULL, 0);
	assert_int_equal(counters->syn_limit_connections, 1);
	assert_int_equal(counters->connections, 8);
	stack_flow_abort(fake_users[0].flow);
	fake_connect(fake_stack, &client);
	assert_int_equal(fake_accepted, 9);
}

static void memory_ends(void **state)
{
	struct fake_client client = connected(1), other = client_of(2);
	struct fake_user *user = &fake_users[0];
	static char data[8000];
	size_t used = base_mem_used(fake_mem, FAKE_CLASS_PACKET);

	(void)state;
	base_mem_limit(fake_mem, FAKE_CLASS_PACKET, used + 4096);
	assert_in_range(stack_flow_write(user->flow, data, sizeof(data), false), 1, 4096);
	while (stack_flow_write(user->flow, data, sizeof(data), false) > 0) {
	}
	base_mem_limit(fake_mem, FAKE_CLASS_PACKET, 0);
	fake_wait(40);
	assert_true(user->writable > 0);
	user->take_max = 0;
	base_mem_limit(
		fake_mem, FAKE_CLASS_PACKET, base_mem_used(fake_mem, FAKE_CLASS_PACKET) + 600);
	for (int i = 0; i < 20 && user->closed == 0; i++)
		fake_send(fake_stack, &client, ACK, data, 300);
	base_mem_limit(fake_mem, FAKE_CLASS_PACKET, 0);
	base_mem_limit(fake_mem, FAKE_CLASS_FLOW, base_mem_used(fake_mem, FAKE_CLASS_FLOW));
	fake_send(fake_stack, &other, STACK_FRAME_SYN, NULL, 0);
	assert_int_equal(stack_counters(fake_stack)->syn_no_memory, 1);
	base_mem_limit(fake_mem, FAKE_CLASS_FLOW, 0);
	connected(3);
}

static void write_without_memory(struct fake_user *user)
{
	base_mem_limit(fake_mem, FAKE_CLASS_PACKET, 1);
	assert_int_equal(stack_flow_write(user->flow, "answer", 6, false), 0);
	base_mem_limit(fake_mem, FAKE_CLASS_PACKET, 0);
}

/* With nothing under way, no acknowledgement says that there may be memory again; whichever timer comes first. */
static void memory_ends_when_idle(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct fake_client client = connected(i);
		struct fake_user *user = &fake_users[i];

		fake_wait(500 + i * stack_tick_ms);
		user->on_received = write_without_memory;
		fake_send(fake_stack, &client, ACK, "question", 8);
		assert_int_equal(user->received_calls, 1);
		fake_wait(500);
		assert_true(user->writable > 0);
	}
}

static void no_buffer_is_tried_again(void **state)
{
	struct fake_client client = connected(1);

	(void)state;
	fake_fail = 1;
	fake_sent = 0;
	reply(&fake_users[0]);
	stack_flow_flush(fake_users[0].flow);
	assert_int_equal(fake_sent, 0);
	fake_wait(40);
	assert_int_equal(fake_sent, 1);
	assert_int_equal(stack_counters(fake_stack)->tx_no_buffer, 1);
	assert_int_equal(fake_last.seq, client.ack);
}

static void out_of_order_is_put_in_order(void **state)
{
	struct fake_client client = connected(1), early = client;

	(void)state;
	early.seq += 5;
	send_text(&early, "67890");
	assert_int_equal(fake_users[0].data_bytes, 0);
	send_text(&client, "12345");
	assert_int_equal(fake_users[0].data_bytes, 10);
	assert_memory_equal(fake_users[0].data, "1234567890", 10);
}

static void no_listener(void **state)
{
	struct fake_client client = client_of(1);
	struct stack_addr any = {.port = FAKE_LISTEN_PORT};

	(void)state;
	assert_int_equal(stack_listen(fake_stack, &any, 9), -EEXIST);
	assert_int_equal(stack_listen(fake_stack, &any, 10), -EADDRINUSE);
	client.window = 65535;
	fake_send(fake_stack, &client, STACK_FRAME_SYN, NULL, 0);
	stack_unlisten(fake_stack, 9);
	fake_see(&client);
	fake_send(fake_stack, &client, ACK, NULL, 0); /* half-open when the listener went */
	assert_true((last_flags() & STACK_FRAME_RST) != 0);
	client = client_of(2);
	fake_connect(fake_stack, &client);
	assert_true((last_flags() & STACK_FRAME_RST) != 0);
	assert_int_equal(fake_accepted, 0);
	assert_int_equal(stack_counters(fake_stack)->connections, 0);
	assert_int_equal(stack_listen(fake_stack, &any, 9), 0);
	connected(3);
}

static void end_reports_shutdown(void **state)
{
	struct stack_config config = {
		.tick_ms = 10,
		.msl_ms = 5000,
		.user_timeout_ms = 20000,
		.max_connections = 8,
		.max_half_open = 4,
	};
	struct fake_user *users;

	(void)state;
	fake_start(&config, 16 << 20, 16);
	connected(1);
	connected(2);
	users = fake_users;
	stack_flow_close(users[0].flow);
	stack_free(fake_stack);
	assert_int_equal(users[0].closed, 0);
	assert_int_equal(users[1].closed, 1);
	assert_int_equal(users[1].reason, STACK_CLOSE_SHUTDOWN);
	fake_stack = NULL;
	fake_end();
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		CASE(reply_rides_on_ack),
		CASE(ack_waits_one_tick_at_most),
		CASE(ipv6),
		CASE(only_what_nobody_vouches_for_is_checked),
		CASE(writes_of_a_burst_share_a_segment),
		CASE(pause_keeps_order_and_window),
		CASE(resume_inside_received),
		CASE(close_inside_received),
		CASE(abort_inside_received),
		CASE(end_others_inside_received),
		CASE(end_inside_accepted),
		CASE(half_close),
		CASE(reset_is_reported_once),
		CASE(end_others_inside_closed),
		CASE(writable_after_acknowledgement),
		CASE(shut_window_times_out),
		CASE(silent_peer_times_out),
		CASE(closed_flow_does_not_linger),
		CASE(same_ports_again),
		CASE(limits),
		CASE(memory_ends),
		CASE(memory_ends_when_idle),
		CASE(no_buffer_is_tried_again),
		CASE(out_of_order_is_put_in_order),
		CASE(no_listener),
		cmocka_unit_test(end_reports_shutdown),
	};

	return cmocka_run_group_tests_name("stack_flow", tests, NULL, NULL);
}
