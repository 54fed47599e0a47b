#include "revision_plan.h"

#include <string.h>

struct planning {
	struct revision_plan plan;
	revision_change_fn *each;
	void *arg;
};

static void plan_entry(void *arg, const struct revision_entry *entry)
{
	struct planning *planning = arg;
	struct revision_change change = {
		.key = entry->key,
		.path = entry->path,
		.before = config_key_shown(entry->key, entry->text),
		.after = config_key_shown(entry->key, entry->other),
		.change = entry->key->change,
		.restart = entry->key->restart,
	};

	if (strcmp(entry->text, entry->other) == 0)
		return;
	planning->plan.changes++;
	planning->plan.readers |= entry->key->readers;
	planning->plan.restart |= entry->key->restart;
	if (planning->each != NULL)
		planning->each(planning->arg, &change);
}

struct revision_plan revision_plan(const struct revision_keys *before,
	const struct revision_keys *after, revision_change_fn *each, void *arg)
{
	struct planning planning = {.each = each, .arg = arg};

	revision_keys_pair(before, after, plan_entry, &planning);
	return planning.plan;
}

const char *revision_change_text(const struct revision_change *change)
{
	switch (change->change) {
	case CONFIG_LIVE:
		return "live";
	case CONFIG_NEW_CONNECTIONS:
		return "for new connections";
	case CONFIG_RESTART:
		break;
	}
	if (change->restart == CONFIG_WORKER)
		return "restart of the worker: clients are disconnected";
	if (change->restart == CONFIG_CONTROL)
		return "restart of control: sessions and retained messages in memory are lost";
	return "restart of control and the worker: clients are disconnected, and sessions and "
	       "retained "
	       "messages in memory are lost";
}

struct comparison {
	config_line_fn *line;
	void *arg;
	int lines;
};

static void put_side(struct comparison *comparison, char sign, const struct revision_entry *entry,
	const char *text)
{
	const char *quote = config_key_is_quoted(entry->key) ? "\"" : "";

	comparison->lines++;
	revision_tell(comparison->line, comparison->arg, "%c %s = %s%s%s", sign, entry->path, quote,
		config_key_shown(entry->key, text), quote);
}

static void compare_entry(void *arg, const struct revision_entry *entry)
{
	struct comparison *comparison = arg;

	if (entry->is_set == entry->is_other_set && strcmp(entry->text, entry->other) == 0)
		return;
	if (entry->is_set)
		put_side(comparison, '-', entry, entry->text);
	if (entry->is_other_set)
		put_side(comparison, '+', entry, entry->other);
}

int revision_compare(const struct revision_keys *before, const struct revision_keys *after,
	config_line_fn *line, void *arg)
{
	struct comparison comparison = {.line = line, .arg = arg};

	revision_keys_pair(before, after, compare_entry, &comparison);
	return comparison.lines;
}
