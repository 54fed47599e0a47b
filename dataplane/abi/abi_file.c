#include "abi_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The region's file and FIFOs in the file system. /dev/shm is a directory in which anybody may make
 * files, so what is found there is used only when it is ours and nobody else may open it.
 */

enum { OPEN_TRIES_MAX = 1000 };

static int lock(int fd, int command, short type, off_t first, off_t len)
{
	struct flock range = {.l_type = type, .l_whence = SEEK_SET, .l_start = first, .l_len = len};
	int result;

	do {
		result = fcntl(fd, command, &range);
	} while (result < 0 && errno == EINTR);
	if (result < 0)
		return -errno;
	return range.l_type; /* what F_OFD_GETLK found */
}

static bool is_private(int fd, mode_t type)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == type && st.st_uid == geteuid() &&
	       (st.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

static bool is_at(int fd, const char *path)
{
	struct stat opened;
	struct stat named;

	return fstat(fd, &opened) == 0 && lstat(path, &named) == 0 &&
	       opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

static int open_private(const char *path, int flags, mode_t type)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | flags, 0600);

	if (fd < 0)
		return errno == ELOOP ? -EPERM : -errno;
	if (!is_private(fd, type)) {
		close(fd);
		return -EPERM;
	}
	return fd;
}

int abi_file_open(const char *path, int flags)
{
	/* Each turn lost means that another process replaced the file meanwhile. */
	for (int i = 0; i < OPEN_TRIES_MAX; i++) {
		int fd = open_private(path, flags, S_IFREG);
		int err;

		if (fd < 0)
			return fd;
		err = lock(fd, F_OFD_SETLKW, F_WRLCK, ABI_LOCK_OPEN, 1);
		if (err >= 0 && is_at(fd, path))
			return fd;
		close(fd);
		if (err < 0)
			return err;
	}
	return -EAGAIN;
}

void abi_file_unlock(int fd)
{
	/* Cannot fail for a lock that we hold. */
	(void)lock(fd, F_OFD_SETLK, F_UNLCK, ABI_LOCK_OPEN, 1);
}

int abi_file_claim(int fd, unsigned who)
{
	int err = lock(fd, F_OFD_SETLK, F_WRLCK, (off_t)who, 1);

	if (err == -EAGAIN || err == -EACCES)
		return -EBUSY;
	return err < 0 ? err : 0;
}

bool abi_file_is_claimed(int fd, unsigned first, unsigned len)
{
	/*
	 * An error counts as claimed: better not to start than to take a file from under a live
	 * process.
	 */
	return lock(fd, F_OFD_GETLK, F_WRLCK, (off_t)first, (off_t)len) != F_UNLCK;
}

static int bell_path(char *out, const char *path, unsigned who)
{
	int len = snprintf(out, PATH_MAX, "%s.bell-%u", path, who);

	return len > 0 && len < PATH_MAX ? 0 : -ENAMETOOLONG;
}

int abi_file_open_bell(const char *path, unsigned who)
{
	char name[PATH_MAX];
	int err = bell_path(name, path, who);

	if (err != 0)
		return err;
	if (mkfifo(name, 0600) != 0 && errno != EEXIST)
		return -errno;
	/* For reading and writing: so it neither waits for the other end nor sees it go. */
	return open_private(name, 0, S_IFIFO);
}

void abi_file_remove_bells(const char *path)
{
	char name[PATH_MAX];

	for (unsigned who = 0; who < ABI_ROLES_MAX; who++) {
		if (bell_path(name, path, who) == 0)
			(void)unlink(name); /* most do not exist */
	}
}
