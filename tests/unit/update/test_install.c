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
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "box.h"
#include "update_install.h"
#include "update_status.h"

/* Installations that work, those that are refused, and what becomes of slots afterwards. */

static struct box box;
static struct update_box loaded;
static struct update_fault fault;
static char said[4096];
static const char kept_file[] = "/cfg/factory/min_sequence";

static const struct update_slot_state nothing,
	good = {.is_ok = true, .is_proven = true, .tries = 3},
	started = {.is_ok = true, .is_proven = true, .tries = 2},
	good_but_spent = {.is_ok = true, .is_proven = true}, fresh = {.is_ok = true, .tries = 3},
	on_trial = {.is_ok = true, .tries = 2}, last_try = {.is_ok = true, .tries = 1},
	failed_trial = {.is_ok = true};

static void say(void *arg, const char *line)
{
	size_t used = strlen(said);

	(void)arg;
	assert_true((size_t)snprintf(said + used, sizeof(said) - used, "%s\n", line) <
		    sizeof(said) - used);
}

static void progress(void *arg, const char *step, uint64_t done, uint64_t total)
{
	(void)arg;
	assert_true(strcmp(step, "write") == 0 || strcmp(step, "check") == 0);
	assert_in_range(done, 1, total);
}

static int install(const char *path)
{
	const struct update_install how = {.box = &loaded, .say = say, .progress = progress};
	struct update_source source = {0};
	char full[BOX_PATH_MAX];
	int error;

	said[0] = '\0';
	box_path(&box, path, full);
	error = update_source_open(&source, full, &how, &fault);
	if (error == 0)
		error = update_install(&how, &source, &fault);
	update_source_close(&source);
	return error;
}

static struct update_bootenv environment(void)
{
	struct update_bootenv env;

	assert_int_equal(update_bootenv_open(&env, &loaded, &fault), 0);
	update_bootenv_close(&env);
	return env;
}

static uint64_t floor_now(void)
{
	struct update_bootenv env = environment();

	return update_floor(&loaded, &env);
}

/* What stands in the file alone. */
static uint64_t in_file(void)
{
	uint64_t number;

	assert_int_equal(update_box_number(&loaded, kept_file, &number), 0);
	return number;
}

static void set_environment(unsigned first, struct update_slot_state a, struct update_slot_state b)
{
	struct update_bootenv env;

	assert_int_equal(update_bootenv_open(&env, &loaded, &fault), 0);
	env.first = first;
	env.slots[0] = a;
	env.slots[1] = b;
	assert_int_equal(update_bootenv_store(&env, &fault), 0);
	update_bootenv_close(&env);
}

static void runs(const char *slot)
{
	box_text(&box, "/run/sluice/slot", slot);
	loaded = box_load(&box);
}

static void assert_slot(
	const struct update_bootenv *env, unsigned slot, bool ok, bool proven, unsigned tries)
{
	assert_int_equal(env->slots[slot].is_ok, ok);
	assert_int_equal(env->slots[slot].is_proven, proven);
	assert_int_equal(env->slots[slot].tries, tries);
}

static void assert_version(const char *device, const char *version)
{
	struct update_release got;
	char path[BOX_PATH_MAX];

	snprintf(path, sizeof(path), "%s/dev/%s", box.root, device);
	if (version == NULL) {
		assert_int_equal(update_slot_release(path, &got), -ENOENT);
		return;
	}
	assert_int_equal(update_slot_release(path, &got), 0);
	assert_string_equal(got.version, version);
}

static void test_good(void **state)
{
	struct update_bootenv env;

	(void)state;
	box_bundle(&box, "/b.bundle", &(struct box_bundle){.sequence = 2, .with_signature = 1});
	assert_int_equal(install("/b.bundle"), 0);
	assert_non_null(strstr(said, "to slot b"));
	env = environment();
	assert_int_equal(env.first, UPDATE_SLOT_B);
	assert_slot(&env, 0, true, true, 3);
	assert_slot(&env, 1, true, false, 3);
	assert_version("vda2", "old");
	assert_version("vda3", "new");
}

