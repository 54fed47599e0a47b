#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#include "pty_box.h"

/* Configure mode as it is typed: completion, help, questions. */

#define CONFIG_PROMPT "box# "

static struct pty pty;

static int make_box(void **state)
{
	(void)state;
	pty_box();
	pty_start(&pty, NULL);
	pty_log_in_first(&pty);
	pty_send(&pty, "configure\r");
	pty_expect(&pty, CONFIG_PROMPT);
	return 0;
}

static int remove_box(void **state)
{
	(void)state;
	pty_stop(&pty);
	pty_box_remove();
	return 0;
}

static void run(const char *line)
{
	pty_send(&pty, line);
	pty_send(&pty, "\r");
	pty_expect(&pty, CONFIG_PROMPT);
}

static void test_tab_completes_keys_and_values(void **state)
{
	const char *changes;

	(void)state;
	pty_send(&pty, "set mqtt.max_inf\t");
	pty_expect(&pty, "mqtt.max_inflight ");
	pty_send(&pty, "12\r");
	pty_expect(&pty, CONFIG_PROMPT);
	pty_send(&pty, "set log.le\tdeb\t\r");
	pty_expect(&pty, "log.level debug ");
	pty_expect(&pty, CONFIG_PROMPT);
	pty_send(&pty, "set mqtt.retain_av\tf\t\r");
	pty_expect(&pty, "false ");
	pty_expect(&pty, CONFIG_PROMPT);
	pty_send(&pty, "compare\r");
	changes = pty_expect(&pty, CONFIG_PROMPT);
	assert_non_null(strstr(changes, "+ log.level = debug"));
	assert_non_null(strstr(changes, "+ mqtt.max_inflight = 12"));
	assert_non_null(strstr(changes, "+ mqtt.retain_available = false"));
}

static void test_a_question_mark_explains_the_value(void **state)
{
	const char *help;

	(void)state;
	pty_send(&pty, "set mqtt.max_inflight ?");
	help = pty_expect(&pty, "(value)");
	assert_non_null(strstr(help, "an integer from 1 to 65535"));
	assert_non_null(strstr(help, "new connections"));
	assert_non_null(strstr(help, "on the way to a client at once"));
	pty_expect(&pty, "mqtt.max_inflight ");
	pty_send(&pty, "77\r");
	pty_expect(&pty, CONFIG_PROMPT);
	pty_send(&pty, "set mqtt.max_inflight ?");
	help = pty_expect(&pty, "<value>");
	assert_non_null(strstr(help, "77"));
	pty_send(&pty, "\x15\r");
	pty_expect(&pty, CONFIG_PROMPT);
	pty_send(&pty, "set mqtt.max_in?");
	pty_expect(&pty, "(new connections)");
}

static void test_a_section_completes_its_own_keys(void **state)
{
	(void)state;
	pty_send(&pty, "edit mq\t\r");
	pty_expect(&pty, "[edit mqtt]");
	pty_expect(&pty, CONFIG_PROMPT);
	pty_send(&pty, "set max_inf\t");
	pty_expect(&pty, "set max_inflight ");
	pty_send(&pty, "5\r");
	pty_expect(&pty, CONFIG_PROMPT);
	pty_send(&pty, "exit\r");
	pty_expect(&pty, CONFIG_PROMPT);
	pty_send(&pty, "compare\r");
	pty_expect(&pty, "+ mqtt.max_inflight = 5");
	pty_expect(&pty, CONFIG_PROMPT);
}

static void test_leaving_with_changes_asks(void **state)
{
	(void)state;
	run("set mqtt.max_inflight 12");
	pty_send(&pty, "exit\r");
	pty_expect(&pty, "Type 'yes' to go on: ");
	pty_send(&pty, "no\r");
	pty_expect(&pty, "Nothing was changed.");
	pty_expect(&pty, CONFIG_PROMPT);
	pty_send(&pty, "exit\r");
	pty_expect(&pty, "Type 'yes' to go on: ");
	pty_send(&pty, "yes\r");
	pty_expect(&pty, PTY_PROMPT);
	pty_send(&pty, "configure\r");
	pty_expect(&pty, CONFIG_PROMPT);
	run("compare");
	pty_send(&pty, "exit\r");
	pty_expect(&pty, PTY_PROMPT);
}

static void test_a_commit_that_restarts_asks_and_one_that_does_not_does_not(void **state)
{
	(void)state;
	run("set mqtt.max_inflight 12");
	pty_send(&pty, "commit\r");
	pty_expect(&pty, "Committed as revision");
	pty_expect(&pty, CONFIG_PROMPT);
	run("set dataplane.core 3");
	pty_send(&pty, "commit\r");
	pty_expect(&pty, "all clients are disconnected");
	pty_expect(&pty, "Type 'yes' to go on: ");
	pty_send(&pty, "\x03");
	pty_expect(&pty, "Nothing was changed.");
	pty_expect(&pty, CONFIG_PROMPT);
	pty_send(&pty, "commit no-restart\r");
	pty_expect(&pty, "Committed as revision");
	pty_expect(&pty, CONFIG_PROMPT);
}

static void test_run_completes_operational_commands(void **state)
{
	(void)state;
	pty_send(&pty, "run sho\tversi\t\r");
	pty_expect(&pty, "run show version ");
	pty_expect(&pty, "1.2.3-test");
	pty_expect(&pty, CONFIG_PROMPT);
}

static void test_the_next_session_finds_no_candidate(void **state)
{
	(void)state;
	run("set mqtt.max_inflight 12");
	pty_send(&pty, "exit discard\r");
	pty_expect(&pty, PTY_PROMPT);
	pty_send(&pty, "exit\r");
	pty_expect(&pty, PTY_LOGIN);
	pty_log_in(&pty, "admin", PTY_PASSWORD);
	pty_expect(&pty, PTY_PROMPT);
	pty_send(&pty, "configure\r");
	pty_expect(&pty, CONFIG_PROMPT);
	pty_send(&pty, "compare\r");
	pty_expect(&pty, "There is no difference.");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_box, remove_box)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_tab_completes_keys_and_values),
		TEST(test_a_question_mark_explains_the_value),
		TEST(test_a_section_completes_its_own_keys),
		TEST(test_leaving_with_changes_asks),
		TEST(test_a_commit_that_restarts_asks_and_one_that_does_not_does_not),
		TEST(test_run_completes_operational_commands),
		TEST(test_the_next_session_finds_no_candidate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
