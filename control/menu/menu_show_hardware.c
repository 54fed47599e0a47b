#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "menu_box.h"
#include "menu_show.h"

/* The machine below, as the kernel and the board's files tell it. */

enum { LINE_ROOM = 2 * MENU_PATH_MAX, SECTOR_BYTES = 512 };

/* What follows "NAME:" in a file of such lines, or "". */
static void read_member(
	const struct menu *menu, const char *path, const char *name, char out[MENU_FACT_MAX])
{
	char whole[MENU_PATH_MAX], line[LINE_ROOM];
	FILE *file = fopen(menu_path(menu, path, whole), "re");

	out[0] = '\0';
	while (file != NULL && out[0] == '\0' && fgets(line, sizeof(line), file) != NULL) {
		const char *value = strchr(line, ':');

		if (strncmp(line, name, strlen(name)) != 0 || value == NULL)
			continue;
		value += 1 + strspn(value + 1, " \t");
		snprintf(out, MENU_FACT_MAX, "%.*s", (int)strcspn(value, "\n"), value);
	}
	if (file != NULL)
		fclose(file);
}

static void put_file(struct shell_call *call, json_t *json, const char *name, const char *path)
{
	char value[MENU_FACT_MAX];

	menu_fact(shell_context(call), path, "", value);
	menu_put_fact(call, json, name, name, value);
}

static void put_member(struct shell_call *call, json_t *json, const char *name, const char *label,
	const char *path, const char *member)
{
	char value[MENU_FACT_MAX];

	read_member(shell_context(call), path, member, value);
	menu_put_fact(call, json, name, label, value);
}

/* The device tree's name of the machine, or the firmware's. */
static void put_model(struct shell_call *call, json_t *json)
{
	char value[MENU_FACT_MAX];

	menu_fact(shell_context(call), "/proc/device-tree/model", "", value);
	if (value[0] == '\0')
		menu_fact(shell_context(call), "/sys/class/dmi/id/product_name", "", value);
	menu_put_fact(call, json, "model", "model", value);
}

/* Folders of the kernel: "vda 64 MB" for block devices, "eth0 MAC" for ports. */
typedef void each_fn(const struct menu *menu, const char *name, char out[LINE_ROOM]);

static void describe_disk(const struct menu *menu, const char *name, char out[LINE_ROOM])
{
	char path[MENU_PATH_MAX], sectors[MENU_FACT_MAX];

	snprintf(path, sizeof(path), "/sys/block/%s/size", name);
	menu_fact(menu, path, "0", sectors);
	if (strtoull(sectors, NULL, 10) > 0 && strncmp(name, "loop", 4) != 0 &&
		strncmp(name, "ram", 3) != 0)
		snprintf(out, LINE_ROOM, "%s %llu MB", name,
			strtoull(sectors, NULL, 10) * SECTOR_BYTES / 1000000);
}

static void describe_port(const struct menu *menu, const char *name, char out[LINE_ROOM])
{
	char path[MENU_PATH_MAX], address[MENU_FACT_MAX], state[MENU_FACT_MAX];

	if (strcmp(name, "lo") == 0)
		return;
	snprintf(path, sizeof(path), "/sys/class/net/%s/address", name);
	menu_fact(menu, path, "", address);
	snprintf(path, sizeof(path), "/sys/class/net/%s/operstate", name);
	menu_fact(menu, path, "unknown", state);
	snprintf(out, LINE_ROOM, "%s %s, %s", name, address, state);
}

static void put_each(struct shell_call *call, json_t *json, const char *name, const char *folder,
	each_fn *describe)
{
	char path[MENU_PATH_MAX];
	DIR *dir = opendir(menu_path(shell_context(call), folder, path));
	json_t *list = json != NULL ? json_array() : NULL;
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char text[LINE_ROOM] = "";

		if (entry->d_name[0] != '.' && strlen(entry->d_name) < MENU_FACT_MAX)
			describe(shell_context(call), entry->d_name, text);
		if (text[0] != '\0' && list != NULL)
			json_array_append_new(list, json_string(text));
		else if (text[0] != '\0')
			shell_print(call, "%-16s: %s", name, text);
	}
	if (dir != NULL)
		closedir(dir);
	if (list != NULL)
		json_object_set_new(json, name, list);
}

int menu_show_hardware(struct shell_call *call)
{
	json_t *json = shell_wants_json(call) ? json_object() : NULL;
	char cores[24];

	put_file(call, json, "serial", MENU_SERIAL);
	put_file(call, json, "node_id", MENU_NODE_ID);
	put_model(call, json);
	put_member(call, json, "processor", "processor", "/proc/cpuinfo", "model name");
	snprintf(cores, sizeof(cores), "%ld", sysconf(_SC_NPROCESSORS_ONLN));
	menu_put_fact(call, json, "cores", "cores", cores);
	put_member(call, json, "memory", "memory", "/proc/meminfo", "MemTotal");
	put_member(call, json, "memory_free", "memory free", "/proc/meminfo", "MemAvailable");
	put_member(call, json, "hugepages", "hugepages", "/proc/meminfo", "HugePages_Total");
	put_each(call, json, "disk", "/sys/block", describe_disk);
	put_each(call, json, "port", "/sys/class/net", describe_port);
	if (json != NULL)
		shell_json(call, json);
	return SHELL_DONE;
}
