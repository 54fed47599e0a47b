#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "box.h"
#include "update_fat.h"
#include "update_install.h"

/*
 * A power cut at every write of an installation. The disk has a cache: of what was written since the last flush, each
 * sector may be on the disk or not. After each cut a boot loader's walk over the slots must end at a whole firmware.
 */

enum { SECTOR = 512, WRITES_MAX = 4096, SEEDS = 6, CUT_STATUS = 42 };

/* A sector as it was before a write that is not flushed yet. */
struct before {
	int fd;
	off_t at;
	uint8_t bytes[SECTOR];
};

static struct before befores[WRITES_MAX];
static unsigned before_len;
static unsigned writes_left; /* until the power is cut; 0 = never */
static uint32_t random_state;
static off_t lost_at; /* a place that no write reaches; 0 = none */

static uint32_t next_random(void)
{
	random_state = random_state * 1664525u + 1013904223u;
	return random_state >> 16;
}

static ssize_t raw_write(int fd, const void *data, size_t bytes, off_t at)
{
	return syscall(SYS_pwrite64, fd, data, bytes, at);
}

/* What is not flushed is lost, or not, sector by sector; the latest write is undone first. */
static void cut_power(void)
{
	while (before_len > 0) {
		struct before *old = &befores[--before_len];

		if (next_random() & 1)
			raw_write(old->fd, old->bytes, SECTOR, old->at);
	}
	_exit(CUT_STATUS);
}

/* The names of arguments are those of the C library's header. */
ssize_t pwrite(int fd, const void *buf, size_t n, off_t offset)
{
	ssize_t put;

	for (off_t sector = offset / SECTOR; sector * SECTOR < offset + (off_t)n; sector++) {
		struct before *old = &befores[before_len++];

		assert_true(before_len <= WRITES_MAX);
		old->fd = fd;
		old->at = sector * SECTOR;
		assert_int_equal(pread(fd, old->bytes, SECTOR, old->at), SECTOR);
	}
	put = raw_write(fd, buf, n, offset);
	if (lost_at > offset && lost_at < offset + (off_t)n)
		raw_write(fd, "", 1, lost_at);
	if (writes_left > 0 && --writes_left == 0)
		cut_power();
	return put;
}

/* A flush is one of the whole disk. */
int fsync(int fd)
{
	(void)fd;
	if (writes_left > 0 && --writes_left == 0)
		cut_power();
	before_len = 0;
	return 0;
}

int fdatasync(int fildes)
{
	return fsync(fildes);
}

static void say(void *arg, const char *line)
{
	(void)arg;
	(void)line;
}

static void progress(void *arg, const char *step, uint64_t done, uint64_t total)
{
	(void)arg;
	(void)step;
	(void)done;
	(void)total;
}

static int install(const struct box *box)
{
	struct update_box loaded = box_load(box);
	const struct update_install how = {.box = &loaded, .say = say, .progress = progress};
	struct update_source source = {0};
	struct update_fault fault;
	char path[BOX_PATH_MAX];
	int error;

	box_path(box, "/b.bundle", path);
	error = update_source_file(&source, path, &fault);
	if (error == 0)
		error = update_install(&how, &source, &fault);
	update_source_close(&source);
	return error;
}

enum contents { ABSENT, WHOLE, TORN };

