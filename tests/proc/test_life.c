/* Either process is killed at any moment, under load, and comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "client.h"
#include "lab.h"

#define LAB "life"

enum { PAIRS = 20, ROUNDS = 3, WAIT_TRIES = 100 };

static struct client readers[PAIRS], writers[PAIRS];

static int setup(void **state)
{
	(void)state;
	return lab_up(LAB, "") != 0 || lab_enter(LAB) != 0 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	return lab_down(LAB);
}

static bool eventually(const char *shell)
{
	char command[1024];

	snprintf(command, sizeof(command), "sh -c '%s'", shell);
	for (int i = 0; i < WAIT_TRIES; i++) {
		if (lab_exec(LAB, command) == 0)
			return true;
		usleep(100000);
	}
	return false;
}

static struct wire_str text_of(const char *text)
{
	return (struct wire_str){(const uint8_t *)text, (uint32_t)strlen(text)};
}

/* Readers with a will and a lasting session, writers with a clean one. */
static void start_pairs(bool clean)
{
	for (int i = 0; i < PAIRS; i++) {
		char id[32], topic[32], will[32];
		struct wire_connect connect = {
			.version = WIRE_V5,
			.clean_start = clean,
			.has_will = true,
			.will_qos = 1,
			.will_topic = text_of(will),
		};

		snprintf(id, sizeof(id), "reader%d", i);
		snprintf(topic, sizeof(topic), "life/%d", i);
		snprintf(will, sizeof(will), "wills/%d", i);
		connect.client_id = text_of(id);
		connect.will_topic = text_of(will);
		connect.will_payload = text_of(id);
		connect.props.session_expiry_s = 600;
		wire_props_mark(&connect.props, WIRE_PROP_SESSION_EXPIRY);
		assert_int_equal(client_open(&readers[i], getenv("SLUICE_HOST"), 1883), 0);
		assert_int_equal(client_connect(&readers[i], &connect, NULL), 0);
		if (clean)
			assert_int_equal(client_subscribe(&readers[i], topic, 1), 1);
		snprintf(id, sizeof(id), "writer%d", i);
		assert_int_equal(client_start(&writers[i], WIRE_V311, id, true, 0), 0);
	}
}

static void stop_pairs(void)
{
	for (int i = 0; i < PAIRS; i++) {
		client_stop(&readers[i]);
		client_stop(&writers[i]);
	}
}

/* Every writer sends `n` messages of each QoS to its reader, which gets them in order. */
static void exchange(int n)
{
	for (int i = 0; i < PAIRS; i++) {
		char topic[32], text[32];

		snprintf(topic, sizeof(topic), "life/%d", i);
		for (int k = 0; k < n; k++) {
			struct wire_publish p;

			snprintf(text, sizeof(text), "%d", k);
			assert_int_equal(client_publish(&writers[i], topic, text, strlen(text),
						 (uint8_t)(k % 2), false),
				0);
			assert_true(client_receive(&readers[i], &p) > 0);
			assert_int_equal(p.payload_bytes, strlen(text));
			assert_memory_equal(p.payload, text, strlen(text));
		}
	}
}

/*
 * Load from a process of its own: a QoS 1 message to itself, over and over, until SIGTERM. Ends with 0, or with 1 when one
 * did not come through.
 */
static volatile sig_atomic_t load_stop;

static void on_stop(int number)
{
	(void)number;
	load_stop = 1;
}

static pid_t start_load(void)
{
	struct client c;
	struct wire_publish p;
	pid_t child = fork();

	if (child != 0)
		return child;
	signal(SIGTERM, on_stop);
	if (client_start(&c, WIRE_V5, "load", true, 0) != 0 || client_subscribe(&c, "load", 0) != 0)
		_exit(2);
	while (!load_stop)
		if (client_publish(&c, "load", "x", 1, 0, false) != 0 ||
			client_receive(&c, &p) <= 0)
			_exit(1);
	client_stop(&c);
	_exit(0);
}