/* From b to a, over what was there; and a running slot that never was marked becomes what there is to go back to. */
static void test_other_way(void **state)
{
	struct update_bootenv env;

	(void)state;
	box_fill_slot(&box, "vda3", "second", 1);
	set_environment(UPDATE_SLOT_B, nothing, on_trial);
	runs("b");
	box_bundle(&box, "/b.bundle", &(struct box_bundle){.sequence = 2});
	assert_int_equal(install("/b.bundle"), 0);
	env = environment();
	assert_int_equal(env.first, UPDATE_SLOT_A);
	assert_slot(&env, 0, true, false, 3);
	/* What the new one goes back to has all its tries. */
	assert_slot(&env, 1, true, true, 3);
	assert_version("vda2", "new");
	assert_version("vda3", "second");
}

static void test_from_recovery(void **state)
{
	struct update_bootenv env;

	(void)state;
	set_environment(UPDATE_SLOT_B, good_but_spent, failed_trial);
	runs("recovery");
	box_bundle(&box, "/b.bundle", &(struct box_bundle){.sequence = 2});
	assert_int_equal(install("/b.bundle"), 0);
	env = environment();
	assert_int_equal(env.first, UPDATE_SLOT_B);
	assert_slot(&env, 1, true, false, 3);
	assert_version("vda3", "new");
	assert_version("vda2", "old");
}

/* A sum of the bytes of all partitions, to see that nothing was written. */
static uint64_t sum_of_disk(void)
{
	static uint64_t words[8192];
	uint64_t sum = 1469598103934665603u;

	for (unsigned n = 1; n <= 4; n++) {
		char path[BOX_PATH_MAX];
		FILE *file;
		size_t len;

		snprintf(path, sizeof(path), "%s/dev/vda%u", box.root, n);
		file = fopen(path, "rb");
		assert_non_null(file);
		while ((len = fread(words, sizeof(words[0]), 8192, file)) > 0)
			for (size_t i = 0; i < len; i++)
				sum = (sum ^ words[i]) * 1099511628211u;
		fclose(file);
	}
	return sum;
}

static void refused(const char *path, int error, const char *why)
{
	uint64_t before = sum_of_disk();

	assert_int_equal(install(path), error);
	if (strstr(fault.text, why) == NULL)
		fail_msg("'%s' instead of '%s'", fault.text, why);
	assert_true(sum_of_disk() == before);
}

static void cut_file(const char *path, long bytes)
{
	char full[BOX_PATH_MAX];

	box_path(&box, path, full);
	assert_int_equal(truncate(full, bytes), 0);
}

/* What the head of a bundle shows is refused before a byte is written. */
static void test_refused_at_once(void **state)
{
	char key[BOX_PATH_MAX], pub[BOX_PATH_MAX];

	(void)state;
	refused("/none", -ENOENT, "No such file");
	refused("/dev", -EINVAL, "not a file");
	box_text(&box, "/text", "this is something else, and long enough for a header");
	refused("/text", -EBADMSG, "not a firmware bundle");
	box_bundle(&box, "/b.bundle", &(struct box_bundle){.sequence = 2});
	cut_file("/b.bundle", 100000);
	refused("/b.bundle", -ENODATA, "short");
	box_bundle(&box, "/b.bundle", &(struct box_bundle){.sequence = 2, .board = "qemu-x86_64"});
	refused("/b.bundle", -EXDEV, "for board qemu-x86_64");
	box_path(&box, "/other.key", key);
	box_path(&box, "/other.pub", pub);
	assert_int_equal(update_key_make(key, pub, &fault), 0);
	box_bundle(&box, "/b.bundle", &(struct box_bundle){.sequence = 2, .key = "/other.key"});
	refused("/b.bundle", -EKEYREJECTED, "signature");
	box_bundle(&box, "/b.bundle", &(struct box_bundle){.sequence = 2, .bytes = BOX_SLOT_BYTES});
	refused("/b.bundle", -ENOSPC, "does not fit");
	box_bundle(&box, "/b.bundle", &(struct box_bundle){.sequence = 2});
	runs("none");
	refused("/b.bundle", -ENOTSUP, "not booted from a slot");
	runs("a");
	box_path(&box, "/etc/sluice/release.pub", pub);
	assert_int_equal(unlink(pub), 0);
	refused("/b.bundle", -ENOENT, "release.pub");
}

