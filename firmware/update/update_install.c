#include "update_install.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* An installation under way. */
struct job {
	const struct update_install *install;
	const struct update_box *box;
	struct update_bundle bundle;
	enum update_place target;
	struct update_slot_write slot;
	struct update_fault *fault;
};

static void say(const struct job *job, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say(const struct job *job, const char *format, ...)
{
	char line[256];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	job->install->say(job->install->arg, line);
}

static int check_board(struct job *job)
{
	const struct update_manifest *manifest = &job->bundle.manifest;

	if (strcmp(manifest->board, job->box->board) == 0)
		return 0;
	return update_fail(job->fault, -EXDEV,
		"the bundle is for board %s, this box is a %s: take the bundle of this board; "
		"nothing was written",
		manifest->board, job->box->board);
}

static int check_sequence(struct job *job, const struct update_bootenv *env)
{
	const struct update_manifest *manifest = &job->bundle.manifest;
	uint64_t minimum = update_floor(job->box, env);

	if (manifest->sequence >= minimum)
		return 0;
	return update_fail(job->fault, -ESTALE,
		"version %s (sequence %" PRIu64 ") is below the minimum %" PRIu64
		" of this box: a firmware that ran here closed a hole that it has; take a newer "
		"one; nothing was written",
		manifest->version, manifest->sequence, minimum);
}

/* From a or b the other one; from the recovery system one that does not boot, if there is such. */
static int choose_target(struct job *job, const struct update_bootenv *env)
{
	switch (job->box->running) {
	case UPDATE_SLOT_A:
	case UPDATE_SLOT_B:
		if (update_is_on_trial(env, job->box->running))
			return update_fail(job->fault, -EBUSY,
				"slot %s is on trial, and slot %s is what it would go back to: "
				"wait "
				"until it is good, or end the trial with mark-good or rollback",
				update_place_name(job->box->running),
				update_place_name(!job->box->running));
		job->target = job->box->running == UPDATE_SLOT_A ? UPDATE_SLOT_B : UPDATE_SLOT_A;
		return 0;
	case UPDATE_RECOVERY:
		job->target = env->slots[env->first].is_ok && env->slots[env->first].tries > 0
				      ? !env->first
				      : env->first;
		return 0;
	case UPDATE_NOWHERE:
		break;
	}
	return update_fail(job->fault, -ENOTSUP,
		"this system was not booted from a slot: write the disk image instead");
}

/* The boot environment says that the target may not boot; the installation may begin. */
static int close_target(struct job *job)
{
	char path[PATH_MAX];
	struct update_bootenv env;
	int error = update_bootenv_open(&env, job->box, job->fault);

	if (error != 0)
		return error;
	error = choose_target(job, &env);
	if (error == 0)
		error = check_sequence(job, &env);
	if (error == 0)
		error = update_box_partition(
			job->box, update_place_partition(job->target), path, job->fault);
	job->slot.path = path;
	if (error == 0)
		error = update_slot_open(&job->slot, job->fault);
	job->slot.path = update_place_partition(job->target);
	if (error == 0) {
		env.slots[job->target] = (struct update_slot_state){0};
		env.first = !job->target;
		/* It is what the new one goes back to: with tries, however few its own start has left. */
		if (job->box->running != UPDATE_RECOVERY) {
			env.slots[job->box->running].is_proven = true;
			env.slots[job->box->running].tries = UPDATE_TRIES;
		}
		error = update_bootenv_store(&env, job->fault);
	}
	update_bootenv_close(&env);
	return error;
}

static int open_target(struct job *job)
{
	struct update_bootenv env;
	int error = update_bootenv_open(&env, job->box, job->fault);

	if (error != 0)
		return error;
	env.slots[job->target] = (struct update_slot_state){.is_ok = true, .tries = UPDATE_TRIES};
	env.first = job->target;
	error = update_bootenv_store(&env, job->fault);
	update_bootenv_close(&env);
	return error;
}

static int run(struct job *job, struct update_source *source, const struct update_keys *keys)
{
	const struct update_manifest *manifest = &job->bundle.manifest;
	int error;

	if ((error = update_bundle_open(&job->bundle, source, keys, job->fault)) != 0 ||
		(error = check_board(job)) != 0 || (error = close_target(job)) != 0)
		return error;
	say(job, "version %s (sequence %" PRIu64 ") for %s, signature good: to slot %s",
		manifest->version, manifest->sequence, manifest->board,
		update_place_name(job->target));
	if ((error = update_slot_fill(&job->slot, job->fault)) != 0 ||
		(error = open_target(job)) != 0)
		return error;
	say(job, "slot %s holds version %s and is started next, on trial",
		update_place_name(job->target), manifest->version);
	return 0;
}

int update_install(const struct update_install *install, struct update_source *source,
	struct update_fault *fault)
{
	struct job job = {.install = install, .box = install->box, .fault = fault};
	struct update_keys *keys = NULL;
	char path[PATH_MAX];
	int error;

	job.slot = (struct update_slot_write){.bundle = &job.bundle,
		.progress = install->progress,
		.arg = install->arg,
		.fd = -1};
	update_box_path(install->box, "/etc/sluice/release.pub", path);
	error = update_keys_load(&keys, path, fault);
	if (error == 0)
		error = run(&job, source, keys);
	update_slot_close(&job.slot);
	update_keys_free(keys);
	return error;
}
