/* libs: update */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "update_fat.h"
#include "update_fat_priv.h"
#include "update_slot.h"

/*
 * A damaged partition: a slot, or the boot loader's. The first byte says whether it is empty or a slot as we make it.
 * The rest changes it, BLOCK bytes at a time with their place before them: an entry of a folder, a piece of a table or
 * of the first sector. However it is damaged, reading it ends, and a file that is overwritten leaves the first sector
 * alone.
 */
enum {
	BLOCK = UPDATE_FAT_ENTRY,
	CHANGE = 2 + BLOCK,
	CHANGES_MAX = 64,
	DISK_BYTES = 4 << 20,
	FIRMWARE_BYTES = 5000,
	PIECE_MAX = 8192,
};

static int disk = -1;

static void check(bool is_right, const char *what)
{
	if (!is_right) {
		fprintf(stderr, "fuzz_fat: %s\n", what);
		abort();
	}
}

static void make_slot(void)
{
	struct update_fat_plan plan;

	check(update_fat_plan(&plan, DISK_BYTES) == 0 &&
			update_fat_plan_file(&plan, "fw.efi", FIRMWARE_BYTES) == 0 &&
			update_fat_plan_file(&plan, "fw.efi.sig", BLOCK) == 0 &&
			update_fat_write_tables(&plan, disk) == 0 &&
			update_fat_write_begin(&plan, disk) == 0,
		"cannot make a slot");
}

static void damage(const uint8_t *data, size_t bytes)
{
	for (unsigned i = 0; i < CHANGES_MAX && bytes > 2; i++) {
		size_t change = bytes < CHANGE ? bytes : CHANGE;
		uint64_t at = (uint64_t)(data[0] | data[1] << 8) * BLOCK;

		check(update_fat_put(disk, at, data + 2, change - 2) == 0, "cannot write");
		data += change;
		bytes -= change;
	}
}

static void check_error(int error)
{
	check(error == 0 || error == -EBADMSG || error == -ENOENT || error == -EIO,
		"an error that a damaged file system does not have");
}

/* Reads the last bytes of the file, then the first; overwrites these with themselves. */
static void use(const struct update_fat *fat, struct update_fat_file *file)
{
	uint32_t piece = file->bytes < PIECE_MAX ? file->bytes : PIECE_MAX;
	uint8_t before[UPDATE_FAT_SECTOR], after[UPDATE_FAT_SECTOR], *data = malloc(piece);
	int error;

	if (data == NULL)
		return;
	check_error(update_fat_read(fat, file, file->bytes - piece, data, piece));
	error = update_fat_read(fat, file, 0, data, piece);
	check_error(error);
	if (error == 0) {
		check(update_fat_get(disk, 0, before, sizeof(before)) == 0, "cannot read");
		check(update_fat_overwrite(fat, file, 0, data, piece) == 0,
			"what was read cannot be written");
		check(update_fat_get(disk, 0, after, sizeof(after)) == 0 &&
				memcmp(before, after, sizeof(before)) == 0,
			"a file lies in the first sector");
	}
	free(data);
}

static void walk(void)
{
	static const char *const paths[] = {
		"fw.efi", "fw.efi.sig", "grub/grubenv", "EFI/BOOT/BOOTX64.EFI"};
	struct update_fat_file file;
	struct update_fat fat;
	int error = update_fat_open(&fat, disk);

	check_error(error);
	for (size_t i = 0; error == 0 && i < sizeof(paths) / sizeof(paths[0]); i++) {
		int missing = update_fat_find(&fat, paths[i], &file);

		check_error(missing);
		if (missing == 0)
			use(&fat, &file);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct update_release release;
	char path[32];
	int error;

	if (bytes == 0)
		return 0;
	if (disk < 0)
		disk = memfd_create("partition", MFD_CLOEXEC);
	check(ftruncate(disk, 0) == 0 && ftruncate(disk, DISK_BYTES) == 0, "no disk");
	if ((data[0] & 1) != 0)
		make_slot();
	damage(data + 1, bytes - 1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", disk);
	error = update_slot_release(path, &release);
	check_error(error);
	check(release.sequence <= UPDATE_SEQUENCE_MAX, "a sequence beyond all");
	for (const char *at = release.version; error == 0 && *at != '\0'; at++)
		check(*at > ' ' && *at < 0x7f, "a version that is not printable");
	walk();
	return 0;
}
