#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "configctl.h"

/* The command line. Exit status: 0 done, 1 not done, 2 wrong usage or a value that is none. */

static const struct {
	const char *name, *args, *help;
	unsigned fewest, most; /* arguments */
	int (*run)(struct configctl *ctl);
} commands[] = {
	{"show", "[KEY|SECTION]", "what was set, as the file has it; --all: with the defaults", 0,
		1, configctl_show},
	{"get", "KEY", "the value in force", 1, 1, configctl_get},
	{"set", "KEY VALUE", "the same as commit --set KEY=VALUE", 2, 2, configctl_commit},
	{"delete", "KEY|SECTION", "the same as commit --delete KEY", 1, 1, configctl_commit},
	{"compare", "[N]", "what N commits (1) and --set, --delete and --load change", 0, 1,
		configctl_compare},
	{"commit", "", "checks, writes and applies what --set, --delete and --load say", 0, 0,
		configctl_commit},
	{"rollback", "N", "commits the configuration of N commits ago", 1, 1, configctl_commit},
	{"confirm", "", "a commit with --confirm stays", 0, 0, configctl_confirm},
	{"pending", "", "which commit waits to be confirmed, and for how long", 0, 0,
		configctl_pending},
	{"history", "", "who committed what, the newest first; 0 is what runs", 0, 0,
		configctl_history},
	{"boot", "", "decides what runs and prints its path; why goes to standard error", 0, 0,
		configctl_boot},
	{"guard", "", "for ever: undoes commits that are not confirmed in time", 0, 0,
		configctl_guard},
};
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

enum option_id {
	OPTION_SET = 's',
	OPTION_DELETE = 'd',
	OPTION_CONFIRM = 'c',
	OPTION_WHY = 'm',
	OPTION_WHO = 'u',
	OPTION_ALL = 'a',
	OPTION_YES = 'y',
	OPTION_HELP = 'h',
	OPTION_VERSION = 'V',
	OPTION_LOAD = 256,
	OPTION_PLAN,
	OPTION_NO_RESTART,
	OPTION_NO_APPLY,
	OPTION_DIR,
	OPTION_FACTORY,
	OPTION_SOCKET,
	OPTION_INIT,
	OPTION_MGMT,
	OPTION_BOARD,
};

static const struct option options[] = {
	{"set", required_argument, NULL, OPTION_SET},
	{"delete", required_argument, NULL, OPTION_DELETE},
	{"load", required_argument, NULL, OPTION_LOAD},
	{"confirm", required_argument, NULL, OPTION_CONFIRM},
	{"why", required_argument, NULL, OPTION_WHY},
	{"who", required_argument, NULL, OPTION_WHO},
	{"plan", no_argument, NULL, OPTION_PLAN},
	{"no-restart", no_argument, NULL, OPTION_NO_RESTART},
	{"no-apply", no_argument, NULL, OPTION_NO_APPLY},
	{"all", no_argument, NULL, OPTION_ALL},
	{"yes", no_argument, NULL, OPTION_YES},
	{"dir", required_argument, NULL, OPTION_DIR},
	{"factory", required_argument, NULL, OPTION_FACTORY},
	{"socket", required_argument, NULL, OPTION_SOCKET},
	{"init", required_argument, NULL, OPTION_INIT},
	{"board", required_argument, NULL, OPTION_BOARD},
	{"mgmt", required_argument, NULL, OPTION_MGMT},
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{NULL, 0, NULL, 0},
};

static void print_help(void)
{
	struct revision_place place;

	revision_place_init(&place);
	puts("usage: sluice-config [OPTION]... COMMAND\n"
	     "The committed configuration: shows, changes and undoes it.\n");
	for (unsigned i = 0; i < COMMANDS; i++) {
		char head[32];

		snprintf(head, sizeof(head), "%s %s", commands[i].name, commands[i].args);
		printf("  %-22s %s\n", head, commands[i].help);
	}
	printf("\n"
	       "  -s, --set KEY=VALUE    -d, --delete KEY    as often as needed, in this order\n"
	       "      --load FILE        begins with that configuration instead of what runs\n"
	       "  -c, --confirm MINUTES  the commit is undone unless `confirm` follows (1 to %d)\n"
	       "      --plan             says what a commit would do, key by key, and ends\n"
	       "      --no-restart       what needs a restart waits for the next one\n"
	       "      --no-apply         only writes; nobody is told\n"
	       "  -y, --yes              restarts without asking; without a terminal it must be "
	       "there\n"
	       "  -m, --why TEXT         -u, --who NAME      for the history\n"
	       "  -a, --all              show: every key\n"
	       "      --dir DIR          %s\n"
	       "      --factory FILE     %s: runs when nothing was committed\n"
	       "      --socket PATH      default: $SLUICE_CLI__SOCKET, or cli.socket of what runs\n"
	       "      --init FIFO        %s: restarts processes\n"
	       "      --board FILE       %s: what is built in, when it is there\n"
	       "      --mgmt PROGRAM     %s: applies mgmt.*\n"
	       "  -V, --version          -h, --help\n"
	       "\n"
	       "exit status: 0 done; 1 not done; 2 wrong usage, or a configuration with faults\n",
		REVISION_CONFIRM_MINUTES_MAX, place.dir, place.factory, place.init, place.board,
		place.mgmt);
}

void configctl_print(void *arg, const char *line)
{
	(void)arg;
	puts(line);
}

