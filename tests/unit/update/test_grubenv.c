#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "box.h"
#include "update_bootenv.h"
#include "update_manifest.h"

/* GRUB's environment block, and the file of it in the boot partition. */

#define HEAD "# GRUB Environment Block\n"

static void make(char block[UPDATE_GRUBENV_BYTES], const char *text)
{
	memset(block, '#', UPDATE_GRUBENV_BYTES);
	memcpy(block, text, strlen(text));
}

static void test_get(void **state)
{
	char block[UPDATE_GRUBENV_BYTES], value[8];

	(void)state;
	make(block, HEAD "# WARNING: do not edit\nA_OK=1\nXA_OK=2\nORDER=a b\nEMPTY=\n");
	assert_int_equal(update_grubenv_check(block), 0);
	assert_true(update_grubenv_get(block, "A_OK", value, sizeof(value)));
	assert_string_equal(value, "1");
	assert_true(update_grubenv_get(block, "ORDER", value, sizeof(value)));
	assert_string_equal(value, "a b");
	assert_true(update_grubenv_get(block, "EMPTY", value, sizeof(value)));
	assert_string_equal(value, "");
	assert_false(update_grubenv_get(block, "A_O", value, sizeof(value)));
	assert_false(update_grubenv_get(block, "OK", value, sizeof(value)));
	assert_false(update_grubenv_get(block, "ORDER", value, 3));
	block[0] = 'x';
	assert_int_equal(update_grubenv_check(block), -EBADMSG);
}

static void test_set(void **state)
{
	char block[UPDATE_GRUBENV_BYTES], expected[UPDATE_GRUBENV_BYTES];

	(void)state;
	make(block, HEAD "# note\nA=1\nother=x y\nB=2\n");
	assert_int_equal(update_grubenv_set(block, "A", "345"), 0);
	make(expected, HEAD "# note\nA=345\nother=x y\nB=2\n");
	assert_memory_equal(block, expected, sizeof(block));
	assert_int_equal(update_grubenv_set(block, "B", ""), 0);
	assert_int_equal(update_grubenv_set(block, "C", "6"), 0);
	make(expected, HEAD "# note\nA=345\nother=x y\nB=\nC=6\n");
	assert_memory_equal(block, expected, sizeof(block));
}

/* The last byte can be used, one more cannot; then nothing changes. */
static void test_full(void **state)
{
	char block[UPDATE_GRUBENV_BYTES], before[UPDATE_GRUBENV_BYTES], value[UPDATE_GRUBENV_BYTES];
	size_t most = UPDATE_GRUBENV_BYTES - strlen(HEAD) - strlen("K=\n");

	(void)state;
	make(block, HEAD);
	memset(value, 'v', sizeof(value));
	value[most] = '\0';
	assert_int_equal(update_grubenv_set(block, "K", value), 0);
	assert_int_equal(block[UPDATE_GRUBENV_BYTES - 1], '\n');
	memcpy(before, block, sizeof(block));
	assert_int_equal(update_grubenv_set(block, "L", ""), -ENOSPC);
	value[most] = 'v';
	value[most + 1] = '\0';
	assert_int_equal(update_grubenv_set(block, "K", value), -ENOSPC);
	assert_memory_equal(block, before, sizeof(block));
	assert_int_equal(update_grubenv_set(block, "K", "short"), 0);
	make(before, HEAD "K=short\n");
	assert_memory_equal(block, before, sizeof(block));
}

static void file_in_esp(int is_fat32)
{
	struct update_fault fault;
	struct update_bootenv env;
	struct update_box loaded;
	struct box box;
	char value[8];

	box_make(&box, is_fat32);
	loaded = box_load(&box);
	assert_int_equal(update_bootenv_open(&env, &loaded, &fault), 0);
	assert_int_equal(env.first, UPDATE_SLOT_A);
	assert_true(env.slots[0].is_ok && env.slots[0].is_proven && env.slots[0].tries == 3);
	assert_true(!env.slots[1].is_ok && !env.slots[1].is_proven && env.slots[1].tries == 0);
	assert_int_equal(env.minimum, 0);
	env.slots[1] = (struct update_slot_state){.is_ok = true, .tries = 2};
	env.first = UPDATE_SLOT_B;
	assert_int_equal(update_bootenv_store(&env, &fault), 0);
	assert_false(update_grubenv_get(env.block, "MINIMUM", value, sizeof(value)));
	env.minimum = UPDATE_SEQUENCE_MAX;
	assert_int_equal(update_bootenv_store(&env, &fault), 0);
	update_bootenv_close(&env);
	assert_int_equal(update_bootenv_open(&env, &loaded, &fault), 0);
	assert_true(env.minimum == UPDATE_SEQUENCE_MAX);
	assert_int_equal(env.first, UPDATE_SLOT_B);
	assert_true(env.slots[1].is_ok && !env.slots[1].is_proven && env.slots[1].tries == 2);
	assert_true(update_grubenv_get(env.block, "saved_entry", value, sizeof(value)));
	assert_string_equal(value, "7");
	assert_int_equal(env.block[UPDATE_GRUBENV_BYTES - 1], '#');
	update_bootenv_close(&env);
	box_remove(&box);
}

static void test_fat16(void **state)
{
	(void)state;
	file_in_esp(0);
}

static void test_fat32(void **state)
{
	(void)state;
	file_in_esp(1);
}

/* Each damage is told, and nothing is written. */
static void test_damaged(void **state)
{
	static const struct {
		long at;
		const char *bytes;
		size_t len;
	} damages[] = {
		{510, "\0", 1}, /* no boot sector */
		{11, "\0\x10", 2}, /* sectors of 4096 */
		{13, "\3", 1}, /* clusters of 3 sectors */
		{22, "\x01\0", 2}, /* a table that is too short */
		{(1 + 63 + 32 + 1) * 512 + 64, "XRUBENV", 7}, /* another file */
		{(1 + 63 + 32 + 1) * 512 + 64 + 29, "\1", 1}, /* another size */
		{512 + 2 * 5, "\1\0", 2}, /* a chain that leads nowhere */
		{512 + 2 * 5, "\xff\xff", 2}, /* a chain that is too short */
		{(1 + 63 + 32 + 3) * 512, "?", 1}, /* no block */
	};
	struct update_fault fault;
	struct update_bootenv env;
	struct update_box loaded;
	struct box box;
	char path[BOX_PATH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		FILE *file;

		box_make(&box, 0);
		loaded = box_load(&box);
		box_path(&box, "/dev/vda1", path);
		file = fopen(path, "r+b");
		assert_non_null(file);
		fseek(file, damages[i].at, SEEK_SET);
		assert_int_equal(fwrite(damages[i].bytes, 1, damages[i].len, file), damages[i].len);
		fclose(file);
		fault.text[0] = '\0';
		if (update_bootenv_open(&env, &loaded, &fault) == 0)
			fail_msg("damage %zu is not seen", i);
		assert_non_null(strstr(fault.text, "grubenv"));
		box_remove(&box);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_fat16),
		cmocka_unit_test(test_fat32),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
