#include "tree.h"

#include <stdio.h>
#include <string.h>

unsigned tree_runs;

static int print_lines(struct shell_call *call)
{
	tree_runs++;
	for (long i = 1; i <= shell_number(call, "number", 3); i++)
		if (!shell_print(call, "line %ld", i))
			return SHELL_NOT_DONE;
	return SHELL_DONE;
}

static int print_clients(struct shell_call *call)
{
	const char *client = shell_arg(call, "client");

	tree_runs++;
	if (client != NULL)
		shell_print(call, "client [%s]", client);
	for (int i = 0; shell_wants_json(call) && i < 3; i++)
		shell_json_item(call, json_pack("{s:i}", "n", i));
	return SHELL_DONE;
}

static int print_object(struct shell_call *call)
{
	tree_runs++;
	if (shell_wants_json(call))
		shell_json(call, json_pack("{s:s}", "text", "\x7f\xc2\x9b"));
	else
		shell_print(call, "a\x1b[2Jb\tc\xff\nsecond");
	return SHELL_DONE;
}

/* json_pack makes nothing of text that is not UTF-8. */
static int print_broken(struct shell_call *call)
{
	shell_json_item(call, json_pack("{s:s}", "text", "\xc3"));
	shell_json_item(call, json_pack("{s:s}", "text", "a"));
	return SHELL_DONE;
}

static int print_set(struct shell_call *call)
{
	tree_runs++;
	shell_print(call, "[%s] [%s]", shell_arg(call, "word"), shell_arg(call, "text"));
	return SHELL_DONE;
}

static int wipe(struct shell_call *call)
{
	if (!shell_confirm(call, "yes", "This wipes all of %s.", "it"))
		return SHELL_NOT_DONE;
	tree_runs++;
	shell_print(call, "wiped");
	return SHELL_DONE;
}

static int fail(struct shell_call *call)
{
	return shell_fail(call, "it cannot be done: %s", "try later");
}

static int endless(struct shell_call *call)
{
	static const char *const argv[] = {"sleep", "1000", NULL};
	int rc;

	shell_print(call, "started");
	rc = shell_exec(call, argv);
	shell_fail(call, "ended with %d", rc);
	return SHELL_DONE;
}

static int stubborn(struct shell_call *call)
{
	static const char *const argv[] = {
		"sh", "-c", "trap '' INT; echo ready; while :; do echo on; done", NULL};

	tree_runs++;
	shell_fail(call, "ended with %d", shell_exec(call, argv));
	return SHELL_DONE;
}

static int count_up(struct shell_call *call)
{
	static const char *const argv[] = {
		"sh", "-c", "(sleep 25 &) ; printf 'a\\r\\nb\\tc\\033\\nlast'; exit 3", NULL};

	return shell_exec(call, argv);
}

static int print_score(struct shell_call *call)
{
	static const char *const argv[] = {"cat", "/proc/self/oom_score_adj", NULL};

	return shell_exec(call, argv);
}

static int secret(struct shell_call *call)
{
	char answer[8];
	int rc = shell_ask(call, "Secret: ", answer, sizeof(answer), true);

	shell_print(call, "%d %s", rc, answer);
	return SHELL_DONE;
}

static int configure(struct shell_call *call)
{
	shell_set_mode(call, SHELL_CONFIGURE);
	shell_set_banner(call, "[edit]");
	return SHELL_DONE;
}

static bool is_guarded;

static int guard(struct shell_call *call)
{
	is_guarded = true;
	return configure(call);
}

/* A mode that was entered by `guard` asks, and leads back; the other one ends the session. */
static int leave(struct shell_call *call)
{
	if (is_guarded && shell_mode(call) == SHELL_CONFIGURE) {
		if (!shell_confirm(call, "yes", "This wipes all of %s.", "it"))
			return SHELL_NOT_DONE;
		shell_set_mode(call, SHELL_OPERATE);
		shell_set_banner(call, NULL);
		return SHELL_DONE;
	}
	shell_leave(call);
	return SHELL_DONE;
}

static void complete_client(struct shell_call *call, const char *prefix, struct shell_offer *offer)
{
	(void)call;
	(void)prefix;
	shell_offer(offer, "meter 1", "with a blank");
	shell_offer(offer, "alpha", NULL);
	shell_offer(offer, "alphabet", NULL);
	shell_offer(offer, "evil\x1b]0;x\x07", NULL);
	shell_offer(offer,
		"\xc3\xbc"
		"1",
		NULL);
	shell_offer(offer,
		"\xc3\xa4"
		"2",
		NULL);
}

static const struct shell_type types[] = {
	{"client", "a client id", NULL, complete_client},
	{0},
};

static const struct shell_word words[] = {
	{"show", "look around"},
	{0},
};

static const struct shell_command commands[] = {
	{"show lines [<number>]", SHELL_OPERATE, SHELL_VIEW, 0, print_lines, "some lines"},
	{"show clients [<client>]", SHELL_OPERATE, SHELL_VIEW, SHELL_JSON, print_clients,
		"some clients"},
	{"show config", SHELL_OPERATE, SHELL_VIEW, SHELL_JSON, print_object, "an object"},
	{"show secret", SHELL_OPERATE, SHELL_ADMIN, 0, secret, "ask for it"},
	{"log [last <number> [of <client>]]", SHELL_OPERATE, SHELL_VIEW, 0, print_lines, "a log"},
	{"log clear", SHELL_OPERATE, SHELL_VIEW, 0, wipe, "no log"},
	{"kick <client>", SHELL_OPERATE, SHELL_VIEW, 0, print_clients, "one client"},
	{"kick all", SHELL_OPERATE, SHELL_VIEW, 0, wipe, "all clients"},
	{"wipe", SHELL_OPERATE, SHELL_ADMIN, 0, wipe, "wipe it"},
	{"fail", SHELL_OPERATE, SHELL_VIEW, 0, fail, "fail"},
	{"endless", SHELL_OPERATE, SHELL_VIEW, SHELL_RAW, endless, "never ends"},
	{"stubborn", SHELL_OPERATE, SHELL_VIEW, SHELL_RAW, stubborn, "does not want to end"},
	{"output", SHELL_OPERATE, SHELL_VIEW, 0, count_up, "a program's"},
	{"log score", SHELL_OPERATE, SHELL_VIEW, 0, print_score, "a program's OOM score"},
	{"configure", SHELL_OPERATE, SHELL_VIEW, 0, configure, "change things"},
	{"configure guarded", SHELL_OPERATE, SHELL_VIEW, 0, guard,
		"change things, and be asked at the end"},
	{"set <word> <text...>", SHELL_CONFIGURE, SHELL_VIEW, 0, print_set, "set a key"},
	{"broken", SHELL_CONFIGURE, SHELL_VIEW, SHELL_JSON, print_broken, "text that is not UTF-8"},
	{"show", SHELL_CONFIGURE, SHELL_VIEW, 0, print_lines, "what is set"},
	{"exit", SHELL_OPERATE | SHELL_CONFIGURE, SHELL_VIEW, 0, leave, "leave"},
	{0},
};

static const struct shell_table table = {commands, types, words};
const struct shell_table *const tree_tables[] = {&table, NULL};
