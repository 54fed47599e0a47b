#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console_users.h"

/* The file of users: what is taken, what is not, and that it is replaced whole. */

static char folder[] = "/tmp/sluice-users-XXXXXX";
static char path[64], beside[80];

static int set_up(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/users", folder);
	snprintf(beside, sizeof(beside), "%s/users.new", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	unlink(beside);
	return rmdir(folder);
}

static void write_text(const char *text, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static int load(struct console_users *users, const char *text)
{
	write_text(text, strlen(text));
	return console_users_load(users, path);
}

static void test_what_is_saved_is_loaded(void **state)
{
	struct console_users users = {0}, again;
	struct stat info;

	(void)state;
	assert_int_equal(console_users_set(&users, "admin", "$y$j9T$salt$hash", true), 0);
	assert_int_equal(console_users_set(&users, "other", "$y$x", false), 0);
	assert_int_equal(console_users_save(&users, path), 0);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0600);
	assert_int_equal(access(beside, F_OK), -1);
	assert_int_equal(console_users_load(&again, path), 0);
	assert_int_equal(again.len, 2);
	assert_string_equal(console_users_find(&again, "admin")->hash, "$y$j9T$salt$hash");
	assert_true(console_users_find(&again, "admin")->must_change);
	assert_false(console_users_find(&again, "other")->must_change);
	assert_null(console_users_find(&again, "adm"));
}

static void test_setting_again_replaces(void **state)
{
	struct console_users users = {0};

	(void)state;
	assert_int_equal(console_users_set(&users, "admin", "a", true), 0);
	assert_int_equal(console_users_set(&users, "admin", "b", false), 0);
	assert_int_equal(users.len, 1);
	assert_string_equal(users.entries[0].hash, "b");
	assert_false(users.entries[0].must_change);
}

static void test_no_file_is_told_apart_from_a_bad_one(void **state)
{
	struct console_users users;

	(void)state;
	unlink(path);
	assert_int_equal(console_users_load(&users, path), -ENOENT);
	assert_int_equal(load(&users, ""), -EBADMSG);
	assert_int_equal(users.len, 0);
}

static void test_lines_that_are_none_of_ours_are_refused(void **state)
{
	static const char *const bad[] = {
		"admin\n",
		"admin:hash\n",
		"admin:hash:",
		":hash:\n",
		"admin::\n",
		"admin:hash:root\n",
		"admin:hash:change:\n",
		"ad min:hash:\n",
		"admin:ha sh:\n",
		"admin:hash:\nadmin:hash:\n",
		"admin:hash:\n\n",
		"admin:hash:\ngarbage\n",
	};
	struct console_users users;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(load(&users, bad[i]), -EBADMSG);
		assert_int_equal(users.len, 0);
	}
	assert_int_equal(load(&users, "admin:hash:\n"), 0);
}

static void test_noise_and_huge_lines_are_refused(void **state)
{
	static char huge[1 << 20];
	struct console_users users;

	(void)state;
	write_text("admin:ha\0sh:\n", 13);
	assert_int_equal(console_users_load(&users, path), -EBADMSG);
	memset(huge, 'a', sizeof(huge));
	write_text(huge, sizeof(huge));
	assert_int_equal(console_users_load(&users, path), -EBADMSG);
	for (size_t i = 0; i < sizeof(huge); i++)
		huge[i] = (char)(i * 7919 >> 3);
	write_text(huge, sizeof(huge));
	assert_int_equal(console_users_load(&users, path), -EBADMSG);
}

static void test_names_and_hashes_that_would_break_a_line(void **state)
{
	struct console_users users = {0};
	char name[CONSOLE_NAME_MAX + 1], hash[CONSOLE_HASH_MAX + 1];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	memset(hash, 'h', sizeof(hash) - 1);
	hash[sizeof(hash) - 1] = '\0';
	assert_int_equal(console_users_set(&users, name, "h", false), -EINVAL);
	assert_int_equal(console_users_set(&users, "a:b", "h", false), -EINVAL);
	assert_int_equal(console_users_set(&users, "a\nb", "h", false), -EINVAL);
	assert_int_equal(console_users_set(&users, "", "h", false), -EINVAL);
	assert_int_equal(console_users_set(&users, "a", hash, false), -EINVAL);
	assert_int_equal(console_users_set(&users, "a", "h:x", false), -EINVAL);
	assert_int_equal(users.len, 0);
	name[CONSOLE_NAME_MAX - 1] = '\0';
	hash[CONSOLE_HASH_MAX - 1] = '\0';
	assert_int_equal(console_users_set(&users, name, hash, true), 0);
	assert_int_equal(console_users_save(&users, path), 0);
	assert_int_equal(console_users_load(&users, path), 0);
	assert_non_null(console_users_find(&users, name));
}

static void test_there_is_a_most_of_users(void **state)
{
	struct console_users users = {0};
	char name[16];

	(void)state;
	for (int i = 0; i < CONSOLE_USERS_MAX; i++) {
		snprintf(name, sizeof(name), "user%d", i);
		assert_int_equal(console_users_set(&users, name, "h", false), 0);
	}
	assert_int_equal(console_users_set(&users, "one-more", "h", false), -ENOSPC);
	assert_int_equal(console_users_save(&users, path), 0);
	assert_int_equal(console_users_load(&users, path), 0);
	assert_int_equal(users.len, CONSOLE_USERS_MAX);
}

static void test_what_a_cut_left_beside_is_no_obstacle(void **state)
{
	struct console_users users = {0};
	FILE *file = fopen(beside, "w");

	(void)state;
	assert_non_null(file);
	fputs("half a li", file);
	fclose(file);
	assert_int_equal(console_users_set(&users, "admin", "h", false), 0);
	assert_int_equal(console_users_save(&users, path), 0);
	assert_int_equal(console_users_load(&users, path), 0);
	assert_int_equal(access(beside, F_OK), -1);
}

static void test_a_save_that_fails_leaves_the_old_file(void **state)
{
	struct console_users users = {0}, again;

	(void)state;
	assert_int_equal(console_users_set(&users, "admin", "old", false), 0);
	assert_int_equal(console_users_save(&users, path), 0);
	/* A folder in the place of the new file fails for root too. */
	assert_int_equal(mkdir(beside, 0700), 0);
	assert_int_equal(console_users_set(&users, "admin", "new", false), 0);
	assert_true(console_users_save(&users, path) < 0);
	assert_int_equal(rmdir(beside), 0);
	assert_int_equal(console_users_load(&again, path), 0);
	assert_string_equal(again.entries[0].hash, "old");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_saved_is_loaded),
		cmocka_unit_test(test_setting_again_replaces),
		cmocka_unit_test(test_no_file_is_told_apart_from_a_bad_one),
		cmocka_unit_test(test_lines_that_are_none_of_ours_are_refused),
		cmocka_unit_test(test_noise_and_huge_lines_are_refused),
		cmocka_unit_test(test_names_and_hashes_that_would_break_a_line),
		cmocka_unit_test(test_there_is_a_most_of_users),
		cmocka_unit_test(test_what_a_cut_left_beside_is_no_obstacle),
		cmocka_unit_test(test_a_save_that_fails_leaves_the_old_file),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