/* What is in the slot: no fw.efi, exactly one of the two firmwares, or something else. */
static enum contents look(
	const struct box *box, const char *device, const char *version, const char *other)
{
	uint64_t sequence = strcmp(version, "new") == 0 ? 2 : 1;
	uint8_t *image = box_firmware(version, sequence, BOX_FIRMWARE_BYTES);
	uint8_t *second = box_firmware(other, 1, BOX_FIRMWARE_BYTES);
	uint8_t *got = calloc(1, BOX_FIRMWARE_BYTES);
	enum contents contents = ABSENT;
	struct update_fat_file file;
	struct update_fat fat;
	char path[BOX_PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/dev/%s", box->root, device);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	assert_non_null(got);
	if (update_fat_open(&fat, fd) == 0 && update_fat_find(&fat, "fw.efi", &file) == 0) {
		contents = TORN;
		if (file.bytes == BOX_FIRMWARE_BYTES &&
			update_fat_read(&fat, &file, 0, got, BOX_FIRMWARE_BYTES) == 0 &&
			(memcmp(image, got, BOX_FIRMWARE_BYTES) == 0 ||
				memcmp(second, got, BOX_FIRMWARE_BYTES) == 0))
			contents = WHOLE;
	}
	close(fd);
	free(got);
	free(second);
	free(image);
	return contents;
}

/*
 * The slot that GRUB starts: the first in order that is ok, has tries, and has a file. Every slot that it could come to
 * must be whole.
 */
static enum update_place booted(const struct box *box, unsigned cut)
{
	static const char *const devices[] = {"vda2", "vda3"}, *const versions[] = {"old", "new"};
	enum update_place first = UPDATE_NOWHERE;
	struct update_box loaded = box_load(box);
	struct update_bootenv env;
	struct update_fault fault;

	if (update_bootenv_open(&env, &loaded, &fault) != 0)
		fail_msg("cut %u: %s", cut, fault.text);
	update_bootenv_close(&env);
	for (unsigned i = 0; i < UPDATE_SLOTS; i++) {
		unsigned slot = i == 0 ? env.first : !env.first;
		enum contents contents;

		if (!env.slots[slot].is_ok || env.slots[slot].tries == 0)
			continue;
		contents = look(box, devices[slot], versions[slot], "before");
		if (contents == TORN)
			fail_msg("cut %u: slot %u boots what is not whole", cut, slot);
		if (contents == WHOLE && first == UPDATE_NOWHERE)
			first = slot;
	}
	if (first == UPDATE_NOWHERE)
		fail_msg("cut %u: nothing boots", cut);
	return first;
}

/* Does it in a child, with the power cut at the write of this number. Whether it got to the end. */
static bool run_until(
	const struct box *box, int (*act)(const struct box *box), unsigned cut, unsigned seed)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		writes_left = cut;
		random_state = cut * 7919 + seed;
		before_len = 0;
		_exit(act(box) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == CUT_STATUS);
	return WEXITSTATUS(status) == 0;
}

static void copy_file(const struct box *box, const char *from, const char *to)
{
	char path[BOX_PATH_MAX];
	uint8_t *data = malloc(BOX_SLOT_BYTES);
	size_t bytes;
	FILE *file;

	assert_non_null(data);
	box_path(box, from, path);
	file = fopen(path, "rb");
	assert_non_null(file);
	bytes = fread(data, 1, BOX_SLOT_BYTES, file);
	fclose(file);
	box_write(box, to, data, bytes);
	free(data);
}

static void every_cut(struct box *box)
{
	unsigned stayed = 0, moved = 0;

	copy_file(box, "/dev/vda1", "/esp");
	copy_file(box, "/dev/vda3", "/slot_b");
	for (unsigned cut = 1;; cut++) {
		bool is_whole = false;

		for (unsigned seed = 0; seed < SEEDS; seed++) {
			copy_file(box, "/esp", "/dev/vda1");
			copy_file(box, "/slot_b", "/dev/vda3");
			is_whole = run_until(box, install, cut, seed);
			if (booted(box, cut) == UPDATE_SLOT_A)
				stayed++;
			else
				moved++;
		}
		if (is_whole)
			break;
		assert_true(cut < 1000);
	}
	/* Both were seen, and an installation after a cut goes through. */
	assert_true(stayed > SEEDS && moved > SEEDS);
	assert_int_equal(booted(box, 0), UPDATE_SLOT_B);
}

