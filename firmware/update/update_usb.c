#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "update_media.h"

enum { DEVICES_MAX = 32, DEVICE_NAME_MAX = 32, LINE_MAX_BYTES = 320 };

static const char mount_folder[] = "/run/sluice/usb";

struct stick {
	const struct update_install *install;
	struct update_keys *keys;
	char folder[PATH_MAX];
	bool is_mounted;
	struct update_source file;
};

static void unmount(struct stick *stick)
{
	if (stick->is_mounted)
		umount2(stick->folder, MNT_DETACH);
	stick->is_mounted = false;
}

static ssize_t stick_read(void *state, void *out, size_t room, struct update_fault *fault)
{
	struct stick *stick = state;

	return stick->file.read(stick->file.state, out, room, fault);
}

static void stick_close(void *state)
{
	struct stick *stick = state;

	update_source_close(&stick->file);
	unmount(stick);
	update_keys_free(stick->keys);
	free(stick);
}

/* A disk on USB, or a partition of one. */
static bool is_stick(const struct update_box *box, const char *name)
{
	char path[PATH_MAX], real[PATH_MAX];

	if (strncmp(name, "sd", 2) != 0 || strlen(name) >= DEVICE_NAME_MAX)
		return false;
	snprintf(path, sizeof(path), "%s/sys/class/block/%s", box->root, name);
	if (realpath(path, real) == NULL)
		return false;
	return strstr(real + strlen(box->root), "/usb") != NULL;
}

/* Without errors=continue a damaged ext4 whose own wish is errors=panic would end the kernel, read-only as it is. */
static int mount_stick(struct stick *stick, const char *device)
{
	static const struct {
		const char *type, *options;
	} kinds[] = {{"vfat", ""}, {"exfat", ""}, {"ext4", "noload,errors=continue"}};
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/dev/%s", stick->install->box->root, device);
	mkdir(stick->folder, 0700);
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (mount(path, stick->folder, kinds[i].type,
			    MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, kinds[i].options) == 0) {
			stick->is_mounted = true;
			return 0;
		}
	}
	return -errno;
}

/* Whether the file is a bundle for this box; *sequence is then its. Why it is not is said. */
static bool is_ours(struct stick *stick, const char *path, uint64_t *sequence)
{
	const char *name = strrchr(path, '/') + 1;
	char line[LINE_MAX_BYTES + UPDATE_FAULT_MAX];
	struct update_source file = {0};
	struct update_bundle bundle;
	struct update_fault fault;
	int error = update_source_file(&file, path, &fault);

	if (error == 0)
		error = update_bundle_open(&bundle, &file, stick->keys, &fault);
	if (error == 0 && strcmp(bundle.manifest.board, stick->install->box->board) != 0)
		error = update_fail(&fault, -EXDEV, "for board %s", bundle.manifest.board);
	update_source_close(&file);
	if (error == 0) {
		*sequence = bundle.manifest.sequence;
		return true;
	}
	snprintf(line, sizeof(line), "%.255s is passed over: %s", name, fault.text);
	stick->install->say(stick->install->arg, line);
	return false;
}

/* The best bundle of the mounted stick. */
static bool find_bundle(struct stick *stick, char best[PATH_MAX])
{
	DIR *folder = opendir(stick->folder);
	unsigned looked_at = 0;
	struct dirent *entry;
	bool is_found = false;
	uint64_t highest = 0, sequence = 0;

	while (folder != NULL && looked_at < UPDATE_STICK_FILES_MAX &&
		(entry = readdir(folder)) != NULL) {
		char path[PATH_MAX];

		if (fnmatch("*.bundle", entry->d_name, FNM_PERIOD | FNM_CASEFOLD) != 0 ||
			snprintf(path, sizeof(path), "%s/%s", stick->folder, entry->d_name) >=
				(int)sizeof(path))
			continue;
		looked_at++;
		if (!is_ours(stick, path, &sequence) || (is_found && sequence <= highest))
			continue;
		is_found = true;
		highest = sequence;
		memcpy(best, path, sizeof(path));
	}
	if (folder != NULL)
		closedir(folder);
	return is_found;
}

/* Names of sticks, disks and their partitions. Their number. */
static unsigned list_sticks(const struct update_box *box, char names[DEVICES_MAX][DEVICE_NAME_MAX])
{
	char path[PATH_MAX];
	struct dirent *entry;
	unsigned len = 0;
	DIR *folder;

	update_box_path(box, "/sys/class/block", path);
	folder = opendir(path);
	while (folder != NULL && len < DEVICES_MAX && (entry = readdir(folder)) != NULL)
		if (is_stick(box, entry->d_name))
			snprintf(names[len++], DEVICE_NAME_MAX, "%.31s", entry->d_name);
	if (folder != NULL)
		closedir(folder);
	return len;
}

static int search(struct stick *stick, struct update_fault *fault)
{
	char names[DEVICES_MAX][DEVICE_NAME_MAX], best[PATH_MAX], line[LINE_MAX_BYTES];
	unsigned len = list_sticks(stick->install->box, names), mounted = 0;

	for (unsigned i = 0; i < len; i++) {
		if (mount_stick(stick, names[i]) != 0)
			continue;
		mounted++;
		if (find_bundle(stick, best)) {
			snprintf(line, sizeof(line), "from USB disk %.31s: %.200s", names[i],
				strrchr(best, '/') + 1);
			stick->install->say(stick->install->arg, line);
			return update_source_file(&stick->file, best, fault);
		}
		unmount(stick);
	}
	if (len == 0)
		return update_fail(fault, -ENODEV,
			"there is no USB disk: plug it in, wait some seconds, try again");
	if (mounted == 0)
		return update_fail(fault, -ENODEV,
			"the USB disk cannot be read: it needs a file system of vfat, exfat or "
			"ext4");
	return update_fail(fault, -ENOENT,
		"no bundle for board %s on the USB disk: copy it as NAME.bundle into its top "
		"folder",
		stick->install->box->board);
}

int update_source_usb(
	struct update_source *out, const struct update_install *install, struct update_fault *fault)
{
	struct stick *stick = calloc(1, sizeof(*stick));
	char path[PATH_MAX];
	int error;

	if (stick == NULL)
		return update_fail(fault, -ENOMEM, "no memory left to look for USB disks");
	stick->install = install;
	update_box_path(install->box, mount_folder, stick->folder);
	/* What one that was ended in its midst has left there: the same stick is not mounted over itself. */
	umount2(stick->folder, MNT_DETACH);
	update_box_path(install->box, "/etc/sluice/release.pub", path);
	error = update_keys_load(&stick->keys, path, fault);
	if (error == 0)
		error = search(stick, fault);
	if (error != 0) {
		stick_close(stick);
		return error;
	}
	*out = (struct update_source){
		.read = stick_read,
		.close = stick_close,
		.state = stick,
		.bytes = stick->file.bytes,
	};
	return 0;
}
