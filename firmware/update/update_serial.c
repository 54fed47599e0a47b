#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "update_media.h"

enum {
	EXIT_NO_PROGRAM = 127,
	SILENT_MS = 1000, /* nothing comes for so long: the sender has given up */
	READS_MAX = 1000, /* before it is told again */
};

/* What ends a ZMODEM sender, and what wipes it from the screen of one that is none. */
#define CANCEL "\x18\x18\x18\x18\x18\x18\x18\x18\b\b\b\b\b\b\b\b"

#define MEGABYTE (UINT64_C(1) << 20)

static const char upload_folder[] = "/data/upload";
static const char receive_folder[] = "/data/upload/serial";

struct received {
	char folder[PATH_MAX];
	struct update_source file;
};

/* Files of an earlier attempt are of no use: ZMODEM starts anew. */
static void empty_folder(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;

	while (folder != NULL && (entry = readdir(folder)) != NULL)
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(folder), entry->d_name, 0);
	if (folder != NULL)
		closedir(folder);
	rmdir(path);
}

static ssize_t received_read(void *state, void *out, size_t room, struct update_fault *fault)
{
	struct received *received = state;

	return received->file.read(received->file.state, out, room, fault);
}

static void received_close(void *state)
{
	struct received *received = state;

	update_source_close(&received->file);
	empty_folder(received->folder);
	free(received);
}

static int make_folder(
	struct received *received, const struct update_box *box, struct update_fault *fault)
{
	char path[PATH_MAX];

	update_box_path(box, upload_folder, path);
	mkdir(path, 0700);
	update_box_path(box, receive_folder, received->folder);
	empty_folder(received->folder);
	if (mkdir(received->folder, 0700) != 0)
		return update_fail(
			fault, -errno, "cannot make %s: %s", received->folder, strerror(errno));
	return 0;
}

/* The bytes that may be received: what the data partition can take, up to the limit. */
static int find_room(const struct received *received, uint64_t *room, struct update_fault *fault)
{
	struct statvfs facts;
	uint64_t free_bytes;

	if (statvfs(received->folder, &facts) != 0)
		return update_fail(
			fault, -errno, "cannot look at %s: %s", received->folder, strerror(errno));
	free_bytes = (uint64_t)facts.f_bavail * facts.f_frsize;
	if (free_bytes < 2 * UPDATE_SPARE_MB * MEGABYTE)
		return update_fail(fault, -ENOSPC,
			"the data partition is full (%llu bytes free): remove what is in %s and in "
			"the crash folder, or use another source",
			(unsigned long long)free_bytes, upload_folder);
	*room = free_bytes - UPDATE_SPARE_MB * MEGABYTE;
	if (*room > UPDATE_SERIAL_MB * MEGABYTE)
		*room = UPDATE_SERIAL_MB * MEGABYTE;
	return 0;
}

/* Never returns. Beyond the limit the kernel ends the program. */
static void become_rz(const char *folder, uint64_t room)
{
	const struct rlimit limit = {.rlim_cur = room, .rlim_max = room};

	if (chdir(folder) == 0 && setrlimit(RLIMIT_FSIZE, &limit) == 0)
		execlp("rz", "rz", "--binary", "--restricted", "--quiet", (char *)NULL);
	_exit(EXIT_NO_PROGRAM);
}

static int run_rz(const struct received *received, uint64_t room, struct update_fault *fault)
{
	pid_t child;
	int status;

	fflush(NULL);
	child = fork();
	if (child == 0)
		become_rz(received->folder, room);
	if (child < 0)
		return update_fail(fault, -errno, "cannot start rz: %s", strerror(errno));
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return update_fail(
				fault, -errno, "cannot wait for rz: %s", strerror(errno));
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ)
		return update_fail(fault, -EFBIG,
			"the file is larger than the %llu bytes that may be received",
			(unsigned long long)room);
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NO_PROGRAM)
		return update_fail(fault, -ENOENT, "this firmware has no program rz");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return update_fail(fault, -ECANCELED,
			"no file came over the serial line: start `sz FILE` within a minute, and "
			"let "
			"it end");
	return 0;
}

/* The one file that came. */
static int open_received(struct received *received, struct update_fault *fault)
{
	DIR *folder = opendir(received->folder);
	struct dirent *entry;
	int error = -ENOENT;

	while (folder != NULL && error == -ENOENT && (entry = readdir(folder)) != NULL) {
		char path[PATH_MAX];

		if (entry->d_name[0] != '.' &&
			snprintf(path, sizeof(path), "%s/%s", received->folder, entry->d_name) <
				(int)sizeof(path))
			error = update_source_file(&received->file, path, fault);
	}
	if (folder != NULL)
		closedir(folder);
	if (error == -ENOENT)
		update_fail(fault, error, "no file came over the serial line");
	return error;
}

/* A sender that is quicker than rz must not see its own bytes: from here on the terminal does not echo. */
static void mute(struct termios *before)
{
	struct termios quiet;

	tcgetattr(STDIN_FILENO, before);
	quiet = *before;
	quiet.c_iflag = 0;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG | IEXTEN);
	quiet.c_cc[VMIN] = 1;
	quiet.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
}

/* Drops what comes. Whether the line has fallen silent; who has hung up is silent too. */
static bool is_silent(void)
{
	struct pollfd line = {.fd = STDIN_FILENO, .events = POLLIN};
	char dropped[4096];

	for (unsigned i = 0; i < READS_MAX; i++) {
		int ready = poll(&line, 1, SILENT_MS);

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0 || read(STDIN_FILENO, dropped, sizeof(dropped)) <= 0)
			return true;
	}
	return false;
}

/*
 * A sender does not notice that rz has ended and goes on. The shell that reads the line next would take what the file
 * holds, which nobody has verified, for commands.
 */
static void stop_sender(void)
{
	struct termios of_rz;

	mute(&of_rz);
	do
		if (write(STDOUT_FILENO, CANCEL, sizeof(CANCEL) - 1) < 0)
			return;
	while (!is_silent());
}

static int receive(
	struct received *received, const struct update_install *install, struct update_fault *fault)
{
	struct termios before;
	char line[160];
	uint64_t room = 0;
	int error = make_folder(received, install->box, fault);

	if (error == 0)
		error = find_room(received, &room, fault);
	if (error != 0)
		return error;
	snprintf(line, sizeof(line),
		"send the bundle now with ZMODEM, up to %llu bytes: `sz FILE`, or your terminal's "
		"upload; Ctrl-X five times gives up",
		(unsigned long long)room);
	mute(&before);
	install->say(install->arg, line);
	error = run_rz(received, room, fault);
	if (error != 0)
		stop_sender();
	tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
	return error == 0 ? open_received(received, fault) : error;
}

int update_source_serial(
	struct update_source *out, const struct update_install *install, struct update_fault *fault)
{
	struct received *received;
	int error;

	if (isatty(STDIN_FILENO) != 1)
		return update_fail(fault, -ENOTTY,
			"a bundle comes over the serial line only to a terminal: log in on the "
			"console");
	received = calloc(1, sizeof(*received));
	if (received == NULL)
		return update_fail(fault, -ENOMEM, "no memory left to receive");
	error = receive(received, install, fault);
	if (error != 0) {
		received_close(received);
		return error;
	}
	*out = (struct update_source){
		.read = received_read,
		.close = received_close,
		.state = received,
		.bytes = received->file.bytes,
	};
	return 0;
}
