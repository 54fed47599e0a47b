#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shell_match.h"

/* The kinds of arguments that every table may use. */

static bool check_number(struct shell_call *call, const char *text, char *fault, size_t fault_bytes)
{
	char *end;

	(void)call;
	errno = 0;
	strtol(text, &end, 10);
	if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0)
		return true;
	snprintf(fault, fault_bytes, "a number from 0 to %ld", LONG_MAX);
	return false;
}

static const struct shell_type known[] = {
	{"number", "a number", check_number, NULL},
	{"word", "a word", NULL, NULL},
	{"text", "text up to the end of the line", NULL, NULL},
	{0},
};

static const struct shell_type *find(const struct shell_type *types, const char *name)
{
	for (; types != NULL && types->name != NULL; types++)
		if (strcmp(types->name, name) == 0)
			return types;
	return NULL;
}

const struct shell_type *shell_type_find(const struct shell_table *const *tables, const char *name)
{
	const struct shell_type *type = find(known, name);

	for (size_t t = 0; type == NULL && tables[t] != NULL; t++)
		type = find(tables[t]->types, name);
	return type;
}
