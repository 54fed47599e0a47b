#include "menu_show.h"

#include "menu_control.h"

/* The table of the operational commands, and those that show what control answers. */

static int show_interfaces(struct shell_call *call)
{
	return menu_show_answer(call, (menu_words){"interfaces"});
}

static int show_cores(struct shell_call *call)
{
	return menu_show_answer(call, (menu_words){"cores"});
}

static int show_memory(struct shell_call *call)
{
	return menu_show_answer(call, (menu_words){"memory"});
}

static int show_listeners(struct shell_call *call)
{
	return menu_show_answer(call, (menu_words){"listeners"});
}

static int show_topics(struct shell_call *call)
{
	return menu_show_answer(call, (menu_words){"topics", "list"});
}

static int show_metrics(struct shell_call *call)
{
	return menu_show_answer(call, (menu_words){"broker", "metrics"});
}

static int print_help(struct shell_call *call)
{
	shell_print_commands(call);
	shell_print(call, "Tab completes, ? lists what may stand next, words may be shortened. "
			  "Filters: | match, except, count, json, no-more.");
	return SHELL_DONE;
}

static int leave(struct shell_call *call)
{
	shell_leave(call);
	return SHELL_DONE;
}

static const struct shell_type types[] = {
	{"client", "a client id", NULL, menu_complete_client},
	{"host", "a name or an address", menu_check_host, NULL},
	{0},
};

static const struct shell_word words[] = {
	{"show", "look at the box and the broker"},
	{"show log lines", "only the last lines"},
	{"clear", "end a client's session, clear the screen"},
	{"ping count", "how many times"},
	{"terminal", "lines and columns of this terminal"},
	{0},
};

enum { BOTH = SHELL_OPERATE | SHELL_CONFIGURE };

static const struct shell_command commands[] = {
	{"show version", SHELL_OPERATE, SHELL_VIEW, SHELL_JSON, menu_show_version,
		"what runs here"},
	{"show status", SHELL_OPERATE, SHELL_VIEW, SHELL_JSON, menu_show_status,
		"whether the box and the broker are well"},
	{"show hardware", SHELL_OPERATE, SHELL_VIEW, SHELL_JSON, menu_show_hardware,
		"board, processor, memory, disks"},
	{"show log [lines <number>]", SHELL_OPERATE, SHELL_VIEW, 0, menu_show_log,
		"the log of all services"},
	{"show interfaces", SHELL_OPERATE, SHELL_VIEW, SHELL_JSON, show_interfaces,
		"the ports, their links and addresses"},
	{"show cores", SHELL_OPERATE, SHELL_VIEW, SHELL_JSON, show_cores,
		"the cores, and who runs on them"},
	{"show memory", SHELL_OPERATE, SHELL_VIEW, SHELL_JSON, show_memory,
		"bytes by class in all processes, and by connection"},
	{"show metrics", SHELL_OPERATE, SHELL_VIEW, SHELL_JSON, show_metrics,
		"what was counted since the start"},
	{"show listeners", SHELL_OPERATE, SHELL_VIEW, SHELL_JSON, show_listeners,
		"where clients connect, and why connections ended"},
	{"show clients [<client>]", SHELL_OPERATE, SHELL_VIEW, SHELL_JSON, menu_show_clients,
		"clients that are connected"},
	{"show sessions", SHELL_OPERATE, SHELL_VIEW, SHELL_JSON, menu_show_sessions,
		"all sessions, connected or not"},
	{"show subscriptions [<client>]", SHELL_OPERATE, SHELL_VIEW, SHELL_JSON,
		menu_show_subscriptions, "who has subscribed to what"},
	{"show topics", SHELL_OPERATE, SHELL_VIEW, SHELL_JSON, show_topics,
		"filters that somebody has subscribed to"},
	{"ping <host> [count <number>]", SHELL_OPERATE, SHELL_VIEW, SHELL_RAW, menu_ping,
		"ask a host on the management network for an echo; Ctrl-C ends it"},
	{"clear client <client>", SHELL_OPERATE, SHELL_ADMIN, 0, menu_clear_client,
		"end a client's connection and its session"},
	{"clear screen", BOTH, SHELL_VIEW, SHELL_RAW, menu_clear_screen, "clear the screen"},
	{"terminal length <number>", BOTH, SHELL_VIEW, 0, menu_terminal_length,
		"lines of a page; 0 = no pages"},
	{"terminal width <number>", BOTH, SHELL_VIEW, 0, menu_terminal_width,
		"columns of a line; 0 = what the terminal says"},
	{"help", BOTH, SHELL_VIEW, 0, print_help, "this list"},
	{"exit", SHELL_OPERATE, SHELL_VIEW, 0, leave, "leave"},
	{"quit", SHELL_OPERATE, SHELL_VIEW, 0, leave, "leave"},
	{"logout", SHELL_OPERATE, SHELL_VIEW, 0, leave, "leave"},
	{0},
};

const struct shell_table menu_show_table = {commands, types, words};
