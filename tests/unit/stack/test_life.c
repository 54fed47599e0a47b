#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_user.h"
#include "stack_bucket.h"

/* The whole life of many connections through the table of buckets: none is lost in it, and none leaks. */

enum { CLIENTS = 20000, PASSIVE = 5000, ACTIVE = 10000, LOST = 100, MSL_MS = 5000 };

static struct fake_client clients[CLIENTS];

static void count(unsigned *active, unsigned *timewait)
{
	*active = *timewait = 0;
	for (uint32_t i = 0; i <= fake_stack->table.mask; i++) {
		const struct stack_bucket *bucket = &fake_stack->table.buckets[i];

		for (const struct tcp_pcb *pcb = bucket->active; pcb != NULL; pcb = pcb->next)
			(*active)++;
		for (const struct tcp_pcb *pcb = bucket->timewait; pcb != NULL; pcb = pcb->next)
			(*timewait)++;
	}
	assert_null(tcp_active_pcbs);
	assert_null(tcp_tw_pcbs);
}

static void assert_counts(unsigned active, unsigned timewait)
{
	unsigned have_active, have_timewait;

	count(&have_active, &have_timewait);
	assert_int_equal(have_active, active);
	assert_int_equal(have_timewait, timewait);
	assert_int_equal(stack_counters(fake_stack)->connections, active + timewait);
}

static void close_on_end(struct fake_user *user)
{
	stack_flow_close(user->flow);
}

static void connect_all(void)
{
	for (uint32_t i = 0; i < CLIENTS; i++) {
		clients[i].family = i % 4 == 3 ? STACK_FAMILY_IPV6 : STACK_FAMILY_IPV4;
		clients[i].number = i;
		clients[i].seq = 1000 + i;
		fake_connect(fake_stack, &clients[i]);
		fake_users[i].on_ended = close_on_end;
	}
	assert_int_equal(fake_accepted, CLIENTS);
	assert_counts(CLIENTS, 0);
}

/* The clients close first: FIN, our ACK and FIN, ACK. */
static void close_passively(void)
{
	for (uint32_t i = 0; i < PASSIVE; i++) {
		fake_send(fake_stack, &clients[i], STACK_FRAME_FIN | STACK_FRAME_ACK, NULL, 0);
		assert_int_equal(fake_users[i].ended, 1);
		fake_see(&clients[i]);
		fake_send(fake_stack, &clients[i], STACK_FRAME_ACK, NULL, 0);
	}
	assert_counts(CLIENTS - PASSIVE, 0);
}

/* We close first, and keep the connections in TIME_WAIT for twice the segment lifetime. */
static void close_actively(void)
{
	for (uint32_t i = PASSIVE; i < ACTIVE; i++) {
		stack_flow_close(fake_users[i].flow);
		assert_true((fake_last.frame.tcp_flags & STACK_FRAME_FIN) != 0);
		fake_see(&clients[i]);
		fake_send(fake_stack, &clients[i], STACK_FRAME_FIN | STACK_FRAME_ACK, NULL, 0);
	}
	assert_counts(CLIENTS - ACTIVE, ACTIVE - PASSIVE);
	fake_wait(2 * MSL_MS - 100);
	assert_counts(CLIENTS - ACTIVE, ACTIVE - PASSIVE);
	fake_wait(200);
	assert_counts(CLIENTS - ACTIVE, 0);
}

/* Of all that are left, only those with unacknowledged data cost timer visits. */
static void retransmit(void)
{
	uint64_t visits, sent;

	for (uint32_t i = ACTIVE; i < ACTIVE + LOST; i++) {
		assert_int_equal(stack_flow_write(fake_users[i].flow, "unheard", 7, false), 7);
		stack_flow_flush(fake_users[i].flow);
	}
	fake_wait(20); /* forget what else was pending */
	visits = stack_counters(fake_stack)->timer_visits;
	sent = stack_counters(fake_stack)->retransmits;
	fake_wait(1500);
	visits = stack_counters(fake_stack)->timer_visits - visits;
	assert_in_range(visits, 1, 150 * LOST);
	assert_int_equal(stack_counters(fake_stack)->retransmits - sent, LOST);
	for (uint32_t i = ACTIVE; i < ACTIVE + LOST; i++) {
		clients[i].ack += 7;
		fake_send(fake_stack, &clients[i], STACK_FRAME_ACK, NULL, 0);
		assert_int_equal(stack_flow_unacked(fake_users[i].flow), 0);
	}
	fake_wait(20);
	visits = stack_counters(fake_stack)->timer_visits;
	fake_wait(1000);
	assert_int_equal(stack_counters(fake_stack)->timer_visits, visits);
}

static void abort_rest(void)
{
	for (uint32_t i = ACTIVE; i < CLIENTS; i++) {
		stack_flow_abort(fake_users[i].flow);
		assert_true((fake_last.frame.tcp_flags & STACK_FRAME_RST) != 0);
	}
	assert_counts(0, 0);
	for (uint32_t i = 0; i < CLIENTS; i++)
		assert_int_equal(fake_users[i].closed, 0);
	assert_int_equal(stack_counters(fake_stack)->closed[STACK_CLOSE_LOCAL], CLIENTS);
}

static void start(unsigned max_connections)
{
	struct stack_config config = {
		.tick_ms = 10,
		.msl_ms = MSL_MS,
		.user_timeout_ms = 60000,
		.max_connections = max_connections,
		.max_half_open = 16,
	};

	fake_start(&config, 64 << 20, CLIENTS);
}

static void lives(void **state)
{
	(void)state;
	start(CLIENTS);
	connect_all();
	fake_wait(20);
	close_passively();
	close_actively();
	retransmit();
	abort_rest();
	fake_end();
}

/* Chains of many in one bucket: the hash spreads nothing when there are 64 buckets for all. */
static void long_chains(void **state)
{
	(void)state;
	start(64);
	fake_stack->config.max_connections = CLIENTS;
	for (uint32_t i = 0; i < 2000; i++) {
		clients[i] =
			(struct fake_client){.family = STACK_FAMILY_IPV4, .number = i, .seq = i};
		fake_connect(fake_stack, &clients[i]);
	}
	for (uint32_t i = 0; i < 2000; i += 3)
		stack_flow_abort(fake_users[i].flow);
	for (uint32_t i = 1; i < 2000; i += 3) {
		fake_send(fake_stack, &clients[i], STACK_FRAME_ACK, &i, sizeof(i));
		assert_int_equal(fake_users[i].data_bytes, sizeof(i));
		assert_memory_equal(fake_users[i].data, &i, sizeof(i));
	}
	fake_wait(2560); /* more timer calls than lwIP's hidden counter holds */
	for (uint32_t i = 2; i < 2000; i += 3) {
		fake_send(fake_stack, &clients[i], STACK_FRAME_RST | STACK_FRAME_ACK, NULL, 0);
		assert_int_equal(fake_users[i].reason, STACK_CLOSE_RESET);
	}
	assert_counts(667, 0);
	fake_end();
	assert_null(fake_users);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lives),
		cmocka_unit_test(long_chains),
	};

	return cmocka_run_group_tests_name("stack_life", tests, NULL, NULL);
}
