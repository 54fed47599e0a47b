#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "acl.h"
#include "revision_priv.h"

void revision_path(
	const struct revision_place *place, const char *name, char path[REVISION_FILE_PATH_MAX])
{
	snprintf(path, REVISION_FILE_PATH_MAX, "%s/%s", place->dir, name);
}

void revision_path_history(
	const struct revision_place *place, unsigned number, char path[REVISION_FILE_PATH_MAX])
{
	snprintf(path, REVISION_FILE_PATH_MAX, "%s/" REVISION_HISTORY "/%06u" REVISION_SUFFIX,
		place->dir, number);
}

int revision_file_read(const char *path, struct revision_keys *keys, struct revision_info *info,
	config_line_fn *report, void *arg)
{
	struct config_report faults = {.line = report, .arg = arg};
	size_t bytes;
	char *text = revision_disk_read(path, &bytes);
	int rc = text == NULL ? -errno : 0;

	if (rc != 0) {
		config_fault(&faults, "%s: %s", path, strerror(-rc));
		return rc;
	}
	if (info != NULL)
		revision_text_head(text, info);
	if (!revision_text_is_whole(text, bytes)) {
		config_fault(&faults,
			"%s: the checksum in its first line is not that of the text: it is "
			"damaged, or was edited by hand (without that line it is taken as it is)",
			path);
		rc = -EBADMSG;
	} else if (keys != NULL) {
		revision_keys_init(keys);
		revision_keys_parse(keys, path, text, bytes, &faults);
		rc = faults.faults == 0 ? 0 : -EINVAL;
	}
	free(text);
	return rc;
}

int revision_file_check_rules(const struct revision_place *place, const struct config *config,
	config_line_fn *report, void *arg)
{
	char beside[REVISION_FILE_PATH_MAX], path[REVISION_FILE_PATH_MAX];
	size_t blob_bytes;
	void *blob;
	int rc;

	if (config->authorization.file[0] == '\0')
		return 0;
	revision_path(place, REVISION_STARTUP, beside);
	rc = config_path_resolve(path, sizeof(path), beside, config->authorization.file);
	if (rc == 0)
		rc = acl_load(path, config_rules_most(config), &blob, &blob_bytes, report, arg);
	if (rc == 0)
		free(blob);
	return rc;
}

bool revision_file_loads(
	const struct revision_place *place, const char *path, config_line_fn *report, void *arg)
{
	struct config config;
	struct revision_info info;

	return revision_file_read(path, NULL, &info, report, arg) == 0 &&
	       config_load(&config, path, NULL, report, arg) == 0 &&
	       revision_file_check_rules(place, &config, report, arg) == 0;
}

/* "000012.conf" is 12; anything else 0. */
static unsigned number_of(const char *name)
{
	char expected[32];
	unsigned number = (unsigned)strtoul(name, NULL, 10);

	snprintf(expected, sizeof(expected), "%06u" REVISION_SUFFIX, number);
	return number <= REVISION_NUMBER_MAX && strcmp(name, expected) == 0 ? number : 0;
}

/* Puts the number where it belongs; the lowest falls out when there is no room. */
static unsigned insert(unsigned *numbers, unsigned len, unsigned max, unsigned number)
{
	unsigned at = len;

	if (number == 0 || max == 0)
		return len;
	while (at > 0 && numbers[at - 1] < number)
		at--;
	if (at == max)
		return len;
	if (len < max)
		len++;
	memmove(&numbers[at + 1], &numbers[at], (len - at - 1) * sizeof(numbers[0]));
	numbers[at] = number;
	return len;
}

unsigned revision_numbers(const struct revision_place *place, unsigned *numbers, unsigned max)
{
	char folder[REVISION_FILE_PATH_MAX];
	const struct dirent *entry;
	unsigned len = 0;
	DIR *dir;

	revision_path(place, REVISION_HISTORY, folder);
	dir = opendir(folder);
	if (dir == NULL)
		return 0;
	while ((entry = readdir(dir)) != NULL)
		len = insert(numbers, len, max, number_of(entry->d_name));
	closedir(dir);
	return len;
}

int revision_find(const struct revision_place *place, unsigned back,
	char path[REVISION_FILE_PATH_MAX], char *fault)
{
	unsigned numbers[REVISION_HISTORY_MAX + 1], len, found = 0;
	struct revision_info info;

	if (revision_running(place, path, &info, fault) < 0)
		return -EIO;
	if (back == 0)
		return 0;
	len = revision_numbers(place, numbers, REVISION_HISTORY_MAX + 1);
	for (unsigned i = 0; i < len; i++) {
		if (numbers[i] == info.number || ++found != back)
			continue;
		revision_path_history(place, numbers[i], path);
		return 0;
	}
	return revision_fault(fault, -ENOENT,
		"there is no configuration of %u commits ago: the history goes %u back", back,
		found);
}

static bool is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

/* The file that runs; whatever does not load is told. */
static void choose(const struct revision_place *place, char path[REVISION_FILE_PATH_MAX],
	config_line_fn *report, void *arg)
{
	unsigned numbers[REVISION_HISTORY_MAX + 1], len;
	struct revision_wait wait;

	if (revision_wait_read(place, &wait) == 1 && revision_wait_is_over(&wait)) {
		revision_path_history(place, wait.previous, path);
		if (revision_file_loads(place, path, report, arg))
			return;
	}
	revision_path(place, REVISION_STARTUP, path);
	if (is_there(path) && revision_file_loads(place, path, report, arg))
		return;
	len = revision_numbers(place, numbers, REVISION_HISTORY_MAX + 1);
	for (unsigned i = 0; i < len && is_there(path); i++) {
		revision_path_history(place, numbers[i], path);
		if (revision_file_loads(place, path, report, arg))
			return;
	}
	snprintf(path, REVISION_FILE_PATH_MAX, "%s", place->factory);
}

void revision_state_read(const struct revision_place *place, struct revision_state *state,
	config_line_fn *report, void *arg)
{
	memset(&state->info, 0, sizeof(state->info));
	choose(place, state->path, report, arg);
	if (revision_file_read(state->path, &state->keys, &state->info, report, arg) != 0)
		revision_keys_init(&state->keys);
}
