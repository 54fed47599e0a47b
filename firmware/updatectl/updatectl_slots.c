#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "update_install.h"
#include "update_status.h"
#include "updatectl_priv.h"

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "-";
}

/* "VERSION (sequence N)", as far as it is known. */
static void print_release(const json_t *object)
{
	const json_t *sequence = json_object_get(object, "sequence");

	fputs(text_of(object, "version"), stdout);
	if (json_is_integer(sequence))
		printf(" (sequence %lld)", (long long)json_integer_value(sequence));
}

static bool is_set(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

static const char *state_of(const json_t *slot)
{
	if (!is_set(slot, "ok"))
		return "empty or not whole";
	if (json_integer_value(json_object_get(slot, "tries")) == 0 && !is_set(slot, "running"))
		return "failed: no tries left";
	return is_set(slot, "trial") ? "on trial" : "good";
}

static void print_slots(const json_t *status)
{
	const json_t *order = json_object_get(status, "order"),
		     *slots = json_object_get(status, "slots");

	printf("order     %s, %s\n", json_string_value(json_array_get(order, 0)),
		json_string_value(json_array_get(order, 1)));
	for (enum update_place place = UPDATE_SLOT_A; place <= UPDATE_SLOT_B; place++) {
		const json_t *slot = json_object_get(slots, update_place_name(place));

		printf("slot %s    ", update_place_name(place));
		print_release(slot);
		printf(", %s, %lld tries left%s\n", state_of(slot),
			(long long)json_integer_value(json_object_get(slot, "tries")),
			is_set(slot, "running") ? ", runs" : "");
	}
	fputs("recovery  ", stdout);
	print_release(json_object_get(status, "recovery"));
	putchar('\n');
}

static void print_text(const json_t *status)
{
	printf("board     %s\nrunning   %s, version %s\nminimum   %lld\n", text_of(status, "board"),
		text_of(status, "running"), text_of(status, "version"),
		(long long)json_integer_value(json_object_get(status, "minimum")));
	if (json_object_get(status, "slots") != NULL)
		print_slots(status);
}

int updatectl_status(struct updatectl *ctl)
{
	bool as_json = ctl->argc == 2 && strcmp(ctl->argv[1], "--json") == 0;
	struct update_fault fault;
	struct update_box box;
	json_t *status;
	char *text;

	if (ctl->argc > 1 && !as_json)
		return updatectl_usage("status takes --json only, not", ctl->argv[ctl->argc - 1]);
	if (update_box_load(&box, ctl->root, &fault) != 0)
		return updatectl_failed(&fault);
	status = update_status(&box, &fault);
	if (as_json) {
		text = json_dumps(status, JSON_COMPACT);
		puts(text ? text : "{}");
		free(text);
	} else {
		print_text(status);
	}
	json_decref(status);
	/* A system that was not booted from a disk has no slots to miss. */
	if (fault.text[0] != '\0' && box.running != UPDATE_NOWHERE)
		return updatectl_failed(&fault);
	return 0;
}

int updatectl_rollback(struct updatectl *ctl)
{
	bool reboot = ctl->argc < 2 || strcmp(ctl->argv[1], "--no-reboot") != 0;
	struct update_fault fault;
	enum update_place to;
	struct update_box box;

	if (ctl->argc > 2 || (ctl->argc == 2 && reboot))
		return updatectl_usage(
			"rollback takes --no-reboot only, not", ctl->argv[ctl->argc - 1]);
	if (update_box_load(&box, ctl->root, &fault) != 0 ||
		update_rollback(&box, &to, &fault) != 0)
		return updatectl_failed(&fault);
	printf("slot %s is started next\n", update_place_name(to));
	return !reboot || update_reboot(&box, &fault) == 0 ? 0 : updatectl_failed(&fault);
}

int updatectl_mark_good(struct updatectl *ctl)
{
	struct update_fault fault;
	struct update_box box;

	if (ctl->argc > 1)
		return updatectl_usage("mark-good takes nothing, not", ctl->argv[1]);
	if (update_box_load(&box, ctl->root, &fault) != 0 || update_mark_good(&box, &fault) != 0)
		return updatectl_failed(&fault);
	if (fault.text[0] != '\0')
		puts(fault.text);
	printf("slot %s is good\n", update_place_name(box.running));
	return 0;
}
