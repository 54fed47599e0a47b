#include "place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char lines[65536];
static size_t lines_bytes;

void place_line(void *arg, const char *line)
{
	(void)arg;
	lines_bytes +=
		(size_t)snprintf(lines + lines_bytes, sizeof(lines) - lines_bytes, "%s\n", line);
	assert_true(lines_bytes < sizeof(lines));
}

const char *place_lines(void)
{
	static char taken[sizeof(lines)];

	memcpy(taken, lines, lines_bytes);
	taken[lines_bytes] = '\0';
	lines_bytes = 0;
	return taken;
}

static const char *below(const struct place *place, const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", place->root, name);
	return path;
}

void place_begin(struct place *place, const char *factory_text)
{
	memset(place, 0, sizeof(*place));
	/* in memory where there is such a folder: a test makes some thousand syncs */
	snprintf(place->root, sizeof(place->root), "%s/sluice-revision-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(place->root));
	snprintf(place->dir, sizeof(place->dir), "%s/cfg", place->root);
	snprintf(place->factory, sizeof(place->factory), "%s/etc/sluice.conf", place->root);
	snprintf(place->socket, sizeof(place->socket), "%s/control.sock", place->root);
	snprintf(place->init, sizeof(place->init), "%s/init", place->root);
	snprintf(place->mgmt, sizeof(place->mgmt), "%s/mgmt", place->root);
	snprintf(place->board, sizeof(place->board), "%s/board.conf", place->root);
	place->place = (struct revision_place){.dir = place->dir,
		.factory = place->factory,
		.socket = place->socket,
		.init = place->init,
		.board = place->board,
		.mgmt = place->mgmt};
	assert_int_equal(mkdir(below(place, "etc"), 0700), 0);
	place_write(place, "etc/sluice.conf", factory_text);
	place_write(place, "etc/acl.conf", "{allow, all}.\n");
	place_write(place, "etc/other.conf", "{deny, all}.\n");
	place_lines();
}

static void remove_tree(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	char child[512];

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(child, sizeof(child), "%s/%s", path, entry->d_name);
		if (remove(child) < 0)
			remove_tree(child);
	}
	if (dir != NULL)
		closedir(dir);
	remove(path);
}

void place_end(struct place *place)
{
	remove_tree(place->root);
}

void place_write(const struct place *place, const char *name, const char *text)
{
	FILE *file = fopen(below(place, name), "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

const char *place_read(const struct place *place, const char *name)
{
	static char text[65536];
	FILE *file = fopen(below(place, name), "r");
	size_t bytes;

	if (file == NULL)
		return NULL;
	bytes = fread(text, 1, sizeof(text) - 1, file);
	text[bytes] = '\0';
	fclose(file);
	return text;
}

bool place_has(const struct place *place, const char *name)
{
	struct stat st;

	return lstat(below(place, name), &st) == 0;
}

void place_remove(const struct place *place, const char *name)
{
	assert_int_equal(remove(below(place, name)), 0);
}

int place_commit(const struct place *place, const char *path, const char *text, unsigned minutes)
{
	const struct revision_commit commit = {
		.who = "tester", .why = "a test", .confirm_minutes = minutes, .no_apply = true};
	char fault[REVISION_FAULT_MAX] = "";
	struct revision_candidate *candidate = revision_candidate_new(&place->place, fault);
	int number;

	assert_non_null(candidate);
	assert_int_equal(revision_candidate_set(candidate, path, text, fault), 0);
	number = revision_candidate_commit(candidate, &commit, place_line, NULL, fault);
	if (number <= 0)
		print_error("%s\n%s", fault, place_lines());
	assert_true(number > 0);
	revision_candidate_free(candidate);
	return number;
}

const char *place_get(const struct place *place, const char *path)
{
	static char value[CONFIG_VALUE_MAX];
	char fault[REVISION_FAULT_MAX];
	struct revision_candidate *candidate = revision_candidate_new(&place->place, fault);
	bool is_set;

	assert_non_null(candidate);
	assert_int_equal(revision_candidate_get(candidate, path, value, &is_set, fault), 0);
	revision_candidate_free(candidate);
	return value;
}

/* Puts `text` behind the name of a line of the pending file. */
static void change_pending(const struct place *place, const char *name, const char *text)
{
	char changed[1024] = "", *copy = strdup(place_read(place, "cfg/pending"));

	for (char *line = strtok(copy, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		size_t used = strlen(changed), bytes = strlen(name);

		if (strncmp(line, name, bytes) == 0 && line[bytes] == ' ')
			snprintf(changed + used, sizeof(changed) - used, "%s %s\n", name, text);
		else
			snprintf(changed + used, sizeof(changed) - used, "%s\n", line);
	}
	free(copy);
	place_write(place, "cfg/pending", changed);
}

void place_other_boot(const struct place *place)
{
	change_pending(place, "boot", "00000000-0000-0000-0000-000000000000");
}

void place_time_is_over(const struct place *place)
{
	change_pending(place, "deadline_ms", "1");
}
