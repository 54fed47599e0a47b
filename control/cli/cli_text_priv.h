#ifndef CLI_TEXT_PRIV_H
#define CLI_TEXT_PRIV_H

#include "cli_text.h"

/*
 * What the files that print answers share.
 *
 * Layer:  cli (jansson)
 * Thread: any; no state
 */

struct cli_page {
	cli_line_fn *line;
	void *arg;
};

/* One line, its control characters as \xNN. */
void cli_page_put(const struct cli_page *page, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Members of an object; "undefined", 0 or "false" when they are not there. */
const char *cli_page_text(const json_t *object, const char *name);
long long cli_page_number(const json_t *object, const char *name);
const char *cli_page_truth(const json_t *object, const char *name);

typedef void cli_page_fn(const struct cli_page *page, const json_t *entry);
void cli_page_each(const struct cli_page *page, const json_t *list, cli_page_fn *print);

/* ---- cli_text_box.c ---- */
cli_page_fn cli_text_interface, cli_text_core, cli_text_health, cli_text_reload;
void cli_text_cores(const struct cli_page *page, const json_t *result);

#endif
