#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"

/* Real programs. One that runs for ever is late after a second; one that ends has a minute, and never takes it. */

enum { SOON_S = 1, NEVER_S = 60, TEXT_BYTES = 200000 };

static char text[TEXT_BYTES];
static size_t len;
static struct child_end end;
static unsigned fds_before;

/* An end that every process below us inherits: ours reads the end of it when the last of them is gone. */
static int lifeline[2];

static unsigned count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned count = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

static int begin(void **state)
{
	(void)state;
	memset(text, '#', sizeof(text));
	len = 12345;
	end = (struct child_end){.number = -1};
	fds_before = count_fds();
	return pipe(lifeline);
}

static void assert_all_are_gone(void)
{
	char byte;

	close(lifeline[1]);
	lifeline[1] = -1;
	assert_int_equal(read(lifeline[0], &byte, 1), 0);
}

/* Nothing is left: no process, no zombie, no descriptor. */
static int finish(void **state)
{
	(void)state;
	if (lifeline[1] >= 0)
		assert_all_are_gone();
	close(lifeline[0]);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(count_fds(), fds_before);
	return 0;
}

static int capture(const struct child_program *program, size_t text_bytes)
{
	int rc = child_capture(program, text, text_bytes, &len, &end);

	assert_true(len < text_bytes);
	assert_int_equal(text[len], '\0');
	assert_int_equal(text[text_bytes], '#'); /* nothing beyond its room */
	return rc;
}

static void run(const char *script, unsigned limit_s, bool has_group)
{
	const char *const argv[] = {"sh", "-c", script, NULL};
	const struct child_program program = {
		.argv = argv, .limit_s = limit_s, .has_group = has_group};

	assert_int_equal(capture(&program, TEXT_BYTES - 1), 0);
}

static void assert_end(enum child_how how, int number)
{
	assert_int_equal(end.how, how);
	if (how != CHILD_LATE)
		assert_int_equal(end.number, number);
}

static void output_and_status(void **state)
{
	(void)state;
	run("echo out; echo err >&2; exit 3", NEVER_S, false);
	assert_string_equal(text, "out\nerr\n");
	assert_end(CHILD_EXITED, 3);
	assert_false(child_is_done(&end));
	run("exit 0", NEVER_S, true);
	assert_string_equal(text, "");
	assert_true(child_is_done(&end));
	/* more than a pipe holds */
	run("head -c 150000 /dev/zero | tr '\\0' x", NEVER_S, true);
	assert_int_equal(len, 150000);
	assert_int_equal(strspn(text, "x"), 150000);
	assert_true(child_is_done(&end));
}

static void the_last_words_are_heard(void **state)
{
	(void)state;
	/* both in one look: the output, and that it has ended */
	for (unsigned i = 0; i < 50; i++) {
		run("echo first; echo last", NEVER_S, false);
		assert_string_equal(text, "first\nlast\n");
	}
}

static void a_limit_of_bytes_does_not_disturb(void **state)
{
	const char *const argv[] = {
		"sh", "-c", "head -c 150000 /dev/zero | tr '\\0' x; echo y; exit 4", NULL};
	const struct child_program program = {.argv = argv, .limit_s = NEVER_S};

	(void)state;
	assert_int_equal(capture(&program, 11), 0);
	assert_string_equal(text, "xxxxxxxxxx");
	assert_int_equal(len, 10);
	assert_end(CHILD_EXITED, 4);
	memset(text, '#', sizeof(text));
	assert_int_equal(capture(&program, 1), 0);
	assert_int_equal(len, 0);
	assert_end(CHILD_EXITED, 4);
}

static void a_program_that_is_not_there(void **state)
{
	const char *const argv[] = {"/nonexistent/program", NULL};
	const struct child_program program = {.argv = argv, .limit_s = NEVER_S};
	int rc;

	(void)state;
	rc = capture(&program, TEXT_BYTES - 1);
	assert_int_equal(len, 0);
	/* qemu-user has no vfork: there the program is said to run, and ends as a shell says it */
	if (rc == 0)
		assert_end(CHILD_EXITED, 127);
	else
		assert_int_equal(rc, -ENOENT);
}

static void a_signal(void **state)
{
	(void)state;
	run("echo before; kill -9 $$", NEVER_S, false);
	assert_string_equal(text, "before\n");
	assert_end(CHILD_SIGNALLED, SIGKILL);
	assert_false(child_is_done(&end));
}

static void late_while_silent(void **state)
{
	(void)state;
	run("echo begun; exec sleep 1000", SOON_S, false);
	assert_string_equal(text, "begun\n");
	assert_end(CHILD_LATE, 0);
	assert_false(child_is_done(&end));
}

static void late_after_it_closed_its_output(void **state)
{
	(void)state;
	run("echo begun; exec >&- 2>&-; exec sleep 1000", SOON_S, false);
	assert_string_equal(text, "begun\n");
	assert_end(CHILD_LATE, 0);
}

static void late_while_it_writes(void **state)
{
	const char *const argv[] = {"yes", NULL};
	const struct child_program program = {.argv = argv, .limit_s = SOON_S};

	(void)state;
	assert_int_equal(capture(&program, 101), 0);
	assert_int_equal(len, 100);
	assert_end(CHILD_LATE, 0);
}

static void output_that_closed_early_is_no_end(void **state)
{
	(void)state;
	run("echo said; exec >&- 2>&-; sleep 0.2; exit 5", NEVER_S, false);
	assert_string_equal(text, "said\n");
	assert_end(CHILD_EXITED, 5);
}