static int stop_load(pid_t child)
{
	int status;

	kill(child, SIGTERM);
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Control dies: connected clients go on; the new one knows every session again. */
static void control_killed(void **state)
{
	(void)state;
	start_pairs(true);
	exchange(10);
	for (int round = 0; round < ROUNDS; round++) {
		pid_t load = start_load();

		assert_true(eventually("sluicectl clients list | grep -q load"));
		assert_int_equal(lab_kill(LAB, LAB_CONTROL), 0);
		exchange(20);
		assert_int_equal(lab_start(LAB, LAB_CONTROL), 0);
		assert_true(
			eventually("test $(sluicectl clients list | grep -c connected=true) = 41"));
		assert_true(
			eventually("test $(sluicectl subscriptions list | grep -c life/) = 20"));
		exchange(10);
		assert_int_equal(stop_load(load), 0);
	}
	stop_pairs();
}

/* A client that comes while control is down is served once it is back; one that leaves keeps its session. */
static void clients_move_while_control_is_down(void **state)
{
	struct client c, writer;
	struct wire_publish p;

	(void)state;
	assert_int_equal(client_start(&c, WIRE_V5, "mover", true, 600), 0);
	assert_int_equal(client_subscribe(&c, "moved", 1), 1);
	assert_int_equal(client_start(&writer, WIRE_V5, "stayer", true, 0), 0);
	assert_int_equal(lab_kill(LAB, LAB_CONTROL), 0);
	client_abort(&c, false);
	assert_int_equal(client_publish(&writer, "moved", "while away", 10, 1, false), 0);
	assert_int_equal(lab_start(LAB, LAB_CONTROL), 0);
	assert_true(eventually("sluicectl clients list | grep mover | grep -q connected=false"));
	assert_int_equal(client_start(&c, WIRE_V5, "mover", false, 600), 0);
	assert_true(client_receive(&c, &p) > 0);
	assert_int_equal(p.payload_bytes, 10);
	client_stop(&c);
	client_stop(&writer);
}

/* The worker dies: wills are due, sessions stay, and clients come back to them. */
static void worker_killed(void **state)
{
	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct client heir;
		bool seen[PAIRS] = {false};
		pid_t load = start_load();

		assert_true(eventually("sluicectl clients list | grep -q load"));
		start_pairs(true);
		assert_int_equal(client_start(&heir, WIRE_V5, "heir", true, 600), 0);
		assert_int_equal(client_subscribe(&heir, "wills/#", 1), 1);
		exchange(10);
		client_stop(&heir);
		assert_true(
			eventually("sluicectl clients list | grep heir | grep -q connected=false"));
		assert_int_equal(lab_kill(LAB, LAB_DATAPLANE), 0);
		assert_int_equal(lab_start(LAB, LAB_DATAPLANE), 0);
		assert_int_equal(stop_load(load), 1); /* its connection is reset */
		for (int i = 0; i < PAIRS; i++) {
			client_abort(&readers[i], true);
			client_abort(&writers[i], true);
		}
		assert_int_equal(client_start(&heir, WIRE_V5, "heir", false, 600), 0);
		for (int i = 0; i < PAIRS; i++) {
			struct wire_publish p;
			int which;

			assert_true(client_receive(&heir, &p) > 0);
			assert_int_equal(sscanf((const char *)p.topic.data, "wills/%d", &which), 1);
			assert_true(which >= 0 && which < PAIRS && !seen[which]);
			seen[which] = true;
		}
		start_pairs(false);
		exchange(10);
		stop_pairs();
		client_stop(&heir);
	}
}

/* The worker first, then control. */
static void any_order(void **state)
{
	struct client c;

	(void)state;
	assert_int_equal(lab_kill(LAB, LAB_CONTROL), 0);
	assert_int_equal(lab_kill(LAB, LAB_DATAPLANE), 0);
	assert_int_equal(lab_start(LAB, LAB_DATAPLANE), 0);
	assert_int_equal(lab_start(LAB, LAB_CONTROL), 0);
	assert_true(eventually("sluicectl status | grep -q ready"));
	assert_int_equal(client_start(&c, WIRE_V5, "early", true, 0), 0);
	client_stop(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(control_killed),
		cmocka_unit_test(clients_move_while_control_is_down),
		cmocka_unit_test(worker_killed),
		cmocka_unit_test(any_order),
	};

	return cmocka_run_group_tests_name("life", tests, setup, teardown);
}
