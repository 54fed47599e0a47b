#include "init_log.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base_time.h"

#define MESSAGES "/messages"

enum { FILE_PATH_MAX = INIT_PATH_MAX + 32 };

void init_log_time(uint64_t wall_ms, char *out)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm;
	char text[64];

	if (gmtime_r(&seconds, &tm) == NULL)
		memset(&tm, 0, sizeof(tm));
	snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03uZ", tm.tm_year + 1900,
		tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
		(unsigned)(wall_ms % 1000));
	snprintf(out, INIT_LOG_TIME_BYTES, "%.24s", text);
}

/* The way to the log, for those who read it: replaced in one step. */
static void point(struct init_log *log, const char *folder)
{
	char new[FILE_PATH_MAX];

	snprintf(new, sizeof(new), "%s.new", log->link);
	unlink(new);
	if (symlink(folder, new) == 0)
		rename(new, log->link);
}

static const char *folder_of(const struct init_log *log)
{
	return log->is_on_data ? log->data : log->memory;
}

/* Opens messages of a folder for more lines. */
static int open_in(const char *folder, uint64_t *bytes)
{
	char path[FILE_PATH_MAX];
	struct stat info;
	int fd;

	if (mkdir(folder, 0755) < 0 && errno != EEXIST)
		return -errno;
	snprintf(path, sizeof(path), "%s" MESSAGES, folder);
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return -errno;
	*bytes = fstat(fd, &info) == 0 ? (uint64_t)info.st_size : 0;
	return fd;
}

/* messages.2 becomes messages.3, and so on; the oldest is gone. */
static void shift(const char *folder)
{
	char from[FILE_PATH_MAX], to[FILE_PATH_MAX];

	for (unsigned i = INIT_LOG_FILES - 1; i > 0; i--) {
		snprintf(to, sizeof(to), "%s" MESSAGES ".%u", folder, i);
		snprintf(from, sizeof(from), "%s" MESSAGES, folder);
		if (i > 1)
			snprintf(from, sizeof(from), "%s" MESSAGES ".%u", folder, i - 1);
		rename(from, to);
	}
}

static void use_memory(struct init_log *log)
{
	if (log->fd >= 0)
		close(log->fd);
	log->is_on_data = false;
	log->fd = open_in(log->memory, &log->bytes);
	point(log, log->memory);
}

void init_log_open(struct init_log *log, const char *root)
{
	memset(log, 0, sizeof(*log));
	snprintf(log->data, sizeof(log->data), "%s/data/log", root);
	snprintf(log->memory, sizeof(log->memory), "%s/run/log", root);
	snprintf(log->link, sizeof(log->link), "%s/run/sluice/log", root);
	log->fd = -1;
	use_memory(log);
}

void init_log_leave_data(struct init_log *log)
{
	if (log->is_on_data)
		use_memory(log);
}

void init_log_close(struct init_log *log)
{
	if (log->fd >= 0)
		close(log->fd);
	log->fd = -1;
}

/* A new messages when the next line does not fit. */
static int make_room(struct init_log *log, size_t more)
{
	uint64_t most = log->is_on_data ? INIT_LOG_FILE_BYTES : INIT_LOG_MEMORY_BYTES;
	int fd;

	if (log->bytes == 0 || log->bytes + more <= most)
		return 0;
	shift(folder_of(log));
	fd = open_in(folder_of(log), &log->bytes);
	if (fd < 0)
		return fd;
	close(log->fd);
	log->fd = fd;
	return 0;
}

/* A part of a line on a full disk would be taken for a whole one: it is taken back. */
static int write_whole(struct init_log *log, const struct iovec *parts, int len)
{
	size_t wanted = 0;
	ssize_t n;
	int error;

	for (int i = 0; i < len; i++)
		wanted += parts[i].iov_len;
	error = make_room(log, wanted);
	if (error < 0)
		return error;
	n = writev(log->fd, parts, len);
	if (n == (ssize_t)wanted) {
		log->bytes += wanted;
		return 0;
	}
	error = n < 0 ? -errno : -ENOSPC;
	if (n > 0 && ftruncate(log->fd, (off_t)log->bytes) < 0)
		log->bytes += (uint64_t)n;
	return error;
}

