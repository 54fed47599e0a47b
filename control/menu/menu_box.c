#include "menu_box.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <linux/magic.h>

const char *menu_path(const struct menu *menu, const char *path, char out[MENU_PATH_MAX])
{
	snprintf(out, MENU_PATH_MAX, "%s%s", menu->root != NULL ? menu->root : "", path);
	return out;
}

void menu_fact(
	const struct menu *menu, const char *path, const char *otherwise, char out[MENU_FACT_MAX])
{
	char whole[MENU_PATH_MAX];
	FILE *file = fopen(menu_path(menu, path, whole), "re");

	out[0] = '\0';
	if (file != NULL) {
		if (fgets(out, MENU_FACT_MAX, file) == NULL)
			out[0] = '\0';
		fclose(file);
	}
	out[strcspn(out, "\r\n")] = '\0';
	if (out[0] == '\0')
		snprintf(out, MENU_FACT_MAX, "%s", otherwise);
}

static bool is_lost(const struct menu *menu, const char *folder)
{
	char path[MENU_PATH_MAX];
	struct statfs fs;

	if (statfs(menu_path(menu, folder, path), &fs) < 0)
		return true;
	return fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC;
}

bool menu_cfg_is_lost(const struct menu *menu)
{
	return is_lost(menu, MENU_CFG);
}

bool menu_data_is_lost(const struct menu *menu)
{
	return is_lost(menu, MENU_DATA);
}

int menu_init_ask(const struct menu *menu, const char *request)
{
	char path[MENU_PATH_MAX], line[64];
	int len = snprintf(line, sizeof(line), "%s\n", request);
	/* Without a reader the open fails at once: nobody waits for an init that is not there. */
	int fd = open(menu_path(menu, MENU_INIT, path), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat info;
	ssize_t n;
	int rc;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &info) < 0 || !S_ISFIFO(info.st_mode)) {
		close(fd);
		return -ENXIO;
	}
	n = write(fd, line, (size_t)len);
	rc = n == len ? 0 : n < 0 ? -errno : -EIO;
	close(fd);
	return rc;
}
