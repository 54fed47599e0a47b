/* One broker, real clients: the MQTT that every user relies on, in all versions, over IPv4 and IPv6. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "client.h"
#include "lab.h"

#define LAB "mqtt"

static const uint8_t versions[] = {WIRE_V31, WIRE_V311, WIRE_V5};
enum { VERSIONS = sizeof(versions) / sizeof(versions[0]) };
enum { NOBODY = 0x10 }; /* no matching subscribers: taken, and MQTT 5 is told so */

static int setup(void **state)
{
	(void)state;
	lab_setenv("SLUICE_MQTT__MAX_PACKET_SIZE", "2MB");
	if (lab_up(LAB, "") != 0 || lab_enter(LAB) != 0)
		return -1;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return lab_down(LAB);
}

static void assert_payload(const struct wire_publish *p, const char *topic, const char *payload)
{
	assert_int_equal(p->topic.bytes, strlen(topic));
	assert_memory_equal(p->topic.data, topic, strlen(topic));
	assert_int_equal(p->payload_bytes, strlen(payload));
	assert_memory_equal(p->payload, payload, strlen(payload));
}

/*
 * mosquitto_sub waits for one message that mosquitto_pub sends, in every version, QoS and address family. Each has a topic of
 * its own: the subscription of the one before, which may be listed still, is not taken for it.
 */
static void stock_clients(void **state)
{
	static const char *const names[] = {"31", "311", "5"};
	static const char *const hosts[] = {"$SLUICE_HOST", "$SLUICE_HOST6"};
	char topic[32], command[1024];

	(void)state;
	for (int v = 0; v < VERSIONS; v++)
		for (int qos = 0; qos < 3; qos++)
			for (int family = 0; family < 2; family++) {
				snprintf(topic, sizeof(topic), "stock/%s-%d-%d", names[v], qos,
					family);
				snprintf(command, sizeof(command),
					"sh -c 'got=$(mktemp); "
					"mosquitto_sub -h %s -V %s -q %d -t %s/+ -C 1 -W 60 >$got "
					"& "
					"sub=$!; for i in $(seq 300); do sluicectl subscriptions "
					"list | grep -qF %s/+ && break; sleep 0.1; done; "
					"mosquitto_pub -h %s -V %s -q %d -t %s/t -m hello; "
					"wait $sub; said=$(cat $got); rm $got; "
					"test \"$said\" = hello'",
					hosts[family], names[v], qos, topic, topic, hosts[family],
					names[v], qos, topic);
				assert_int_equal(lab_exec(LAB, command), 0);
			}
}

/* Every QoS of the publisher against every QoS of the subscription: delivered once, at the lower of both. */
static void qos_matrix(void **state)
{
	(void)state;
	for (int v = 0; v < VERSIONS; v++)
		for (uint8_t sub = 0; sub < 3; sub++) {
			struct client reader, writer;

			assert_int_equal(client_start(&reader, versions[v], "reader", true, 0), 0);
			assert_int_equal(client_start(&writer, versions[v], "writer", true, 0), 0);
			assert_int_equal(client_subscribe(&reader, "m/#", sub), sub);
			for (uint8_t pub = 0; pub < 3; pub++) {
				struct wire_publish p;
				const uint8_t *packet;

				assert_int_equal(
					client_publish(&writer, "m/x", "hello", 5, pub, false), 0);
				assert_true(client_receive(&reader, &p) > 0);
				assert_payload(&p, "m/x", "hello");
				assert_int_equal(p.qos, pub < sub ? pub : sub);
				assert_false(p.retain);
				if (p.qos == 2) {
					uint8_t rel[4] = {0x62, 2, (uint8_t)(p.packet_id >> 8),
						(uint8_t)p.packet_id};

					assert_true(
						client_expect(&reader, WIRE_PUBREL, &packet) > 0);
					rel[0] = 0x70;
					assert_int_equal(client_send(&reader, rel, 4), 0);
				}
			}
			client_stop(&reader);
			client_stop(&writer);
		}
}

