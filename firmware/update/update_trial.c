#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "update_install.h"
#include "update_priv.h"

/* What the running firmware asks for, and what survives it: the folder that no update and no reset touches. */
static const char own_minimum[] = "/etc/sluice/min_sequence";
static const char kept_minimum[] = "/cfg/factory/min_sequence";

uint64_t update_floor(const struct update_box *box)
{
	uint64_t own = update_box_number(box, own_minimum),
		 kept = update_box_number(box, kept_minimum);

	return own > kept ? own : kept;
}

static int raise_floor(const struct update_box *box, struct update_fault *fault)
{
	uint64_t floor = update_floor(box);
	char path[PATH_MAX], text[32];
	int len;

	if (floor <= update_box_number(box, kept_minimum))
		return 0;
	update_box_path(box, kept_minimum, path);
	len = snprintf(text, sizeof(text), "%" PRIu64 "\n", floor);
	return update_replace(path, text, (size_t)len, fault);
}

bool update_is_on_trial(const struct update_bootenv *env, enum update_place place)
{
	return place <= UPDATE_SLOT_B && !env->slots[place].is_proven && env->slots[!place].is_ok &&
	       env->slots[!place].tries > 0;
}

static int need_slot(const struct update_box *box, struct update_fault *fault)
{
	if (box->running <= UPDATE_SLOT_B)
		return 0;
	return update_fail(fault, -ENOTSUP, "this system runs from %s, not from slot a or b",
		box->running == UPDATE_RECOVERY ? "the recovery partition" : "no slot");
}

int update_mark_good(const struct update_box *box, struct update_fault *fault)
{
	struct update_bootenv env;
	int error = need_slot(box, fault);

	if (error == 0)
		error = update_bootenv_open(&env, box, fault);
	if (error != 0)
		return error;
	env.slots[box->running] =
		(struct update_slot_state){.is_ok = true, .is_proven = true, .tries = UPDATE_TRIES};
	/* An installation that waits for its restart has put its slot first: it stays there. */
	if (!env.slots[!box->running].is_ok || env.slots[!box->running].tries < UPDATE_TRIES)
		env.first = box->running;
	error = update_bootenv_store(&env, fault);
	update_bootenv_close(&env);
	return error == 0 ? raise_floor(box, fault) : error;
}

int update_refill(const struct update_box *box, struct update_fault *fault)
{
	struct update_bootenv env;
	int error = need_slot(box, fault);

	if (error == 0)
		error = update_bootenv_open(&env, box, fault);
	if (error != 0)
		return error;
	env.slots[box->running].tries = UPDATE_TRIES;
	error = update_bootenv_store(&env, fault);
	update_bootenv_close(&env);
	return error;
}

int update_rollback(const struct update_box *box, enum update_place *to, struct update_fault *fault)
{
	char path[PATH_MAX], version[UPDATE_VERSION_MAX];
	struct update_bootenv env;
	int error = need_slot(box, fault);

	if (error == 0)
		error = update_bootenv_open(&env, box, fault);
	if (error != 0)
		return error;
	*to = box->running == UPDATE_SLOT_A ? UPDATE_SLOT_B : UPDATE_SLOT_A;
	error = update_box_partition(box, update_place_partition(*to), path, fault);
	if (error == 0 && (!env.slots[*to].is_ok || env.slots[*to].tries == 0 ||
				  update_slot_version(path, version) == -ENOENT))
		error = update_fail(fault, -ENOENT,
			"slot %s cannot be started (%s): install a bundle instead",
			update_place_name(*to),
			!env.slots[*to].is_ok       ? "it holds no whole firmware"
			: env.slots[*to].tries == 0 ? "it has used up its tries"
						    : "its firmware is missing");
	if (error == 0) {
		env.first = *to;
		env.slots[*to].tries = UPDATE_TRIES;
		error = update_bootenv_store(&env, fault);
	}
	update_bootenv_close(&env);
	return error;
}

int update_reboot(const struct update_box *box, struct update_fault *fault)
{
	static const char request[] = "reboot\n";
	char path[PATH_MAX];
	int fd, error = 0;

	update_box_path(box, "/run/sluice/init", path);
	/* Without a reader the open fails at once, instead of waiting for one. */
	fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		error = -errno;
	else if (write(fd, request, sizeof(request) - 1) < 0)
		error = -errno;
	if (fd >= 0)
		close(fd);
	if (error != 0)
		return update_fail(fault, error,
			"init does not take the request to restart (%s: %s): restart the box by "
			"hand",
			path, strerror(-error));
	return 0;
}
