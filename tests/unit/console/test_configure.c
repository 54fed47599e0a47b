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

static int make_box(void **state)
{
	(void)state;
	pty_box();
	pty_start(NULL);
	pty_log_in_first();
	terminal_send("configure\r");
	terminal_expect(CONFIG_PROMPT);
	return 0;
}

static int remove_box(void **state)
{
	(void)state;
	pty_stop();
	pty_box_remove();
	return 0;
}

static void run(const char *line)
{
	terminal_send(line);
	terminal_send("\r");
	terminal_expect(CONFIG_PROMPT);
}

static void test_tab_completes_keys_and_values(void **state)
{
	const char *changes;

	(void)state;
	terminal_send("set mqtt.max_inf\t");
	terminal_expect("mqtt.max_inflight ");
	terminal_send("12\r");
	terminal_expect(CONFIG_PROMPT);
	terminal_send("set log.le\tdeb\t\r");
	terminal_expect("log.level debug ");
	terminal_expect(CONFIG_PROMPT);
	terminal_send("set mqtt.retain_av\tf\t\r");
	terminal_expect("false ");
	terminal_expect(CONFIG_PROMPT);
	terminal_send("compare\r");
	changes = terminal_expect(CONFIG_PROMPT);
	assert_non_null(strstr(changes, "+ log.level = debug"));
	assert_non_null(strstr(changes, "+ mqtt.max_inflight = 12"));
	assert_non_null(strstr(changes, "+ mqtt.retain_available = false"));
}

static void test_a_question_mark_explains_the_value(void **state)
{
	const char *help;

	(void)state;
	terminal_send("set mqtt.max_inflight ?");
	help = terminal_expect("(value)");
	assert_non_null(strstr(help, "an integer from 1 to 65535"));
	assert_non_null(strstr(help, "new connections"));
	assert_non_null(strstr(help, "on the way to a client at once"));
	terminal_expect("mqtt.max_inflight ");
	terminal_send("77\r");
	terminal_expect(CONFIG_PROMPT);
	terminal_send("set mqtt.max_inflight ?");
	help = terminal_expect("<value>");
	assert_non_null(strstr(help, "77"));
	terminal_send("\x15\r");
	terminal_expect(CONFIG_PROMPT);
	terminal_send("set mqtt.max_in?");
	terminal_expect("(new connections)");
}

static void test_a_section_completes_its_own_keys(void **state)
{
	(void)state;
	terminal_send("edit mq\t\r");
	terminal_expect("[edit mqtt]");
	terminal_expect(CONFIG_PROMPT);
	terminal_send("set max_inf\t");
	terminal_expect("set max_inflight ");
	terminal_send("5\r");
	terminal_expect(CONFIG_PROMPT);
	terminal_send("exit\r");
	terminal_expect(CONFIG_PROMPT);
	terminal_send("compare\r");
	terminal_expect("+ mqtt.max_inflight = 5");
	terminal_expect(CONFIG_PROMPT);
}

static void test_leaving_with_changes_asks(void **state)
{
	(void)state;
	run("set mqtt.max_inflight 12");
	terminal_send("exit\r");
	terminal_expect("Type 'yes' to go on: ");
	terminal_send("no\r");
	terminal_expect("Nothing was changed.");
	terminal_expect(CONFIG_PROMPT);
	terminal_send("exit\r");
	terminal_expect("Type 'yes' to go on: ");
	terminal_send("yes\r");
	terminal_expect(PTY_PROMPT);
	terminal_send("configure\r");
	terminal_expect(CONFIG_PROMPT);
	run("compare");
	terminal_send("exit\r");
	terminal_expect(PTY_PROMPT);
}

static void test_a_commit_that_restarts_asks_and_one_that_does_not_does_not(void **state)
{
	(void)state;
	run("set mqtt.max_inflight 12");
	terminal_send("commit\r");
	terminal_expect("Committed as revision");
	terminal_expect(CONFIG_PROMPT);
	run("set dataplane.core 3");
	terminal_send("commit\r");
	terminal_expect("all clients are disconnected");
	terminal_expect("Type 'yes' to go on: ");
	terminal_send("\x03");
	terminal_expect("Nothing was changed.");
	terminal_expect(CONFIG_PROMPT);
	terminal_send("commit no-restart\r");
	terminal_expect("Committed as revision");
	terminal_expect(CONFIG_PROMPT);
}

static void test_run_completes_operational_commands(void **state)
{
	(void)state;
	terminal_send("run sho\tversi\t\r");
	terminal_expect("run show version ");
	terminal_expect("1.2.3-test");
	terminal_expect(CONFIG_PROMPT);
}

static void test_the_next_session_finds_no_candidate(void **state)
{
	(void)state;
	run("set mqtt.max_inflight 12");
	terminal_send("exit discard\r");
	terminal_expect(PTY_PROMPT);
	terminal_send("exit\r");
	terminal_expect(PTY_LOGIN);
	pty_log_in("admin", PTY_PASSWORD);
	terminal_expect(PTY_PROMPT);
	terminal_send("configure\r");
	terminal_expect(CONFIG_PROMPT);
	terminal_send("compare\r");
	terminal_expect("There is no difference.");
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
