/* sluicectl as a shell on a terminal, beside a broker that lives, dies and comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <signal.h>
#include <unistd.h>

#include "client.h"
#include "lab.h"
#include "terminal.h"

#define LAB "shell"

enum { TRIES = 100, TRY_US = 100000 };

static int run_sluicectl(const void *arg)
{
	(void)arg;
	execl("tools/lab/exec", "exec", "--name", LAB, "sluicectl", (char *)NULL);
	return 127;
}

/* "vm> " on a machine whose name is vm. */
static void expect_prompt(void)
{
	char name[65] = "", prompt[80];

	gethostname(name, sizeof(name) - 1);
	snprintf(prompt, sizeof(prompt), "%.*s> ", (int)strcspn(name, "."), name);
	terminal_expect(prompt);
}

static bool says(const char *line, const char *part)
{
	terminal_send(line);
	terminal_send("\r");
	terminal_expect("\r\n");
	expect_prompt();
	return strstr(terminal_before(), part) != NULL;
}

static void assert_says(const char *line, const char *part)
{
	if (!says(line, part))
		fail_msg("%s does not say '%s', but: %s", line, part, terminal_before());
}

static void begin(void)
{
	terminal_start(run_sluicectl, NULL);
	terminal_expect("exit leaves.\r\n");
	expect_prompt();
	assert_says("terminal length 0", "");
}

static void leave(void)
{
	terminal_send("exit\r");
	assert_int_equal(terminal_end(), 0);
}

static void the_broker_is_shown(void **state)
{
	struct client client;

	(void)state;
	assert_int_equal(client_start(&client, 4, "meter 1", true, 0), 0);
	assert_int_equal(client_subscribe(&client, "meters/#", 1), 1);
	begin();
	assert_says("show version", "Sluice");
	assert_says("show status", "broker          : answers");
	assert_says("sh cli", "meter 1");
	assert_says("show clients \"meter 1\"", "connected               : yes");
	assert_says("show clients me\t", "clientid                : meter 1");
	assert_says("show sessions | json | count", "Count: 3 lines");
	assert_says("show subscriptions", "meter 1 -> topic:meters/# qos:1");
	assert_says("show topics | match ^meters", "meters/#");
	assert_says("show listeners", "current_conn    : 1");
	assert_says("show memory | match \"mqtt connections\"", "worker 0");
	assert_says("show metrics | match client.connect ", "client.connect");
	assert_says("show config mqtt.max_inflight", "max_inflight");
	assert_says("show clients nobody", "control knows no 'nobody'");
	assert_says("show log", "there is no log at");
	terminal_send("clear client \"meter 1\"\r");
	terminal_expect("Type 'yes' to go on: ");
	assert_says("yes", "'meter 1' is gone");
	/* the worker closes the connection in its own time */
	for (int i = 0; i < TRIES && !says("show clients", "no client is connected"); i++)
		usleep(TRY_US);
	assert_says("show clients", "no client is connected");
	leave();
	client_abort(&client, false);
}

static void control_may_die_and_come_back(void **state)
{
	(void)state;
	begin();
	assert_says("show topics", "");
	assert_int_equal(lab_kill(LAB, LAB_CONTROL), 0);
	assert_says("show topics", "control does not answer at ");
	assert_says("show status", "does not answer at ");
	assert_says("show hardware", "cores");
	terminal_send("show clients \t");
	assert_says("", "control does not answer");
	assert_int_equal(lab_start(LAB, LAB_CONTROL), 0);
	assert_says("show listeners", "tcp:default");
	leave();
}

static void a_control_that_hangs_is_told(void **state)
{
	pid_t control = lab_pid(LAB, LAB_CONTROL);

	(void)state;
	begin();
	assert_int_equal(kill(control, SIGSTOP), 0);
	assert_says("show topics", "control does not answer at ");
	assert_says("show status", "does not answer at ");
	assert_int_equal(kill(control, SIGCONT), 0);
	assert_says("show listeners", "tcp:default");
	leave();
}

static void a_program_is_interrupted(void **state)
{
	(void)state;
	begin();
	terminal_send("ping 198.18.0.1\r");
	terminal_expect("seq=2");
	terminal_send("\x03");
	terminal_expect("statistics");
	expect_prompt();
	assert_says("show version", "Sluice");
	leave();
}

static void noise_leaves_a_shell(void **state)
{
	enum { NOISE = 100000 };
	static char noise[NOISE];
	uint32_t seed = 3;

	(void)state;
	begin();
	for (size_t i = 0; i < NOISE; i++) {
		seed = seed * 1664525 + 1013904223;
		noise[i] = (char)(seed >> 24);
		/* Ctrl-D leaves */
		if (noise[i] == 4)
			noise[i] = '\r';
	}
	terminal_send_bytes(noise, sizeof(noise));
	terminal_send("\x03\x03\x03");
	terminal_send("show version | match nothing-after-all-that-noise\r");
	terminal_expect("nothing-after-all-that-noise");
	expect_prompt();
	assert_says("show version", "Sluice");
	leave();
}

static void single_commands_have_a_status(void **state)
{
	char output[4096];

	(void)state;
	assert_int_equal(lab_output(LAB, "sluicectl show status", output, sizeof(output)), 0);
	assert_non_null(strstr(output, "answers"));
	assert_int_equal(
		lab_output(LAB, "sluicectl --json show sessions", output, sizeof(output)), 0);
	assert_int_equal(output[0], '[');
	assert_int_equal(
		lab_output(LAB, "sluicectl 'show version | count'", output, sizeof(output)), 0);
	assert_non_null(strstr(output, "Count: "));
	assert_int_equal(lab_exec(LAB, "sluicectl show clients nobody"), 1);
	assert_int_equal(lab_exec(LAB, "sluicectl show nothing"), 2);
	assert_int_equal(lab_exec(LAB, "sluicectl show"), 2);
}

static int set_up(void **state)
{
	(void)state;
	return lab_up(LAB, "");
}

static int tear_down(void **state)
{
	(void)state;
	return lab_down(LAB);
}

/* Clients of this test live in the lab's network; the shell gets there by itself. */
static int enter(void **state)
{
	(void)state;
	return lab_enter(LAB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(control_may_die_and_come_back),
		cmocka_unit_test(a_control_that_hangs_is_told),
		cmocka_unit_test(a_program_is_interrupted),
		cmocka_unit_test(noise_leaves_a_shell),
		cmocka_unit_test(single_commands_have_a_status),
		cmocka_unit_test_setup(the_broker_is_shown, enter),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
