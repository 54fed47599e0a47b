#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli_command.h"
#include "cli_peer.h"
#include "cli_text.h"
#include "ctl_shell.h"
#include "revision.h"

/*
 * sluicectl: asks the control process over its Unix socket and prints the answer, as text in EMQX's formats or as JSON.
 * Without a command on a terminal it is the shell of the appliance, whose commands it also takes one at a time.
 * Exit status: 0 done, 1 not done (control does not run, nothing found), 2 wrong usage.
 */

enum { EXIT_NOT_DONE = 1, EXIT_USAGE = 2, WORDS_MAX = 64 };

struct options {
	const char *socket; /* NULL = cli.socket of what runs */
	char found[CONFIG_TEXT_MAX]; /* that, once it was looked for */
	bool json;
	bool yes;
	unsigned long long limit; /* entries of a list; 0 = all */
	const char *words[WORDS_MAX];
	size_t word_len;
};

static void print_line(void *arg, const char *line)
{
	(void)arg;
	puts(line);
}

static void print_help(void)
{
	puts("usage: sluicectl [--json] [--socket PATH] [--limit N] [--yes] [COMMAND [ARGUMENT]]\n"
	     "Asks the control process of Sluice. Without COMMAND, on a terminal: a shell that "
	     "completes with Tab and\n"
	     "helps with ?. The shell's commands (show clients, clear client ID, ...) work here "
	     "too; 'show' lists them.\n");
	for (unsigned i = 0; i < CLI_COMMANDS; i++) {
		char head[64];

		snprintf(head, sizeof(head), "%s %s", cli_commands[i].words, cli_commands[i].args);
		printf("  %-34s %s\n", head, cli_commands[i].help);
	}
	puts("\n"
	     "  --json           print JSON: one value, or an array for a list\n"
	     "  --limit N        at most N entries of a list\n"
	     "  --socket PATH    default: $SLUICE_CLI__SOCKET, or cli.socket of what runs\n"
	     "  --yes            do not ask before a command of the shell ends what others use; "
	     "scripts need "
	     "it\n"
	     "  --help           this text\n"
	     "\n"
	     "exit status: 0 done; 1 not done; 2 wrong usage");
}

static int wrong(const char *what, const char *which)
{
	fprintf(stderr, "sluicectl: %s%s%s%s; sluicectl --help lists the commands\n", what,
		which ? " '" : "", which ? which : "", which ? "'" : "");
	return EXIT_USAGE;
}

/* 0 to go on; else the exit status + 1. */
static int read_options(struct options *options, int argc, char **argv)
{
	static const struct option known[] = {
		{"help", no_argument, NULL, 'h'},
		{"json", no_argument, NULL, 'j'},
		{"limit", required_argument, NULL, 'l'},
		{"socket", required_argument, NULL, 's'},
		{"yes", no_argument, NULL, 'y'},
		{NULL, 0, NULL, 0},
	};
	int option;
	char *end;

	while ((option = getopt_long(argc, argv, "hjl:s:y", known, NULL)) != -1) {
		switch (option) {
		case 'h':
			print_help();
			return 1;
		case 'j':
			options->json = true;
			break;
		case 'l':
			options->limit = strtoull(optarg, &end, 10);
			if (*optarg < '0' || *optarg > '9' || *end != '\0' || options->limit == 0)
				return 1 + wrong("--limit takes a number from 1, not", optarg);
			break;
		case 's':
			options->socket = optarg;
			break;
		case 'y':
			options->yes = true;
			break;
		default:
			return 1 + EXIT_USAGE;
		}
	}
	for (; optind < argc && options->word_len < WORDS_MAX; optind++)
		options->words[options->word_len++] = argv[optind];
	if (optind < argc)
		return 1 + wrong("too many arguments", NULL);
	return 0;
}

/* The command, or CLI_COMMANDS after saying what is wrong. */
static enum cli_command_id check_words(const struct options *options)
{
	size_t used, args;
	enum cli_command_id id = cli_command_find(options->words, options->word_len, &used);

	if (id == CLI_COMMANDS) {
		if (options->word_len == 0)
			wrong("expected a command", NULL);
		else if (used == options->word_len)
			wrong("the command is not complete:", options->words[used - 1]);
		else
			wrong("there is no command", options->words[used]);
		return id;
	}
	args = options->word_len - used;
	if (args < cli_commands[id].fewest) {
		fprintf(stderr, "usage: sluicectl %s %s\n", cli_commands[id].words,
			cli_commands[id].args);
		return CLI_COMMANDS;
	}
	if (args > cli_commands[id].most) {
		wrong("unexpected argument", options->words[used + cli_commands[id].most]);
		return CLI_COMMANDS;
	}
	return id;
}

static json_t *request_of(
	const struct options *options, const char *cursor, unsigned long long left)
{
	json_t *request = json_object(), *words = json_array();

	for (size_t i = 0; i < options->word_len; i++)
		json_array_append_new(words, json_string(options->words[i]));
	json_object_set_new(request, "cmd", words);
	if (cursor != NULL)
		json_object_set_new(request, "cursor", json_string(cursor));
	if (left != 0)
		json_object_set_new(request, "limit",
			json_integer(left < UINT32_MAX ? (json_int_t)left : UINT32_MAX));
	return request;
}

