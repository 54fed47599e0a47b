#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "shell_priv.h"

/* Programs whose output is a command's output. */

enum { TICK_MS = 100, EXEC_FAILED = 127 };

struct child {
	pid_t pid; /* also its process group */
	int out; /* -1 once it has ended */
	bool is_stopping;
	int ticks_left; /* until it is killed */
};

static _Noreturn void be_child(const char *const *argv, int out)
{
	union {
		const char *const *given;
		char *const *taken; /* execvp changes nothing */
	} u = {.given = argv};
	int in = open("/dev/null", O_RDONLY);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	setpgid(0, 0);
	if (in >= 0 && dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
		dup2(out, STDERR_FILENO) >= 0 && close_range(STDERR_FILENO + 1, ~0U, 0) == 0)
		execvp(argv[0], u.taken);
	_exit(EXEC_FAILED);
}

static int start(struct child *child, const char *const *argv)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	child->pid = fork();
	if (child->pid == 0)
		be_child(argv, ends[1]);
	close(ends[1]);
	child->out = ends[0];
	if (child->pid > 0) {
		setpgid(child->pid, child->pid); /* also here: whoever is first */
		return 0;
	}
	close(ends[0]);
	return -EAGAIN;
}

/* Takes what the program wrote; waits for it at most a tick. */
static void take_output(struct child *child, struct shell_call *call)
{
	struct pollfd polls[] = {{.fd = child->out, .events = POLLIN},
		{.fd = shell_term_in(call->shell->term), .events = POLLIN}};
	char bytes[4096];
	ssize_t len;

	if (!call->shell->is_interactive || child->is_stopping)
		polls[1].fd = -1;
	if (poll(polls, 2, TICK_MS) <= 0)
		return;
	if (polls[1].revents == 0 && polls[0].revents == 0)
		return;
	if (polls[0].revents == 0) {
		/* Keys other than Ctrl-C stay where they are: they must not make this loop spin. */
		if (!shell_stopped(call))
			poll(polls, 1, TICK_MS);
		return;
	}
	len = read(child->out, bytes, sizeof(bytes));
	if (len > 0) {
		shell_write(call, bytes, (size_t)len);
	} else if (len == 0) {
		close(child->out);
		child->out = -1;
	}
}

/* Each Ctrl-C reaches the program, as a script may lose one; patience counts from the first. */
static void stop(struct child *child, struct shell_term *term)
{
	if (!child->is_stopping) {
		child->is_stopping = true;
		child->ticks_left = SHELL_CHILD_GRACE_S * 1000 / TICK_MS;
		kill(-child->pid, SIGINT);
	} else if (child->ticks_left-- == 0) {
		kill(-child->pid, SIGKILL);
	} else if (!shell_term_is_broken(term) && shell_term_is_interrupted(term)) {
		kill(-child->pid, SIGINT);
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
	int rc = start(&child, argv), status = 0;

	if (rc < 0)
		return rc;
	while (child.out >= 0 || !has_ended(&child, &status)) {
		if (child.out >= 0)
			take_output(&child, call);
		if (shell_stopped(call))
			stop(&child, call->shell->term);
	}
	if (call->partial_len > 0)
		shell_write(call, "\n", 1);
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return WEXITSTATUS(status);
}
