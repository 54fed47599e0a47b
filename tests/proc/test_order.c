/* Same publisher, same topic: the order is kept at every QoS, also when the network loses, repeats and reorders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "client.h"
#include "lab.h"

#define LAB "order"

enum { MESSAGES = 2000, WINDOW = 20 };

static pid_t cable;

/* Joins the clients' end of the lab to the broker's port by a bad cable, which works in both directions. */
static int start_bad_cable(void)
{
	int ready[2];
	char first;

	if (system("set -e; ip addr flush dev slu0; ip link add client0 type veth peer name cable0;"
		   "for end in slu0 cable0; do sysctl -qw net.ipv6.conf.$end.disable_ipv6=1 "
		   "net.ipv4.conf.$end.arp_ignore=8; done;" /* only the client's end answers */
		   "ip link set client0 up; ip link set cable0 up;"
		   "ethtool -K client0 tx off tso off gso off gro off >/dev/null;"
		   "ip addr add 198.18.0.1/15 dev client0") != 0 ||
		pipe(ready) != 0)
		return -1;
	cable = fork();
	if (cable == 0) {
		dup2(ready[1], STDOUT_FILENO);
		execlp("python3", "python3", "-u", "tests/proc/impair", "cable0", "slu0", "loss=3",
			"duplicate=2", "reorder=10", (char *)NULL);
		_exit(127);
	}
	close(ready[1]);
	/* its first word is "ready" */
	return cable > 0 && read(ready[0], &first, 1) == 1 && first == 'r' ? 0 : -1;
}

static int setup(void **state)
{
	(void)state;
	if (lab_up(LAB, "") != 0 || lab_enter(LAB) != 0)
		return -1;
	return start_bad_cable();
}

static int teardown(void **state)
{
	(void)state;
	if (cable > 0) {
		kill(cable, SIGTERM);
		waitpid(cable, NULL, 0);
	}
	return lab_down(LAB);
}

static void send_numbered(struct client *c, int number, uint8_t qos)
{
	uint8_t buf[128];
	char text[16];
	struct wire_publish_out out = {
		.version = c->version,
		.qos = qos,
		.packet_id = qos > 0 ? (uint16_t)(number + 1) : 0,
		.topic = {(const uint8_t *)"order/t", 7},
	};
	int head;

	snprintf(text, sizeof(text), "%d", number);
	out.payload_bytes = (uint32_t)strlen(text);
	head = wire_publish_header_encode(buf, sizeof(buf), &out);
	assert_true(head > 0);
	memcpy(buf + head, text, strlen(text));
	assert_int_equal(client_send(c, buf, (size_t)head + strlen(text)), 0);
}

/* Takes acknowledgements of the writer; answers PUBREC with PUBREL. Returns 1 when one flow has ended. */
static int settle_one(struct client *c)
{
	struct wire_ack ack;
	const uint8_t *packet;
	int bytes = client_next(c, &packet, CLIENT_WAIT_MS);

	assert_true(bytes > 0);
	assert_true(wire_ack_decode(&ack,
			    (struct wire_rules){.version = c->version, .from = WIRE_FROM_SERVER},
			    packet, (size_t)bytes) > 0);
	assert_true(ack.reason < 0x80);
	if (ack.type == WIRE_PUBREC) {
		uint8_t rel[4] = {0x62, 2, (uint8_t)(ack.packet_id >> 8), (uint8_t)ack.packet_id};

		assert_int_equal(client_send(c, rel, sizeof(rel)), 0);
		return 0;
	}
	return 1;
}

/* Takes one PUBLISH (skipping PUBREL, which it completes) and checks its number. */
static void receive_numbered(struct client *c, int number)
{
	struct wire_rules rules = {.version = c->version, .from = WIRE_FROM_SERVER};
	struct wire_publish p;
	const uint8_t *packet;
	char text[16];

	for (;;) {
		int bytes = client_next(c, &packet, CLIENT_WAIT_MS);

		assert_true(bytes > 0);
		if (packet[0] >> 4 == WIRE_PUBREL) {
			uint8_t comp[4] = {0x70, 2, packet[2], packet[3]};

			assert_int_equal(client_send(c, comp, sizeof(comp)), 0);
			continue;
		}
		assert_int_equal(packet[0] >> 4, WIRE_PUBLISH);
		assert_true(wire_publish_decode(&p, rules, packet, (size_t)bytes) > 0);
		break;
	}
	snprintf(text, sizeof(text), "%d", number);
	assert_int_equal(p.payload_bytes, strlen(text));
	assert_memory_equal(p.payload, text, strlen(text));
	if (p.qos > 0) {
		uint8_t ack[4] = {p.qos == 1 ? 0x40 : 0x50, 2, (uint8_t)(p.packet_id >> 8),
			(uint8_t)p.packet_id};

		assert_int_equal(client_send(c, ack, sizeof(ack)), 0);
	}
}

static void order_at(uint8_t qos)
{
	struct client reader, writer;
	int open_flows = 0, received = 0;

	assert_int_equal(client_start(&reader, WIRE_V5, "reader", true, 0), 0);
	assert_int_equal(client_start(&writer, WIRE_V5, "writer", true, 0), 0);
	assert_int_equal(client_subscribe(&reader, "order/#", qos), qos);
	for (int i = 0; i < MESSAGES; i++) {
		send_numbered(&writer, i, qos);
		open_flows += qos > 0;
		while (open_flows >= WINDOW)
			open_flows -= settle_one(&writer);
		if (i >= WINDOW)
			receive_numbered(&reader, received++);
	}
	while (open_flows > 0)
		open_flows -= settle_one(&writer);
	while (received < MESSAGES)
		receive_numbered(&reader, received++);
	client_stop(&reader);
	client_stop(&writer);
}

static void order_qos0(void **state)
{
	(void)state;
	order_at(0);
}

static void order_qos1(void **state)
{
	(void)state;
	order_at(1);
}

static void order_qos2(void **state)
{
	(void)state;
	order_at(2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_qos0),
		cmocka_unit_test(order_qos1),
		cmocka_unit_test(order_qos2),
	};

	return cmocka_run_group_tests_name("order", tests, setup, teardown);
}
