#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "menu_box.h"
#include "menu_show.h"

/* The log of all services, as init writes it. */

/* Where the last `lines` lines begin; read from the end, so that a long log costs no more than a short one. */
static long begin_of_last(FILE *file, long lines)
{
	char block[4096];
	long at, seen = 0;

	if (fseek(file, 0, SEEK_END) != 0)
		return 0;
	for (at = ftell(file); at > 0;) {
		long from = at > (long)sizeof(block) ? at - (long)sizeof(block) : 0;
		size_t len = (size_t)(at - from);

		if (fseek(file, from, SEEK_SET) != 0 || fread(block, 1, len, file) != len)
			return 0;
		/* The newline that ends the file ends its last line. */
		for (size_t i = len; i > 0; i--)
			if (block[i - 1] == '\n' && seen++ == lines)
				return from + (long)i;
		at = from;
	}
	return 0;
}

int menu_show_log(struct shell_call *call)
{
	const struct menu *menu = shell_context(call);
	char path[MENU_PATH_MAX], block[4096];
	long lines = shell_number(call, "number", 0);
	FILE *file = fopen(menu_path(menu, MENU_LOG "/messages", path), "re");
	size_t len;

	if (file == NULL)
		return shell_fail(call,
			"there is no log at %s: %s; only the appliance writes one, elsewhere it is "
			"sluice-control's standard error",
			path, strerror(errno));
	if (shell_arg(call, "number") != NULL &&
		fseek(file, begin_of_last(file, lines), SEEK_SET) != 0)
		rewind(file);
	while ((len = fread(block, 1, sizeof(block), file)) > 0)
		if (!shell_write(call, block, len))
			break;
	fclose(file);
	return SHELL_DONE;
}