/* The minimum is what the running firmware says or what an earlier one has said. */
static void test_minimum(void **state)
{
	(void)state;
	box_bundle(&box, "/b.bundle", &(struct box_bundle){.sequence = 11, .version = "v9.9"});
	box_text(&box, "/etc/sluice/min_sequence", "12\n");
	refused("/b.bundle", -ESTALE, "below the minimum 12");
	box_text(&box, "/etc/sluice/min_sequence", "3\n");
	box_text(&box, "/cfg/factory/min_sequence", "13\n");
	refused("/b.bundle", -ESTALE, "below the minimum 13");
	box_text(&box, "/cfg/factory/min_sequence", "11\n");
	assert_int_equal(install("/b.bundle"), 0);
}

/* While b is on trial, a is what it goes back to. */
static void test_on_trial(void **state)
{
	(void)state;
	set_environment(UPDATE_SLOT_B, good, on_trial);
	runs("b");
	box_bundle(&box, "/b.bundle", &(struct box_bundle){.sequence = 2});
	refused("/b.bundle", -EBUSY, "on trial");
	assert_int_equal(update_mark_good(&loaded, &fault), 0);
	assert_int_equal(install("/b.bundle"), 0);
}

/* What only shows while it is written leaves a slot that cannot boot. */
static void test_damaged_file(void **state)
{
	struct update_bootenv env;
	char path[BOX_PATH_MAX];
	FILE *file;
	int byte;

	(void)state;
	box_fill_slot(&box, "vda3", "before", 1);
	set_environment(UPDATE_SLOT_A, good, good);
	box_bundle(&box, "/b.bundle", &(struct box_bundle){.sequence = 2});
	box_path(&box, "/b.bundle", path);
	file = fopen(path, "r+b");
	assert_non_null(file);
	fseek(file, 200000, SEEK_SET);
	byte = getc(file);
	fseek(file, 200000, SEEK_SET);
	fputc(byte ^ 0x55, file);
	fclose(file);
	assert_int_equal(install("/b.bundle"), -EBADMSG);
	assert_non_null(strstr(fault.text, "damaged"));
	env = environment();
	assert_int_equal(env.first, UPDATE_SLOT_A);
	assert_slot(&env, 0, true, true, 3);
	assert_slot(&env, 1, false, false, 0);
	assert_version("vda3", NULL);
}

static void test_two_at_once(void **state)
{
	char path[BOX_PATH_MAX];
	int fd;

	(void)state;
	box_bundle(&box, "/b.bundle", &(struct box_bundle){.sequence = 2});
	box_path(&box, "/dev/vda3", path);
	fd = open(path, O_RDONLY);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	refused("/b.bundle", -EBUSY, "another installation");
	close(fd);
	assert_int_equal(install("/b.bundle"), 0);
}

static void test_partitions(void **state)
{
	char path[PATH_MAX];

	(void)state;
	/* A stick with an image on it is no disk of this board; a second disk of the same kind is one too many. */
	box_partition(&box, "sda", "sda2", "slot_a");
	assert_int_equal(update_box_partition(&loaded, "slot_a", path, &fault), 0);
	assert_non_null(strstr(path, "/dev/vda2"));
	assert_int_equal(update_box_partition(&loaded, "cfg", path, &fault), -ENODEV);
	assert_non_null(strstr(fault.text, "cfg"));
	snprintf(loaded.disk, sizeof(loaded.disk), "/dev/nvme0n1|/dev/sd?|/dev/vd?");
	assert_int_equal(update_box_partition(&loaded, "slot_a", path, &fault), -ENOTUNIQ);
	snprintf(loaded.disk, sizeof(loaded.disk), "/dev/nvme0n1|/dev/sd?");
	assert_int_equal(update_box_partition(&loaded, "slot_a", path, &fault), 0);
	assert_non_null(strstr(path, "/dev/sda2"));
}

