#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <jansson.h>

#include "cli_command.h"

/*
 * Answers as text for people: the formats of EMQX's command line, where it has them.
 *
 * Layer:     cli (jansson)
 * Thread:    any; no state
 *
 * Control characters of names are printed as \xNN, in JSON as \u00NN: a client must not write to an operator's terminal.
 */

/* One line without newline, borrowed for the call. */
typedef void cli_line_fn(void *arg, const char *line);

/* Prints the result of a command; of a list, one page. */
void cli_text_print(enum cli_command_id id, const json_t *result, cli_line_fn *line, void *arg);

/* Any value as JSON on one line; the caller frees it. NULL without memory. */
char *cli_text_json(const json_t *value) __attribute__((warn_unused_result));

/* What is printed for a list that has no entry at all; NULL = nothing. */
const char *cli_text_empty(enum cli_command_id id);

#endif