static void print_json(const json_t *value, const char *before)
{
	char *text = cli_text_json(value);

	printf("%s%s", before, text ? text : "null");
	free(text);
}

/* One page of a list, as entries of one array that goes on over all pages. */
static void print_page(const struct options *options, enum cli_command_id id, const json_t *result,
	unsigned long long before)
{
	if (!options->json) {
		cli_text_print(id, result, print_line, NULL);
		return;
	}
	for (size_t i = 0; i < json_array_size(result); i++)
		print_json(json_array_get(result, i), before + i == 0 ? "[" : ",\n ");
}

static int print_refusal(const struct options *options, json_t *answer)
{
	const char *error = json_string_value(json_object_get(answer, "error"));
	const char *code = json_string_value(json_object_get(answer, "code"));

	if (options->json) {
		json_object_del(answer, "ok");
		print_json(answer, "");
		puts("");
	} else if (code != NULL && strcmp(code, "not_found") == 0) {
		puts(error ? error : "Not Found.");
	} else {
		fprintf(stderr, "sluicectl: %s\n", error ? error : "control refused");
	}
	return EXIT_NOT_DONE;
}

static void print_whole(const struct options *options, enum cli_command_id id, const json_t *result)
{
	if (options->json) {
		print_json(result, "");
		puts("");
	} else {
		cli_text_print(id, result, print_line, NULL);
	}
}

static void print_end(
	const struct options *options, enum cli_command_id id, unsigned long long printed)
{
	if (options->json)
		puts(printed == 0 ? "[]" : "]");
	else if (printed == 0 && cli_text_empty(id) != NULL)
		puts(cli_text_empty(id));
}

/* "health" answers by the exit status too. */
static bool is_unhealthy(enum cli_command_id id, const json_t *result)
{
	return id == CLI_health && !json_is_true(json_object_get(result, "ok"));
}

/* Asks until there is no further page. The exit status. */
static int ask_all(const struct options *options, enum cli_command_id id, struct cli_peer *peer)
{
	unsigned long long printed = 0, left;
	char cursor[32] = "";
	int status = 0;

	do {
		json_t *answer, *result;
		const char *next;

		left = options->limit ? options->limit - printed : 0;
		answer = cli_peer_ask(peer, request_of(options, cursor[0] ? cursor : NULL, left));
		if (answer == NULL) {
			fprintf(stderr, "sluicectl: no answer from control at %s: %s\n",
				options->socket, strerror(errno));
			return EXIT_NOT_DONE;
		}
		result = json_object_get(answer, "result");
		if (!json_is_true(json_object_get(answer, "ok")) || result == NULL) {
			status = print_refusal(options, answer);
			json_decref(answer);
			return status;
		}
		if (cli_commands[id].is_list) {
			print_page(options, id, result, printed);
			printed += json_array_size(result);
		} else {
			print_whole(options, id, result);
			if (is_unhealthy(id, result))
				status = EXIT_NOT_DONE;
		}
		next = json_string_value(json_object_get(answer, "next"));
		snprintf(cursor, sizeof(cursor), "%s", next ? next : "");
		json_decref(answer);
	} while (cursor[0] != '\0' && (options->limit == 0 || printed < options->limit));
	if (cli_commands[id].is_list)
		print_end(options, id, printed);
	return status;
}

/* A command of control: asks and prints. The exit status. */
static int run_command(struct options *options)
{
	enum cli_command_id id = check_words(options);
	struct revision_place place;
	struct cli_peer *peer;
	int status;

	if (id == CLI_COMMANDS)
		return EXIT_USAGE;
	if (options->socket == NULL) {
		revision_place_init(&place);
		revision_socket(&place, options->found);
		options->socket = options->found;
	}
	peer = cli_peer_open(options->socket);
	if (peer == NULL) {
		fprintf(stderr, "sluicectl: cannot reach control at %s: %s; %s\n", options->socket,
			strerror(errno),
			errno == EACCES ? "it answers root only" : "is sluice-control running?");
		return EXIT_NOT_DONE;
	}
	status = ask_all(options, id, peer);
	cli_peer_close(peer);
	return status;
}

/* Whether no command of control begins so: then it is the shell's, whose words never begin like those. */
static bool is_of_shell(const struct options *options)
{
	size_t used;

	return options->word_len > 0 &&
	       cli_command_find(options->words, options->word_len, &used) == CLI_COMMANDS &&
	       used == 0;
}

int main(int argc, char **argv)
{
	struct options options = {.socket = getenv("SLUICE_CLI__SOCKET")};
	int status;

	if (options.socket != NULL && options.socket[0] == '\0')
		options.socket = NULL;
	status = read_options(&options, argc, argv);
	if (status != 0)
		return status - 1;
	if (options.word_len == 0 && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		status = ctl_shell_run(options.socket);
	else if (is_of_shell(&options))
		status = ctl_shell_run_words(
			options.socket, options.words, options.word_len, options.json, options.yes);
	else
		status = run_command(&options);
	if (fflush(stdout) != 0)
		return EXIT_NOT_DONE;
	return status;
}