static void test_over_an_empty_slot(void **state)
{
	struct box box;

	(void)state;
	box_make(&box, 0);
	box_bundle(&box, "/b.bundle", &(struct box_bundle){.sequence = 2});
	every_cut(&box);
	box_remove(&box);
}

/* The slot holds an older firmware that could boot: at no moment may half of it do so. */
static void test_over_a_good_slot(void **state)
{
	struct update_fault fault;
	struct update_box loaded;
	struct update_bootenv env;
	struct box box;

	(void)state;
	box_make(&box, 0);
	box_fill_slot(&box, "vda3", "before", 1);
	loaded = box_load(&box);
	assert_int_equal(update_bootenv_open(&env, &loaded, &fault), 0);
	env.slots[1] = env.slots[0];
	assert_int_equal(update_bootenv_store(&env, &fault), 0);
	update_bootenv_close(&env);
	box_bundle(&box, "/b.bundle", &(struct box_bundle){.sequence = 2});
	every_cut(&box);
	box_remove(&box);
}

/* The disk takes all that is written, but loses one sector of it: that is found when it is read back. */
static void test_lying_disk(void **state)
{
	struct update_bootenv env;
	struct update_fault fault;
	struct update_box loaded;
	struct box box;

	(void)state;
	box_make(&box, 0);
	box_bundle(&box, "/b.bundle", &(struct box_bundle){.sequence = 2});
	lost_at = 150 * 1024;
	before_len = 0;
	assert_int_equal(install(&box), -EIO);
	lost_at = 0;
	loaded = box_load(&box);
	assert_int_equal(update_bootenv_open(&env, &loaded, &fault), 0);
	update_bootenv_close(&env);
	assert_false(env.slots[1].is_ok);
	assert_int_equal(env.first, UPDATE_SLOT_A);
	box_remove(&box);
}

static int mark_good(const struct box *box)
{
	struct update_box loaded = box_load(box);
	struct update_fault fault;

	return update_mark_good(&loaded, &fault);
}

static void put_on_trial(const struct box *box)
{
	struct update_box loaded = box_load(box);
	struct update_fault fault;
	struct update_bootenv env;

	assert_int_equal(update_bootenv_open(&env, &loaded, &fault), 0);
	env.slots[0].is_proven = false;
	assert_int_equal(update_bootenv_store(&env, &fault), 0);
	update_bootenv_close(&env);
}

/* A slot is good only together with its minimum, whichever firmware runs then; and the old minimum stays until then. */
static void test_mark_good(void **state)
{
	bool is_whole = false;
	struct box box;

	(void)state;
	box_make(&box, 0);
	box_text(&box, "/cfg/factory/min_sequence", "700\n");
	assert_int_equal(mark_good(&box), 0);
	put_on_trial(&box);
	copy_file(&box, "/dev/vda1", "/esp");
	for (unsigned cut = 1; !is_whole; cut++)
		for (unsigned seed = 0; seed < SEEDS; seed++) {
			struct update_box loaded;
			struct update_bootenv env;
			struct update_fault fault;

			copy_file(&box, "/esp", "/dev/vda1");
			box_text(&box, "/cfg/factory/min_sequence", "700\n");
			box_text(&box, "/etc/sluice/min_sequence", "812\n");
			is_whole = run_until(&box, mark_good, cut, seed);
			box_text(&box, "/etc/sluice/min_sequence", "0\n");
			loaded = box_load(&box);
			assert_int_equal(update_bootenv_open(&env, &loaded, &fault), 0);
			update_bootenv_close(&env);
			if (update_floor(&loaded, &env) != (env.slots[0].is_proven ? 812 : 700))
				fail_msg("cut %u", cut);
			assert_true(env.slots[0].is_proven || !is_whole);
			assert_true(cut < 100);
		}
	box_remove(&box);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_over_an_empty_slot),
		cmocka_unit_test(test_over_a_good_slot),
		cmocka_unit_test(test_lying_disk),
		cmocka_unit_test(test_mark_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
