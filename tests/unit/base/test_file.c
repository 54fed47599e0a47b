#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base_file.h"

static char folder[32], path[64], unfinished[80];

static int begin(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/base-file-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/f", folder);
	snprintf(unfinished, sizeof(unfinished), "%s" BASE_FILE_UNFINISHED, path);
	return 0;
}

static int end(void **state)
{
	(void)state;
	unlink(path);
	/* Nothing unfinished is left over, or the folder would not go. */
	return rmdir(folder);
}

static void holds(const char *expected, unsigned mode)
{
	char text[64] = "";
	struct stat info;
	int fd = open(path, O_RDONLY);

	assert_true(fd >= 0);
	assert_true(read(fd, text, sizeof(text) - 1) >= 0);
	assert_int_equal(fstat(fd, &info), 0);
	close(fd);
	assert_string_equal(text, expected);
	assert_int_equal(info.st_mode & 0777, mode);
}

static void test_replace(void **state)
{
	(void)state;
	assert_int_equal(base_file_replace(path, 0644, "old", 3), 0);
	holds("old", 0644);
	assert_int_equal(base_file_replace(path, 0600, "newer", 5), 0);
	holds("newer", 0600);
	assert_int_equal(base_file_replace(path, 0600, "", 0), 0);
	holds("", 0600);
}

static void test_leftover(void **state)
{
	int fd = open(unfinished, O_WRONLY | O_CREAT, 0666);

	(void)state;
	assert_int_equal(write(fd, "torn and long", 13), 13);
	close(fd);
	assert_int_equal(base_file_replace(path, 0600, "whole", 5), 0);
	holds("whole", 0600);
}

/* A link that somebody left there leads nowhere. */
static void test_leftover_link(void **state)
{
	(void)state;
	assert_int_equal(base_file_replace(path, 0644, "old", 3), 0);
	assert_int_equal(symlink("f", unfinished), 0);
	assert_int_equal(base_file_replace(path, 0600, "new", 3), 0);
	holds("new", 0600);
}

static void test_fails(void **state)
{
	char deep[96], longest[PATH_MAX + 8];

	(void)state;
	snprintf(deep, sizeof(deep), "%s/none/f", folder);
	assert_int_equal(base_file_replace(deep, 0600, "x", 1), -ENOENT);
	assert_int_equal(base_file_sync_folder(deep), -ENOENT);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(base_file_replace(longest, 0600, "x", 1), -ENAMETOOLONG);
	/* A folder in the place of the file: it stays, and nothing unfinished is left. */
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(base_file_replace(path, 0600, "x", 1), -EISDIR);
	assert_int_equal(access(unfinished, F_OK), -1);
	rmdir(path);
}

static void test_write_all(void **state)
{
	int full = open("/dev/full", O_WRONLY);

	(void)state;
	assert_true(full >= 0);
	assert_int_equal(base_file_write_all(full, "x", 1), -ENOSPC);
	assert_int_equal(base_file_write_all(full, "x", 0), 0);
	close(full);
	assert_int_equal(base_file_write_all(-1, "x", 1), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_replace, begin, end),
		cmocka_unit_test_setup_teardown(test_leftover, begin, end),
		cmocka_unit_test_setup_teardown(test_leftover_link, begin, end),
		cmocka_unit_test_setup_teardown(test_fails, begin, end),
		cmocka_unit_test(test_write_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
