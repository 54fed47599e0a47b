#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "configctl.h"
#include "configctl_edit.h"

/* Commands that change nothing but what a start or the guard decides. */

enum { GUARD_PAUSE_S = 1, GUARD_RETRY_S = 10 };

int configctl_boot(struct configctl *ctl)
{
	char path[REVISION_FILE_PATH_MAX];

	revision_boot(&ctl->place, path, configctl_complain, NULL);
	puts(path);
	return 0;
}

int configctl_guard(struct configctl *ctl)
{
	char fault[REVISION_FAULT_MAX], told[REVISION_FAULT_MAX] = "";

	for (;;) {
		struct timespec pause = {.tv_sec = GUARD_PAUSE_S};

		if (revision_guard(&ctl->place, configctl_complain, NULL, fault) < 0) {
			if (strcmp(fault, told) != 0)
				configctl_complain(NULL, fault);
			memcpy(told, fault, sizeof(told));
			pause.tv_sec = GUARD_RETRY_S;
		} else {
			told[0] = '\0';
		}
		nanosleep(&pause, NULL);
	}
}

static void print_value(
	void *arg, const char *path, const char *value, const struct config_key *key)
{
	const char *section = arg, *quote = config_key_is_quoted(key) ? "\"" : "";
	size_t bytes = section ? strlen(section) : 0;

	if (section == NULL ||
		(strncmp(path, section, bytes) == 0 && (path[bytes] == '\0' || path[bytes] == '.')))
		printf("%s = %s%s%s\n", path, quote, config_key_shown(key, value), quote);
}

int configctl_show(struct configctl *ctl)
{
	const char *section = ctl->words[1];
	char fault[REVISION_FAULT_MAX];
	struct revision_candidate *candidate;
	int rc = configctl_edit(ctl, &candidate, fault);

	if (rc == 0)
		rc = revision_candidate_show(candidate, section,
			ctl->all ? configctl_drop : configctl_print, NULL, fault);
	if (rc == 0 && ctl->all)
		config_each(revision_candidate_config(candidate), print_value,
			(void *)(uintptr_t)section);
	revision_candidate_free(candidate);
	return rc == 0 ? 0 : configctl_fail(rc, fault);
}

int configctl_get(struct configctl *ctl)
{
	char fault[REVISION_FAULT_MAX], value[CONFIG_VALUE_MAX];
	struct revision_candidate *candidate;
	int rc = configctl_edit(ctl, &candidate, fault);
	bool is_set;

	if (rc == 0)
		rc = revision_candidate_get(candidate, ctl->words[1], value, &is_set, fault);
	revision_candidate_free(candidate);
	if (rc != 0)
		return configctl_fail(rc, fault);
	puts(value);
	return 0;
}

int configctl_compare(struct configctl *ctl)
{
	unsigned back = ctl->edit_len > 0 || ctl->load != NULL ? 0 : 1;
	char fault[REVISION_FAULT_MAX];
	struct revision_candidate *candidate;
	int rc;

	if (ctl->words[1] != NULL && !configctl_number(ctl->words[1], &back))
		return EXIT_USAGE;
	rc = configctl_edit(ctl, &candidate, fault);
	if (rc == 0)
		rc = revision_candidate_compare(candidate, back, configctl_print, NULL, fault);
	revision_candidate_free(candidate);
	return rc >= 0 ? 0 : configctl_fail(rc, fault);
}

static void print_revision(void *arg, unsigned back, const struct revision_info *info)
{
	(void)arg;
	if (info->number == 0)
		printf("%-3u -       %s\n", back, "not committed: the factory's, or made by hand");
	else
		printf("%-3u %-7u %-20s %-12s %s\n", back, info->number, info->when, info->who,
			info->why);
}

int configctl_history(struct configctl *ctl)
{
	char fault[REVISION_FAULT_MAX];
	int rc = revision_history(&ctl->place, print_revision, NULL, fault);

	return rc == 0 ? 0 : configctl_fail(rc, fault);
}

int configctl_pending(struct configctl *ctl)
{
	char fault[REVISION_FAULT_MAX];
	struct revision_pending pending;
	int rc = revision_pending(&ctl->place, &pending, fault);

	if (rc != 0)
		return configctl_fail(rc, fault);
	if (pending.is_pending)
		printf("revision %u by %s waits to be confirmed; in %u s revision %u comes back\n",
			pending.number, pending.who, pending.left_s, pending.previous);
	else
		puts("no commit waits to be confirmed");
	return 0;
}
