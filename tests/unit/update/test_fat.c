#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "box.h"
#include "update_fat.h"
#include "update_slot.h"

/* File systems that are made: their sizes, their names, and that what is read is what was written. */

static int make_file(uint64_t bytes)
{
	char path[] = "/tmp/sluice-fat-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
	return fd;
}

static void fill(int fd, uint64_t at, const char *text)
{
	assert_int_equal(pwrite(fd, text, strlen(text), (off_t)at), strlen(text));
}

/* Every size of partition that is allowed gives FAT16, and its last cluster can be used. */
static void test_sizes(void **state)
{
	static const uint64_t sizes[] = {UINT64_C(4) << 20, (UINT64_C(4) << 20) + 512, 5000000,
		UINT64_C(31) << 20, UINT64_C(33) << 20, UINT64_C(64) << 20, UINT64_C(100) << 20,
		UINT64_C(128) << 20, UINT64_C(256) << 20, UINT64_C(1) << 30, UINT64_C(2000) << 20};
	struct update_fat_plan plan;
	struct update_fat_file file;
	struct update_fat fat;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		int fd = make_file(sizes[i]);
		uint64_t cluster, all;
		char got[4];

		assert_int_equal(update_fat_plan(&plan, sizes[i]), 0);
		assert_in_range(plan.clusters, 4085, 65524);
		cluster = (uint64_t)plan.sectors_per_cluster * 512;
		all = plan.clusters * cluster;
		assert_int_equal(update_fat_plan_file(&plan, "fw.efi", all + 1), -ENOSPC);
		assert_int_equal(update_fat_plan_file(&plan, "fw.efi", all - cluster), 0);
		assert_int_equal(update_fat_plan_file(&plan, "fw.efi.sig", cluster + 1), -ENOSPC);
		assert_int_equal(update_fat_plan_file(&plan, "fw.efi.sig", cluster), 0);
		assert_true(plan.files[1].at + cluster <= sizes[i]);
		fill(fd, plan.files[1].at + cluster - 4, "last");
		assert_int_equal(update_fat_write_tables(&plan, fd), 0);
		assert_int_equal(update_fat_open(&fat, fd), -EBADMSG);
		assert_int_equal(update_fat_write_begin(&plan, fd), 0);
		assert_int_equal(update_fat_open(&fat, fd), 0);
		assert_int_equal(update_fat_find(&fat, "fw.efi.sig", &file), 0);
		assert_int_equal(file.bytes, cluster);
		assert_int_equal(
			update_fat_read(&fat, &file, (uint32_t)cluster - 4, got, sizeof(got)), 0);
		assert_memory_equal(got, "last", 4);
		assert_int_equal(update_fat_wipe(fd), 0);
		assert_int_equal(update_fat_open(&fat, fd), -EBADMSG);
		close(fd);
	}
	assert_int_equal(update_fat_plan(&plan, (UINT64_C(4) << 20) - 1), -EINVAL);
	assert_int_equal(update_fat_plan(&plan, (UINT64_C(2000) << 20) + 1), -EINVAL);
}

static void test_names(void **state)
{
	int fd = make_file(BOX_SLOT_BYTES);
	struct update_fat_plan plan;
	struct update_fat_file file;
	struct update_fat fat;
	char got[6];

	(void)state;
	assert_int_equal(update_fat_plan(&plan, BOX_SLOT_BYTES), 0);
	assert_int_equal(update_fat_plan_file(&plan, "fw.efi", 6), 0);
	assert_int_equal(update_fat_plan_file(&plan, "fw.efi.sig", 3), 0);
	assert_int_equal(update_fat_plan_file(&plan, "more", 3), -EINVAL);
	fill(fd, plan.files[0].at, "kernel");
	fill(fd, plan.files[1].at, "sig");
	assert_int_equal(update_fat_write_tables(&plan, fd), 0);
	assert_int_equal(update_fat_write_begin(&plan, fd), 0);
	assert_int_equal(update_fat_open(&fat, fd), 0);
	assert_int_equal(update_fat_find(&fat, "FW.EFI", &file), 0);
	assert_int_equal(file.bytes, 6);
	assert_int_equal(update_fat_read(&fat, &file, 0, got, 6), 0);
	assert_memory_equal(got, "kernel", 6);
	assert_int_equal(update_fat_find(&fat, "fw.efi.sig", &file), 0);
	assert_int_equal(update_fat_read(&fat, &file, 0, got, 3), 0);
	assert_memory_equal(got, "sig", 3);
	assert_int_equal(update_fat_find(&fat, "FWEFI~1.SIG", &file), 0);
	assert_int_equal(update_fat_find(&fat, "fw.efi.si", &file), -ENOENT);
	assert_int_equal(update_fat_find(&fat, "fw", &file), -ENOENT);
	assert_int_equal(update_fat_find(&fat, "SLUICE FW", &file), -ENOENT);
	assert_int_equal(update_fat_find(&fat, "", &file), -ENOENT);
	assert_int_equal(update_fat_find(&fat, "fw.efi/x", &file), -ENOENT);
	assert_int_equal(update_fat_find(&fat, "/fw.efi", &file), -ENOENT);
	close(fd);
}