static void test_mark_good(void **state)
{
	struct update_bootenv env;

	(void)state;
	/* Back on a after b has used up its tries: a comes first again. */
	set_environment(UPDATE_SLOT_B, started, failed_trial);
	box_text(&box, "/etc/sluice/min_sequence", "40\n");
	assert_int_equal(update_mark_good(&loaded, &fault), 0);
	env = environment();
	assert_int_equal(env.first, UPDATE_SLOT_A);
	assert_slot(&env, 0, true, true, 3);
	assert_slot(&env, 1, true, false, 0);
	assert_int_equal(in_file(), 40);
	assert_int_equal(env.minimum, 40);
	assert_string_equal(fault.text, "");
	/* The floor never falls. */
	box_text(&box, "/etc/sluice/min_sequence", "30\n");
	assert_int_equal(update_mark_good(&loaded, &fault), 0);
	assert_int_equal(in_file(), 40);
	assert_int_equal(floor_now(), 40);
	/* What was installed meanwhile and waits for its restart stays first. */
	set_environment(UPDATE_SLOT_B, started, fresh);
	assert_int_equal(update_mark_good(&loaded, &fault), 0);
	assert_int_equal(environment().first, UPDATE_SLOT_B);
	runs("recovery");
	assert_int_equal(update_mark_good(&loaded, &fault), -ENOTSUP);
	runs("none");
	assert_int_equal(update_mark_good(&loaded, &fault), -ENOTSUP);
}

static void remove_file(const char *path)
{
	char full[BOX_PATH_MAX];

	box_path(&box, path, full);
	assert_int_equal(unlink(full), 0);
}

static void set_copy(uint64_t minimum)
{
	struct update_bootenv env;

	assert_int_equal(update_bootenv_open(&env, &loaded, &fault), 0);
	env.minimum = minimum;
	assert_int_equal(update_bootenv_store(&env, &fault), 0);
	update_bootenv_close(&env);
}

/* Overwrites what the boot environment's text has at `from`, as long as `with` is. */
static void damage_copy(const char *from, const char *with)
{
	static char disk[16000 * 512];
	char path[BOX_PATH_MAX], *at;
	FILE *file;

	box_path(&box, "/dev/vda1", path);
	file = fopen(path, "r+b");
	assert_non_null(file);
	assert_int_equal(fread(disk, 1, sizeof(disk), file), sizeof(disk));
	at = memmem(disk, sizeof(disk), from, strlen(from));
	assert_non_null(at);
	fseek(file, at - disk, SEEK_SET);
	assert_int_equal(fwrite(with, 1, strlen(with), file), strlen(with));
	assert_int_equal(fclose(file), 0);
}

/* Marking good says what it has mended, once. */
static void mends(const char *what, uint64_t minimum)
{
	char number[24];

	snprintf(number, sizeof(number), "as %u", (unsigned)minimum);
	assert_int_equal(update_mark_good(&loaded, &fault), 0);
	if (strstr(fault.text, what) == NULL || strstr(fault.text, number) == NULL)
		fail_msg("'%s' instead of '%s' and '%s'", fault.text, what, number);
	assert_int_equal(in_file(), minimum);
	assert_int_equal(environment().minimum, minimum);
	assert_int_equal(update_mark_good(&loaded, &fault), 0);
	assert_string_equal(fault.text, "");
}

/* A file that is lost or damaged lowers nothing, and is mended; nor does the copy in the boot environment. */
static void test_kept_twice(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} damages[] = {{"", 0}, {"\n", 1}, {"4x\n", 3}, {"\0\0\0", 3}, {"40\0\n", 4}, {"-1\n", 3},
		{" 39\n", 4}, {"39\n\n", 4}, {"1000000000000\n", 14},
		{"99999999999999999999\n", 21}};

	(void)state;
	/* A box on which nothing asks for a minimum keeps none, and has lost none. */
	assert_int_equal(update_mark_good(&loaded, &fault), 0);
	assert_string_equal(fault.text, "");
	assert_int_equal(environment().minimum, 0);
	box_text(&box, kept_file, "40\n");
	box_bundle(&box, "/b.bundle", &(struct box_bundle){.sequence = 39});
	mends("boot environment", 40);
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		box_write(&box, kept_file, damages[i].bytes, damages[i].len);
		assert_int_equal(floor_now(), 40);
		refused("/b.bundle", -ESTALE, "below the minimum 40");
		mends(kept_file, 40);
	}
	remove_file(kept_file);
	refused("/b.bundle", -ESTALE, "below the minimum 40");
	mends(kept_file, 40);
	damage_copy("MINIMUM=40", "MINIMUM=4?");
	assert_int_equal(environment().minimum, 0);
	refused("/b.bundle", -ESTALE, "below the minimum 40");
	mends("boot environment", 40);
	/* Raised over a copy that was lost. */
	box_text(&box, kept_file, "4x\n");
	box_text(&box, "/etc/sluice/min_sequence", "50\n");
	mends(kept_file, 50);
}

