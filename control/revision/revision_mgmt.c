#include <string.h>
#include <unistd.h>

#include "child.h"
#include "revision_priv.h"

/* The management port belongs to the kernel: a program of the appliance sets it up, and is run after a commit. */

enum { SAID_MAX = 1024 }; /* bytes of what it says that are told */

static void tell_lines(char *said, config_line_fn *report, void *arg)
{
	char *rest = said;

	for (char *line = strtok_r(rest, "\n", &rest); line != NULL;
		line = strtok_r(NULL, "\n", &rest))
		revision_tell(report, arg, "mgmt: %s", line);
}

static void tell_end(const char *program, unsigned limit_s, const struct child_end *end,
	config_line_fn *report, void *arg)
{
	if (end->how == CHILD_LATE)
		revision_tell(report, arg,
			"mgmt: %s could not set the management port up (not done after %u s)",
			program, limit_s);
	else if (!child_is_done(end))
		revision_tell(report, arg, "mgmt: %s could not set the management port up (%s %d)",
			program, end->how == CHILD_SIGNALLED ? "signal" : "status", end->number);
}

void revision_set_up_mgmt(const struct revision_place *place, config_line_fn *report, void *arg)
{
	const char *const argv[] = {place->mgmt, NULL};
	const struct child_program program = {.argv = argv,
		.limit_s = place->mgmt_limit_s ? place->mgmt_limit_s : REVISION_MGMT_LIMIT_S,
		/* Whoever stops waiting for it does not leave the port half set up. */
		.has_group = true};
	struct child_end end;
	char said[SAID_MAX];
	size_t len;
	int rc;

	if (place->mgmt == NULL || access(place->mgmt, X_OK) != 0) {
		revision_tell(report, arg, "mgmt: nothing sets the management port up here (%s)",
			place->mgmt ? place->mgmt : "no program");
		return;
	}
	rc = child_capture(&program, said, sizeof(said), &len, &end);
	tell_lines(said, report, arg);
	if (rc < 0)
		revision_tell(report, arg, "mgmt: cannot run %s: %s", place->mgmt, strerror(-rc));
	else
		tell_end(place->mgmt, program.limit_s, &end, report, arg);
}
