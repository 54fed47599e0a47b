#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* posix_spawn changes nothing of what it is given. */
static char *const *taken(const char *const *argv)
{
	union {
		const char *const *given;
		char *const *taken;
	} u = {.given = argv};

	return u.taken;
}

void child_reset_oom_score(pid_t pid)
{
	char path[48], text[16] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	/* What is more likely to be ended than others stays so. */
	if (read(fd, text, sizeof(text) - 1) > 0 && text[0] == '-' && pwrite(fd, "0", 1, 0) < 0)
		errno = 0; /* it runs all the same */
	close(fd);
}

int child_spawn(const char *const *argv, const posix_spawn_file_actions_t *files, bool has_group,
	pid_t *pid)
{
	posix_spawnattr_t attributes;
	sigset_t defaults, none;
	short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
	int error = posix_spawnattr_init(&attributes);

	if (error != 0)
		return -error;
	if (has_group)
		flags |= POSIX_SPAWN_SETPGROUP; /* 0, as it begins: its own */
	sigfillset(&defaults);
	sigemptyset(&none);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, flags);
	error = posix_spawnp(pid, argv[0], files, &attributes, taken(argv), environ);
	posix_spawnattr_destroy(&attributes);
	if (error == 0)
		child_reset_oom_score(*pid);
	return -error;
}

int child_wait(pid_t pid, struct child_end *end)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (WIFSIGNALED(status))
		*end = (struct child_end){CHILD_SIGNALLED, WTERMSIG(status)};
	else
		*end = (struct child_end){CHILD_EXITED, WEXITSTATUS(status)};
	return 0;
}

bool child_is_done(const struct child_end *end)
{
	return end->how == CHILD_EXITED && end->number == 0;
}
