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

/* What was kept of the minima of all that was marked good: in that file, and a copy in the boot environment. */
struct kept {
	uint64_t floor; /* the higher one of what can be read */
	bool is_in_file; /* no need to write it */
	const char *lost; /* which of the two is damaged or behind; NULL = none */
};

static struct kept read_kept(const struct update_box *box, const struct update_bootenv *env)
{
	uint64_t file;
	int error = update_box_number(box, kept_minimum, &file);
	bool is_damaged = error != 0 && error != -ENOENT;
	struct kept kept = {.floor = file > env->minimum ? file : env->minimum};

	kept.is_in_file = !is_damaged && file == kept.floor;
	if (!kept.is_in_file)
		kept.lost = kept_minimum;
	else if (env->minimum < kept.floor)
		kept.lost = "the boot environment";
	return kept;
}

uint64_t update_floor(const struct update_box *box, const struct update_bootenv *env)
{
	uint64_t own, kept = read_kept(box, env).floor;

	return update_box_number(box, own_minimum, &own) == 0 && own > kept ? own : kept;
}

/* The boot environment has the floor already. What was lost is said in the fault, though all is well again. */
static int keep_floor(const struct update_box *box, const struct kept *before, uint64_t floor,
	struct update_fault *fault)
{
	char path[PATH_MAX], text[32];
	int len = snprintf(text, sizeof(text), "%" PRIu64 "\n", floor), error = 0;

	update_box_path(box, kept_minimum, path);
	if (!before->is_in_file || before->floor < floor)
		error = update_replace(path, text, (size_t)len, fault);
	if (error == 0 && before->lost != NULL)
		update_fail(fault, 0,
			"%s did not hold the minimum sequence of this box, or was damaged: it is "
			"written anew, as %" PRIu64,
			before->lost, floor);
	return error;
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
	struct kept kept;
	int error = need_slot(box, fault);

	if (error == 0)
		error = update_bootenv_open(&env, box, fault);
	if (error != 0)
		return error;
	fault->text[0] = '\0';
	kept = read_kept(box, &env);
	/* In one write with what makes the slot good. */
	env.minimum = update_floor(box, &env);
	env.slots[box->running] =
		(struct update_slot_state){.is_ok = true, .is_proven = true, .tries = UPDATE_TRIES};
	/* An installation that waits for its restart has put its slot first: it stays there. */
	if (!env.slots[!box->running].is_ok || env.slots[!box->running].tries < UPDATE_TRIES)
		env.first = box->running;
	error = update_bootenv_store(&env, fault);
	update_bootenv_close(&env);
	return error == 0 ? keep_floor(box, &kept, env.minimum, fault) : error;
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

/* A firmware on trial has not raised the floor, and must not be in the way of what it goes back to. */
static int check_sequence(const struct update_box *box, const struct update_bootenv *env,
	enum update_place to, const struct update_release *release, struct update_fault *fault)
{
	uint64_t minimum = update_is_on_trial(env, box->running) ? read_kept(box, env).floor
								 : update_floor(box, env);

	if (release->sequence >= minimum)
		return 0;
	return update_fail(fault, -ESTALE,
		"slot %s holds version %s (sequence %" PRIu64 "%s), below the minimum %" PRIu64
		" of this box: a firmware that ran here closed a hole that it has; stay with the "
		"running one, or install a newer bundle",
		update_place_name(to), release->version[0] != '\0' ? release->version : "unknown",
		release->sequence, release->sequence == 0 ? ", as it names none" : "", minimum);
}

static int check_target(const struct update_box *box, const struct update_bootenv *env,
	enum update_place to, struct update_fault *fault)
{
	const struct update_slot_state *slot = &env->slots[to];
	char path[PATH_MAX];
	struct update_release release;
	int error = update_box_partition(box, update_place_partition(to), path, fault);

	if (error != 0)
		return error;
	if (!slot->is_ok || slot->tries == 0 || update_slot_release(path, &release) == -ENOENT)
		return update_fail(fault, -ENOENT,
			"slot %s cannot be started (%s): install a bundle instead",
			update_place_name(to),
			!slot->is_ok       ? "it holds no whole firmware"
			: slot->tries == 0 ? "it has used up its tries"
					   : "its firmware is missing");
	return check_sequence(box, env, to, &release, fault);
}

int update_rollback(const struct update_box *box, enum update_place *to, struct update_fault *fault)
{
	struct update_bootenv env;
	int error = need_slot(box, fault);

	if (error == 0)
		error = update_bootenv_open(&env, box, fault);
	if (error != 0)
		return error;
	*to = box->running == UPDATE_SLOT_A ? UPDATE_SLOT_B : UPDATE_SLOT_A;
	error = check_target(box, &env, *to, fault);
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
