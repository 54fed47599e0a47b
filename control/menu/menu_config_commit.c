#include "menu_config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Commands that make the candidate run. */

struct plan {
	struct shell_call *call;
	unsigned changes;
};

static void print_change(void *arg, const struct revision_change *change)
{
	struct plan *plan = arg;

	plan->changes++;
	shell_print(plan->call, "  %s: %s -> %s   %s", change->path,
		change->before[0] != '\0' ? change->before : "(none)",
		change->after[0] != '\0' ? change->after : "(none)", revision_change_text(change));
}

/* Says what a commit would do. Returns the processes that start anew, or -1 after saying what is wrong. */
static int tell_plan(struct shell_call *call, struct plan *plan)
{
	struct menu_config *config = menu_config_of(call);
	char fault[REVISION_FAULT_MAX];
	int restarts;

	if (revision_candidate_check(config->candidate, menu_config_print, call) < 0) {
		shell_fail(call, "The configuration is not committed: it is wrong as a whole.");
		return -1;
	}
	restarts = revision_candidate_plan(config->candidate, print_change, plan, fault);
	if (restarts < 0) {
		shell_fail(call, "%s", fault);
		return -1;
	}
	return restarts;
}

static const char *restart_text(unsigned restarts)
{
	if ((restarts & CONFIG_CONTROL) != 0)
		return "The broker restarts: all clients are disconnected, and sessions that are "
		       "only in "
		       "memory end.";
	if ((restarts & CONFIG_WORKER) != 0)
		return "The worker restarts: all clients are disconnected, and may connect again "
		       "at once.";
	return "A part of the box restarts.";
}

static void tell_done(
	struct shell_call *call, int number, const struct revision_commit *commit, bool was_pending)
{
	if (number == 0 && was_pending && commit->confirm_minutes > 0)
		shell_print(
			call, "There was nothing to commit; what waits to be confirmed waits on.");
	else if (number == 0 && was_pending)
		shell_print(
			call, "There was nothing to commit; what waited to be confirmed stays.");
	else if (number == 0)
		shell_print(call, "There is nothing to commit.");
	else if (commit->confirm_minutes > 0)
		shell_print(call,
			"Committed as revision %d. Without 'confirm' within %u min, all is as "
			"before again.",
			number, commit->confirm_minutes);
	else
		shell_print(call, "Committed as revision %d.", number);
}

static bool is_pending(const struct revision_place *place)
{
	struct revision_pending pending;
	char fault[REVISION_FAULT_MAX];

	return revision_pending(place, &pending, fault) == 0 && pending.is_pending;
}

static int commit_as(struct shell_call *call, struct revision_commit *commit)
{
	struct menu_config *config = menu_config_of(call);
	struct plan plan = {.call = call};
	char fault[REVISION_FAULT_MAX];
	bool was_pending = is_pending(&config->places.place);
	int rc = tell_plan(call, &plan);

	if (rc < 0)
		return SHELL_NOT_DONE;
	if (rc != 0 && !commit->no_restart &&
		!shell_confirm(call, "yes", "%s", restart_text((unsigned)rc)))
		return SHELL_NOT_DONE;
	commit->who = shell_user(call);
	commit->why = shell_arg(call, "comment");
	fault[0] = '\0';
	rc = revision_candidate_commit(config->candidate, commit, menu_config_print, call, fault);
	if (rc == -ESTALE)
		return shell_fail(call,
			"%s 'rebase' puts your changes onto what runs now, 'discard' forgets them.",
			fault);
	if (rc < 0)
		return shell_fail(call, "%s", fault);
	tell_done(call, rc, commit, was_pending);
	return SHELL_DONE;
}

int menu_config_commit(struct shell_call *call)
{
	struct revision_commit commit = {0};

	return commit_as(call, &commit);
}

int menu_config_commit_no_restart(struct shell_call *call)
{
	struct revision_commit commit = {.no_restart = true};

	return commit_as(call, &commit);
}

int menu_config_commit_confirm(struct shell_call *call)
{
	long minutes = shell_number(call, "number", 0);
	struct revision_commit commit = {.confirm_minutes = (unsigned)minutes};

	if (minutes < 1 || minutes > REVISION_CONFIRM_MINUTES_MAX)
		return shell_fail(call, "commit-confirm takes 1 to %d minutes, not %ld.",
			REVISION_CONFIRM_MINUTES_MAX, minutes);
	return commit_as(call, &commit);
}

int menu_config_commit_check(struct shell_call *call)
{
	struct plan plan = {.call = call};
	int restarts = tell_plan(call, &plan);

	if (restarts < 0)
		return SHELL_NOT_DONE;
	if (plan.changes == 0)
		shell_print(call, "There is nothing to commit.");
	else if (restarts != 0)
		shell_print(call, "%s", restart_text((unsigned)restarts));
	else
		shell_print(call, "Nothing restarts: no client is disconnected.");
	return SHELL_DONE;
}

int menu_config_confirm(struct shell_call *call)
{
	char fault[REVISION_FAULT_MAX];
	struct menu_place places;
	int rc;

	menu_place_init(&places, shell_context(call));
	rc = revision_confirm(&places.place, fault);
	if (rc == -ENOENT)
		return shell_fail(call, "No commit waits to be confirmed.");
	if (rc < 0)
		return shell_fail(call, "%s", fault);
	shell_print(call, "Confirmed: the commit stays.");
	return SHELL_DONE;
}
