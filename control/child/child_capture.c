#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base_time.h"

enum { FORGOTTEN_BYTES = 4096 };

/* A program that runs, and what it has said so far. */
struct capture {
	pid_t pid;
	int ended; /* readable once the program has ended */
	int out; /* where its output comes from; never blocks */
	char *text;
	size_t room, len;
};

/* Its input is empty, its output and errors go to `out`. 0 or an error number; `files` is there to be destroyed. */
static int direct(posix_spawn_file_actions_t *files, int out)
{
	int error = posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);

	if (error == 0)
		error = posix_spawn_file_actions_adddup2(files, out, STDOUT_FILENO);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(files, out, STDERR_FILENO);
	return error;
}

static int spawn(const struct child_program *program, int out, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	int rc = -posix_spawn_file_actions_init(&files);

	if (rc < 0)
		return rc;
	rc = -direct(&files, out);
	if (rc == 0)
		rc = child_spawn(program->argv, &files, program->has_group, pid);
	posix_spawn_file_actions_destroy(&files);
	return rc;
}

static void end_now(const struct child_program *program, pid_t pid)
{
	kill(program->has_group ? -pid : pid, SIGKILL);
}

/* 0 with a program that runs, or a negative errno with none. */
static int begin(struct capture *capture, const struct child_program *program)
{
	int ends[2], rc;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	rc = fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
	if (rc == 0)
		rc = spawn(program, ends[1], &capture->pid);
	close(ends[1]);
	if (rc == 0) {
		capture->out = ends[0];
		capture->ended = pidfd_open(capture->pid, 0);
		if (capture->ended >= 0)
			return 0;
		rc = -errno;
		end_now(program, capture->pid);
		waitpid(capture->pid, NULL, 0);
	}
	close(ends[0]);
	return rc;
}

/* Takes a piece of the output. False when there is none. */
static bool take(struct capture *capture)
{
	char forgotten[FORGOTTEN_BYTES];
	bool is_full = capture->len == capture->room;
	ssize_t n = is_full ? read(capture->out, forgotten, sizeof(forgotten))
			    : read(capture->out, capture->text + capture->len,
				      capture->room - capture->len);

	if (n > 0 && !is_full)
		capture->len += (size_t)n;
	return n > 0 || (n < 0 && errno == EINTR);
}

static int left_ms(uint64_t deadline_ms)
{
	uint64_t now_ms = base_time_ms();

	if (now_ms >= deadline_ms)
		return 0;
	return deadline_ms - now_ms < INT_MAX ? (int)(deadline_ms - now_ms) : INT_MAX;
}

/*
 * Until the program has ended. False when it has not by the deadline. Poll looks at the end first, so that all that the
 * program has said by then is seen beside it; one read takes all that a pipe holds.
 */
static bool follow(struct capture *capture, uint64_t deadline_ms)
{
	struct pollfd polls[] = {
		{.fd = capture->ended, .events = POLLIN}, {.fd = capture->out, .events = POLLIN}};
	int timeout_ms;

	do {
		timeout_ms = left_ms(deadline_ms);
		if (poll(polls, 2, timeout_ms) > 0 && polls[1].revents != 0 && !take(capture))
			polls[1].fd = -1; /* it has closed its output, and may go on */
	} while (polls[0].revents == 0 && timeout_ms > 0);
	return polls[0].revents != 0;
}

int child_capture(const struct child_program *program, char *text, size_t text_bytes, size_t *len,
	struct child_end *end)
{
	struct capture capture = {.text = text, .room = text_bytes - 1};
	int rc = begin(&capture, program);
	bool is_late;

	text[0] = '\0';
	*len = 0;
	if (rc < 0)
		return rc;
	is_late = !follow(&capture, base_time_ms() + program->limit_s * 1000ULL);
	if (is_late)
		end_now(program, capture.pid);
	text[capture.len] = '\0';
	*len = capture.len;
	close(capture.out);
	close(capture.ended);
	rc = child_wait(capture.pid, end);
	if (is_late)
		end->how = CHILD_LATE;
	return rc;
}
