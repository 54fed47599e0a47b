#include "console_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

enum { SECOND_MS = 1000 };

unsigned console_lock_left_s(const struct console_lock *lock, uint64_t now_ms)
{
	if (lock->until_ms <= now_ms)
		return 0;
	return (unsigned)((lock->until_ms - now_ms + SECOND_MS - 1) / SECOND_MS);
}

static unsigned step_s(uint32_t wrong)
{
	unsigned delay_s = CONSOLE_LOCK_FIRST_S;

	if (wrong < CONSOLE_LOCK_AFTER)
		return 0;
	for (uint32_t i = CONSOLE_LOCK_AFTER; i < wrong && delay_s < CONSOLE_LOCK_LAST_S; i++)
		delay_s *= 2;
	return delay_s < CONSOLE_LOCK_LAST_S ? delay_s : CONSOLE_LOCK_LAST_S;
}

unsigned console_lock_wrong(struct console_lock *lock, uint64_t now_ms)
{
	unsigned delay_s;

	if (lock->wrong < UINT32_MAX)
		lock->wrong++;
	delay_s = step_s(lock->wrong);
	lock->until_ms = delay_s > 0 ? now_ms + (uint64_t)delay_s * SECOND_MS : 0;
	return delay_s;
}

void console_lock_open(struct console_lock *lock)
{
	*lock = (struct console_lock){0};
}

static bool read_state(struct console_lock *lock, FILE *file)
{
	return fscanf(file, "%" SCNu32 " %" SCNu64 " %" SCNu64, &lock->wrong, &lock->until_ms,
		       &lock->refused) == 3;
}

static void begin_with_first_step(struct console_lock *lock, uint64_t now_ms)
{
	*lock = (struct console_lock){.wrong = CONSOLE_LOCK_AFTER - 1};
	console_lock_wrong(lock, now_ms);
}

void console_lock_load(
	struct console_lock *lock, const char *state, const char *mark, uint64_t now_ms)
{
	FILE *file = fopen(state, "re");
	const uint64_t latest_ms = now_ms + (uint64_t)CONSOLE_LOCK_LAST_S * SECOND_MS;

	console_lock_open(lock);
	if (file == NULL) {
		if (access(mark, F_OK) == 0)
			begin_with_first_step(lock, now_ms);
		return;
	}
	if (!read_state(lock, file))
		begin_with_first_step(lock, now_ms);
	fclose(file);
	if (lock->until_ms > latest_ms)
		lock->until_ms = latest_ms;
}

static int write_state(const struct console_lock *lock, const char *path)
{
	char temporary[256];
	FILE *file;
	int rc = 0;

	if ((size_t)snprintf(temporary, sizeof(temporary), "%s.new", path) >= sizeof(temporary))
		return -ENAMETOOLONG;
	file = fopen(temporary, "we");
	if (file == NULL)
		return -errno;
	fprintf(file, "%" PRIu32 " %" PRIu64 " %" PRIu64 "\n", lock->wrong, lock->until_ms,
		lock->refused);
	if (fclose(file) != 0 || rename(temporary, path) < 0)
		rc = -errno;
	return rc;
}

/* The disk is written to when the first lock begins and when the right password comes, not at each wrong one. */
static int write_mark(const struct console_lock *lock, const char *path)
{
	int fd;

	if (lock->wrong < CONSOLE_LOCK_AFTER)
		return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno == EEXIST ? 0 : -errno;
	fsync(fd);
	close(fd);
	return 0;
}

int console_lock_save(const struct console_lock *lock, const char *state, const char *mark)
{
	int rc = write_state(lock, state);
	int mark_rc = write_mark(lock, mark);

	return rc < 0 ? rc : mark_rc;
}
