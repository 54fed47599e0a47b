#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "shell_priv.h"

/* Programs whose output is a command's output. */

enum { TICK_MS = 100, EXEC_FAILED = 127 };

struct child {
	pid_t pid;
	pid_t signalled; /* what kill takes: its process group, where it has its own */
	int out; /* -1 once it has ended */
	bool is_stopping;
	bool has_key; /* somebody typed since the last output */
	time_t kill_s; /* when it is killed */
};

static time_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static _Noreturn void be_child(const char *const *argv, int out, bool has_group)
{
	union {
		const char *const *given;
		char *const *taken; /* execvp changes nothing */
	} u = {.given = argv};
	int in = open("/dev/null", O_RDONLY);
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	if (has_group)
		setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	child_reset_oom_score(getpid());
	if (in >= 0 && dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
		dup2(out, STDERR_FILENO) >= 0 && close_range(STDERR_FILENO + 1, ~0U, 0) == 0)
		execvp(argv[0], u.taken);
	_exit(EXEC_FAILED);
}

/* Where the terminal's own Ctrl-C ends us, it must end the program too: then it stays in our group. */
static int start(struct child *child, const char *const *argv, bool has_group)
{
	sigset_t all, before;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	/* A Ctrl-C that is passed on at once waits for the child to take it as a program does. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	child->pid = fork();
	if (child->pid == 0)
		be_child(argv, ends[1], has_group);
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(ends[1]);
	child->out = ends[0];
	if (child->pid > 0) {
		if (has_group)
			setpgid(child->pid, child->pid); /* also here: whoever is first */
		child->signalled = has_group ? -child->pid : child->pid;
		return 0;
	}
	close(ends[0]);
	return -EAGAIN;
}

static void read_output(struct child *child, struct shell_call *call)
{
	char bytes[4096];
	ssize_t len = read(child->out, bytes, sizeof(bytes));

	if (len > 0) {
		shell_write(call, bytes, (size_t)len);
	} else if (len == 0) {
		close(child->out);
		child->out = -1;
	}
}

/* Takes what the program wrote; waits for it at most a tick. */
static void take_output(struct child *child, struct shell_call *call)
{
	struct pollfd polls[] = {{.fd = child->out, .events = POLLIN},
		{.fd = shell_term_in(call->shell->term), .events = POLLIN}};

	if (!call->shell->is_interactive || child->is_stopping)
		polls[1].fd = -1;
	if (poll(polls, 2, TICK_MS) <= 0)
		return;
	if (polls[0].revents == 0) {
		/* A key wakes this up for Ctrl-C; others stay where they are, and must not make it spin. */
		if (!child->has_key)
			child->has_key = true;
		else
			poll(polls, 1, TICK_MS);
		return;
	}
	child->has_key = false;
	read_output(child, call);
}

/* What is in the pipe when the program has ended. Whoever else holds its other end is not waited for. */
static void take_rest(struct child *child, struct shell_call *call)
{
	struct pollfd poll_out = {.fd = child->out, .events = POLLIN};

	while (child->out >= 0 && poll(&poll_out, 1, 0) > 0 && !call->is_stopped)
		read_output(child, call);
	if (child->out >= 0)
		close(child->out);
}

/*
 * Passes Ctrl-C on, each one, as a script may lose one; patience counts from the first. What the program still says is
 * shown: ping counts at its end.
 */
static void look_for_stop(struct child *child, struct shell_call *call)
{
	struct shell_term *term = call->shell->term;
	bool is_wanted = shell_term_is_interrupted(term);

	if (is_wanted && !shell_term_is_broken(term))
		shell_term_print(term, "^C\n");
	if (!child->is_stopping && (is_wanted || call->is_stopped)) {
		child->is_stopping = true;
		child->kill_s = now_s() + SHELL_CHILD_GRACE_S;
		kill(child->signalled, SIGINT);
	} else if (child->is_stopping && now_s() > child->kill_s) {
		kill(child->signalled, SIGKILL);
	} else if (is_wanted && !shell_term_is_broken(term)) {
		kill(child->signalled, SIGINT);
	}
}

static bool has_ended(const struct child *child, int *status)
{
	const struct timespec tick = {.tv_nsec = TICK_MS * 1000L * 1000L};
	pid_t pid = waitpid(child->pid, status, WNOHANG);

	if (pid == 0 && child->out < 0)
		nanosleep(&tick, NULL);
	return pid == child->pid || (pid < 0 && errno == ECHILD);
}

int shell_exec(struct shell_call *call, const char *const *argv)
{
	struct child child = {.out = -1};
	int rc = start(&child, argv, call->shell->is_interactive), status = 0;

	if (rc < 0)
		return rc;
	while (!has_ended(&child, &status)) {
		if (child.out >= 0)
			take_output(&child, call);
		look_for_stop(&child, call);
	}
	take_rest(&child, call);
	if (call->partial_len > 0)
		shell_write(call, "\n", 1);
	call->is_stopped |= child.is_stopping;
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return WEXITSTATUS(status);
}
