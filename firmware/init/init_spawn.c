#include "init_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base_time.h"

enum { EXIT_NOT_RUN = 127, STEP_MS = 10 };

/* What the kernel made of its command line is nobody's environment. */
static const char *const environment[] = {
	"PATH=/usr/bin:/usr/sbin:/bin:/sbin", "HOME=/", "TERM=vt102", "LANG=C.UTF-8", NULL};

/* execve changes neither; its prototype is older than const. */
static void run(const char *const *argv)
{
	union {
		const char *const *from;
		char *const *to;
	} arguments = {.from = argv}, variables = {.from = environment};

	execve(argv[0], arguments.to, variables.to);
	dprintf(STDERR_FILENO, "cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(EXIT_NOT_RUN);
}

/* Init's own signals are blocked or ignored: a child begins as one of a login shell. */
static void reset_signals(void)
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void set_oom_score(int score)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	/* Only root may lower it; elsewhere the service runs all the same. */
	if (dprintf(fd, "%d\n", score) < 0)
		errno = 0;
	close(fd);
}

/* The session's terminal, taken from whoever had it. */
static void take_terminal(const char *path)
{
	int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK);

	if (fd < 0) {
		dprintf(STDERR_FILENO, "cannot open %s: %s\n", path, strerror(errno));
		_exit(EXIT_NOT_RUN);
	}
	/* Opened without waiting for a carrier; used as any terminal is. */
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	if (ioctl(fd, TIOCSCTTY, 1) < 0)
		dprintf(STDERR_FILENO, "%s is not the session's terminal: %s\n", path,
			strerror(errno));
	dup2(fd, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

static _Noreturn void become(const struct init_kind *kind, int out)
{
	int null;

	setsid();
	reset_signals();
	dup2(out, STDERR_FILENO);
	if (kind->oom_score != 0)
		set_oom_score(kind->oom_score);
	if (kind->terminal != NULL) {
		take_terminal(kind->terminal);
	} else {
		null = open("/dev/null", O_RDONLY | O_CLOEXEC);
		dup2(null, STDIN_FILENO);
		dup2(out, STDOUT_FILENO);
	}
	run(kind->argv);
	_exit(EXIT_NOT_RUN);
}

pid_t init_spawn(const struct init_kind *kind, int *out)
{
	int ends[2], error;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		become(kind, ends[1]);
	error = errno;
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return -error;
	}
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	*out = ends[0];
	return pid;
}

int init_spawn_wait(const char *const *argv, uint32_t limit_ms)
{
	uint64_t end_ms = base_time_ms() + limit_ms;
	int status, null;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		setsid();
		reset_signals();
		null = open("/dev/null", O_RDWR | O_CLOEXEC);
		for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
			dup2(null, fd);
		run(argv);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (base_time_ms() >= end_ms) {
			kill(-pid, SIGKILL);
			waitpid(pid, &status, 0);
			return -ETIMEDOUT;
		}
		poll(NULL, 0, STEP_MS);
	}
	return status;
}
