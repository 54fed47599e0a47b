#include "init_crash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base_time.h"
#include "init_log.h"

enum { NAME_BYTES = 40, FILE_PATH_MAX = INIT_PATH_MAX + NAME_BYTES };

/* Numbers in the names of a folder's records. */
struct numbers {
	unsigned long lowest, highest;
	unsigned len;
	char lowest_name[NAME_BYTES];
};

static void look(const char *folder, struct numbers *numbers)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	memset(numbers, 0, sizeof(*numbers));
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char *end;
		unsigned long number = strtoul(entry->d_name, &end, 10);

		if (end == entry->d_name || *end != '-' || strlen(entry->d_name) >= NAME_BYTES)
			continue;
		if (numbers->len++ == 0 || number < numbers->lowest) {
			numbers->lowest = number;
			snprintf(numbers->lowest_name, NAME_BYTES, "%.*s", NAME_BYTES - 1,
				entry->d_name);
		}
		if (number > numbers->highest)
			numbers->highest = number;
	}
	if (dir != NULL)
		closedir(dir);
}

/* Room for one more. */
static void remove_oldest(const char *folder, struct numbers *numbers)
{
	char path[FILE_PATH_MAX];

	while (numbers->len >= INIT_CRASHES_MAX) {
		snprintf(path, sizeof(path), "%s/%s", folder, numbers->lowest_name);
		if (unlink(path) < 0)
			return;
		look(folder, numbers);
	}
}

static void read_line(const char *path, char *out, size_t out_bytes)
{
	FILE *file = fopen(path, "re");

	out[0] = '\0';
	if (file == NULL)
		return;
	if (fgets(out, (int)out_bytes, file) == NULL)
		out[0] = '\0';
	out[strcspn(out, "\n")] = '\0';
	fclose(file);
}

static void print(FILE *file, const char *root, const struct init_service *service)
{
	char time[INIT_LOG_TIME_BYTES], path[INIT_PATH_MAX], version[128];
	uint64_t first =
		service->tail_len > INIT_TAIL_LINES ? service->tail_len - INIT_TAIL_LINES : 0;

	init_log_time(base_time_wall_ms(), time);
	snprintf(path, sizeof(path), "%s/etc/sluice/version", root);
	read_line(path, version, sizeof(version));
	fprintf(file, "service: %s\nend: %s\ntime: %s\nbox up: %llu s\nstarts: %llu\nversion: %s\n",
		service->kind->name, service->how, time,
		(unsigned long long)(base_time_ms() / 1000), (unsigned long long)service->starts,
		version);
	fprintf(file, "last lines:\n");
	for (uint64_t i = first; i < service->tail_len; i++)
		fprintf(file, "  %s\n", service->tail[i % INIT_TAIL_LINES]);
}

int init_crash_write(const char *root, const struct init_service *service)
{
	char folder[INIT_PATH_MAX], path[FILE_PATH_MAX], new[FILE_PATH_MAX];
	struct numbers numbers;
	FILE *file;
	int error = 0;

	snprintf(folder, sizeof(folder), "%s/data/crash", root);
	if (mkdir(folder, 0755) < 0 && errno != EEXIST)
		return -errno;
	look(folder, &numbers);
	remove_oldest(folder, &numbers);
	snprintf(path, sizeof(path), "%s/%06lu-%s", folder, numbers.highest + 1,
		service->kind->name);
	snprintf(new, sizeof(new), "%s/new", folder);
	file = fopen(new, "we");
	if (file == NULL)
		return -errno;
	print(file, root, service);
	if (ferror(file))
		error = -EIO;
	if (fclose(file) != 0)
		error = -errno;
	if (error == 0 && rename(new, path) < 0)
		error = -errno;
	if (error != 0)
		unlink(new);
	return error;
}
