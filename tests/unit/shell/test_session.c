/* Whole sessions behind a pseudo terminal, and single commands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "on_pty.h"
#include "tree.h"

static void assert_says(const char *line, const char *expected)
{
	terminal_send(line);
	terminal_send("\r");
	terminal_expect("\r\n");
	terminal_expect("box> ");
	assert_string_equal(terminal_before(), expected);
}

static void assert_leaves(void)
{
	terminal_send("exit\r");
	assert_int_equal(terminal_end(), SHELL_END_EXIT);
}

static void commands_run(void **state)
{
	(void)state;
	pty_start(&pty_settings);
	assert_says("show lines", "line 1\r\nline 2\r\nline 3\r\n");
	assert_says("sh li 1", "line 1\r\n");
	assert_says("", "");
	assert_says("# a remark", "");
	assert_says("fail", "it cannot be done: try later\r\n");
	assert_says("show clients \"a b\"", "client [a b]\r\n");
	assert_leaves();
}

static void wrong_lines_are_told_with_a_caret(void **state)
{
	(void)state;
	pty_start(&pty_settings);
	assert_says("show c", "          ^\r\n'c' is ambiguous; it may be: clients, config\r\n");
	assert_says("show x",
		"          ^\r\nunknown word 'x'; expected: clients, config, lines, secret\r\n");
	assert_says("show", "         ^\r\nthe command is not complete; expected: clients, "
			    "config, lines, secret\r\n");
	assert_says("wipe x", "          ^\r\nunexpected 'x'; the command ends before it\r\n");
	assert_says("show lines x", "                ^\r\nexpected a number from 0 to "
				    "9223372036854775807, found 'x'\r\n");
	assert_says("show clients 'x", "                  ^\r\nthe quote does not end\r\n");
	assert_leaves();
}

static void filters_take_and_leave_lines(void **state)
{
	(void)state;
	pty_start(&pty_settings);
	assert_says("show lines 25 | match \"^line 2.\" | except 22",
		"line 20\r\nline 21\r\nline 23\r\nline 24\r\nline 25\r\n");
	assert_says("show lines 12 | match \"2|3\" | count", "Count: 3 lines\r\n");
	assert_says("show lines 1 | match li{1,255}n | except b{255}", "line 1\r\n");
	assert_says("show clients | json | match 1|2", " {\"n\":1},\r\n {\"n\":2}\r\n");
	assert_says(
		"show clients | json", "[\r\n {\"n\":0},\r\n {\"n\":1},\r\n {\"n\":2}\r\n]\r\n");
	assert_says("show config | json", "{\r\n  \"text\": \"\\u007f\\u009B\"\r\n}\r\n");
	assert_leaves();
}

static void wrong_filters_are_told(void **state)
{
	static const char *const wrong[] = {"show lines | nothing", "show lines |",
		"show lines | match", "show lines | match (", "show lines | match a b",
		"show lines | json", "show lines | match a{9}{9}{9}", "show lines | match a{256}",
		"show lines | match a{1,256}", "show lines | match a{-1}", "show lines | count | "};

	(void)state;
	pty_start(&pty_settings);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		terminal_send(wrong[i]);
		terminal_send("\r");
		terminal_expect("^\r\n");
		terminal_expect("box> ");
		assert_null(strstr(terminal_before(), "line 1"));
	}
	assert_says("show lines | count | count | count | count | count | count | count | count | "
		    "count",
		"too many filters; at most 8\r\n");
	assert_leaves();
}

static void output_is_made_safe(void **state)
{
	(void)state;
	pty_start(&pty_settings);
	assert_says("show config", "a\\x1b[2Jb       c\\xff\r\nsecond\r\n");
	assert_leaves();
}

static void long_output_stops_at_a_page(void **state)
{
	(void)state;
	pty_start(&pty_settings);
	terminal_send("show lines 30\r");
	terminal_expect("line 9\r\n-- more --");
	terminal_send(" ");
	terminal_expect("line 18\r\n-- more --");
	terminal_send("\r");
	terminal_expect("line 19\r\n-- more --");
	terminal_send("xq");
	terminal_expect("box> ");
	assert_null(strstr(terminal_before(), "line 2"));
	terminal_send("show lines 30\r");
	terminal_expect("-- more --");
	terminal_send("G");
	terminal_expect("line 30\r\nbox> ");
	terminal_send("show lines 30 | no-more\r");
	terminal_expect("line 30\r\nbox> ");
	assert_null(strstr(terminal_before(), "more --"));
	terminal_resize(40, 80);
	terminal_send("show lines 30\r");
	terminal_expect("line 30\r\nbox> ");
	assert_null(strstr(terminal_before(), "more --"));
	assert_leaves();
}

static void tab_completes(void **state)
{
	(void)state;
	pty_start(&pty_settings);
	terminal_send("sh\tcl\tme\t\r");
	terminal_expect("client [meter 1]\r\n");
	terminal_expect("box> ");
	terminal_send("show clients al\t\t");
	terminal_expect("  alpha ");
	terminal_expect("  alphabet ");
	terminal_expect("show clients alpha");
	terminal_send("\x03");
	terminal_expect("box> ");
	terminal_send("kick \"m\t\r");
	terminal_expect("client [meter 1]\r\n");
	terminal_expect("box> ");
	terminal_send("show lines | c\t\r");
	terminal_expect("Count: 3 lines");
	terminal_expect("box> ");
	terminal_send("show x y\t");
	terminal_expect("unknown word 'x'");
	terminal_send("\x03");
	assert_leaves();
}

/* A client chose its id: what it is made of never reaches the line, and is visible in the list. */
static void tab_inserts_no_control_characters(void **state)
{
	(void)state;
	pty_start(&pty_settings);
	terminal_send("show clients ev\t\t");
	terminal_expect("  evil\\x1b]0;x\\x07");
	assert_null(strchr(terminal_before(), '\x07'));
	terminal_send("\r");
	terminal_expect("client [ev]\r\n");
	terminal_expect("box> ");
	assert_leaves();
}

