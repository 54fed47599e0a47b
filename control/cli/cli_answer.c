#include <stdlib.h>
#include <string.h>

#include "cli_priv.h"

/* One request in, one answer out: finds the command, checks its arguments, wraps its result. */

enum { WORDS_MAX = 8 };

static cli_command_fn *const functions[CLI_COMMANDS] = {
#define CLI_COMMAND(function, words, args, fewest, most, list, help)                               \
	[CLI_##function] = cli_command_##function,
#include "cli_command.def"
#undef CLI_COMMAND
};

static void refuse(struct cli_call *call, const char *error)
{
	call->code = "bad_request";
	call->error = error;
}

/* A cursor is text, as a JSON number need not hold 64 bits. */
static bool read_cursor(const json_t *request, uint64_t *cursor)
{
	const json_t *field = json_object_get(request, "cursor");
	const char *text = json_string_value(field);
	char *end;

	*cursor = 0;
	if (field == NULL)
		return true;
	if (text == NULL || text[0] < '0' || text[0] > '9')
		return false;
	*cursor = strtoull(text, &end, 10);
	return *end == '\0';
}

static bool read_limit(const json_t *request, unsigned *limit)
{
	const json_t *field = json_object_get(request, "limit");
	json_int_t number = json_integer_value(field);

	*limit = CLI_PAGE_LEN;
	if (field == NULL)
		return true;
	if (!json_is_integer(field) || number < 1)
		return false;
	if (number < CLI_PAGE_LEN)
		*limit = (unsigned)number;
	return true;
}

/* The words of a request; their number, or 0 when they are not words. */
static size_t read_words(const json_t *request, const char **words)
{
	const json_t *cmd = json_object_get(request, "cmd");
	size_t len = json_array_size(cmd);

	if (len > WORDS_MAX)
		return 0;
	for (size_t i = 0; i < len; i++) {
		words[i] = json_string_value(json_array_get(cmd, i));
		if (words[i] == NULL)
			return 0;
	}
	return len;
}

static void run(struct cli_call *call, const json_t *request)
{
	const char *words[WORDS_MAX] = {NULL};
	size_t word_len = read_words(request, words), used;
	enum cli_command_id id = cli_command_find(words, word_len, &used);

	if (word_len == 0) {
		refuse(call, "expected \"cmd\": a list of 1 to 8 words");
		return;
	}
	if (id == CLI_COMMANDS) {
		call->code = "unknown_command";
		call->error = "there is no such command";
		return;
	}
	if (word_len - used < cli_commands[id].fewest || word_len - used > cli_commands[id].most) {
		refuse(call, "too few or too many arguments for the command");
		return;
	}
	if (!read_cursor(request, &call->cursor) || !read_limit(request, &call->limit)) {
		refuse(call, "expected \"cursor\": \"number\", and \"limit\": number from 1");
		return;
	}
	if (word_len > used) {
		call->arg = words[used];
		call->arg_bytes = strlen(words[used]);
	}
	functions[id](call);
	if (call->result == NULL && call->code == NULL && !call->is_pending) {
		call->code = "no_memory";
		call->error = "control has no memory for the answer";
	}
	if (!cli_commands[id].is_list)
		call->cursor = 0;
}

static json_t *wrap(struct cli_call *call)
{
	json_t *answer;
	char next[24];

	if (call->code != NULL) {
		json_decref(call->result);
		return json_pack(
			"{s:b,s:s,s:s}", "ok", 0, "code", call->code, "error", call->error);
	}
	answer = json_pack("{s:b,s:o}", "ok", 1, "result", call->result);
	if (answer != NULL && call->cursor != 0) {
		snprintf(next, sizeof(next), "%llu", (unsigned long long)call->cursor);
		if (json_object_set_new(answer, "next", json_string(next)) < 0) {
			json_decref(answer);
			return NULL;
		}
	}
	return answer;
}

char *cli_answer_some(const struct cli_config *config, const char *request, size_t request_bytes,
	uint64_t *probe, bool *is_pending)
{
	struct cli_call call = {.server = config, .probe = probe};
	json_t *parsed = json_loadb(request, request_bytes, JSON_REJECT_DUPLICATES, NULL), *answer;
	char *line = NULL;

	if (json_is_object(parsed))
		run(&call, parsed);
	else
		refuse(&call, "expected one JSON object on one line");
	json_decref(parsed);
	*is_pending = call.is_pending;
	if (call.is_pending)
		return NULL;
	answer = wrap(&call);
	free(call.made_error);
	if (answer != NULL)
		line = json_dumps(answer, JSON_COMPACT);
	json_decref(answer);
	return line;
}

char *cli_answer(const struct cli_config *config, const char *request, size_t request_bytes)
{
	static const char pending[] =
		"{\"ok\":false,\"code\":\"pending\",\"error\":\"not known yet\"}";
	uint64_t probe = 0;
	bool is_pending;
	char *line = cli_answer_some(config, request, request_bytes, &probe, &is_pending);

	return is_pending ? strdup(pending) : line;
}