/* Nothing can tell what the minimum was: what is left counts, the box stays one that can be updated, and it is said. */
static void test_kept_nowhere(void **state)
{
	(void)state;
	box_text(&box, kept_file, "4x\n");
	assert_int_equal(floor_now(), 0);
	mends(kept_file, 0);
	box_text(&box, kept_file, "");
	box_text(&box, "/etc/sluice/min_sequence", "30\n");
	assert_int_equal(floor_now(), 30);
	mends(kept_file, 30);
}

static void test_rollback(void **state)
{
	enum update_place to;

	(void)state;
	assert_int_equal(update_rollback(&loaded, &to, &fault), -ENOENT);
	assert_non_null(strstr(fault.text, "no whole firmware"));
	set_environment(UPDATE_SLOT_A, good, good);
	assert_int_equal(update_rollback(&loaded, &to, &fault), -ENOENT);
	assert_non_null(strstr(fault.text, "missing"));
	box_fill_slot(&box, "vda3", "other", 1);
	set_environment(UPDATE_SLOT_A, good, failed_trial);
	assert_int_equal(update_rollback(&loaded, &to, &fault), -ENOENT);
	assert_non_null(strstr(fault.text, "tries"));
	set_environment(UPDATE_SLOT_A, good, last_try);
	assert_int_equal(update_rollback(&loaded, &to, &fault), 0);
	assert_int_equal(to, UPDATE_SLOT_B);
	assert_int_equal(environment().first, UPDATE_SLOT_B);
	assert_int_equal(environment().slots[1].tries, 3);
	runs("none");
	assert_int_equal(update_rollback(&loaded, &to, &fault), -ENOTSUP);
}

static void rollback_refused(const char *why)
{
	uint64_t before = sum_of_disk();
	enum update_place to;

	assert_int_equal(update_rollback(&loaded, &to, &fault), -ESTALE);
	if (strstr(fault.text, why) == NULL || strstr(fault.text, "install a newer bundle") == NULL)
		fail_msg("'%s' instead of '%s'", fault.text, why);
	assert_true(sum_of_disk() == before);
}

/* Slot b may be gone back to when it is at the minimum, wherever that stands; a slot that names no sequence is below any. */
static void test_rollback_minimum(void **state)
{
	enum update_place to;

	(void)state;
	set_environment(UPDATE_SLOT_A, good, good);
	box_fill_slot(&box, "vda3", "v1.1", 11);
	box_text(&box, "/etc/sluice/min_sequence", "12\n");
	rollback_refused("slot b holds version v1.1 (sequence 11), below the minimum 12");
	box_text(&box, "/etc/sluice/min_sequence", "0\n");
	box_text(&box, kept_file, "13\n");
	rollback_refused("minimum 13");
	remove_file(kept_file);
	set_copy(14);
	rollback_refused("minimum 14");
	set_copy(11);
	assert_int_equal(update_rollback(&loaded, &to, &fault), 0);
	assert_int_equal(environment().first, UPDATE_SLOT_B);
	box_fill_slot(&box, "vda3", "v1.0", 0);
	rollback_refused("version v1.0 (sequence 0, as it names none)");
}

/* What is on trial asks for more than the slot that it goes back to has: that counts only once it was marked good. */
static void test_rollback_of_a_trial(void **state)
{
	enum update_place to;

	(void)state;
	runs("b");
	box_fill_slot(&box, "vda3", "v9", 90);
	box_text(&box, "/etc/sluice/min_sequence", "90\n");
	set_environment(UPDATE_SLOT_B, good, on_trial);
	assert_int_equal(update_rollback(&loaded, &to, &fault), 0);
	assert_int_equal(to, UPDATE_SLOT_A);
	assert_int_equal(environment().first, UPDATE_SLOT_A);
	assert_int_equal(environment().minimum, 0);
	/* What was good before counts all the same. */
	box_text(&box, kept_file, "2\n");
	rollback_refused("minimum 2 ");
	box_text(&box, kept_file, "1\n");
	assert_int_equal(update_rollback(&loaded, &to, &fault), 0);
	assert_int_equal(update_mark_good(&loaded, &fault), 0);
	rollback_refused("minimum 90");
}

