#include "box.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATH_BYTES = 512, STEP_MS = 10, STEPS = 3000, END_OTHER = 9 };

static const struct init_times short_times = {
	.good_run_ms = 60 * 1000,
	.pause_ms = 20,
	.pause_max_ms = 100,
	.stop_ms = 300,
	.end_ms = 20 * 1000,
	.clock_ms = 100,
	.log_retry_ms = 50,
};

struct init_times box_times;
static char root[64];
static pid_t first;

const char *box_root(void)
{
	return root;
}

static const char *in(const char *path)
{
	static char whole[PATH_BYTES];

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	return whole;
}

void box_make(void)
{
	static const char *const folders[] = {
		"/run", "/run/sluice", "/data", "/dev", "/etc", "/etc/sluice"};

	box_times = short_times;
	snprintf(root, sizeof(root), "/tmp/init-test.XXXXXX");
	assert_non_null(mkdtemp(root));
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		assert_int_equal(mkdir(in(folders[i]), 0755), 0);
	box_write("/dev/console", "");
	box_write("/etc/sluice/version", "1.2.3\n");
}

static int remove_one(const char *path, const struct stat *info, int flag, struct FTW *ftw)
{
	(void)info;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void box_remove(void)
{
	if (first > 0) {
		kill(first, SIGKILL);
		waitpid(first, NULL, 0);
		first = 0;
	}
	nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void box_start(
	const struct init_kind *kinds, unsigned len, const char *const *teardown, int watchdog)
{
	struct init_config config = {
		.root = root,
		.kinds = kinds,
		.kind_len = len,
		.times = &box_times,
		.teardown = teardown,
		.watchdog = watchdog,
		.watchdog_ms = 50,
	};

	fflush(NULL);
	first = fork();
	assert_true(first >= 0);
	if (first == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(init_run(&config) == INIT_REBOOT ? INIT_REBOOT : INIT_POWEROFF);
	}
}

pid_t box_pid(void)
{
	return first;
}

enum init_end box_end(const char *command)
{
	int status = 0;
	unsigned i;

	if (command != NULL)
		box_tell(command);
	for (i = 0; i < STEPS && waitpid(first, &status, WNOHANG) == 0; i++)
		poll(NULL, 0, STEP_MS);
	assert_true(i < STEPS);
	first = 0;
	assert_true(WIFEXITED(status));
	assert_true(WEXITSTATUS(status) < END_OTHER);
	return (enum init_end)WEXITSTATUS(status);
}

void box_tell(const char *line)
{
	char text[256];
	int fd = -1, bytes = snprintf(text, sizeof(text), "%s\n", line);

	/* Without a reader, that is before the loop begins, it cannot be opened. */
	for (unsigned i = 0; i < STEPS && fd < 0; i++) {
		fd = open(in("/run/sluice/init"), O_WRONLY | O_NONBLOCK);
		if (fd < 0)
			poll(NULL, 0, STEP_MS);
	}
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, (size_t)bytes), bytes);
	close(fd);
}

const char *box_read(const char *path)
{
	static char text[BOX_TEXT_MAX];
	FILE *file = fopen(in(path), "r");
	size_t bytes = 0;

	if (file != NULL) {
		bytes = fread(text, 1, sizeof(text) - 1, file);
		fclose(file);
	}
	text[bytes] = '\0';
	return text;
}

void box_write(const char *path, const char *text)
{
	FILE *file = fopen(in(path), "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

bool box_has(const char *path)
{
	return access(in(path), F_OK) == 0;
}

bool box_comes(const char *path, const char *text)
{
	for (unsigned i = 0; i < STEPS; i++) {
		if (strstr(box_read(path), text) != NULL)
			return true;
		poll(NULL, 0, STEP_MS);
	}
	print_error("%s never held '%s':\n%s\n", path, text, box_read(path));
	return false;
}

pid_t box_service(const char *name)
{
	char head[64];
	const char *at;
	int pid;

	snprintf(head, sizeof(head), "{\"name\": \"%s\", \"pid\": ", name);
	at = strstr(box_read("/run/sluice/services.json"), head);
	return at != NULL && sscanf(at + strlen(head), "%d", &pid) == 1 ? pid : 0;
}

pid_t box_service_after(const char *name, pid_t old)
{
	for (unsigned i = 0; i < STEPS; i++) {
		pid_t pid = box_service(name);

		if (pid != 0 && pid != old)
			return pid;
		poll(NULL, 0, STEP_MS);
	}
	print_error("%s never came:\n%s\n", name, box_read("/run/sluice/services.json"));
	return 0;
}

unsigned box_count(const char *folder)
{
	DIR *dir = opendir(in(folder));
	unsigned len = 0;

	if (dir == NULL)
		return 0;
	for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
		len += entry->d_name[0] != '.';
	closedir(dir);
	return len;
}
