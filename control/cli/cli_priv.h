#ifndef CLI_PRIV_H
#define CLI_PRIV_H

#include <jansson.h>

#include "cli.h"
#include "cli_command.h"

/*
 * What the files of cli share.
 *
 * Layer:  cli
 * Thread: control's loop
 */

enum {
	CLI_REQUEST_MAX = 64 * 1024, /* bytes of a request, with the newline */
	CLI_PAGE_LEN = 500, /* entries of a page, at most */
	CLI_PAGE_BYTES = 1024 * 1024, /* text of a page; a step may go beyond */
	CLI_PAGE_STEPS =
		128, /* times that an operation is asked: it may find nothing where it looks */
	CLI_STEP_LEN = 16, /* entries that an operation is asked for at once */
};

/* One request that is being answered. A command fills in `result`, or `code` and `error`. */
struct cli_call {
	const struct cli_config *server;
	const char *arg; /* the argument behind the command's words, or NULL */
	size_t arg_bytes;
	uint64_t cursor; /* lists: where to begin; then where to go on, 0 at the end */
	unsigned limit;
	json_t *result;
	size_t text_bytes; /* of names put into the result so far */
	const char *code, *error; /* constant, or made_error */
	char *made_error; /* from malloc, or NULL */
	uint64_t *probe; /* of the connection: 0 unless it has asked before */
	bool is_pending; /* the answer is not known yet */
};

typedef void cli_command_fn(struct cli_call *call);

#define CLI_COMMAND(function, words, args, fewest, most, list, help)                               \
	cli_command_fn cli_command_##function;
#include "cli_command.def"
#undef CLI_COMMAND

/* As cli_answer; NULL with *is_pending: ask again with the same *probe, which begins as 0. */
char *cli_answer_some(const struct cli_config *config, const char *request, size_t request_bytes,
	uint64_t *probe, bool *is_pending);

json_t *cli_json_client(const struct cli_client *client);

/* A JSON string of any bytes: what is not UTF-8 is written as \xNN. NULL text is null. */
json_t *cli_json_text(const char *text);

#endif