static void test_trial(void **state)
{
	struct update_bootenv env = {.slots = {{.is_ok = true, .is_proven = true, .tries = 3},
					     {.is_ok = true, .tries = 2}}};

	(void)state;
	assert_false(update_is_on_trial(&env, UPDATE_SLOT_A));
	assert_true(update_is_on_trial(&env, UPDATE_SLOT_B));
	assert_false(update_is_on_trial(&env, UPDATE_RECOVERY));
	assert_false(update_is_on_trial(&env, UPDATE_NOWHERE));
	/* Nothing to go back to: no trial. */
	env.slots[0].tries = 0;
	assert_false(update_is_on_trial(&env, UPDATE_SLOT_B));
	env.slots[0] = (struct update_slot_state){.tries = 3};
	assert_false(update_is_on_trial(&env, UPDATE_SLOT_B));
}

static void test_reboot(void **state)
{
	char path[BOX_PATH_MAX], got[32] = "";
	int fd;

	(void)state;
	assert_int_equal(update_reboot(&loaded, &fault), -ENOENT);
	box_path(&box, "/run/sluice/init", path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(update_reboot(&loaded, &fault), -ENXIO);
	assert_non_null(strstr(fault.text, "by hand"));
	fd = open(path, O_RDONLY | O_NONBLOCK);
	assert_int_equal(update_reboot(&loaded, &fault), 0);
	assert_int_equal(read(fd, got, sizeof(got) - 1), 7);
	assert_string_equal(got, "reboot\n");
	close(fd);
}

static void test_status(void **state)
{
	json_t *status, *slot;

	(void)state;
	box_fill_slot(&box, "vda4", "golden", 0);
	box_text(&box, "/etc/sluice/version", "v1.0\n");
	set_copy(1);
	box_bundle(&box, "/b.bundle", &(struct box_bundle){.sequence = 2});
	assert_int_equal(install("/b.bundle"), 0);
	status = update_status(&loaded, &fault);
	assert_string_equal(fault.text, "");
	assert_string_equal(json_string_value(json_object_get(status, "running")), "a");
	assert_string_equal(json_string_value(json_object_get(status, "version")), "v1.0");
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(status, "order"), 0)), "b");
	assert_int_equal(json_integer_value(json_object_get(status, "minimum")), 1);
	slot = json_object_get(json_object_get(status, "slots"), "b");
	assert_int_equal(json_integer_value(json_object_get(slot, "sequence")), 2);
	assert_string_equal(json_string_value(json_object_get(slot, "version")), "new");
	assert_true(json_is_true(json_object_get(slot, "ok")));
	assert_true(json_is_true(json_object_get(slot, "trial")));
	assert_true(json_is_false(json_object_get(slot, "good")));
	assert_true(json_is_false(json_object_get(slot, "running")));
	slot = json_object_get(status, "recovery");
	assert_string_equal(json_string_value(json_object_get(slot, "version")), "golden");
	assert_true(json_is_null(json_object_get(slot, "sequence")));
	json_decref(status);
	snprintf(loaded.disk, sizeof(loaded.disk), "/dev/none");
	status = update_status(&loaded, &fault);
	assert_string_not_equal(fault.text, "");
	assert_null(json_object_get(status, "slots"));
	json_decref(status);
}

static int setup(void **state)
{
	(void)state;
	box_make(&box, 0);
	loaded = box_load(&box);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	box_remove(&box);
	return 0;
}

#define in_box(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_box(test_good),
		in_box(test_other_way),
		in_box(test_from_recovery),
		in_box(test_refused_at_once),
		in_box(test_minimum),
		in_box(test_on_trial),
		in_box(test_damaged_file),
		in_box(test_two_at_once),
		in_box(test_partitions),
		in_box(test_mark_good),
		in_box(test_kept_twice),
		in_box(test_kept_nowhere),
		in_box(test_rollback),
		in_box(test_rollback_minimum),
		in_box(test_rollback_of_a_trial),
		in_box(test_trial),
		in_box(test_reboot),
		in_box(test_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
