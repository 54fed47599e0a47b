#include <errno.h>
#include <unistd.h>

#include "board_config.h"
#include "revision_board.h"

static void ignore(void *arg, const char *line)
{
	(void)arg;
	(void)line;
}

const struct board *revision_board_load(const struct revision_place *place, struct board *board)
{
	if (place->board == NULL || access(place->board, R_OK) < 0 ||
		board_load(board, place->board, ignore, NULL) != 0)
		return NULL;
	return board;
}

static void take(void *arg, const struct revision_entry *entry)
{
	char what[CONFIG_FAULT_MAX];

	/* It was set before, so that it can be set again. */
	if (entry->is_set && config_set(arg, entry->path, entry->text, what) < 0)
		ignore(NULL, what);
}

int revision_board_check(const struct board *board, const struct revision_keys *keys,
	config_line_fn *report, void *arg)
{
	struct config config;

	if (board == NULL)
		return 0;
	board_config_init(board, &config);
	revision_keys_each(keys, take, &config);
	return board_config_keep(board, &config, "configuration", report, arg) == 0 ? 0 : -EINVAL;
}
