#include "revision.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "revision_priv.h"

void revision_place_init(struct revision_place *place)
{
	*place = (struct revision_place){
		.dir = "/cfg/config",
		.factory = "/etc/sluice/sluice.conf",
		.init = "/run/sluice/init",
		.board = "/etc/sluice/board.conf",
		.mgmt = "/etc/sluice/mgmt",
	};
}

static void ignore(void *arg, const char *line)
{
	(void)arg;
	(void)line;
}

int revision_running(const struct revision_place *place, char path[REVISION_FILE_PATH_MAX],
	struct revision_info *info, char *fault)
{
	struct revision_state state;

	(void)fault;
	revision_state_read(place, &state, ignore, NULL);
	memcpy(path, state.path, sizeof(state.path));
	*info = state.info;
	return 0;
}

void revision_socket(const struct revision_place *place, char socket[CONFIG_TEXT_MAX])
{
	struct revision_state state;

	revision_state_read(place, &state, ignore, NULL);
	snprintf(socket, CONFIG_TEXT_MAX, "%s", revision_socket_of(place, &state.keys.config));
}

int revision_history(
	const struct revision_place *place, revision_history_fn *each, void *arg, char *fault)
{
	unsigned numbers[REVISION_HISTORY_MAX + 1], len, back = 1;
	char path[REVISION_FILE_PATH_MAX];
	struct revision_info running, info;
	int rc = revision_running(place, path, &running, fault);

	if (rc != 0)
		return rc;
	each(arg, 0, &running);
	len = revision_numbers(place, numbers, REVISION_HISTORY_MAX + 1);
	for (unsigned i = 0; i < len; i++) {
		if (numbers[i] == running.number)
			continue;
		revision_path_history(place, numbers[i], path);
		if (revision_file_read(path, NULL, &info, ignore, NULL) != 0)
			revision_info_init(&info, numbers[i], "", "cannot be read");
		info.number = numbers[i];
		each(arg, back++, &info);
	}
	return 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int revision_saved(const struct revision_place *place, config_line_fn *each, void *arg, char *fault)
{
	char folder[REVISION_FILE_PATH_MAX];
	struct dirent **entries;
	int len;

	revision_path(place, REVISION_SAVED, folder);
	len = scandir(folder, &entries, NULL, by_name);
	if (len < 0)
		return errno == ENOENT ? 0
				       : revision_fault(fault, -errno, "cannot read %s: %s", folder,
						 strerror(errno));
	for (int i = 0; i < len; i++) {
		char *name = entries[i]->d_name;
		size_t bytes = strlen(name), suffix = strlen(REVISION_SUFFIX);

		if (bytes > suffix && strcmp(name + bytes - suffix, REVISION_SUFFIX) == 0) {
			name[bytes - suffix] = '\0';
			each(arg, name);
		}
		free(entries[i]);
	}
	free(entries);
	return 0;
}