static void retained(void **state)
{
	struct client writer, reader;
	struct wire_publish p;
	const uint8_t *packet;

	(void)state;
	assert_int_equal(client_start(&writer, WIRE_V5, "writer", true, 0), 0);
	assert_int_equal(client_publish(&writer, "kept/a", "1", 1, 1, true), NOBODY);
	assert_int_equal(client_publish(&writer, "kept/a", "2", 1, 1, true), NOBODY);
	assert_int_equal(client_start(&reader, WIRE_V311, "reader", true, 0), 0);
	assert_int_equal(client_subscribe(&reader, "kept/+", 1), 1);
	assert_true(client_receive(&reader, &p) > 0);
	assert_payload(&p, "kept/a", "2");
	assert_true(p.retain);
	assert_int_equal(client_publish(&writer, "kept/a", "", 0, 1, true), 0);
	assert_true(client_receive(&reader, &p) > 0);
	assert_false(p.retain);
	client_stop(&reader);
	assert_int_equal(client_start(&reader, WIRE_V5, "reader", true, 0), 0);
	assert_int_equal(client_subscribe(&reader, "kept/+", 1), 1);
	assert_int_equal(client_next(&reader, &packet, 300), -1);
	client_stop(&reader);
	client_stop(&writer);
}

/* A session outlives its connection: what comes meanwhile is queued and delivered in order, once. */
static void offline_queue(void **state)
{
	struct client reader, writer;
	struct wire_publish p;
	char text[16];

	(void)state;
	assert_int_equal(client_start(&writer, WIRE_V5, "writer", true, 0), 0);
	for (int v = 0; v < VERSIONS; v++) {
		uint8_t version = versions[v];

		assert_int_equal(client_start(&reader, version, "sleeper", true, 0), 0);
		client_stop(&reader);
		assert_int_equal(client_start(&reader, version, "sleeper", false, 600), 0);
		assert_int_equal(client_subscribe(&reader, "off/#", 1), 1);
		if (v % 2 == 0)
			client_stop(&reader);
		else
			client_abort(&reader, true);
		for (int i = 0; i < 100; i++) {
			snprintf(text, sizeof(text), "%d", i);
			assert_int_equal(
				client_publish(&writer, "off/t", text, strlen(text), 1, false), 0);
		}
		assert_int_equal(client_start(&reader, version, "sleeper", false, 600), 0);
		for (int i = 0; i < 100; i++) {
			snprintf(text, sizeof(text), "%d", i);
			assert_true(client_receive(&reader, &p) > 0);
			assert_payload(&p, "off/t", text);
		}
		client_stop(&reader);
	}
	client_stop(&writer);
}

static void takeover(void **state)
{
	struct client first, second;
	struct wire_disconnect d;
	const uint8_t *packet;
	int bytes;

	(void)state;
	assert_int_equal(client_start(&first, WIRE_V5, "twin", true, 0), 0);
	assert_int_equal(client_start(&second, WIRE_V5, "twin", true, 0), 0);
	bytes = client_expect(&first, WIRE_DISCONNECT, &packet);
	assert_true(bytes > 0);
	assert_true(wire_disconnect_decode(&d,
			    (struct wire_rules){.version = WIRE_V5, .from = WIRE_FROM_SERVER},
			    packet, (size_t)bytes) > 0);
	assert_int_equal(d.reason, 0x8e);
	assert_true(client_is_closed_by_peer(&first));
	client_abort(&first, false);
	assert_int_equal(client_subscribe(&second, "twin", 0), 0);
	client_stop(&second);
}

static struct wire_str text_of(const char *text)
{
	return (struct wire_str){(const uint8_t *)text, (uint32_t)strlen(text)};
}

static void will(void **state)
{
	struct client watcher, dying;
	struct wire_publish p;
	const uint8_t *packet;

	(void)state;
	assert_int_equal(client_start(&watcher, WIRE_V5, "watcher", true, 0), 0);
	assert_int_equal(client_subscribe(&watcher, "will/#", 1), 1);
	for (int normal = 0; normal < 2; normal++) {
		struct wire_connect connect = {
			.version = WIRE_V311,
			.clean_start = true,
			.has_will = true,
			.will_qos = 1,
			.client_id = text_of("dying"),
			.will_topic = text_of("will/t"),
			.will_payload = text_of("gone"),
		};

		assert_int_equal(client_open(&dying, getenv("SLUICE_HOST"), 1883), 0);
		assert_int_equal(client_connect(&dying, &connect, NULL), 0);
		if (normal) {
			client_stop(&dying);
			assert_int_equal(client_next(&watcher, &packet, 500), -1);
		} else {
			client_abort(&dying, false);
			assert_true(client_receive(&watcher, &p) > 0);
			assert_payload(&p, "will/t", "gone");
		}
	}
	client_stop(&watcher);
}