static void write_or_move(struct init_log *log, const struct iovec *parts, int len)
{
	int error = log->fd >= 0 ? write_whole(log, parts, len) : -EBADF;

	if (error < 0 && log->is_on_data) {
		log->error = -error;
		use_memory(log);
		error = log->fd >= 0 ? write_whole(log, parts, len) : -EBADF;
	}
	if (error < 0)
		log->lost++;
}

/* Whether a text begins with a time as base_log writes it, and a space. */
static bool has_time(const char *text)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd.dddZ ";

	for (size_t i = 0; form[i] != '\0'; i++)
		if (form[i] == 'd' ? !isdigit((unsigned char)text[i]) : text[i] != form[i])
			return false;
	return true;
}

/* Writing does not change what is written. */
static struct iovec part(const char *text, size_t bytes)
{
	union {
		const char *from;
		void *to;
	} plain = {.from = text};

	return (struct iovec){.iov_base = plain.to, .iov_len = bytes};
}

void init_log_write(struct init_log *log, const char *name, const char *text)
{
	char time[INIT_LOG_TIME_BYTES];
	struct iovec parts[6];

	if (has_time(text)) {
		snprintf(time, sizeof(time), "%.24s", text);
		text += INIT_LOG_TIME_BYTES;
	} else {
		init_log_time(base_time_wall_ms(), time);
	}
	parts[0] = part(time, strlen(time));
	parts[1] = part(" ", 1);
	parts[2] = part(name, strlen(name));
	parts[3] = part(" ", 1);
	parts[4] = part(text, strlen(text));
	parts[5] = part("\n", 1);
	write_or_move(log, parts, 6);
}

/* messages of the folder in memory: 0 is the newest. */
static const char *memory_file(const struct init_log *log, unsigned number, char *path)
{
	if (number == 0)
		snprintf(path, FILE_PATH_MAX, "%s" MESSAGES, log->memory);
	else
		snprintf(path, FILE_PATH_MAX, "%s" MESSAGES ".%u", log->memory, number);
	return path;
}

static int copy(int from, int to, uint64_t *bytes)
{
	char block[4096];
	ssize_t n, written;

	while ((n = read(from, block, sizeof(block))) > 0) {
		written = write(to, block, (size_t)n);
		if (written != n)
			return written < 0 ? -errno : -ENOSPC;
		*bytes += (uint64_t)n;
	}
	return 0;
}

/* Appends what lies in memory, oldest first, to the log on the disk. It goes only when all of it is there. */
static int carry_over(struct init_log *log, int to, uint64_t *bytes)
{
	char path[FILE_PATH_MAX];
	int from, error = 0;

	for (unsigned i = INIT_LOG_FILES; i-- > 0 && error == 0;) {
		from = open(memory_file(log, i, path), O_RDONLY | O_CLOEXEC);
		if (from < 0)
			continue;
		error = copy(from, to, bytes);
		close(from);
	}
	for (unsigned i = 0; i < INIT_LOG_FILES && error == 0; i++)
		unlink(memory_file(log, i, path));
	return error;
}

bool init_log_try_data(struct init_log *log)
{
	uint64_t bytes = 0, begin;
	int fd, error;

	if (log->is_on_data)
		return true;
	fd = open_in(log->data, &bytes);
	log->error = fd < 0 ? -fd : 0;
	if (fd < 0)
		return false;
	begin = bytes;
	error = carry_over(log, fd, &bytes);
	if (error < 0) {
		log->error = -error;
		/* Or it would be there twice when it works the next time. */
		if (ftruncate(fd, (off_t)begin) < 0)
			log->lost++;
		close(fd);
		return false;
	}
	if (log->fd >= 0)
		close(log->fd);
	log->fd = fd;
	log->bytes = bytes;
	log->is_on_data = true;
	point(log, log->data);
	return true;
}
