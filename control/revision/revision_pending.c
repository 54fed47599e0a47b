#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "revision_priv.h"

/*
 * DIR/pending, of a commit that is to be confirmed:
 *
 *   revision 12        the newest revision that waits
 *   previous 11        the one that comes back; all behind it wait
 *   boot 5f0c...       its deadline is in this boot's time; in any other it is over
 *   deadline_ms 91234  CLOCK_BOOTTIME
 *   who admin
 *
 * It counts as long as startup.conf is one of the revisions that wait. So a commit makes it count, and a further commit
 * stops it, by nothing but the rename of startup.conf.
 */

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

static void ignore(void *arg, const char *line)
{
	(void)arg;
	(void)line;
}

static uint64_t boot_time_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void boot_id(char out[48])
{
	FILE *file = fopen(BOOT_ID, "re");

	out[0] = '\0';
	if (file == NULL)
		return;
	if (fscanf(file, "%47s", out) != 1)
		out[0] = '\0';
	fclose(file);
}

int revision_wait_read(const struct revision_place *place, struct revision_wait *wait)
{
	char path[REVISION_FILE_PATH_MAX];
	struct revision_info startup;
	size_t bytes;
	char *text;
	int got;

	memset(wait, 0, sizeof(*wait));
	revision_path(place, REVISION_PENDING, path);
	text = revision_disk_read(path, &bytes);
	if (text == NULL)
		return 0;
	got = sscanf(text, "revision %u previous %u boot %47s deadline_ms %" SCNu64 " who %63[^\n]",
		&wait->number, &wait->previous, wait->boot, &wait->deadline_ms, wait->who);
	free(text);
	revision_path(place, REVISION_STARTUP, path);
	if (got < 4 || revision_file_read(path, NULL, &startup, ignore, NULL) != 0)
		return 0;
	return wait->previous < startup.number && startup.number <= wait->number;
}

int revision_wait_write(const struct revision_place *place, unsigned number, unsigned previous,
	unsigned minutes, const char *who, char *fault)
{
	char path[REVISION_FILE_PATH_MAX], text[256], boot[48];

	boot_id(boot);
	snprintf(text, sizeof(text),
		"revision %u\nprevious %u\nboot %s\ndeadline_ms %" PRIu64 "\nwho %s\n", number,
		previous, boot[0] ? boot : "unknown",
		boot_time_ms() + (uint64_t)minutes * 60 * 1000, who);
	revision_path(place, REVISION_PENDING, path);
	return revision_disk_write(path, text, fault);
}

bool revision_wait_is_over(const struct revision_wait *wait)
{
	char boot[48];

	boot_id(boot);
	return strcmp(wait->boot, boot) != 0 || boot_time_ms() >= wait->deadline_ms;
}

int revision_wait_too_late(const struct revision_wait *wait, char *fault)
{
	return revision_fault(fault, -ETIME,
		"the time to confirm revision %u is over: revision %u comes back, nothing was "
		"confirmed",
		wait->number, wait->previous);
}

int revision_pending(const struct revision_place *place, struct revision_pending *out, char *fault)
{
	struct revision_wait wait;
	uint64_t now_ms = boot_time_ms();

	(void)fault;
	memset(out, 0, sizeof(*out));
	if (revision_wait_read(place, &wait) != 1)
		return 0;
	out->is_pending = true;
	out->number = wait.number;
	out->previous = wait.previous;
	memcpy(out->who, wait.who, sizeof(out->who));
	if (!revision_wait_is_over(&wait))
		out->left_s = (unsigned)((wait.deadline_ms - now_ms + 999) / 1000);
	return 0;
}

int revision_confirm(const struct revision_place *place, char *fault)
{
	char path[REVISION_FILE_PATH_MAX];
	struct revision_wait wait;
	int lock = revision_disk_lock(place->dir, fault), rc;

	if (lock < 0)
		return lock;
	revision_path(place, REVISION_PENDING, path);
	if (revision_wait_read(place, &wait) != 1)
		rc = revision_fault(fault, -ENOENT, "no commit waits to be confirmed");
	else if (revision_wait_is_over(&wait))
		rc = revision_wait_too_late(&wait, fault);
	else
		rc = revision_disk_remove(path, fault);
	revision_disk_unlock(lock);
	return rc;
}

/* A full disk has no room for a further revision: the old file itself becomes startup.conf again. */
static int put_back(const struct revision_place *place, unsigned previous, char *fault)
{
	char from[REVISION_FILE_PATH_MAX], to[REVISION_FILE_PATH_MAX];
	struct revision_info there;
	int rc;

	revision_path_history(place, previous, from);
	revision_path(place, REVISION_STARTUP, to);
	rc = revision_disk_link(to, from, fault);
	/* as in a commit: it is done, although the disk did not vouch for it */
	if (rc != 0 && revision_file_read(to, NULL, &there, ignore, NULL) == 0 &&
		there.number == previous)
		return 0;
	return rc;
}

int revision_wait_revert(const struct revision_place *place, const struct revision_wait *wait,
	config_line_fn *report, void *arg, char *fault)
{
	char path[REVISION_FILE_PATH_MAX], why[REVISION_WHY_MAX];
	struct revision_state old, running;
	struct revision_info info;
	int rc;

	revision_path_history(place, wait->previous, old.path);
	if (revision_file_read(old.path, &old.keys, &old.info, report, arg) != 0) {
		/* there is nothing to go back to: without this the guard would try for ever */
		revision_tell(report, arg,
			"revision %u was not confirmed, but revision %u cannot be read: it stays",
			wait->number, wait->previous);
		revision_path(place, REVISION_PENDING, path);
		return revision_disk_remove(path, fault);
	}
	revision_path(place, REVISION_STARTUP, running.path);
	if (revision_file_read(running.path, &running.keys, &running.info, report, arg) != 0)
		return revision_fault(fault, -EIO, "cannot read %s", running.path);
	snprintf(why, sizeof(why), "revision %u was not confirmed: revision %u again", wait->number,
		wait->previous);
	revision_info_init(&info, 0, "guard", why);
	fault[0] = '\0';
	rc = revision_write(place, &running, &old.keys, &info, 0, fault);
	if (rc == -ENOSPC || rc == -EDQUOT)
		rc = put_back(place, wait->previous, fault);
	if (rc >= 0 && fault[0] != '\0')
		report(arg, fault);
	if (rc >= 0)
		revision_tell(report, arg, "%s", why);
	return rc < 0 ? rc : 1;
}

int revision_guard(
	const struct revision_place *place, config_line_fn *report, void *arg, char *fault)
{
	struct revision_state before, after;
	struct revision_wait wait;
	char path[REVISION_FILE_PATH_MAX];
	int lock, rc = 0;

	if (revision_wait_read(place, &wait) != 1 || !revision_wait_is_over(&wait))
		return 0;
	lock = revision_disk_lock(place->dir, fault);
	if (lock < 0)
		return lock;
	/* it may have been confirmed meanwhile */
	if (revision_wait_read(place, &wait) == 1 && revision_wait_is_over(&wait)) {
		revision_path(place, REVISION_STARTUP, path);
		rc = revision_file_read(path, &before.keys, NULL, report, arg);
		if (rc == 0)
			rc = revision_wait_revert(place, &wait, report, arg, fault);
	}
	revision_disk_unlock(lock);
	if (rc != 1)
		return rc;
	revision_state_read(place, &after, ignore, NULL);
	revision_apply(place, &before.keys, &after.keys, false, report, arg);
	return 1;
}
