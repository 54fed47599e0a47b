#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "box.h"
#include "update_bootenv.h"
#include "update_fat.h"

static const char board_file[] = "board/qemu-arm64/board.conf";

void box_path(const struct box *box, const char *path, char out[BOX_PATH_MAX])
{
	assert_true(snprintf(out, BOX_PATH_MAX, "%s%s", box->root, path) < BOX_PATH_MAX);
}

void box_write(const struct box *box, const char *path, const void *data, size_t bytes)
{
	char full[BOX_PATH_MAX];
	FILE *file;

	box_path(box, path, full);
	file = fopen(full, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, bytes, file), bytes);
	assert_int_equal(fclose(file), 0);
}

void box_text(const struct box *box, const char *path, const char *text)
{
	box_write(box, path, text, strlen(text));
}

struct update_box box_load(const struct box *box)
{
	struct update_fault fault;
	struct update_box loaded;

	if (update_box_load(&loaded, box->root, &fault) != 0)
		fail_msg("%s", fault.text);
	return loaded;
}

static void make_folder(const struct box *box, const char *path)
{
	char full[BOX_PATH_MAX];

	box_path(box, path, full);
	assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
}

static void make_partition(const struct box *box, const char *device)
{
	char path[BOX_PATH_MAX], full[BOX_PATH_MAX];

	snprintf(path, sizeof(path), "/dev/%s", device);
	box_write(box, path, "", 0);
	box_path(box, path, full);
	assert_int_equal(truncate(full, BOX_SLOT_BYTES), 0);
}

void box_partition(const struct box *box, const char *disk, const char *device, const char *name)
{
	char path[BOX_PATH_MAX], target[BOX_PATH_MAX], text[256];

	snprintf(path, sizeof(path), "/sys/devices/%s", disk);
	make_folder(box, path);
	snprintf(path, sizeof(path), "/sys/devices/%s/%s", disk, device);
	make_folder(box, path);
	snprintf(path, sizeof(path), "/sys/devices/%s/%s/uevent", disk, device);
	snprintf(text, sizeof(text), "MAJOR=254\nDEVNAME=%s\nDEVTYPE=partition\nPARTNAME=%s\n",
		device, name);
	box_text(box, path, text);
	snprintf(path, sizeof(path), "/sys/class/block/%s", device);
	snprintf(target, sizeof(target), "../../devices/%s/%s", disk, device);
	box_path(box, path, text);
	assert_int_equal(symlink(target, text), 0);
}

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value & 0xffff);
	put16(at + 2, value >> 16);
}

static void entry(uint8_t *at, const char *name, int attribute, unsigned cluster, unsigned bytes)
{
	memcpy(at, name, 11);
	at[11] = (uint8_t)attribute;
	put16(at + 26, cluster);
	put32(at + 28, bytes);
}

/*
 * Clusters of 512 bytes: FAT32's root is 2, folder GRUB 3, its file 5 then 9. The two halves of the file are so apart
 * that a reader who takes them for neighbours finds nothing.
 */
static void make_esp(const struct box *box, int is_fat32)
{
	static const char block_head[] = "# GRUB Environment Block\n"
					 "ORDER=a b\nA_OK=1\nA_TRY=3\nA_GOOD=1\nB_OK=0\nB_TRY=0\n"
					 "saved_entry=7\n";
	static const struct {
		unsigned cluster, next;
	} chain[] = {{0, 0x0ffffff8}, {1, 0x0fffffff}, {2, 0x0fffffff}, {3, 0x0fffffff}, {5, 9},
		{9, 0x0fffffff}};
	unsigned reserved = is_fat32 ? 32 : 1, sectors = is_fat32 ? 70000 : 16000;
	unsigned table = is_fat32 ? 547 : 63, root = is_fat32 ? 0 : 32;
	size_t bytes = (size_t)sectors * 512, data_at = (size_t)(reserved + table + root) * 512;
	uint8_t *disk = calloc(1, bytes), *folder, *grub;
	char block[UPDATE_GRUBENV_BYTES];

	assert_non_null(disk);
	put16(disk + 11, 512);
	disk[13] = 1;
	put16(disk + 14, reserved);
	disk[16] = 1;
	put16(disk + 17, root * 16);
	put32(disk + 32, sectors);
	put16(disk + 22, is_fat32 ? 0 : table);
	if (is_fat32) {
		put32(disk + 36, table);
		put32(disk + 44, 2);
	}
	put16(disk + 510, 0xaa55);
	for (size_t i = 0; i < sizeof(chain) / sizeof(chain[0]); i++) {
		uint8_t *at = disk + (size_t)reserved * 512;

		if (is_fat32)
			put32(at + 4 * chain[i].cluster, chain[i].next);
		else
			put16(at + 2 * chain[i].cluster, chain[i].next & 0xffff);
	}
	folder = is_fat32 ? disk + data_at : disk + (size_t)(reserved + table) * 512;
	entry(folder, "SLUICE ESP ", 0x08, 0, 0);
	entry(folder + 32, "EFI        ", 0x10, 4, 0);
	entry(folder + 64, "GRUB       ", 0x10, 3, 0);
	grub = disk + data_at + 512;
	entry(grub, ".          ", 0x10, 3, 0);
	entry(grub + 32, "\xe5RUBENV    ", 0x20, 7, 1024); /* deleted */
	entry(grub + 64, "GRUBENV    ", 0x20, 5, UPDATE_GRUBENV_BYTES);
	memset(block, '#', sizeof(block));
	memcpy(block, block_head, sizeof(block_head) - 1);
	memcpy(disk + data_at + 3 * 512, block, 512);
	memcpy(disk + data_at + 7 * 512, block + 512, 512);
	box_write(box, "/dev/vda1", disk, bytes);
	free(disk);
}

