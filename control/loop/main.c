#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base_log.h"
#include "board_config.h"
#include "config.h"
#include "loop.h"

/* The command line of sluice-control. Exit status: 0 done, 1 it could not run, 2 wrong usage or configuration. */

enum { EXIT_USAGE = 2 };

static const char default_path[] = "/etc/sluice/sluice.conf";
static const char default_board[] = "/etc/sluice/board.conf";

enum option_id {
	OPTION_BOARD = 'b',
	OPTION_CONFIG = 'c',
	OPTION_HELP = 'h',
	OPTION_VERSION = 'V',
	OPTION_HELP_CONFIG = 256,
	OPTION_PRINT_DEFAULT,
	OPTION_TEST,
	OPTION_DATAPLANE_ARGS,
};

static const struct option options[] = {
	{"board", required_argument, NULL, OPTION_BOARD},
	{"config", required_argument, NULL, OPTION_CONFIG},
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{"help-config", no_argument, NULL, OPTION_HELP_CONFIG},
	{"print-default-config", no_argument, NULL, OPTION_PRINT_DEFAULT},
	{"test-config", no_argument, NULL, OPTION_TEST},
	{"dataplane-args", optional_argument, NULL, OPTION_DATAPLANE_ARGS},
	{NULL, 0, NULL, 0},
};

static void usage(FILE *to)
{
	fprintf(to,
		"usage: sluice-control [--config FILE] [OPTION]\n"
		"  -c, --config FILE        the configuration (%s when it is there)\n"
		"  -b, --board FILE         the board's facts (%s when it is there)\n"
		"      --test-config        check the configuration and end\n"
		"      --dataplane-args[=N] print the command line of worker N (0), one argument a "
		"line\n"
		"      --help-config        explain every key\n"
		"      --print-default-config\n"
		"  -V, --version\n"
		"  -h, --help\n"
		"Keys may be set from the environment: SLUICE_MQTT__MAX_INFLIGHT=16\n",
		default_path, default_board);
}

static void print_line(void *arg, const char *line)
{
	fprintf(arg, "%s\n", line);
}

/* What ends at once, without a configuration. True when it was that. */
static bool is_answered(int option)
{
	if (option == OPTION_HELP)
		usage(stdout);
	else if (option == OPTION_VERSION)
		printf("sluice-control %s\n", SLUICE_VERSION);
	else if (option == OPTION_HELP_CONFIG)
		config_help(print_line, stdout);
	else if (option == OPTION_PRINT_DEFAULT)
		config_print_default(print_line, stdout);
	else
		return false;
	return true;
}

/* What the command line asks for. */
struct request {
	const char *path, *board_path;
	bool test, args;
	unsigned worker;
};

/* -1 to go on; else the exit status. */
static int read_options(struct request *request, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "b:c:hV", options, NULL)) != -1) {
		if (is_answered(option))
			return 0;
		if (option == OPTION_BOARD) {
			request->board_path = optarg;
		} else if (option == OPTION_CONFIG) {
			request->path = optarg;
		} else if (option == OPTION_TEST) {
			request->test = true;
		} else if (option == OPTION_DATAPLANE_ARGS) {
			request->args = true;
			request->worker = optarg ? (unsigned)strtoul(optarg, NULL, 10) : 0;
		} else {
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		usage(stderr);
		return EXIT_USAGE;
	}
	return -1;
}

int main(int argc, char **argv)
{
	static struct config config;
	static struct board facts;
	const struct board *board = NULL;
	struct request request = {
		.path = access(default_path, R_OK) == 0 ? default_path : NULL,
		.board_path = access(default_board, R_OK) == 0 ? default_board : NULL,
	};
	int status = read_options(&request, argc, argv);

	if (status >= 0)
		return status;
	if (request.board_path != NULL) {
		if (board_load(&facts, request.board_path, print_line, stderr) != 0)
			return EXIT_USAGE;
		board = &facts;
	}
	if (board_config_load(board, &config, request.path, environ, print_line, stderr) != 0)
		return EXIT_USAGE;
	if (request.args)
		config_dataplane_args(&config, request.worker, print_line, stdout);
	if (request.test || request.args)
		return 0;
	return loop_run(request.path, board, &config);
}
