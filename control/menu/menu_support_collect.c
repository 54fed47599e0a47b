#include "menu_support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "menu_config.h"
#include "menu_control.h"

/* What goes into the support archive. */

enum {
	COMMAND_LIMIT_S = 20,
	CRASHES_MAX = 16,
	NAME_BYTES = 128,
};

static const char *const files[] = {
	MENU_VERSION,
	MENU_BUILD_TIME,
	MENU_BOARD,
	MENU_SLOT,
	MENU_FAULTS,
	MENU_SERVICES,
	MENU_SERIAL,
	"/cfg/factory/node_id",
	"/cfg/config/acl.conf",
	"/proc/buddyinfo",
	"/proc/cmdline",
	"/proc/cpuinfo",
	"/proc/interrupts",
	"/proc/iomem",
	"/proc/loadavg",
	"/proc/meminfo",
	"/proc/modules",
	"/proc/mounts",
	"/proc/net/dev",
	"/proc/pagetypeinfo",
	"/proc/partitions",
	"/proc/softirqs",
	"/proc/stat",
	"/proc/uptime",
	"/proc/version",
	"/proc/vmstat",
};

static const struct {
	const char *name;
	const char *argv[5];
} programs[] = {
	{"dmesg.txt", {"dmesg"}},
	{"ps.txt", {"ps"}},
	{"df.txt", {"df"}},
	{"ip-addresses.txt", {"ip", "addr"}},
	{"ip-routes.txt", {"ip", "route"}},
	{"ip-neighbours.txt", {"ip", "neigh"}},
	{"firmware.json", {"sluice-firmware", "status", "--json"}},
	{"board-check.txt", {"sluice-board", MENU_BOARD, "--check"}},
};

static const struct {
	const char *name;
	const char *words[MENU_WORDS_MAX];
} questions[] = {
	{"status.json", {"status"}},
	{"broker.json", {"broker"}},
	{"broker-stats.json", {"broker", "stats"}},
	{"broker-metrics.json", {"broker", "metrics"}},
	{"listeners.json", {"listeners"}},
	{"memory.json", {"memory"}},
};

static FILE *create(struct menu_support *support, const char *name)
{
	char path[MENU_PATH_MAX + NAME_BYTES];

	snprintf(path, sizeof(path), "%s/%s", support->folder, name);
	return fopen(path, "we");
}

static void put_bytes(struct menu_support *support, const char *name, const char *bytes, size_t len)
{
	FILE *out;

	if (len > support->left)
		len = support->left;
	out = len > 0 ? create(support, name) : NULL;
	if (out == NULL)
		return;
	support->left -= fwrite(bytes, 1, len, out);
	fclose(out);
}

/* "/proc/net/dev" as "proc-net-dev"; a path begins with a slash. */
static void name_of(const char *path, char name[NAME_BYTES])
{
	size_t len = strnlen(path + 1, NAME_BYTES - 1);

	memcpy(name, path + 1, len);
	name[len] = '\0';
	for (char *c = name; *c != '\0'; c++)
		if (*c == '/')
			*c = '-';
}

/* The end of a file is what tells. Files of /proc have no size, so that their beginning has to do. */
static void take_file(struct menu_support *support, const char *path, const char *name)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char *bytes = malloc(MENU_SUPPORT_PART_MAX);
	struct stat info;
	size_t len = 0;
	ssize_t n = 1;

	if (fd >= 0 && bytes != NULL && fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
		if (info.st_size > MENU_SUPPORT_PART_MAX)
			lseek(fd, -MENU_SUPPORT_PART_MAX, SEEK_END);
		while (n > 0 && len < MENU_SUPPORT_PART_MAX) {
			n = read(fd, bytes + len, MENU_SUPPORT_PART_MAX - len);
			len += n > 0 ? (size_t)n : 0;
		}
		put_bytes(support, name, bytes, len);
	}
	free(bytes);
	if (fd >= 0)
		close(fd);
}

static void take_files(struct menu_support *support)
{
	char path[MENU_PATH_MAX], name[NAME_BYTES];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		/* What the kernel says is the machine's, wherever the box's own files are. */
		bool is_kernel = strncmp(files[i], "/proc/", 6) == 0;

		name_of(files[i], name);
		take_file(support, is_kernel ? files[i] : menu_path(support->menu, files[i], path),
			name);
	}
}

static int is_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* The files of a folder, at most `max`: names that sort last are the newest. */
static void take_folder(struct menu_support *support, const char *folder, unsigned max)
{
	char whole[MENU_PATH_MAX], path[MENU_PATH_MAX + 300], name[NAME_BYTES];
	struct dirent **entries;
	int len = scandir(menu_path(support->menu, folder, whole), &entries, is_file, alphasort);

	for (int i = 0; i < len; i++) {
		if ((unsigned)(len - i) <= max) {
			snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
			name_of(path, name);
			snprintf(path, sizeof(path), "%s/%s", whole, entries[i]->d_name);
			take_file(support, path, name);
		}
		free(entries[i]);
	}
	if (len >= 0)
		free(entries);
}

/* What a program has said until its time was over is worth having too. */
static void take_programs(struct menu_support *support)
{
	size_t room = MENU_SUPPORT_PART_MAX + 1, len;
	char *text = malloc(room);
	struct child_end end;

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]) && text != NULL; i++) {
		const struct child_program program = {.argv = programs[i].argv,
			.limit_s = COMMAND_LIMIT_S,
			.has_group = shell_is_interactive(support->call)};

		if (child_capture(&program, text, room, &len, &end) == 0)
			put_bytes(support, programs[i].name, text, len);
	}
	free(text);
}

/* One question that is not answered is enough: a control that hangs would be waited for at each. */
static void ask_control(struct menu_support *support)
{
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		json_t *answer = menu_request(support->call, questions[i].words, NULL, false);
		char *text = answer != NULL ? json_dumps(answer, JSON_INDENT(1)) : NULL;

		if (text != NULL)
			put_bytes(support, questions[i].name, text, strlen(text));
		free(text);
		json_decref(answer);
		if (answer == NULL) {
			static const char none[] = "control did not answer\n";

			put_bytes(support, questions[i].name, none, sizeof(none) - 1);
			return;
		}
	}
}

static void put_line(void *arg, const char *line)
{
	fprintf(arg, "%s\n", line);
}

static void put_revision(void *arg, unsigned back, const struct revision_info *info)
{
	fprintf(arg, "%u  %u  %s  %s  %s\n", back, info->number, info->when, info->who, info->why);
}

/* Masked, as a candidate shows it: the file itself holds the secrets. */
static void take_configuration(struct menu_support *support)
{
	struct revision_candidate *candidate;
	char fault[REVISION_FAULT_MAX] = "";
	struct menu_place places;
	FILE *out = create(support, "configuration.txt");

	if (out == NULL)
		return;
	menu_place_init(&places, support->menu);
	candidate = revision_candidate_new(&places.place, fault);
	if (candidate != NULL &&
		revision_candidate_show(candidate, NULL, put_line, out, fault) == 0)
		fault[0] = '\0';
	revision_candidate_free(candidate);
	fprintf(out, "\n# history\n");
	if (revision_history(&places.place, put_revision, out, fault) == 0)
		fault[0] = '\0';
	if (fault[0] != '\0')
		fprintf(out, "# %s\n", fault);
	fclose(out);
}

void menu_support_collect(struct menu_support *support)
{
	take_files(support);
	take_configuration(support);
	ask_control(support);
	take_programs(support);
	take_folder(support, MENU_LOG, UINT16_MAX);
	take_folder(support, MENU_CRASH, CRASHES_MAX);
}
