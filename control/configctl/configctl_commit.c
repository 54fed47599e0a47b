#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "configctl.h"
#include "configctl_edit.h"

/* Commands that commit. */

void configctl_drop(void *arg, const char *line)
{
	(void)arg;
	(void)line;
}

bool configctl_number(const char *text, unsigned *number)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	*number = (unsigned)value;
	if (*text >= '0' && *text <= '9' && *end == '\0' && value <= UINT_MAX)
		return true;
	fprintf(stderr, "sluice-config: expected a number of commits, found '%s'\n", text);
	return false;
}

int configctl_edit(struct configctl *ctl, struct revision_candidate **candidate, char *fault)
{
	int rc = 0;

	*candidate = revision_candidate_new(&ctl->place, fault);
	if (*candidate == NULL)
		return -ENOMEM;
	if (ctl->load != NULL)
		rc = revision_candidate_load_file(*candidate, ctl->load, fault);
	for (unsigned i = 0; i < ctl->edit_len && rc == 0; i++) {
		const struct configctl_edit *edit = &ctl->edits[i];

		rc = edit->is_delete
			     ? revision_candidate_delete(*candidate, edit->path, fault)
			     : revision_candidate_set(*candidate, edit->path, edit->text, fault);
	}
	return rc;
}

static void print_change(void *arg, const struct revision_change *change)
{
	const char *before = change->before[0] ? change->before : "nothing";
	const char *after = change->after[0] ? change->after : "nothing";

	(void)arg;
	printf("%s: %s, was %s (%s)\n", change->path, after, before, revision_change_text(change));
}

/* 0 to go on although processes restart. A script that did not think of that restarts nothing. */
static int agree(const struct configctl *ctl, int restart, char *fault)
{
	char answer[16];

	if (restart == 0 || ctl->yes || ctl->commit.no_restart || ctl->commit.no_apply)
		return 0;
	if (!isatty(STDIN_FILENO)) {
		snprintf(fault, REVISION_FAULT_MAX,
			"nothing was changed: processes would restart, and no terminal is here to "
			"ask at; --yes commits, --no-restart too and leaves the restart for later");
		return -ECANCELED;
	}
	fputs("Type yes to commit: ", stdout);
	fflush(stdout);
	if (fgets(answer, sizeof(answer), stdin) != NULL && strcmp(answer, "yes\n") == 0)
		return 0;
	snprintf(fault, REVISION_FAULT_MAX, "nothing was changed");
	return -ECANCELED;
}

/* What the words of set, delete and rollback ask for, on top of the options. */
static int take_words(struct configctl *ctl, struct revision_candidate *candidate, char *fault)
{
	const char *command = ctl->words[0];
	unsigned back;

	if (strcmp(command, "set") == 0)
		return revision_candidate_set(candidate, ctl->words[1], ctl->words[2], fault);
	if (strcmp(command, "delete") == 0)
		return revision_candidate_delete(candidate, ctl->words[1], fault);
	if (strcmp(command, "rollback") != 0)
		return 0;
	if (!configctl_number(ctl->words[1], &back)) {
		snprintf(fault, REVISION_FAULT_MAX, "nothing was changed");
		return -EINVAL;
	}
	return revision_candidate_rollback(candidate, back, fault);
}

/* A number, 0 for nothing to do, or an error with its fault. */
static int commit(struct configctl *ctl, struct revision_candidate *candidate, char *fault)
{
	int restart = revision_candidate_plan(candidate, print_change, NULL, fault);

	if (restart < 0 || ctl->plan)
		return restart < 0 ? restart : 0;
	if (agree(ctl, restart, fault) < 0)
		return -ECANCELED;
	return revision_candidate_commit(candidate, &ctl->commit, configctl_complain, NULL, fault);
}

int configctl_commit(struct configctl *ctl)
{
	char fault[REVISION_FAULT_MAX], why[64];
	struct revision_candidate *candidate;
	int rc = configctl_edit(ctl, &candidate, fault);

	if (ctl->commit.why == NULL && strcmp(ctl->words[0], "rollback") == 0) {
		snprintf(why, sizeof(why), "rollback %.20s", ctl->words[1]);
		ctl->commit.why = why;
	}
	if (rc == 0)
		rc = take_words(ctl, candidate, fault);
	if (rc == 0)
		rc = commit(ctl, candidate, fault);
	revision_candidate_free(candidate);
	if (rc < 0)
		return configctl_fail(rc, fault);
	if (rc > 0)
		printf("revision %d\n", rc);
	else if (!ctl->plan)
		puts("nothing to commit");
	if (rc > 0 && ctl->commit.confirm_minutes > 0)
		printf("it is undone in %u minutes unless `sluice-config confirm` follows\n",
			ctl->commit.confirm_minutes);
	return 0;
}

int configctl_confirm(struct configctl *ctl)
{
	char fault[REVISION_FAULT_MAX];
	int rc = revision_confirm(&ctl->place, fault);

	return rc == 0 ? 0 : configctl_fail(rc, fault);
}
