#include <getopt.h>
#include <stdio.h>

#include "identity.h"

/* sluice-identity: serial number, node id and host key of a box, made when they are missing. */

enum { EXIT_NOT_DONE = 1, EXIT_USAGE = 2 };

static void usage(FILE *to)
{
	fputs("usage: sluice-identity [--root DIR]\n"
	      "Makes what is missing of /cfg/factory/serial, /cfg/factory/node_id and "
	      "/cfg/keys/host.key, and\n"
	      "says what is new. What is there stays.\n"
	      "\n"
	      "      --root DIR   before every path of the box (/cfg, /sys), for tests\n"
	      "  -h, --help\n"
	      "\n"
	      "exit status: 0 all of them are there; 1 one could not be made; 2 wrong usage\n",
		to);
}

int main(int argc, char **argv)
{
	static const struct option known[] = {
		{"help", no_argument, NULL, 'h'},
		{"root", required_argument, NULL, 'r'},
		{NULL, 0, NULL, 0},
	};
	const char *root = "";
	struct identity_made made;
	char fault[IDENTITY_FAULT_MAX];
	int option, error;

	while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
		if (option == 'h') {
			usage(stdout);
			return 0;
		}
		if (option != 'r') {
			usage(stderr);
			return EXIT_USAGE;
		}
		root = optarg;
	}
	if (optind < argc) {
		usage(stderr);
		return EXIT_USAGE;
	}
	error = identity_make(root, &made, fault);
	if (made.serial)
		printf("new serial number, %s\n",
			made.is_of_board ? "the board's own" : "as the board has none");
	if (made.node_id)
		puts("new node id");
	if (made.host_key)
		puts("new host key");
	if (error < 0)
		fprintf(stderr, "sluice-identity: %s\n", fault);
	return error < 0 ? EXIT_NOT_DONE : 0;
}
