#include <stdio.h>
#include <string.h>

#include "menu_control.h"
#include "menu_show.h"

/* Clients, sessions, subscriptions. */

enum { OFFER_PAGES = 2 };

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "-";
}

static long long number_of(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static bool is_connected(const json_t *client)
{
	return json_is_true(json_object_get(client, "connected"));
}

struct listing {
	bool connected_only;
	unsigned long shown;
};

static bool show_row(struct shell_call *call, void *arg, const json_t *client)
{
	struct listing *listing = arg;

	if (listing->connected_only && !is_connected(client))
		return true;
	listing->shown++;
	if (shell_wants_json(call))
		return shell_json_item(call, json_deep_copy(client));
	if (listing->shown == 1 &&
		!shell_print(call, "%-24s %-12s %-22s %-9s %5s %8s %9s", "CLIENT", "USER",
			"ADDRESS", "STATE", "SUBS", "INFLIGHT", "QUEUED"))
		return false;
	return shell_print(call, "%-24s %-12s %-22s %-9s %5lld %8lld %9lld",
		text_of(client, "clientid"), text_of(client, "username"),
		text_of(client, "peername"), is_connected(client) ? "connected" : "away",
		number_of(client, "subscriptions"), number_of(client, "inflight"),
		number_of(client, "mqueue_len"));
}

static int show_list(struct shell_call *call, bool connected_only)
{
	struct listing listing = {connected_only, 0};
	int status = menu_each(call, (menu_words){"clients", "list"}, show_row, &listing);

	if (status == SHELL_DONE && listing.shown == 0 && !shell_wants_json(call))
		shell_print(
			call, connected_only ? "no client is connected" : "there is no session");
	return status;
}

/* Every member as a line; what it is called says what it is. */
static void print_members(struct shell_call *call, json_t *client)
{
	const char *name;
	json_t *value;

	json_object_foreach(client, name, value)
	{
		if (json_is_string(value))
			shell_print(call, "%-24s: %s", name, json_string_value(value));
		else if (json_is_integer(value))
			shell_print(
				call, "%-24s: %lld", name, (long long)json_integer_value(value));
		else if (json_is_boolean(value))
			shell_print(call, "%-24s: %s", name, json_is_true(value) ? "yes" : "no");
		else if (json_is_null(value))
			shell_print(call, "%-24s: -", name);
	}
}

int menu_show_clients(struct shell_call *call)
{
	const char *id = shell_arg(call, "client");
	json_t *client;

	if (id == NULL)
		return show_list(call, true);
	client = menu_ask(call, (menu_words){"clients", "show", id});
	if (client == NULL)
		return SHELL_NOT_DONE;
	if (shell_wants_json(call)) {
		shell_json(call, client);
		return SHELL_DONE;
	}
	print_members(call, client);
	json_decref(client);
	return SHELL_DONE;
}

int menu_show_sessions(struct shell_call *call)
{
	return show_list(call, false);
}

int menu_show_subscriptions(struct shell_call *call)
{
	const char *id = shell_arg(call, "client");

	return menu_show_answer(call, id == NULL ? (menu_words){"subscriptions", "list"}
						 : (menu_words){"subscriptions", "show", id});
}

int menu_clear_client(struct shell_call *call)
{
	const char *id = shell_arg(call, "client");
	json_t *answer;

	if (!shell_confirm(call, "yes", "This ends the connection and the session of '%s'.", id))
		return SHELL_NOT_DONE;
	answer = menu_ask(call, (menu_words){"clients", "kick", id});
	if (answer == NULL)
		return SHELL_NOT_DONE;
	json_decref(answer);
	shell_print(call, "'%s' is gone", id);
	return SHELL_DONE;
}

void menu_complete_client(struct shell_call *call, const char *prefix, struct shell_offer *offer)
{
	char cursor[32] = "";

	(void)prefix;
	for (unsigned page = 0; page < OFFER_PAGES; page++) {
		json_t *answer = menu_request(call, (menu_words){"clients", "list"}, cursor, false);
		json_t *result = json_object_get(answer, "result");
		const char *next = json_string_value(json_object_get(answer, "next"));

		for (size_t i = 0; i < json_array_size(result); i++) {
			const json_t *client = json_array_get(result, i);

			shell_offer(
				offer, text_of(client, "clientid"), text_of(client, "peername"));
		}
		snprintf(cursor, sizeof(cursor), "%s", next != NULL ? next : "");
		json_decref(answer);
		if (cursor[0] == '\0')
			break;
	}
}