static void a_question_mark_lists_what_may_stand(void **state)
{
	(void)state;
	pty_start(&pty_settings);
	terminal_send("?");
	terminal_expect("look around");
	terminal_send("\x03");
	terminal_expect("box> ");
	terminal_send("show ?");
	terminal_expect("  clients              some clients\r\n");
	terminal_expect("  lines ");
	terminal_expect("show ");
	terminal_send("li?");
	terminal_expect("  lines                some lines\r\n\rbox> show li");
	terminal_send("nes ?");
	terminal_expect("  <number>             a number\r\n");
	terminal_expect("  Enter                some lines\r\n");
	terminal_send("\x03");
	terminal_expect("^C");
	terminal_send("kick \"a?\x16?\"\r");
	terminal_expect("client [a??]");
	assert_leaves();
}

static void history_comes_back(void **state)
{
	(void)state;
	pty_start(&pty_settings);
	assert_says("show lines 1", "line 1\r\n");
	assert_says("show lines 2", "line 1\r\nline 2\r\n");
	terminal_send("\x1b[A\x1b[A\x1b[A\x10\r");
	terminal_expect("show lines 1\x1b[K\r\nline 1\r\nbox> ");
	terminal_send("\x1b[A\x1b[A\x1b[A\x1b[B\x1b[B\x1b[B\x1b[Bfail\r");
	terminal_expect("it cannot be done");
	assert_leaves();
}

static void modes_change_the_prompt(void **state)
{
	(void)state;
	pty_start(&pty_settings);
	terminal_send("configure\r");
	terminal_expect("[edit]\r\nbox# ");
	terminal_send("set a.b 'c d'  e\r");
	terminal_expect("[a.b] [c d e]\r\n[edit]\r\nbox# ");
	terminal_send("wipe\r");
	terminal_expect("unknown word 'wipe'");
	terminal_send("exit\r");
	assert_int_equal(terminal_end(), SHELL_END_EXIT);
}

static void what_has_no_json_leaves_the_rest_whole(void **state)
{
	(void)state;
	pty_start(&pty_settings);
	terminal_send("configure\r");
	terminal_expect("box# ");
	terminal_send("broken | json\r");
	terminal_expect("[\r\n null,\r\n {\"text\":\"a\"}\r\n]\r\n");
	terminal_send("exit\r");
	assert_int_equal(terminal_end(), SHELL_END_EXIT);
}

static void ctrl_d_leaves_a_mode_as_exit_does(void **state)
{
	(void)state;
	pty_start(&pty_settings);
	terminal_send("configure guarded\r");
	terminal_expect("[edit]\r\nbox# ");
	terminal_send("\x04");
	terminal_expect("This wipes all of it.\r\nType 'yes' to go on: ");
	terminal_send("\x04");
	terminal_expect("Nothing was changed.\r\n[edit]\r\nbox# ");
	terminal_send("\x04");
	terminal_expect("to go on: ");
	terminal_send("yes\r");
	terminal_expect("box> ");
	terminal_send("\x04");
	assert_int_equal(terminal_end(), SHELL_END_EXIT);
}