enum { MANY = 200 };

/* Clients of all versions at once; each publishes to its neighbour. */
static void many_at_once(void **state)
{
	static struct client c[MANY];
	char id[32], topic[32];

	(void)state;
	for (int i = 0; i < MANY; i++) {
		snprintf(id, sizeof(id), "many%d", i);
		snprintf(topic, sizeof(topic), "many/%d", i);
		assert_int_equal(client_start(&c[i], versions[i % VERSIONS], id, true, 0), 0);
		assert_int_equal(client_subscribe(&c[i], topic, (uint8_t)(i % 2)), i % 2);
	}
	for (int i = 0; i < MANY; i++) {
		snprintf(topic, sizeof(topic), "many/%d", (i + 1) % MANY);
		assert_int_equal(client_publish(&c[i], topic, id, strlen(id), 0, false), 0);
	}
	for (int i = 0; i < MANY; i++) {
		struct wire_publish p;

		snprintf(topic, sizeof(topic), "many/%d", i);
		assert_true(client_receive(&c[i], &p) > 0);
		assert_payload(&p, topic, id);
	}
	for (int i = 0; i < MANY; i++)
		client_stop(&c[i]);
}

enum { MEGABYTE = 1 << 20 };

static void large_payload(void **state)
{
	static uint8_t payload[MEGABYTE];
	struct client reader, writer;
	struct wire_publish p;

	(void)state;
	for (int i = 0; i < MEGABYTE; i++)
		payload[i] = (uint8_t)(i * 31 >> 3);
	assert_int_equal(client_start(&reader, WIRE_V5, "reader", true, 0), 0);
	assert_int_equal(client_start(&writer, WIRE_V311, "writer", true, 0), 0);
	assert_int_equal(client_subscribe(&reader, "big", 1), 1);
	for (uint8_t qos = 0; qos < 2; qos++) {
		assert_int_equal(client_publish(&writer, "big", payload, MEGABYTE, qos, false), 0);
		assert_true(client_receive(&reader, &p) > 0);
		assert_int_equal(p.payload_bytes, MEGABYTE);
		assert_memory_equal(p.payload, payload, MEGABYTE);
	}
	client_stop(&reader);
	client_stop(&writer);
}

/* A packet above mqtt.max_packet_size ends its sender, with the reason, and nobody else. */
static void oversized_packet(void **state)
{
	struct client c;
	struct wire_disconnect d;
	const uint8_t *packet;
	const uint8_t head[] = {0x30, 0xff, 0xff, 0xff, 0x7f, 0, 1, 'a'};
	int bytes;

	(void)state;
	assert_int_equal(client_start(&c, WIRE_V5, "huge", true, 0), 0);
	assert_int_equal(client_send(&c, head, sizeof(head)), 0);
	bytes = client_expect(&c, WIRE_DISCONNECT, &packet);
	assert_true(bytes > 0);
	assert_true(wire_disconnect_decode(&d,
			    (struct wire_rules){.version = WIRE_V5, .from = WIRE_FROM_SERVER},
			    packet, (size_t)bytes) > 0);
	assert_int_equal(d.reason, 0x95);
	assert_true(client_is_closed_by_peer(&c));
	client_abort(&c, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stock_clients),
		cmocka_unit_test(qos_matrix),
		cmocka_unit_test(retained),
		cmocka_unit_test(offline_queue),
		cmocka_unit_test(takeover),
		cmocka_unit_test(will),
		cmocka_unit_test(many_at_once),
		cmocka_unit_test(large_payload),
		cmocka_unit_test(oversized_packet),
	};

	return cmocka_run_group_tests_name("mqtt", tests, setup, teardown);
}
