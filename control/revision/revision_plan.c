#include "revision_plan.h"

#include "board_config.h"

#include <string.h>

struct planning {
	const struct board *board;
	struct config built_in; /* what holds where nothing is set */
	struct revision_plan plan;
	revision_change_fn *each;
	void *arg;
};

/* The value in force; of a key that is not set it may be the board's. */
static const char *in_force(struct planning *planning, const struct revision_entry *entry,
	bool is_set, const char *text, char room[CONFIG_VALUE_MAX])
{
	const struct config_key *key;
	void *base;

	if (is_set || text[0] == '\0')
		return text;
	key = config_find(&planning->built_in, entry->path, false, &base);
	if (key == NULL)
		return text;
	config_value_print(key, base, room);
	return room;
}

/* What is set or deleted of a fact is in the file, and in force nowhere. */
static void plan_fact(struct planning *planning, const struct revision_entry *entry)
{
	struct revision_change change = {
		.key = entry->key,
		.path = entry->path,
		.before = entry->text,
		.after = entry->other,
		.change = CONFIG_LIVE,
		.is_built_in = true,
	};

	if ((entry->is_set != entry->is_other_set || strcmp(entry->text, entry->other) != 0) &&
		planning->each != NULL)
		planning->each(planning->arg, &change);
}

static void plan_entry(void *arg, const struct revision_entry *entry)
{
	struct planning *planning = arg;
	char rooms[2][CONFIG_VALUE_MAX];
	const char *before = in_force(planning, entry, entry->is_set, entry->text, rooms[0]);
	const char *after = in_force(planning, entry, entry->is_other_set, entry->other, rooms[1]);
	struct revision_change change = {
		.key = entry->key,
		.path = entry->path,
		.before = config_key_shown(entry->key, before),
		.after = config_key_shown(entry->key, after),
		.change = entry->key->change,
		.restart = entry->key->restart,
	};

	if (planning->board != NULL && board_config_is_fact(entry->path)) {
		plan_fact(planning, entry);
		return;
	}
	if (strcmp(before, after) == 0)
		return;
	planning->plan.changes++;
	planning->plan.readers |= entry->key->readers;
	planning->plan.restart |= entry->key->restart;
	if (planning->each != NULL)
		planning->each(planning->arg, &change);
}

struct revision_plan revision_plan(const struct board *board, const struct revision_keys *before,
	const struct revision_keys *after, revision_change_fn *each, void *arg)
{
	struct planning planning = {.board = board, .each = each, .arg = arg};

	board_config_init(board, &planning.built_in);
	revision_keys_pair(before, after, plan_entry, &planning);
	return planning.plan;
}

const char *revision_change_text(const struct revision_change *change)
{
	if (change->is_built_in)
		return "no effect: the board's holds";
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
