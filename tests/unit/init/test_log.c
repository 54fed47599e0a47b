#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "box.h"
#include "init_log.h"

/* The log's files: their form, their size, and where they are when the disk is not. */

static struct init_log log_;
static char filler[1001];

static int up(void **state)
{
	(void)state;
	box_make();
	init_log_open(&log_, box_root());
	memset(filler, 'f', sizeof(filler) - 1);
	return 0;
}

static int down(void **state)
{
	char path[128];

	(void)state;
	init_log_close(&log_);
	snprintf(path, sizeof(path), "%s/data", box_root());
	umount2(path, MNT_DETACH);
	box_remove();
	return 0;
}

static long size_of(const char *path)
{
	char whole[256];
	struct stat info;

	snprintf(whole, sizeof(whole), "%s%s", box_root(), path);
	return stat(whole, &info) == 0 ? (long)info.st_size : -1;
}

static void line_has_time_name_and_text(void **state)
{
	const char *text;
	int year = 0, used = 0;

	(void)state;
	init_log_write(&log_, "one", "hello");
	/* A line that brings its own time keeps it. */
	init_log_write(&log_, "two", "2020-01-02T03:04:05.678Z info two: hello");
	init_log_write(&log_, "two", "2020-01-02T03:04:05.678 no");
	text = box_read("/run/sluice/log/messages");
	assert_int_equal(
		sscanf(text, "%4d-%*2d-%*2dT%*2d:%*2d:%*2d.%*3dZ one hello\n%n", &year, &used), 1);
	assert_true(used > 0 && year > 2020);
	text = strchr(text, '\n') + 1;
	assert_int_equal(strncmp(text, "2020-01-02T03:04:05.678Z two info two: hello\n", 45), 0);
	assert_non_null(strstr(text, "Z two 2020-01-02T03:04:05.678 no\n"));
}

static void files_are_bounded(void **state)
{
	(void)state;
	assert_true(init_log_try_data(&log_));
	for (unsigned i = 0; i < 6 * INIT_LOG_FILE_BYTES / 1000; i++)
		init_log_write(&log_, "one", filler);
	assert_int_equal(box_count("/data/log"), INIT_LOG_FILES);
	assert_true(size_of("/data/log/messages") <= INIT_LOG_FILE_BYTES);
	assert_true(size_of("/data/log/messages.1") <= INIT_LOG_FILE_BYTES);
	assert_true(size_of("/data/log/messages.3") > INIT_LOG_FILE_BYTES - 2000);
	assert_int_equal(size_of("/data/log/messages.4"), -1);
	assert_int_equal(log_.lost, 0);
}

static void what_is_in_memory_comes_to_the_disk(void **state)
{
	const char *text;

	(void)state;
	box_write("/data/log.old", "");
	init_log_write(&log_, "one", "before");
	assert_false(box_has("/data/log"));
	assert_true(init_log_try_data(&log_));
	init_log_write(&log_, "one", "after");
	text = box_read("/data/log/messages");
	assert_non_null(strstr(text, " one before\n"));
	assert_true(strstr(text, " one before\n") < strstr(text, " one after\n"));
	assert_string_equal(text, box_read("/run/sluice/log/messages"));
	assert_false(box_has("/run/log/messages"));
}

static void missing_data_folder(void **state)
{
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/data", box_root());
	assert_int_equal(rmdir(path), 0);
	assert_false(init_log_try_data(&log_));
	assert_int_equal(log_.error, ENOENT);
	init_log_write(&log_, "one", "in memory");
	assert_non_null(strstr(box_read("/run/sluice/log/messages"), "one in memory"));
	assert_int_equal(mkdir(path, 0755), 0);
	assert_true(init_log_try_data(&log_));
	assert_non_null(strstr(box_read("/data/log/messages"), "one in memory"));
}

/* Only root can mount one; elsewhere the case is left out. */
static void mount_small_disk(unsigned long flags)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/data", box_root());
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("tmpfs", path, "tmpfs", flags, "size=256k") < 0)
		skip();
}

static void full_disk(void **state)
{
	char path[128];
	const char *text;
	long bytes;
	int fd;

	(void)state;
	mount_small_disk(0);
	assert_true(init_log_try_data(&log_));
	for (unsigned i = 0; i < 400; i++)
		init_log_write(&log_, "one", filler);
	assert_false(log_.is_on_data);
	assert_int_equal(log_.error, ENOSPC);
	assert_int_equal(log_.lost, 0);
	/* No line is there in part. */
	text = box_read("/data/log/messages");
	bytes = (long)strlen(text);
	assert_int_equal(text[bytes - 1], '\n');
	init_log_write(&log_, "one", "the last");
	assert_non_null(strstr(box_read("/run/sluice/log/messages"), "one the last\n"));
	/* Full still: it stays, and nothing is there twice. */
	assert_false(init_log_try_data(&log_));
	assert_int_equal(size_of("/data/log/messages"), bytes);
	/* Room again: all of it moves back. */
	snprintf(path, sizeof(path), "%s/data/log/messages", box_root());
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	assert_true(fd >= 0);
	close(fd);
	assert_true(init_log_try_data(&log_));
	assert_non_null(strstr(box_read("/data/log/messages"), "one the last\n"));
	assert_false(box_has("/run/log/messages"));
}

static void read_only_disk(void **state)
{
	(void)state;
	mount_small_disk(MS_RDONLY);
	assert_false(init_log_try_data(&log_));
	assert_int_equal(log_.error, EROFS);
	init_log_write(&log_, "one", "hello");
	assert_non_null(strstr(box_read("/run/sluice/log/messages"), "one hello\n"));
}

/* In the loop: it is said once, and the log stays bounded in memory. */
static void full_disk_is_said_once(void **state)
{
	const struct init_kind kinds[] = {{.name = "setup",
						  .argv = (const char *const[]){"/bin/true", NULL},
						  .is_setup = true,
						  .is_once = true},
		{.name = "one",
			.argv = (const char *const[]){"/bin/sh", "-c",
				"i=0; while [ $i -lt 600 ]; do echo $i; i=$((i + 1)); sleep 0.001; "
				"done; "
				"echo all; exec sleep 1000",
				NULL}}};
	const char *said;

	(void)state;
	mount_small_disk(0);
	box_write("/data/filler", "");
	{
		char path[128];
		int fd;

		snprintf(path, sizeof(path), "%s/data/filler", box_root());
		fd = open(path, O_WRONLY | O_CLOEXEC);
		while (write(fd, filler, sizeof(filler) - 1) > 0)
			;
		close(fd);
	}
	init_log_close(&log_);
	box_start(kinds, 2, NULL, -1);
	assert_true(box_comes("/run/sluice/log/messages", " one all\n"));
	said = strstr(box_read("/dev/console"), "the log is in memory");
	assert_non_null(said);
	assert_null(strstr(said + 1, "the log is in memory"));
	box_end("reboot");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, up, down)
	const struct CMUnitTest tests[] = {
		CASE(line_has_time_name_and_text),
		CASE(files_are_bounded),
		CASE(what_is_in_memory_comes_to_the_disk),
		CASE(missing_data_folder),
		CASE(full_disk),
		CASE(read_only_disk),
		CASE(full_disk_is_said_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
