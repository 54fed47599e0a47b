#include "update_box.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "update_manifest.h"
#include "update_priv.h"

enum { SMALL_FILE_MAX = 4096, DEVICE_NAME_MAX = 64 };

static const struct {
	const char *name, *partition;
} places[] = {
	[UPDATE_SLOT_A] = {"a", "slot_a"},
	[UPDATE_SLOT_B] = {"b", "slot_b"},
	[UPDATE_RECOVERY] = {"recovery", "recovery"},
	[UPDATE_NOWHERE] = {"none", NULL},
};

const char *update_place_name(enum update_place place)
{
	return places[place].name;
}

const char *update_place_partition(enum update_place place)
{
	return places[place].partition;
}

void update_box_path(const struct update_box *box, const char *path, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s%s", box->root, path);
}

/* A small file's text, from malloc; NULL. */
static char *small_file(const struct update_box *box, const char *path)
{
	struct update_fault unused;
	char full[PATH_MAX], *text;
	size_t bytes;

	update_box_path(box, path, full);
	return update_slurp(full, SMALL_FILE_MAX, &text, &bytes, &unused) == 0 ? text : NULL;
}

int update_box_number(const struct update_box *box, const char *path, uint64_t *out)
{
	struct update_fault unused;
	char full[PATH_MAX], *text;
	size_t bytes;
	int error;

	*out = 0;
	update_box_path(box, path, full);
	error = update_slurp(full, SMALL_FILE_MAX, &text, &bytes, &unused);
	if (error != 0)
		return error;
	if (bytes > 0 && text[bytes - 1] == '\n')
		text[--bytes] = '\0';
	if (strlen(text) != bytes || !update_number(text, UPDATE_SEQUENCE_MAX, out))
		error = -EBADMSG;
	free(text);
	return error;
}

/* The first fault of the board's file is the one to mend. */
static void keep_first(void *arg, const char *line)
{
	struct update_fault *fault = arg;

	if (fault->text[0] == '\0')
		update_fail(fault, 0, "%s", line);
}

int update_box_load(struct update_box *box, const char *root, struct update_fault *fault)
{
	char path[PATH_MAX], *text;
	struct board *board = malloc(sizeof(*board));
	int error;

	*box = (struct update_box){.root = root, .running = UPDATE_NOWHERE};
	if (board == NULL)
		return update_fail(fault, -ENOMEM, "no memory left to read board.conf");
	update_box_path(box, "/etc/sluice/board.conf", path);
	fault->text[0] = '\0';
	error = board_load(board, path, keep_first, fault);
	if (error == 0) {
		snprintf(box->board, sizeof(box->board), "%s", board->board.id);
		snprintf(box->disk, sizeof(box->disk), "%s", board->disk.device);
	}
	free(board);
	if (error != 0)
		return error;
	text = small_file(box, "/run/sluice/slot");
	if (text != NULL) {
		text[strcspn(text, "\n")] = '\0';
		for (unsigned i = 0; i < UPDATE_NOWHERE; i++)
			if (strcmp(text, places[i].name) == 0)
				box->running = i;
	}
	free(text);
	return 0;
}

/* The value of KEY= in a uevent file. */
static bool uevent_value(const char *text, const char *key, char *out, size_t room)
{
	size_t key_bytes = strlen(key);

	for (const char *at = text; at != NULL && *at != '\0'; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, key, key_bytes) == 0 && at[key_bytes] == '=') {
			snprintf(out, room, "%.*s", (int)strcspn(at + key_bytes + 1, "\n"),
				at + key_bytes + 1);
			return true;
		}
	}
	return false;
}

/* The disk of a partition: /sys/class/block/vda2 leads to .../block/vda/vda2. */
static bool disk_of(const struct update_box *box, const char *entry, char out[DEVICE_NAME_MAX])
{
	char path[PATH_MAX], target[PATH_MAX], *slash;
	ssize_t bytes;

	snprintf(path, sizeof(path), "%s/sys/class/block/%s", box->root, entry);
	bytes = readlink(path, target, sizeof(target) - 1);
	if (bytes <= 0)
		return false;
	target[bytes] = '\0';
	slash = strrchr(target, '/');
	if (slash == NULL)
		return false;
	*slash = '\0';
	slash = strrchr(target, '/');
	if (slash == NULL || strlen(slash + 1) >= DEVICE_NAME_MAX)
		return false;
	snprintf(out, DEVICE_NAME_MAX, "%s", slash + 1);
	return true;
}

/* Whether /dev/NAME is one of the patterns, which have | between them. A board without patterns takes any disk. */
static bool is_boards_disk(const struct update_box *box, const char *name)
{
	char device[DEVICE_NAME_MAX + 8], patterns[CONFIG_TEXT_MAX], *rest = patterns, *pattern;

	if (box->disk[0] == '\0')
		return true;
	snprintf(device, sizeof(device), "/dev/%s", name);
	snprintf(patterns, sizeof(patterns), "%s", box->disk);
	while ((pattern = strsep(&rest, "|")) != NULL)
		if (fnmatch(pattern, device, FNM_PATHNAME) == 0)
			return true;
	return false;
}

/* Whether the entry of /sys/class/block is the partition; *device is then its name in /dev. */
static bool is_partition(const struct update_box *box, const char *entry, const char *name,
	char device[DEVICE_NAME_MAX])
{
	char path[PATH_MAX], value[DEVICE_NAME_MAX], disk[DEVICE_NAME_MAX], *text;
	bool is_it;

	snprintf(path, sizeof(path), "/sys/class/block/%s/uevent", entry);
	text = small_file(box, path);
	if (text == NULL)
		return false;
	is_it = uevent_value(text, "PARTNAME", value, sizeof(value)) && strcmp(value, name) == 0 &&
		uevent_value(text, "DEVNAME", device, DEVICE_NAME_MAX) &&
		disk_of(box, entry, disk) && is_boards_disk(box, disk);
	free(text);
	return is_it;
}

int update_box_partition(const struct update_box *box, const char *name, char out[PATH_MAX],
	struct update_fault *fault)
{
	char path[PATH_MAX], device[DEVICE_NAME_MAX], found[DEVICE_NAME_MAX] = "";
	struct dirent *entry;
	DIR *folder;
	int error = 0;

	update_box_path(box, "/sys/class/block", path);
	folder = opendir(path);
	if (folder == NULL)
		return update_fail(fault, -errno, "cannot list %s: %s", path, strerror(errno));
	while (error == 0 && (entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.' || !is_partition(box, entry->d_name, name, device))
			continue;
		if (found[0] != '\0')
			error = update_fail(fault, -ENOTUNIQ,
				"two disks have a partition %s, %s and %s: take the one away that "
				"this box is not to boot from",
				name, found, device);
		memcpy(found, device, sizeof(found));
	}
	closedir(folder);
	if (error == 0 && found[0] == '\0')
		error = update_fail(fault, -ENODEV,
			"no disk %s of this box has a partition %s: it was not booted from a disk "
			"image of Sluice",
			box->disk, name);
	if (error == 0)
		snprintf(out, PATH_MAX, "%s/dev/%s", box->root, found);
	return error;
}
