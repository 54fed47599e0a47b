/* Every virtual port: the broker comes up on it and a message goes through, over IPv4 and IPv6; labs run side by side. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lab.h"

/* A retained message out and back in: one command, no race. */
static void assert_message_passes(const char *lab)
{
	static const char *const hosts[] = {"$SLUICE_HOST", "$SLUICE_HOST6"};
	char command[512];

	for (int i = 0; i < 2; i++) {
		snprintf(command, sizeof(command),
			"sh -c 'mosquitto_pub -h %s -q 1 -r -t port/%d -m passed && "
			"test \"$(mosquitto_sub -h %s -t port/%d -C 1 -W 10)\" = passed'",
			hosts[i], i, hosts[i], i);
		assert_int_equal(lab_exec(lab, command), 0);
	}
}

static void run_on(const char *kind)
{
	char lab[32], options[64];

	snprintf(lab, sizeof(lab), "port-%s", kind);
	for (char *c = lab; *c != '\0'; c++)
		if (*c == '_')
			*c = '-';
	snprintf(options, sizeof(options), "--port %s", kind);
	assert_int_equal(lab_up(lab, options), 0);
	assert_message_passes(lab);
	assert_int_equal(lab_down(lab), 0);
}

static void tap(void **state)
{
	(void)state;
	run_on("tap");
}

static void af_packet(void **state)
{
	(void)state;
	run_on("af_packet");
}

static void af_xdp(void **state)
{
	(void)state;
	run_on("af_xdp");
}

static void memif(void **state)
{
	(void)state;
	run_on("memif");
}

static void labs_side_by_side(void **state)
{
	(void)state;
	assert_int_equal(lab_up("side-a", ""), 0);
	assert_int_equal(lab_up("side-b", ""), 0);
	assert_message_passes("side-a");
	assert_message_passes("side-b");
	assert_int_equal(lab_down("side-a"), 0);
	assert_message_passes("side-b");
	assert_int_equal(lab_down("side-b"), 0);
}

/* A lab that cannot start says why, is not zero, and leaves nothing. */
static void failure_is_told(void **state)
{
	(void)state;
	lab_setenv("SLUICE_MQTT__MAX_INFLIGHT", "abc");
	assert_int_not_equal(lab_up("broken", "2>/tmp/sluice-broken.$PPID"), 0);
	lab_setenv("SLUICE_MQTT__MAX_INFLIGHT", NULL);
	assert_int_equal(system("grep -q MAX_INFLIGHT /tmp/sluice-broken.$PPID || grep -q "
				"max_inflight /tmp/sluice-broken.$PPID"),
		0);
	assert_int_equal(
		system("rm -f /tmp/sluice-broken.$PPID; test ! -e /run/sluice-lab/broken && test ! "
		       "-e /run/netns/sluice-broken && test ! -e /dev/shm/sluice-broken"),
		0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tap),
		cmocka_unit_test(af_packet),
		cmocka_unit_test(af_xdp),
		cmocka_unit_test(memif),
		cmocka_unit_test(labs_side_by_side),
		cmocka_unit_test(failure_is_told),
	};

	return cmocka_run_group_tests_name("ports", tests, NULL, NULL);
}
