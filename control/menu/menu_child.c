#include "menu_child.h"

#include <errno.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include "child.h"

enum { SIGNALLED = 128 };

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

static int wait_for(pid_t pid)
{
	struct child_end end;
	int rc = child_wait(pid, &end);

	if (rc < 0)
		return rc;
	return end.how == CHILD_SIGNALLED ? SIGNALLED + end.number : end.number;
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
	rc = child_spawn(argv, &files, false, &pid); /* Ctrl-C comes to the terminal's own group */
	posix_spawn_file_actions_destroy(&files);
	if (rc == 0)
		rc = wait_for(pid);
	signal(SIGINT, on_interrupt);
	tcsetattr(STDOUT_FILENO, TCSADRAIN, &before);
	shell_term_flush(shell_terminal(call));
	return rc;
}
