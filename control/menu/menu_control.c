#include "menu_control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli_command.h"
#include "cli_peer.h"
#include "cli_text.h"
#include "menu_config.h"

/* Nobody can interrupt these waits: whoever pressed Tab waits less than whoever gave a command. */
enum { CURSOR_MAX = 32, COMMAND_WAIT_S = 10, TAB_WAIT_S = 2 };

static json_t *request_of(menu_words words, const char *cursor)
{
	json_t *request = json_object(), *list = json_array();

	for (size_t i = 0; i < MENU_WORDS_MAX && words[i] != NULL; i++)
		json_array_append_new(list, json_string(words[i]));
	json_object_set_new(request, "cmd", list);
	if (cursor != NULL && cursor[0] != '\0')
		json_object_set_new(request, "cursor", json_string(cursor));
	return request;
}

static void open_peer(struct menu *menu)
{
	struct menu_place places;

	menu_place_init(&places, menu);
	if (menu->socket != NULL)
		snprintf(menu->found, sizeof(menu->found), "%s", menu->socket);
	else
		revision_socket(&places.place, menu->found);
	menu->peer = cli_peer_open(menu->found);
}

static json_t *ask(struct menu *menu, menu_words words, const char *cursor, unsigned wait_s)
{
	json_t *answer;
	int error;

	if (menu->peer == NULL)
		open_peer(menu);
	if (menu->peer == NULL)
		return NULL;
	cli_peer_patience(menu->peer, wait_s);
	answer = cli_peer_ask(menu->peer, request_of(words, cursor));
	if (answer != NULL)
		return answer;
	error = errno;
	cli_peer_close(menu->peer);
	menu->peer = NULL;
	errno = error;
	return NULL;
}

static bool is_refusal(
	struct shell_call *call, menu_words words, const json_t *answer, bool call_fails)
{
	const char *error = json_string_value(json_object_get(answer, "error"));
	const char *code = json_string_value(json_object_get(answer, "code"));
	size_t last = 0;

	if (json_is_true(json_object_get(answer, "ok")) &&
		json_object_get(answer, "result") != NULL)
		return false;
	while (last + 1 < MENU_WORDS_MAX && words[last + 1] != NULL)
		last++;
	if (call_fails && code != NULL && strcmp(code, "not_found") == 0)
		shell_fail(call, "control knows no '%s'", words[last]);
	else if (call_fails)
		shell_fail(
			call, "control refused: %s", error != NULL ? error : "it did not say why");
	return true;
}

json_t *menu_request(struct shell_call *call, menu_words words, const char *cursor, bool call_fails)
{
	struct menu *menu = shell_context(call);
	bool was_open = menu->peer != NULL;
	unsigned wait_s = call_fails ? COMMAND_WAIT_S : TAB_WAIT_S;
	json_t *answer = ask(menu, words, cursor, wait_s);

	/* A control that was started anew has closed the connection. */
	if (answer == NULL && was_open && (errno == ECONNRESET || errno == EPIPE))
		answer = ask(menu, words, cursor, wait_s);
	if (answer == NULL) {
		if (call_fails)
			shell_fail(call,
				"control does not answer at %s: %s; 'show status' says whether it "
				"runs, 'show log' why not",
				menu->found, strerror(errno));
		return NULL;
	}
	if (is_refusal(call, words, answer, call_fails)) {
		json_decref(answer);
		return NULL;
	}
	return answer;
}

json_t *menu_ask(struct shell_call *call, const char *const *words)
{
	const char *all[MENU_WORDS_MAX] = {NULL};
	json_t *answer, *result;

	for (size_t i = 0; i + 1 < MENU_WORDS_MAX && words[i] != NULL; i++)
		all[i] = words[i];
	answer = menu_request(call, all, NULL, true);
	result = json_incref(json_object_get(answer, "result"));
	json_decref(answer);
	return result;
}

int menu_each(struct shell_call *call, menu_words words, menu_entry_fn *entry, void *arg)
{
	char cursor[CURSOR_MAX] = "";
	bool goes_on = true;

	do {
		json_t *answer = menu_request(call, words, cursor, true), *result;
		const char *next;

		if (answer == NULL)
			return SHELL_NOT_DONE;
		result = json_object_get(answer, "result");
		for (size_t i = 0; goes_on && i < json_array_size(result); i++)
			goes_on = entry(call, arg, json_array_get(result, i));
		next = json_string_value(json_object_get(answer, "next"));
		snprintf(cursor, sizeof(cursor), "%s", next != NULL ? next : "");
		json_decref(answer);
	} while (goes_on && cursor[0] != '\0' && !shell_stopped(call));
	return SHELL_DONE;
}

static void print_line(void *arg, const char *line)
{
	shell_print(arg, "%s", line);
}

static bool show_entry(struct shell_call *call, void *arg, const json_t *entry)
{
	const enum cli_command_id *id = arg;
	json_t *list;

	if (shell_wants_json(call))
		return shell_json_item(call, json_deep_copy(entry));
	list = json_pack("[o]", json_deep_copy(entry));
	cli_text_print(*id, list, print_line, call);
	json_decref(list);
	return !shell_stopped(call);
}

int menu_show_answer(struct shell_call *call, menu_words words)
{
	enum cli_command_id id;
	json_t *result;
	size_t len = 0, used;

	while (len < MENU_WORDS_MAX && words[len] != NULL)
		len++;
	id = cli_command_find(words, len, &used);
	if (id == CLI_COMMANDS)
		return shell_fail(call, "control has no command '%s'", words[0]);
	if (cli_commands[id].is_list)
		return menu_each(call, words, show_entry, &id);
	result = menu_ask(call, words);
	if (result == NULL)
		return SHELL_NOT_DONE;
	if (shell_wants_json(call)) {
		shell_json(call, result);
		return SHELL_DONE;
	}
	cli_text_print(id, result, print_line, call);
	json_decref(result);
	return SHELL_DONE;
}