static void copy_board(const struct box *box)
{
	char text[16384];
	FILE *file = fopen(board_file, "rb");
	size_t bytes;

	assert_non_null(file);
	bytes = fread(text, 1, sizeof(text), file);
	fclose(file);
	box_write(box, "/etc/sluice/board.conf", text, bytes);
}

void box_make(struct box *box, int is_fat32)
{
	static const char *const folders[] = {"/dev", "/sys", "/sys/class", "/sys/class/block",
		"/sys/devices", "/etc", "/etc/sluice", "/run", "/run/sluice", "/cfg",
		"/cfg/factory", "/cfg/tls", "/data"};
	char key[BOX_PATH_MAX], pub[BOX_PATH_MAX];
	struct update_fault fault;

	*box = (struct box){.root = "/tmp/sluice-update-XXXXXX"};
	assert_non_null(mkdtemp(box->root));
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		make_folder(box, folders[i]);
	copy_board(box);
	box_text(box, "/run/sluice/slot", "a\n");
	box_path(box, "/release.key", key);
	box_path(box, "/etc/sluice/release.pub", pub);
	if (update_key_make(key, pub, &fault) != 0)
		fail_msg("%s", fault.text);
	box_partition(box, "vda", "vda1", "esp");
	box_partition(box, "vda", "vda2", "slot_a");
	box_partition(box, "vda", "vda3", "slot_b");
	box_partition(box, "vda", "vda4", "recovery");
	make_esp(box, is_fat32);
	make_partition(box, "vda2");
	make_partition(box, "vda3");
	make_partition(box, "vda4");
	box_fill_slot(box, "vda2", "old", 1);
	box_fill_slot(box, "vda4", "golden", 1);
}

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *walk)
{
	(void)facts;
	(void)kind;
	(void)walk;
	return remove(path);
}

void box_remove(struct box *box)
{
	assert_int_equal(nftw(box->root, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

uint8_t *box_firmware(const char *version, uint64_t sequence, size_t bytes)
{
	uint8_t *image = malloc(bytes);
	uint32_t state = 2166136261u;
	char release[160];
	int len;

	assert_non_null(image);
	for (const char *at = version; *at != '\0'; at++)
		state = (state ^ (uint8_t)*at) * 16777619u;
	for (size_t i = 0; i < bytes; i++) {
		state = state * 1664525u + 1013904223u;
		image[i] = (uint8_t)(state >> 24);
	}
	if (bytes < 1024)
		return image;
	memset(image, 0, 1024);
	memcpy(image, "MZ", 2);
	put32(image + 0x3c, 128);
	memcpy(image + 128, "PE\0\0", 4);
	put16(image + 128 + 6, 2); /* sections */
	put16(image + 128 + 20, 16); /* optional header */
	memcpy(image + 168, ".text\0\0\0", 8);
	memcpy(image + 208, ".osrel\0\0", 8);
	len = snprintf(
		release, sizeof(release), "ID=sluice\nVERSION_ID=\"%s\"\nNAME=Sluice\n", version);
	if (sequence > 0)
		snprintf(release + len, sizeof(release) - (size_t)len,
			"SLUICE_SEQUENCE=%" PRIu64 "\n", sequence);
	put32(image + 208 + 8, (uint32_t)strlen(release));
	put32(image + 208 + 20, 512);
	memcpy(image + 512, release, strlen(release));
	return image;
}

void box_fill_slot(
	const struct box *box, const char *device, const char *version, uint64_t sequence)
{
	uint8_t *image = box_firmware(version, sequence, BOX_FIRMWARE_BYTES);
	char path[BOX_PATH_MAX];
	struct update_fat_plan plan;
	int fd;

	snprintf(path, sizeof(path), "%s/dev/%s", box->root, device);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(update_fat_plan(&plan, BOX_SLOT_BYTES), 0);
	assert_int_equal(update_fat_plan_file(&plan, "fw.efi", BOX_FIRMWARE_BYTES), 0);
	assert_int_equal(
		pwrite(fd, image, BOX_FIRMWARE_BYTES, (off_t)plan.files[0].at), BOX_FIRMWARE_BYTES);
	assert_int_equal(update_fat_write_tables(&plan, fd), 0);
	assert_int_equal(update_fat_write_begin(&plan, fd), 0);
	close(fd);
	free(image);
}

void box_bundle(const struct box *box, const char *path, const struct box_bundle *wish)
{
	const char *version = wish->version ? wish->version : "new";
	size_t bytes = wish->bytes ? wish->bytes : BOX_FIRMWARE_BYTES;
	uint8_t *image = box_firmware(version, wish->sequence, bytes);
	char out[BOX_PATH_MAX], key[BOX_PATH_MAX], firmware[BOX_PATH_MAX], signature[BOX_PATH_MAX];
	struct update_recipe recipe = {.key = key,
		.out = out,
		.board = wish->board ? wish->board : "qemu-arm64",
		.version = version,
		.sequence = wish->sequence,
		.minimum = wish->minimum,
		.level = 1,
		.files = {firmware, wish->with_signature ? signature : NULL}};
	struct update_fault fault;

	box_path(box, path, out);
	box_path(box, wish->key ? wish->key : "/release.key", key);
	box_path(box, "/fw.efi", firmware);
	box_path(box, "/fw.efi.sig", signature);
	box_write(box, "/fw.efi", image, bytes);
	box_text(box, "/fw.efi.sig", "a signature for the boot loader");
	if (update_bundle_create(&recipe, &fault) != 0)
		fail_msg("%s", fault.text);
	free(image);
}