static void destructive_commands_ask(void **state)
{
	struct shell_settings settings = pty_settings;

	(void)state;
	pty_start(&settings);
	terminal_send("wipe\r");
	terminal_expect("This wipes all of it.\r\nType 'yes' to go on: ");
	terminal_send("y\r");
	terminal_expect("Nothing was changed.\r\nbox> ");
	terminal_send("wipe\r");
	terminal_expect("to go on: ");
	terminal_send("\x03");
	terminal_expect("Nothing was changed.\r\nbox> ");
	terminal_send("wipe\r");
	terminal_expect("to go on: ");
	terminal_send("yes\r");
	terminal_expect("wiped\r\nbox> ");
	assert_leaves();
	settings.yes = true;
	pty_start(&settings);
	assert_says("wipe", "wiped\r\n");
	assert_leaves();
}

static void secrets_are_not_shown(void **state)
{
	(void)state;
	pty_start(&pty_settings);
	terminal_send("show secret\r");
	terminal_expect("Secret: ");
	terminal_send("abcdefgh\x7f\x15xy?z\r");
	terminal_expect("\r\n");
	assert_string_equal(terminal_before(), "");
	terminal_expect("4 xy?z\r\nbox> ");
	terminal_send("show secret\r");
	terminal_expect("Secret: ");
	terminal_send("0123456789\r");
	terminal_expect("7 0123456\r\n");
	assert_leaves();
}

static void ctrl_c_ends_a_program(void **state)
{
	(void)state;
	pty_start(&pty_settings);
	terminal_send("endless\r");
	terminal_expect("started\r\n");
	terminal_send("typed ahead\x03");
	terminal_expect("^C\r\n");
	terminal_expect("ended with 130\r\nbox> ");
	assert_leaves();
}

static void a_program_that_ignores_ctrl_c_is_killed(void **state)
{
	(void)state;
	pty_start(&pty_settings);
	terminal_send("stubborn | except on\r");
	terminal_expect("ready\r\n"); /* it ignores the signal from there on */
	terminal_send("\x03");
	terminal_expect("ended with 137\r\nbox> ");
	assert_leaves();
}

static void output_of_programs_is_lines(void **state)
{
	(void)state;
	pty_start(&pty_settings);
	assert_says("output", "a\r\nb       c\\x1b\r\nlast\r\n");
	assert_says("output | match last", "last\r\n");
	assert_leaves();
}

static bool set_score(const char *score)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	bool is_set = fd >= 0 && write(fd, score, strlen(score)) > 0;

	if (fd >= 0)
		close(fd);
	return is_set;
}

static void assert_score_of_program(const char *own, const char *of_program)
{
	assert_true(set_score(own));
	pty_start(&pty_settings);
	assert_true(set_score("0"));
	assert_says("log score", of_program);
	assert_leaves();
}

static void a_program_is_not_spared_when_memory_is_out(void **state)
{
	(void)state;
	assert_score_of_program("100", "100\r\n");
	if (set_score("-100")) /* only root may, and not in every container */
		assert_score_of_program("-100", "0\r\n");
}

static void noise_and_long_lines_are_survived(void **state)
{
	enum { NOISE = 200000, LINE = 1 << 20 };
	static char bytes[LINE];
	uint32_t seed = 7;

	(void)state;
	pty_start(&pty_settings);
	memset(bytes, 'x', sizeof(bytes));
	terminal_send_bytes(bytes, sizeof(bytes));
	terminal_send("\r");
	terminal_expect("a line has at most 4095 bytes; this one was longer and did not run\r\n");
	terminal_expect("box> ");
	for (size_t i = 0; i < NOISE; i++) {
		seed = seed * 1664525 + 1013904223;
		bytes[i] = (char)(seed >> 24);
		/* Ctrl-D in an empty line leaves, as it should */
		if (bytes[i] == 4)
			bytes[i] = 0;
	}
	terminal_send_bytes(bytes, NOISE);
	terminal_send("\x03\x03qshow lines 1\x01\x15\x0b\x03");
	terminal_send("show clients end-of-noise\r");
	terminal_expect("client [end-of-noise]");
	assert_leaves();
}

