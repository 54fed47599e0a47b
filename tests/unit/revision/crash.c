#include "crash.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { UNSYNCED_MAX = 16, TRACE_MAX = 1024 };

static unsigned steps, cut_step, fail_step;
static char trace[TRACE_MAX];
static int fail_error, fails_for_good;
static int unsynced[UNSYNCED_MAX]; /* copies of descriptors that were written to */
static ino_t unsynced_inode[UNSYNCED_MAX];
static unsigned unsynced_len;

void crash_at(unsigned step)
{
	steps = fail_step = 0;
	cut_step = step;
}

void crash_fail_at(unsigned step, int error, int for_good)
{
	steps = cut_step = 0;
	fail_step = step;
	fail_error = error;
	fails_for_good = for_good;
}

unsigned crash_steps(void)
{
	return steps;
}

const char *crash_trace(void)
{
	return trace;
}

static void cut(void)
{
	for (unsigned i = 0; i < unsynced_len; i++)
		if (ftruncate(unsynced[i], 0) < 0)
			_exit(98);
	raise(SIGKILL);
}

static ino_t inode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

/* True when the step fails. */
static bool step(char letter)
{
	if (steps + 1 < TRACE_MAX) {
		trace[steps] = letter;
		trace[steps + 1] = '\0';
	}
	steps++;
	if (steps == cut_step)
		cut();
	if (fail_step != 0 && (steps == fail_step || (fails_for_good && steps > fail_step))) {
		errno = fail_error;
		return true;
	}
	return false;
}

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): libc names them with underscores */
ssize_t write(int fd, const void *data, size_t bytes)
{
	ino_t inode = inode_of(fd);
	bool is_known = false;

	if (fd <= STDERR_FILENO)
		return syscall(SYS_write, fd, data, bytes);
	for (unsigned i = 0; i < unsynced_len; i++)
		is_known |= unsynced_inode[i] == inode;
	if (!is_known && cut_step != 0 && unsynced_len < UNSYNCED_MAX) {
		unsynced[unsynced_len] = dup(fd);
		unsynced_inode[unsynced_len++] = inode;
	}
	if (steps + 1 == cut_step)
		syscall(SYS_write, fd, data, bytes / 2);
	return step('w') ? -1 : syscall(SYS_write, fd, data, bytes);
}

int fsync(int fd)
{
	ino_t inode = inode_of(fd);

	if (step('f'))
		return -1;
	for (unsigned i = 0; i < unsynced_len; i++) {
		if (unsynced_inode[i] != inode)
			continue;
		close(unsynced[i]);
		unsynced[i] = unsynced[--unsynced_len];
		unsynced_inode[i] = unsynced_inode[unsynced_len];
		break;
	}
	return (int)syscall(SYS_fsync, fd);
}

int rename(const char *from, const char *to)
{
	return step('r') ? -1 : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlink(const char *path)
{
	return step('u') ? -1 : (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int unlinkat(int folder, const char *path, int flags)
{
	return step('u') ? -1 : (int)syscall(SYS_unlinkat, folder, path, flags);
}

int link(const char *from, const char *to)
{
	return step('l') ? -1 : (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int symlink(const char *target, const char *path)
{
	return step('s') ? -1 : (int)syscall(SYS_symlinkat, target, AT_FDCWD, path);
}

int mkdir(const char *path, mode_t mode)
{
	return step('m') ? -1 : (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
