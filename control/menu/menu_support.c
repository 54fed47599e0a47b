#include "menu_support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "menu_child.h"

/* tech-support: makes the archive, and sends it. */

#define NAME "tech-support-"
#define SUFFIX ".tar.gz"
#define WHEN_NO_DISK "/run/sluice"

enum { STAMP_BYTES = 32, TAR_LIMIT_S = 120, TAR_SAYS_MAX = 1024 };

struct archive {
	char stamp[STAMP_BYTES]; /* "tech-support-20260102-030405" */
	char folder[MENU_PATH_MAX]; /* where the archives are */
	char path[MENU_PATH_MAX + STAMP_BYTES + 16];
	off_t bytes;
};

void menu_support_remove(const char *folder)
{
	char path[MENU_PATH_MAX + 300];
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		unlink(path);
	}
	if (dir != NULL)
		closedir(dir);
	rmdir(folder);
}

static int is_archive(const struct dirent *entry)
{
	return strncmp(entry->d_name, NAME, sizeof(NAME) - 1) == 0;
}

/* Archives of before, and folders that a cut of power has left. */
static void remove_old(const char *folder)
{
	char path[MENU_PATH_MAX + 300];
	struct dirent **entries;
	int len = scandir(folder, &entries, is_archive, alphasort), kept = 0;

	for (int i = len - 1; i >= 0; i--) {
		bool is_whole = strstr(entries[i]->d_name, SUFFIX) != NULL;

		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		if (!is_whole)
			menu_support_remove(path);
		else if (++kept >= MENU_SUPPORT_KEPT)
			unlink(path);
		free(entries[i]);
	}
	if (len >= 0)
		free(entries);
}

/* The folder that is packed; in memory where the disk is full or away. 0 or negative errno. */
static int begin(struct menu_support *support, struct archive *archive)
{
	static const char *const places[] = {MENU_UPLOAD, WHEN_NO_DISK};
	time_t now = time(NULL);
	struct tm utc;
	int rc = -ENOENT;

	gmtime_r(&now, &utc);
	strftime(archive->stamp, sizeof(archive->stamp), NAME "%Y%m%d-%H%M%S", &utc);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		menu_path(support->menu, places[i], archive->folder);
		remove_old(archive->folder);
		if ((size_t)snprintf(support->folder, sizeof(support->folder), "%s/%s",
			    archive->folder, archive->stamp) >= sizeof(support->folder))
			return -ENAMETOOLONG;
		if (mkdir(support->folder, 0700) == 0)
			return 0;
		rc = -errno;
	}
	return rc;
}

/* 0 or SHELL_NOT_DONE after saying why. */
static int pack(struct menu_support *support, struct archive *archive)
{
	const char *argv[] = {
		"tar", "-czf", archive->path, "-C", archive->folder, archive->stamp, NULL};
	const struct child_program program = {.argv = argv,
		.limit_s = TAR_LIMIT_S,
		.has_group = shell_is_interactive(support->call)};
	char says[TAR_SAYS_MAX];
	struct child_end end;
	struct stat info;
	size_t len;

	snprintf(archive->path, sizeof(archive->path), "%s/%s" SUFFIX, archive->folder,
		archive->stamp);
	if (child_capture(&program, says, sizeof(says), &len, &end) < 0 || !child_is_done(&end) ||
		stat(archive->path, &info) < 0) {
		unlink(archive->path);
		shell_fail(support->call, "The archive %s cannot be written: %s", archive->path,
			len > 0 ? says : "tar cannot be run, or took too long");
		return SHELL_NOT_DONE;
	}
	archive->bytes = info.st_size;
	return SHELL_DONE;
}

static int make(struct shell_call *call, struct archive *archive)
{
	struct menu_support support = {
		.call = call, .menu = shell_context(call), .left = MENU_SUPPORT_BYTES_MAX};
	int rc = begin(&support, archive);

	if (rc < 0)
		return shell_fail(call,
			"There is nowhere to write the archive: " MENU_UPLOAD ": %s.",
			strerror(-rc));
	menu_support_collect(&support);
	rc = pack(&support, archive);
	menu_support_remove(support.folder);
	return rc;
}

int menu_support_make(struct shell_call *call)
{
	struct archive archive;
	int status = make(call, &archive);

	if (status != SHELL_DONE)
		return status;
	if (shell_wants_json(call)) {
		shell_json(call, json_pack("{s:s,s:I}", "file", archive.path, "bytes",
					 (json_int_t)archive.bytes));
		return SHELL_DONE;
	}
	shell_print(call,
		"The archive is %s (%lld bytes). Secrets of the configuration are masked in it.\n"
		"'tech-support send' makes one and sends it over this line by ZMODEM.",
		archive.path, (long long)archive.bytes);
	return SHELL_DONE;
}

int menu_support_send(struct shell_call *call)
{
	struct archive archive;
	const char *argv[] = {"sz", "-b", "-q", archive.path, NULL};
	int rc;

	if (!shell_is_interactive(call))
		return shell_fail(
			call, "'tech-support send' needs a terminal that receives the file.");
	rc = make(call, &archive);
	if (rc != SHELL_DONE)
		return rc;
	shell_print(call, "Sending %s, %lld bytes: start to receive by ZMODEM now ('rz').",
		archive.path, (long long)archive.bytes);
	rc = menu_child_attach(call, argv);
	if (rc == 0)
		return SHELL_DONE;
	if (rc == -ENOENT)
		return shell_fail(
			call, "There is no program 'sz' here; the archive is %s.", archive.path);
	return shell_fail(
		call, "It was not sent (status %d); the archive is %s.", rc, archive.path);
}
