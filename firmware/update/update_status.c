#include "update_status.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "update_bootenv.h"
#include "update_install.h"
#include "update_priv.h"
#include "update_slot.h"

static json_t *slot_version(const struct update_box *box, enum update_place place)
{
	char path[PATH_MAX], version[UPDATE_VERSION_MAX];
	struct update_fault unused;

	if (update_box_partition(box, update_place_partition(place), path, &unused) != 0 ||
		update_slot_version(path, version) != 0)
		return json_null();
	return json_string(version);
}

static json_t *running_version(const struct update_box *box)
{
	struct update_fault unused;
	char path[PATH_MAX], *text;
	json_t *version;
	size_t bytes;

	update_box_path(box, "/etc/sluice/version", path);
	if (update_slurp(path, UPDATE_VERSION_MAX, &text, &bytes, &unused) != 0)
		return json_null();
	text[strcspn(text, "\n")] = '\0';
	version = json_string(text);
	free(text);
	return version ? version : json_null();
}

static json_t *slot_status(
	const struct update_box *box, const struct update_bootenv *env, enum update_place place)
{
	const struct update_slot_state *state = &env->slots[place];
	json_t *slot = json_object();

	json_object_set_new(slot, "version", slot_version(box, place));
	json_object_set_new(slot, "ok", json_boolean(state->is_ok));
	json_object_set_new(slot, "tries", json_integer(state->tries));
	json_object_set_new(slot, "good", json_boolean(state->is_proven));
	json_object_set_new(
		slot, "trial", json_boolean(state->is_ok && update_is_on_trial(env, place)));
	json_object_set_new(slot, "running", json_boolean(box->running == place));
	return slot;
}

json_t *update_status(const struct update_box *box, struct update_fault *fault)
{
	json_t *status = json_object(), *slots, *order, *recovery;
	struct update_bootenv env;

	fault->text[0] = '\0';
	json_object_set_new(status, "board", json_string(box->board));
	json_object_set_new(status, "running", json_string(update_place_name(box->running)));
	json_object_set_new(status, "version", running_version(box));
	json_object_set_new(status, "minimum", json_integer((json_int_t)update_floor(box)));
	if (update_bootenv_open(&env, box, fault) != 0)
		return status;
	order = json_array();
	json_array_append_new(order, json_string(update_place_name(env.first)));
	json_array_append_new(order, json_string(update_place_name(!env.first)));
	json_object_set_new(status, "order", order);
	slots = json_object();
	for (unsigned i = 0; i < UPDATE_SLOTS; i++)
		json_object_set_new(slots, update_place_name(i), slot_status(box, &env, i));
	json_object_set_new(status, "slots", slots);
	recovery = json_object();
	json_object_set_new(recovery, "version", slot_version(box, UPDATE_RECOVERY));
	json_object_set_new(status, "recovery", recovery);
	update_bootenv_close(&env);
	return status;
}
