#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "revision_priv.h"

/* The management port belongs to the kernel: a program of the appliance sets it up, and is run after a commit. */

extern char **environ;

enum {
	SECONDS = 30, /* then it is killed */
	POLL_MS = 20,
	SAID_MAX = 1024, /* bytes of what it says that are told */
};

struct said {
	char text[SAID_MAX];
	size_t bytes;
};

/* With its output in `out`. 0 or an error number. */
static int start(const char *program, int out, pid_t *pid)
{
	char *const argv[] = {(char *)(uintptr_t)program, NULL};
	posix_spawn_file_actions_t actions;
	int rc = posix_spawn_file_actions_init(&actions);

	if (rc != 0)
		return rc;
	rc = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO);
	if (rc == 0)
		rc = posix_spawn(pid, program, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return rc;
}

/* Takes what there is, and forgets what has no room. */
static void hear(int in, struct said *said, int timeout_ms)
{
	struct pollfd wanted = {.fd = in, .events = POLLIN};
	char more[SAID_MAX];
	ssize_t bytes;

	if (poll(&wanted, 1, timeout_ms) <= 0)
		return;
	bytes = read(in, more, sizeof(more));
	if (bytes <= 0) { /* it has closed its output and goes on */
		poll(NULL, 0, timeout_ms);
		return;
	}
	if ((size_t)bytes > sizeof(said->text) - 1 - said->bytes)
		bytes = (ssize_t)(sizeof(said->text) - 1 - said->bytes);
	memcpy(said->text + said->bytes, more, (size_t)bytes);
	said->bytes += (size_t)bytes;
}

/* The child's wait status; -1 when it is somebody else's. */
static int wait_for(pid_t pid, int in, struct said *said)
{
	int status;

	for (int left = SECONDS * 1000 / POLL_MS; left > 0; left--) {
		pid_t done = waitpid(pid, &status, WNOHANG);

		if (done == pid) {
			hear(in, said, 0);
			return status;
		}
		if (done < 0 && errno != EINTR)
			return -1;
		hear(in, said, POLL_MS);
	}
	kill(pid, SIGKILL);
	return waitpid(pid, &status, 0) == pid ? status : -1;
}

static void tell_lines(struct said *said, config_line_fn *report, void *arg)
{
	char *rest = said->text;

	said->text[said->bytes] = '\0';
	for (char *line = strtok_r(rest, "\n", &rest); line != NULL;
		line = strtok_r(NULL, "\n", &rest))
		revision_tell(report, arg, "mgmt: %s", line);
}

void revision_set_up_mgmt(const char *program, config_line_fn *report, void *arg)
{
	struct said said = {.bytes = 0};
	int ends[2], status;
	pid_t pid;

	if (program == NULL || access(program, X_OK) != 0) {
		revision_tell(report, arg, "mgmt: nothing sets the management port up here (%s)",
			program ? program : "no program");
		return;
	}
	if (pipe2(ends, O_CLOEXEC) < 0) {
		revision_tell(report, arg, "mgmt: cannot run %s: %s", program, strerror(errno));
		return;
	}
	status = start(program, ends[1], &pid);
	close(ends[1]);
	if (status != 0) {
		revision_tell(report, arg, "mgmt: cannot run %s: %s", program, strerror(status));
	} else {
		status = wait_for(pid, ends[0], &said);
		tell_lines(&said, report, arg);
		if (status != 0)
			revision_tell(report, arg,
				"mgmt: %s could not set the management port up (%s %d)", program,
				WIFSIGNALED(status) ? "signal" : "status",
				WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	}
	close(ends[0]);
}
