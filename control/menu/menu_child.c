#include "menu_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base_time.h"

enum { NOT_RUN = 127, SIGNALLED = 128, PART_BYTES = 65536 };

/* posix_spawn changes nothing of what it is given. */
static char *const *taken(const char *const *argv)
{
	union {
		const char *const *given;
		char *const *taken;
	} u = {.given = argv};

	return u.taken;
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return NOT_RUN;
	return WIFSIGNALED(status) ? SIGNALLED + WTERMSIG(status) : WEXITSTATUS(status);
}

/* A child has the signals as a program expects them, whatever the shell ignores. */
static int spawn(pid_t *pid, const char *const *argv, posix_spawn_file_actions_t *files)
{
	posix_spawnattr_t attributes;
	sigset_t defaults, none;
	int error;

	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	sigaddset(&defaults, SIGINT);
	sigaddset(&defaults, SIGQUIT);
	error = posix_spawnattr_init(&attributes);
	if (error != 0)
		return -error;
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	error = posix_spawnp(pid, argv[0], files, &attributes, taken(argv), environ);
	posix_spawnattr_destroy(&attributes);
	if (error == 0)
		shell_reset_oom_score(*pid);
	return -error;
}

/* Reads until the end, the limit of bytes, or the deadline. */
static size_t read_all(int fd, char *text, size_t bytes_max, uint64_t deadline_ms, bool *is_late)
{
	size_t len = 0;

	while (len < bytes_max) {
		struct pollfd in = {.fd = fd, .events = POLLIN};
		uint64_t now_ms = base_time_ms();
		int ready = now_ms < deadline_ms ? poll(&in, 1, (int)(deadline_ms - now_ms)) : 0;
		ssize_t n;

		if (ready < 0 && errno == EINTR)
			continue; /* a read now would wait beyond the deadline */
		*is_late = ready == 0;
		if (*is_late)
			break;
		n = read(fd, text + len,
			bytes_max - len < PART_BYTES ? bytes_max - len : PART_BYTES);
		if (n == 0 || (n < 0 && errno != EINTR))
			break;
		len += n > 0 ? (size_t)n : 0;
	}
	return len;
}

static int spawn_with_pipe(pid_t *pid, const char *const *argv, int *out)
{
	posix_spawn_file_actions_t files;
	int ends[2], rc;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, ends[1], STDERR_FILENO);
	rc = spawn(pid, argv, &files);
	posix_spawn_file_actions_destroy(&files);
	close(ends[1]);
	*out = ends[0];
	if (rc < 0)
		close(ends[0]);
	return rc;
}

char *menu_child_capture(
	const char *const *argv, size_t bytes_max, unsigned limit_s, size_t *len, int *status)
{
	char *text = malloc(bytes_max + 1);
	bool is_late = false;
	pid_t pid = -1;
	int out = -1;

	*len = 0;
	*status = NOT_RUN;
	if (text == NULL || spawn_with_pipe(&pid, argv, &out) < 0) {
		free(text);
		return NULL;
	}
	*len = read_all(out, text, bytes_max, base_time_ms() + limit_s * 1000ULL, &is_late);
	text[*len] = '\0';
	close(out); /* one that writes on gets SIGPIPE */
	if (is_late)
		kill(pid, SIGKILL);
	*status = wait_for(pid);
	return text;
}

/* Lines as programs write them, and Ctrl-C as they expect it. */
static bool cook(int fd, struct termios *before)
{
	struct termios line;

	if (tcgetattr(fd, before) < 0)
		return false;
	line = *before;
	line.c_oflag |= OPOST | ONLCR;
	line.c_lflag |= ISIG;
	return tcsetattr(fd, TCSADRAIN, &line) == 0;
}

int menu_child_attach(struct shell_call *call, const char *const *argv)
{
	posix_spawn_file_actions_t files;
	struct termios before;
	void (*on_interrupt)(int);
	pid_t pid = -1;
	int rc;

	if (!shell_is_interactive(call) || !cook(STDOUT_FILENO, &before))
		return -ENOTTY;
	on_interrupt = signal(SIGINT, SIG_IGN);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
	rc = spawn(&pid, argv, &files);
	posix_spawn_file_actions_destroy(&files);
	if (rc == 0)
		rc = wait_for(pid);
	signal(SIGINT, on_interrupt);
	tcsetattr(STDOUT_FILENO, TCSADRAIN, &before);
	shell_term_flush(shell_terminal(call));
	return rc;
}
