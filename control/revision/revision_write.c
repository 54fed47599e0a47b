#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "revision_priv.h"

/*
 * A commit, step by step; wherever it is cut off, what was running or what was committed comes up, whole:
 *
 *   1. history/NUMBER.conf     not running yet; recovery removes it when step 3 did not follow
 *   2. pending                 commit-confirm alone; it counts only once startup.conf has a number in its range
 *   3. startup.conf            replaced by rename: this is the commit
 *   4. pending removed         plain commit alone; it did not count any more since step 3
 *   5. running.conf            follows, when there is one; the history is cut to its length
 */

static void ignore(void *arg, const char *line)
{
	(void)arg;
	(void)line;
}

static unsigned highest(const struct revision_place *place)
{
	unsigned number = 0;

	return revision_numbers(place, &number, 1) == 1 ? number : 0;
}

static void clean(const struct revision_place *place, const char *name)
{
	char path[REVISION_FILE_PATH_MAX];

	revision_path(place, name, path);
	revision_disk_clean(path);
}

void revision_recover(const struct revision_place *place)
{
	char path[REVISION_FILE_PATH_MAX], fault[REVISION_FAULT_MAX];
	struct revision_info info;
	struct revision_wait wait;
	unsigned last = highest(place);

	clean(place, "");
	clean(place, REVISION_HISTORY);
	clean(place, REVISION_SAVED);
	revision_path(place, REVISION_STARTUP, path);
	if (revision_file_read(path, NULL, &info, ignore, NULL) == 0 && info.number != 0 &&
		info.number + 1 == last) {
		revision_path_history(place, last, path);
		unlink(path);
	}
	if (revision_wait_read(place, &wait) == 1)
		return;
	revision_path(place, REVISION_PENDING, path);
	if (access(path, F_OK) == 0 && revision_disk_remove(path, fault) < 0)
		return; /* it does not count; the next commit tries again */
}

static int write_file(const char *path, const struct revision_keys *keys,
	const struct revision_info *info, char *fault)
{
	char *text = revision_text_new(keys, info);
	int rc;

	if (text == NULL)
		return revision_fault(
			fault, -ENOMEM, "cannot write %s: %s", path, strerror(ENOMEM));
	rc = revision_disk_write(path, text, fault);
	free(text);
	return rc;
}

/* What ran and is in no history (the factory's, or a file that was made by hand) becomes a revision. */
static int keep_running(const struct revision_place *place, const struct revision_state *running,
	unsigned *number, char *fault)
{
	char path[REVISION_FILE_PATH_MAX], why[REVISION_WHY_MAX + 32];
	struct revision_info info;

	*number = running->info.number;
	if (*number != 0)
		return 0;
	*number = highest(place) + 1;
	snprintf(why, sizeof(why), "what ran before: %.*s", REVISION_WHY_MAX, running->path);
	revision_info_init(&info, *number, "sluice-config", why);
	revision_path_history(place, *number, path);
	return write_file(path, &running->keys, &info, fault);
}

static void cut_history(const struct revision_place *place, unsigned kept)
{
	unsigned numbers[4 * REVISION_HISTORY_MAX];
	unsigned len = revision_numbers(place, numbers, 4 * REVISION_HISTORY_MAX);
	char path[REVISION_FILE_PATH_MAX];

	for (unsigned i = REVISION_HISTORY_MAX; i < len; i++) {
		revision_path_history(place, numbers[i], path);
		if (numbers[i] != kept)
			unlink(path);
	}
}

/* Step 3. When the file has its name and the disk did not vouch for it, the commit is made: `fault` is a warning then. */
static int replace_startup(const struct revision_place *place, const struct revision_keys *keys,
	const struct revision_info *info, char *fault)
{
	char path[REVISION_FILE_PATH_MAX];
	struct revision_info there;
	int rc;

	revision_path(place, REVISION_STARTUP, path);
	rc = write_file(path, keys, info, fault);
	if (rc != 0 && revision_file_read(path, NULL, &there, ignore, NULL) == 0 &&
		there.number == info->number)
		return 0;
	return rc;
}

/* Step 4 and 5: nothing of it can undo the commit. */
static void follow(const struct revision_place *place, unsigned confirm_minutes)
{
	char path[REVISION_FILE_PATH_MAX], fault[REVISION_FAULT_MAX];
	struct revision_wait wait;
	int rc = 0;

	if (confirm_minutes == 0) {
		revision_path(place, REVISION_PENDING, path);
		rc = revision_disk_remove(path, fault);
	}
	revision_path(place, REVISION_RUNNING, path);
	if (rc == 0 && faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		rc = revision_disk_symlink(path, REVISION_STARTUP, fault);
	if (rc == 0)
		cut_history(place, revision_wait_read(place, &wait) == 1 ? wait.previous : 0);
}

int revision_write(const struct revision_place *place, const struct revision_state *running,
	const struct revision_keys *keys, struct revision_info *info, unsigned confirm_minutes,
	char *fault)
{
	char path[REVISION_FILE_PATH_MAX], ignored[REVISION_FAULT_MAX];
	struct revision_wait wait;
	unsigned previous;
	int rc = keep_running(place, running, &previous, fault);

	if (rc != 0)
		return rc;
	info->number = highest(place) + 1;
	if (info->number <= previous)
		info->number = previous + 1;
	if (info->number > REVISION_NUMBER_MAX)
		return revision_fault(fault, -ERANGE,
			"revision %u was the last that can be numbered: empty %s/" REVISION_HISTORY,
			REVISION_NUMBER_MAX, place->dir);
	revision_path_history(place, info->number, path);
	rc = write_file(path, keys, info, fault);
	if (rc != 0)
		return rc;
	if (confirm_minutes > 0) {
		/* of several in a row, all have to be confirmed */
		if (revision_wait_read(place, &wait) == 1)
			previous = wait.previous;
		rc = revision_wait_write(
			place, info->number, previous, confirm_minutes, info->who, fault);
	}
	if (rc == 0)
		rc = replace_startup(place, keys, info, fault);
	if (rc != 0) {
		(void)!revision_disk_remove(path, ignored);
		return rc;
	}
	follow(place, confirm_minutes);
	return (int)info->number;
}