/* A chain that turns back on itself, or leaves the disk, ends; reads within one cluster work both ways. */
static void test_chains(void **state)
{
	enum { TABLE_AT = 8 * 512 };
	static const uint8_t first_again[2] = {2, 0}, beyond[2] = {0xf0, 0xff};
	int fd = make_file(BOX_SLOT_BYTES);
	struct update_fat_plan plan;
	struct update_fat_file file;
	struct update_fat fat;
	uint8_t got[3000];

	(void)state;
	assert_int_equal(update_fat_plan(&plan, BOX_SLOT_BYTES), 0);
	assert_int_equal(plan.sectors_per_cluster, 1);
	assert_int_equal(update_fat_plan_file(&plan, "fw.efi", 3000), 0);
	assert_int_equal(update_fat_write_tables(&plan, fd), 0);
	assert_int_equal(update_fat_write_begin(&plan, fd), 0);
	fill(fd, plan.files[0].at + 600, "later");
	fill(fd, plan.files[0].at + 100, "early");
	assert_int_equal(update_fat_open(&fat, fd), 0);
	assert_int_equal(update_fat_find(&fat, "fw.efi", &file), 0);
	assert_int_equal(update_fat_read(&fat, &file, 600, got, 5), 0);
	assert_memory_equal(got, "later", 5);
	assert_int_equal(update_fat_read(&fat, &file, 100, got, 5), 0);
	assert_memory_equal(got, "early", 5);
	/* cluster 4 leads back to 2: the bytes repeat, no more than were asked for */
	assert_int_equal(pwrite(fd, first_again, 2, TABLE_AT + 2 * 4), 2);
	assert_int_equal(update_fat_find(&fat, "fw.efi", &file), 0);
	assert_int_equal(update_fat_read(&fat, &file, 0, got, sizeof(got)), 0);
	assert_memory_equal(got + 3 * 512 + 100, "early", 5);
	assert_int_equal(pwrite(fd, beyond, 2, TABLE_AT + 2 * 4), 2);
	assert_int_equal(update_fat_read(&fat, &file, 0, got, sizeof(got)), -EBADMSG);
	close(fd);
}

static void test_release(void **state)
{
	struct update_release release;
	char path[BOX_PATH_MAX];
	struct box box;

	(void)state;
	box_make(&box, 0);
	box_path(&box, "/dev/vda2", path);
	assert_int_equal(update_slot_release(path, &release), 0);
	assert_string_equal(release.version, "old");
	assert_int_equal(release.sequence, 1);
	box_path(&box, "/dev/vda3", path);
	assert_int_equal(update_slot_release(path, &release), -ENOENT);
	assert_string_equal(release.version, "");
	assert_int_equal(release.sequence, 0);
	/* One of before the sequence was written into it. */
	box_fill_slot(&box, "vda3", "older", 0);
	assert_int_equal(update_slot_release(path, &release), 0);
	assert_string_equal(release.version, "older");
	assert_int_equal(release.sequence, 0);
	box_path(&box, "/dev/none", path);
	assert_int_equal(update_slot_release(path, &release), -ENOENT);
	/* Any one byte of the headers may lie. */
	box_path(&box, "/dev/vda2", path);
	for (unsigned i = 0; i < 600; i++) {
		struct update_fat_plan plan;
		uint8_t kept, lie = 0xff;
		int fd = open(path, O_RDWR), error;

		assert_true(fd >= 0);
		assert_int_equal(update_fat_plan(&plan, BOX_SLOT_BYTES), 0);
		assert_int_equal(update_fat_plan_file(&plan, "fw.efi", BOX_FIRMWARE_BYTES), 0);
		assert_int_equal(pread(fd, &kept, 1, (off_t)plan.files[0].at + i), 1);
		assert_int_equal(pwrite(fd, &lie, 1, (off_t)plan.files[0].at + i), 1);
		error = update_slot_release(path, &release);
		assert_true(error == 0 || error == -EBADMSG);
		assert_int_equal(pwrite(fd, &kept, 1, (off_t)plan.files[0].at + i), 1);
		close(fd);
	}
	assert_int_equal(update_slot_release(path, &release), 0);
	box_remove(&box);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
