#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "menu_box.h"
#include "menu_control.h"
#include "menu_show.h"

/* What the box says of itself. None of this needs control: where it is asked, no answer is one of the facts. */

enum { LINE_ROOM = 512 };

void menu_put_fact(struct shell_call *call, json_t *json, const char *name, const char *label,
	const char *value)
{
	if (value == NULL || value[0] == '\0')
		return;
	if (json != NULL)
		json_object_set_new(json, name, json_string(value));
	else
		shell_print(call, "%-16s: %s", label, value);
}

static json_t *begin(const struct shell_call *call)
{
	return shell_wants_json(call) ? json_object() : NULL;
}

static int end(struct shell_call *call, json_t *json)
{
	if (json != NULL)
		shell_json(call, json);
	return SHELL_DONE;
}

static void put_file(struct shell_call *call, json_t *json, const char *name, const char *label,
	const char *path)
{
	char value[MENU_FACT_MAX];

	menu_fact(shell_context(call), path, "", value);
	menu_put_fact(call, json, name, label, value);
}

/* The version of the running control, where no image says one. */
static void put_version(struct shell_call *call, json_t *json)
{
	char value[MENU_FACT_MAX];
	json_t *answer;

	menu_fact(shell_context(call), MENU_VERSION, "", value);
	if (value[0] != '\0') {
		menu_put_fact(call, json, "version", "version", value);
		return;
	}
	answer = menu_request(call, (menu_words){"broker"}, NULL, false);
	menu_put_fact(call, json, "version", "version",
		json_string_value(json_object_get(json_object_get(answer, "result"), "version")));
	json_decref(answer);
}

int menu_show_version(struct shell_call *call)
{
	json_t *json = begin(call);
	struct utsname name;

	menu_put_fact(call, json, "product", "product", "Sluice");
	put_version(call, json);
	put_file(call, json, "build_time", "built", MENU_BUILD_TIME);
	put_file(call, json, "slot", "slot", MENU_SLOT);
	if (uname(&name) == 0) {
		menu_put_fact(call, json, "kernel", "kernel", name.release);
		menu_put_fact(call, json, "machine", "machine", name.machine);
	}
	return end(call, json);
}

static void put_uptime(struct shell_call *call, json_t *json)
{
	char text[MENU_FACT_MAX], value[64];
	long seconds;

	menu_fact(shell_context(call), "/proc/uptime", "", text);
	seconds = strtol(text, NULL, 10);
	if (text[0] == '\0')
		return;
	snprintf(value, sizeof(value), "%ld d %02ld:%02ld:%02ld", seconds / 86400,
		seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
	menu_put_fact(call, json, "uptime", "up", value);
}

/* Facts of the board that do not hold; *faults are the member of JSON. */
static void put_faults(struct shell_call *call, json_t *json)
{
	char path[MENU_PATH_MAX], line[LINE_ROOM];
	FILE *file = fopen(menu_path(shell_context(call), MENU_FAULTS, path), "re");
	json_t *list = json != NULL ? json_array() : NULL;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (list != NULL)
			json_array_append_new(list, json_string(line));
		else
			shell_print(call, "%-16s: %s", "fault", line);
	}
	if (file != NULL)
		fclose(file);
	if (list != NULL)
		json_object_set_new(json, "faults", list);
}

/* "running, pid 12, restarts 0, since ..., ended ..." of one service, as init writes it. */
static void print_service(struct shell_call *call, const json_t *service)
{
	const char *name = json_string_value(json_object_get(service, "name"));
	const char *state = json_string_value(json_object_get(service, "state"));
	const char *since = json_string_value(json_object_get(service, "since"));
	const char *last_end = json_string_value(json_object_get(service, "last_end"));
	json_int_t pid = json_integer_value(json_object_get(service, "pid"));
	char process[32] = "";

	if (pid > 0)
		snprintf(process, sizeof(process), ", pid %lld", (long long)pid);
	shell_print(call, "%-16s: %s%s, restarts %lld, since %s%s%s",
		name != NULL ? name : "service", state != NULL ? state : "unknown", process,
		(long long)json_integer_value(json_object_get(service, "restarts")),
		since != NULL ? since : "the start", last_end != NULL ? "; ended before: " : "",
		last_end != NULL ? last_end : "");
}

static void put_services(struct shell_call *call, json_t *json)
{
	char path[MENU_PATH_MAX];
	json_t *file = json_load_file(menu_path(shell_context(call), MENU_SERVICES, path), 0, NULL);
	json_t *services = json_object_get(file, "services");

	if (json != NULL && services != NULL)
		json_object_set(json, "services", services);
	for (size_t i = 0; json == NULL && i < json_array_size(services); i++)
		print_service(call, json_array_get(services, i));
	json_decref(file);
}

static void put_broker(struct shell_call *call, json_t *json)
{
	struct menu *menu = shell_context(call);
	json_t *answer = menu_request(call, (menu_words){"status"}, NULL, false);
	json_t *result = json_object_get(answer, "result"), *worker;
	char text[LINE_ROOM];
	size_t i;

	if (result == NULL) {
		snprintf(text, sizeof(text), "does not answer at %s", menu->found);
		menu_put_fact(call, json, "broker", "broker", text);
	} else if (json != NULL) {
		json_object_set(json, "broker", result);
	} else {
		menu_put_fact(call, json, "broker", "broker", "answers");
		json_array_foreach(json_object_get(result, "workers"), i, worker)
		{
			snprintf(text, sizeof(text), "worker %zu", i);
			shell_print(call, "%-16s: %s", text,
				json_is_true(json_object_get(worker, "ready")) ? "ready" : "down");
		}
	}
	json_decref(answer);
}

int menu_show_status(struct shell_call *call)
{
	const struct menu *menu = shell_context(call);
	json_t *json = begin(call);
	char slot[MENU_FACT_MAX];

	put_uptime(call, json);
	put_file(call, json, "slot", "slot", MENU_SLOT);
	put_faults(call, json);
	put_services(call, json);
	put_broker(call, json);
	/* Only an appliance, which has a slot, has disks to lose. */
	menu_fact(menu, MENU_SLOT, "", slot);
	if (slot[0] != '\0' && menu_cfg_is_lost(menu))
		menu_put_fact(call, json, "cfg", "cfg",
			"in memory: changes are lost at a restart; see factory-reset");
	if (slot[0] != '\0' && menu_data_is_lost(menu))
		menu_put_fact(
			call, json, "data", "data", "in memory: the log is lost at a restart");
	return end(call, json);
}