/* Ends what a script left behind, whose number it has said. */
static void kill_said(void)
{
	pid_t pid = (pid_t)strtol(text, NULL, 10);

	assert_true(pid > 1);
	assert_int_equal(kill(pid, SIGKILL), 0); /* it was there */
	assert_all_are_gone();
}

static void what_it_leaves_behind_is_not_waited_for(void **state)
{
	(void)state;
	run("sleep 1000 & echo $!; exit 6", NEVER_S, true);
	assert_end(CHILD_EXITED, 6);
	kill_said();
}

static void nor_when_that_writes_on(void **state)
{
	const char *const argv[] = {"sh", "-c", "yes & exit 7", NULL};
	const struct child_program program = {.argv = argv, .limit_s = NEVER_S};

	(void)state;
	assert_int_equal(capture(&program, 101), 0);
	assert_end(CHILD_EXITED, 7);
	assert_all_are_gone(); /* by SIGPIPE */
}

static void a_group_is_killed_whole(void **state)
{
	(void)state;
	run("sleep 1000 & wait", SOON_S, true);
	assert_end(CHILD_LATE, 0);
	assert_all_are_gone();
}

static void without_a_group_only_the_program_is(void **state)
{
	(void)state;
	run("sleep 1000 & echo $!; wait", SOON_S, false);
	assert_end(CHILD_LATE, 0);
	kill_said();
}

#define SAY_GROUP "echo $$ $(cut -d' ' -f5 /proc/self/stat)"

static void its_group(void **state)
{
	int pid, group;

	(void)state;
	run(SAY_GROUP, NEVER_S, true);
	assert_int_equal(sscanf(text, "%d %d", &pid, &group), 2);
	assert_int_equal(group, pid);
	run(SAY_GROUP, NEVER_S, false);
	assert_int_equal(sscanf(text, "%d %d", &pid, &group), 2);
	assert_int_equal(group, getpgrp());
}

static void its_input_is_empty(void **state)
{
	int ends[2], kept = dup(STDIN_FILENO);

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], "ours\n", 5), 5);
	close(ends[1]);
	dup2(ends[0], STDIN_FILENO);
	run("cat", NEVER_S, false);
	dup2(kept, STDIN_FILENO);
	close(kept);
	close(ends[0]);
	assert_string_equal(text, "");
	assert_true(child_is_done(&end));
}

static void its_signals_are_a_programs(void **state)
{
	const char *const argv[] = {"grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status", NULL};
	const struct child_program program = {.argv = argv, .limit_s = NEVER_S};
	static const int ignored[] = {SIGPIPE, SIGINT, SIGQUIT, SIGHUP};
	unsigned long long is_blocked, is_ignored;
	sigset_t blocked, before;

	(void)state;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	assert_int_equal(capture(&program, TEXT_BYTES - 1), 0);
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
	assert_int_equal(sscanf(text, "SigBlk: %llx SigIgn: %llx", &is_blocked, &is_ignored), 2);
	assert_int_equal(is_blocked, 0);
	/* those up to 31: of the others the C library has some for itself, and ignores them in what it spawns */
	assert_int_equal(is_ignored & 0x7fffffff, 0);
}

static void on_alarm(int number)
{
	(void)number;
}

static void our_signals_are_no_end(void **state)
{
	const struct itimerval often = {{.tv_usec = 5000}, {.tv_usec = 5000}}, never = {{0}, {0}};
	const struct sigaction action = {.sa_handler = on_alarm}; /* calls are interrupted */

	(void)state;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	run("echo a; sleep 0.2; echo b; exec >&- 2>&-; sleep 0.2; exit 8", NEVER_S, false);
	setitimer(ITIMER_REAL, &never, NULL);
	signal(SIGALRM, SIG_DFL);
	assert_string_equal(text, "a\nb\n");
	assert_end(CHILD_EXITED, 8);
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
	static const char *const argv[] = {"sleep", "1000", NULL};
	char path[64], score[16] = "";
	pid_t pid;
	int fd;

	assert_true(set_score(own));
	assert_int_equal(child_spawn(argv, NULL, false, &pid), 0);
	assert_true(set_score("0"));
	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0 && read(fd, score, sizeof(score) - 1) > 0);
	close(fd);
	kill(pid, SIGTERM);
	assert_int_equal(child_wait(pid, &end), 0);
	assert_end(CHILD_SIGNALLED, SIGTERM);
	assert_string_equal(score, of_program);
}

static void it_is_not_spared_when_memory_is_out(void **state)
{
	(void)state;
	assert_score_of_program("100", "100\n");
	if (set_score("-100")) /* only root may, and not in every container */
		assert_score_of_program("-100", "0\n");
}

static void what_is_not_ours_is_not_waited_for(void **state)
{
	(void)state;
	assert_int_equal(child_wait(getppid(), &end), -ECHILD);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(output_and_status),
		TEST(the_last_words_are_heard),
		TEST(a_limit_of_bytes_does_not_disturb),
		TEST(a_program_that_is_not_there),
		TEST(a_signal),
		TEST(late_while_silent),
		TEST(late_after_it_closed_its_output),
		TEST(late_while_it_writes),
		TEST(output_that_closed_early_is_no_end),
		TEST(what_it_leaves_behind_is_not_waited_for),
		TEST(nor_when_that_writes_on),
		TEST(a_group_is_killed_whole),
		TEST(without_a_group_only_the_program_is),
		TEST(its_group),
		TEST(its_input_is_empty),
		TEST(its_signals_are_a_programs),
		TEST(our_signals_are_no_end),
		TEST(it_is_not_spared_when_memory_is_out),
		TEST(what_is_not_ours_is_not_waited_for),
	};

	return cmocka_run_group_tests_name("child: capture", tests, NULL, NULL);
}