void configctl_complain(void *arg, const char *line)
{
	(void)arg;
	fprintf(stderr, "sluice-config: %s\n", line);
}

int configctl_fail(int error, const char *fault)
{
	configctl_complain(NULL, fault);
	return error == -EINVAL ? EXIT_USAGE : EXIT_NOT_DONE;
}

static int wrong(const char *what, const char *which)
{
	fprintf(stderr, "sluice-config: %s%s%s%s; sluice-config --help tells more\n", what,
		which ? " '" : "", which ? which : "", which ? "'" : "");
	return EXIT_USAGE;
}

/* 0, or EXIT_USAGE. */
static int add_edit(struct configctl *ctl, bool is_delete, char *text)
{
	struct configctl_edit *edit = &ctl->edits[ctl->edit_len];
	char *equals = strchr(text, '=');

	if (ctl->edit_len == CONFIGCTL_EDITS_MAX)
		return wrong("too many of --set and --delete; use --load", NULL);
	if (!is_delete && equals == NULL)
		return wrong("--set takes KEY=VALUE, not", text);
	if (!is_delete) {
		*equals = '\0';
		edit->text = equals + 1;
	}
	edit->path = text;
	edit->is_delete = is_delete;
	ctl->edit_len++;
	return 0;
}

static int take_minutes(struct configctl *ctl, const char *text)
{
	char *end;
	unsigned long minutes = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0' || minutes < 1 ||
		minutes > REVISION_CONFIRM_MINUTES_MAX)
		return wrong("--confirm takes 1 to 60 minutes, not", text);
	ctl->commit.confirm_minutes = (unsigned)minutes;
	return 0;
}

/* Options that only keep their text. */
static bool is_text(struct configctl *ctl, int option, const char *text)
{
	const char **place = option == OPTION_LOAD      ? &ctl->load
			     : option == OPTION_WHY     ? &ctl->commit.why
			     : option == OPTION_WHO     ? &ctl->commit.who
			     : option == OPTION_DIR     ? &ctl->place.dir
			     : option == OPTION_FACTORY ? &ctl->place.factory
			     : option == OPTION_SOCKET  ? &ctl->place.socket
			     : option == OPTION_INIT    ? &ctl->place.init
			     : option == OPTION_BOARD   ? &ctl->place.board
			     : option == OPTION_MGMT    ? &ctl->place.mgmt
							: NULL;

	if (place != NULL)
		*place = text;
	return place != NULL;
}

static bool is_flag(struct configctl *ctl, int option)
{
	bool *place = option == OPTION_PLAN         ? &ctl->plan
		      : option == OPTION_NO_RESTART ? &ctl->commit.no_restart
		      : option == OPTION_NO_APPLY   ? &ctl->commit.no_apply
		      : option == OPTION_ALL        ? &ctl->all
		      : option == OPTION_YES        ? &ctl->yes
						    : NULL;

	if (place != NULL)
		*place = true;
	return place != NULL;
}

/* 0 to go on; else the exit status + 1. */
static int read_options(struct configctl *ctl, int argc, char **argv)
{
	int option, rc = 0;

	while (rc == 0 &&
		(option = getopt_long(argc, argv, "s:d:c:m:u:ayhV", options, NULL)) != -1) {
		if (option == OPTION_HELP) {
			print_help();
			return 1;
		}
		if (option == OPTION_VERSION) {
			printf("sluice-config %s\n", SLUICE_VERSION);
			return 1;
		}
		if (option == OPTION_SET || option == OPTION_DELETE)
			rc = add_edit(ctl, option == OPTION_DELETE, optarg);
		else if (option == OPTION_CONFIRM)
			rc = take_minutes(ctl, optarg);
		else if (!is_text(ctl, option, optarg) && !is_flag(ctl, option))
			rc = wrong("wrong option", NULL);
	}
	for (; rc == 0 && optind < argc; optind++) {
		if (ctl->word_len == sizeof(ctl->words) / sizeof(ctl->words[0]))
			rc = wrong("too many arguments, from", argv[optind]);
		else
			ctl->words[ctl->word_len++] = argv[optind];
	}
	return rc == 0 ? 0 : 1 + rc;
}

static int run(struct configctl *ctl)
{
	if (ctl->word_len == 0)
		return wrong("expected a command", NULL);
	for (unsigned i = 0; i < COMMANDS; i++) {
		if (strcmp(commands[i].name, ctl->words[0]) != 0)
			continue;
		if (ctl->word_len - 1 < commands[i].fewest || ctl->word_len - 1 > commands[i].most)
			return wrong("wrong number of arguments for", ctl->words[0]);
		return commands[i].run(ctl);
	}
	return wrong("there is no command", ctl->words[0]);
}

int main(int argc, char **argv)
{
	static struct configctl ctl;
	int status;

	signal(SIGPIPE, SIG_IGN);
	revision_place_init(&ctl.place);
	ctl.place.socket = getenv("SLUICE_CLI__SOCKET");
	if (ctl.place.socket != NULL && ctl.place.socket[0] == '\0')
		ctl.place.socket = NULL;
	ctl.commit.who = getenv("USER");
	if (ctl.commit.who == NULL)
		ctl.commit.who = "script"; /* nobody has logged in */
	status = read_options(&ctl, argc, argv);
	if (status != 0)
		return status - 1;
	status = run(&ctl);
	if (fflush(stdout) != 0)
		return EXIT_NOT_DONE;
	return status;
}
