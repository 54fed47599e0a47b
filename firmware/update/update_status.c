#include "update_status.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "update_bootenv.h"
#include "update_install.h"
#include "update_priv.h"
#include "update_slot.h"

/* An object with what the firmware in the partition says of itself. */
static json_t *release_status(const struct update_box *box, enum update_place place)
{
	struct update_release release = {0};
	struct update_fault unused;
	json_t *status = json_object();
	char path[PATH_MAX];
	bool is_known;

	is_known = update_box_partition(box, update_place_partition(place), path, &unused) == 0 &&
		   update_slot_release(path, &release) == 0;
	json_object_set_new(
		status, "version", is_known ? json_string(release.version) : json_null());
	json_object_set_new(status, "sequence",
		release.sequence > 0 ? json_integer((json_int_t)release.sequence) : json_null());
	return status;
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
	json_t *slot = release_status(box, place);

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
	json_t *status = json_object(), *slots, *order;
	struct update_bootenv env;
	int error = update_bootenv_open(&env, box, fault);

	json_object_set_new(status, "board", json_string(box->board));
	json_object_set_new(status, "running", json_string(update_place_name(box->running)));
	json_object_set_new(status, "version", running_version(box));
	json_object_set_new(status, "minimum", json_integer((json_int_t)update_floor(box, &env)));
	if (error != 0)
		return status;
	fault->text[0] = '\0';
	order = json_array();
	json_array_append_new(order, json_string(update_place_name(env.first)));
	json_array_append_new(order, json_string(update_place_name(!env.first)));
	json_object_set_new(status, "order", order);
	slots = json_object();
	for (unsigned i = 0; i < UPDATE_SLOTS; i++)
		json_object_set_new(slots, update_place_name(i), slot_status(box, &env, i));
	json_object_set_new(status, "slots", slots);
	json_object_set_new(status, "recovery", release_status(box, UPDATE_RECOVERY));
	update_bootenv_close(&env);
	return status;
}