static void an_idle_session_ends(void **state)
{
	struct shell_settings settings = pty_settings;

	(void)state;
	settings.idle_s = 1;
	pty_start(&settings);
	terminal_expect("no key for 1 s: the session ends");
	assert_int_equal(terminal_end(), SHELL_END_IDLE);
	pty_start(&settings);
	terminal_send("show lines 30\r");
	terminal_expect("-- more --");
	assert_int_equal(terminal_end(), SHELL_END_IDLE);
	pty_start(&settings);
	terminal_send("wipe\r");
	terminal_expect("to go on: ");
	assert_int_equal(terminal_end(), SHELL_END_IDLE);
}

static void the_other_end_may_go(void **state)
{
	(void)state;
	pty_start(&pty_settings);
	terminal_hang_up();
	assert_int_equal(terminal_end(), SHELL_END_HANGUP);
	pty_start(&pty_settings);
	terminal_send("endless\r");
	terminal_expect("started\r\n");
	terminal_hang_up();
	assert_int_equal(terminal_end(), SHELL_END_HANGUP);
	pty_start(&pty_settings);
	terminal_send("\x04");
	assert_int_equal(terminal_end(), SHELL_END_EXIT);
}

/* Runs one line, or a whole input, with pipes in place of a terminal. */
static int run_piped(const char *input, const char *line, char *output, size_t size)
{
	int in[2], out[2], status;
	struct shell_term *term;
	ssize_t len;

	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	assert_int_equal(write(in[1], input, strlen(input)), strlen(input));
	close(in[1]);
	term = shell_term_open(in[0], out[1]);
	assert_non_null(term);
	status = line != NULL ? shell_run_line(term, &pty_settings, line)
			      : (int)shell_run(term, &pty_settings);
	shell_term_close(term);
	close(out[1]);
	close(in[0]);
	len = read(out[0], output, size - 1);
	assert_true(len >= 0);
	output[len] = '\0';
	close(out[0]);
	return status;
}

static void single_commands_have_a_status(void **state)
{
	char output[4096];

	(void)state;
	assert_int_equal(run_piped("", "show lines 2", output, sizeof(output)), SHELL_DONE);
	assert_string_equal(output, "line 1\nline 2\n");
	assert_int_equal(run_piped("", "wipe", output, sizeof(output)), SHELL_NOT_DONE);
	assert_string_equal(output, "");
	assert_int_equal(run_piped("", "fail", output, sizeof(output)), SHELL_NOT_DONE);
	assert_string_equal(output, "");
	assert_int_equal(run_piped("", "nothing", output, sizeof(output)), SHELL_USAGE);
	assert_int_equal(run_piped("", "show lines x", output, sizeof(output)), SHELL_USAGE);
	assert_int_equal(run_piped("", "show secret", output, sizeof(output)), SHELL_DONE);
	assert_non_null(strstr(output, "-25 ")); /* ENOTTY */
}

static void a_script_runs_without_prompts(void **state)
{
	char output[4096];

	(void)state;
	assert_int_equal(run_piped("show lines 1\r\nshow clients a\n\nshow clients b", NULL, output,
				 sizeof(output)),
		SHELL_END_EXIT);
	assert_string_equal(output, "line 1\nclient [a]\nclient [b]\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_run),
		cmocka_unit_test(wrong_lines_are_told_with_a_caret),
		cmocka_unit_test(filters_take_and_leave_lines),
		cmocka_unit_test(wrong_filters_are_told),
		cmocka_unit_test(output_is_made_safe),
		cmocka_unit_test(long_output_stops_at_a_page),
		cmocka_unit_test(tab_completes),
		cmocka_unit_test(tab_inserts_no_control_characters),
		cmocka_unit_test(a_question_mark_lists_what_may_stand),
		cmocka_unit_test(history_comes_back),
		cmocka_unit_test(modes_change_the_prompt),
		cmocka_unit_test(what_has_no_json_leaves_the_rest_whole),
		cmocka_unit_test(ctrl_d_leaves_a_mode_as_exit_does),
		cmocka_unit_test(destructive_commands_ask),
		cmocka_unit_test(secrets_are_not_shown),
		cmocka_unit_test(ctrl_c_ends_a_program),
		cmocka_unit_test(a_program_that_ignores_ctrl_c_is_killed),
		cmocka_unit_test(output_of_programs_is_lines),
		cmocka_unit_test(a_program_is_not_spared_when_memory_is_out),
		cmocka_unit_test(noise_and_long_lines_are_survived),
		cmocka_unit_test(an_idle_session_ends),
		cmocka_unit_test(the_other_end_may_go),
		cmocka_unit_test(single_commands_have_a_status),
		cmocka_unit_test(a_script_runs_without_prompts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
