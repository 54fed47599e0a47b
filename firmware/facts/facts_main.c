#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "board.h"
#include "facts.h"

/*
 * sluice-board: a board's facts, for scripts and against the machine. Exit status: 0 done, or all facts hold; 1 the file
 * has faults, there is no such key, or a fact does not hold; 2 wrong usage.
 */

enum { EXIT_FAULTS = 1, EXIT_USAGE = 2 };
enum option_id { OPTION_SHELL = 256, OPTION_GET, OPTION_CHECK, OPTION_ID, OPTION_KEYS };

struct options {
	const char *file, *id, *key;
	bool shell, check;
	struct facts_machine machine;
};

static void usage(FILE *to)
{
	fputs("usage: sluice-board FILE [--id ID] [--shell | --get KEY | --check]\n"
	      "Reads a board.conf; says with file and line what is wrong with it.\n"
	      "\n"
	      "      --shell       print all keys as shell assignments: board_port_data_pmd='...'\n"
	      "      --get KEY     print one value\n"
	      "      --check       compare the facts with this machine; a line for each that does "
	      "not hold\n"
	      "      --id ID       board.id must be this, the name of the board's folder\n"
	      "      --sys DIR     for --check: where sysfs is (default: /sys)\n"
	      "      --proc DIR    for --check: where procfs is (default: /proc)\n"
	      "      --help-board  explain every key of board.conf\n"
	      "  -h, --help\n"
	      "\n"
	      "exit status: 0 done, the facts hold; 1 the file has faults, there is no such key, "
	      "or a fact\n"
	      "does not hold; 2 wrong usage\n",
		to);
}

static void print_line(void *arg, const char *line)
{
	fprintf(arg, "%s\n", line);
}

static int take(struct options *o, int option)
{
	switch (option) {
	case OPTION_SHELL:
		o->shell = true;
		return 0;
	case OPTION_GET:
		o->key = optarg;
		return 0;
	case OPTION_CHECK:
		o->check = true;
		return 0;
	case OPTION_ID:
		o->id = optarg;
		return 0;
	case 's':
		o->machine.sys = optarg;
		return 0;
	case 'p':
		o->machine.proc = optarg;
		return 0;
	default:
		return -1;
	}
}

/* -1 to go on; else the exit status. */
static int read_options(struct options *o, int argc, char **argv)
{
	static const struct option known[] = {
		{"shell", no_argument, NULL, OPTION_SHELL},
		{"get", required_argument, NULL, OPTION_GET},
		{"check", no_argument, NULL, OPTION_CHECK},
		{"id", required_argument, NULL, OPTION_ID},
		{"sys", required_argument, NULL, 's'},
		{"proc", required_argument, NULL, 'p'},
		{"help-board", no_argument, NULL, OPTION_KEYS},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
		if (option == 'h') {
			usage(stdout);
			return 0;
		}
		if (option == OPTION_KEYS) {
			board_help(print_line, stdout);
			return 0;
		}
		if (take(o, option) < 0) {
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	if (optind != argc - 1 || o->shell + o->check + (o->key != NULL) > 1) {
		usage(stderr);
		return EXIT_USAGE;
	}
	o->file = argv[optind];
	return -1;
}

static int print_value(const struct board *board, const struct options *o)
{
	char value[BOARD_VALUE_MAX];

	if (board_get(board, o->key, value) < 0) {
		fprintf(stderr,
			"sluice-board: there is no key %s; sluice-board --help-board lists them\n",
			o->key);
		return EXIT_FAULTS;
	}
	puts(value);
	return 0;
}

int main(int argc, char **argv)
{
	static struct board board;
	struct options o = {.machine = {.sys = "/sys", .proc = "/proc"}};
	int status = read_options(&o, argc, argv);

	if (status >= 0)
		return status;
	if (board_load(&board, o.file, print_line, stderr) != 0)
		return EXIT_FAULTS;
	if (o.id != NULL && strcmp(o.id, board.board.id) != 0) {
		fprintf(stderr,
			"%s: board.id: expected \"%s\", the name of its folder, found \"%s\"\n",
			o.file, o.id, board.board.id);
		return EXIT_FAULTS;
	}
	if (o.key != NULL)
		return print_value(&board, &o);
	if (o.shell)
		board_shell(&board, print_line, stdout);
	if (o.check)
		return facts_check(&board, &o.machine, print_line, stdout) == 0 ? 0 : EXIT_FAULTS;
	return 0;
}
