#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base_log.h"
#include "console.h"

/*
 * sluice-console: login and shell on the terminal that is its standard input and output. Init starts it on the
 * serial line, as the leader of a session, and again whenever it ends.
 */

enum { EXIT_NOT_DONE = 1, EXIT_USAGE = 2 };

struct options {
	speed_t speed; /* 0 = as it is */
	const char *root;
};

/* Those that board.conf may name (board_check.c). */
static const struct {
	const char *name;
	speed_t speed;
} speeds[] = {
	{"9600", B9600},
	{"19200", B19200},
	{"38400", B38400},
	{"57600", B57600},
	{"115200", B115200},
	{"230400", B230400},
	{"460800", B460800},
	{"921600", B921600},
	{"1500000", B1500000},
};
enum { SPEEDS = sizeof(speeds) / sizeof(speeds[0]) };

static void print_help(void)
{
	puts("usage: sluice-console [--baud N] [--root DIR]\n"
	     "Login, then the shell of the appliance, on the terminal at standard input and "
	     "output.\n"
	     "\n"
	     "  --baud N     speed of the line, 8N1 without flow control; default: 115200\n"
	     "  --root DIR   before every path of the box (/cfg, /run/sluice, ...), for tests\n"
	     "  --help       this text\n"
	     "\n"
	     "The log goes to standard error.\n"
	     "exit status: 0 nobody is at the line any more; 1 there is no terminal; 2 wrong "
	     "usage");
}

static int take_speed(struct options *options, const char *text)
{
	for (size_t i = 0; i < SPEEDS; i++)
		if (strcmp(speeds[i].name, text) == 0) {
			options->speed = speeds[i].speed;
			return 0;
		}
	fprintf(stderr,
		"sluice-console: --baud takes 9600, 19200, ... 115200 ... 1500000, not '%s'\n",
		text);
	return -EINVAL;
}

/* 0 to go on; else the exit status + 1. */
static int read_options(struct options *options, int argc, char **argv)
{
	static const struct option known[] = {
		{"baud", required_argument, NULL, 'b'},
		{"help", no_argument, NULL, 'h'},
		{"root", required_argument, NULL, 'r'},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "b:hr:", known, NULL)) != -1) {
		switch (option) {
		case 'b':
			if (take_speed(options, optarg) < 0)
				return 1 + EXIT_USAGE;
			break;
		case 'h':
			print_help();
			return 1;
		case 'r':
			options->root = optarg;
			break;
		default:
			return 1 + EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "sluice-console: unexpected argument '%s'; see --help\n",
			argv[optind]);
		return 1 + EXIT_USAGE;
	}
	return 0;
}

/* What the shell does not set: speed and frame of a serial line. The rest (raw) is the shell's. */
static void set_line(int fd, speed_t speed)
{
	struct termios line;

	if (tcgetattr(fd, &line) < 0)
		return;
	line.c_cflag &= (tcflag_t) ~(CSIZE | PARENB | CSTOPB | CRTSCTS);
	line.c_cflag |= CS8 | CREAD | CLOCAL;
	cfsetispeed(&line, speed);
	cfsetospeed(&line, speed);
	tcsetattr(fd, TCSANOW, &line);
}

int main(int argc, char **argv)
{
	static struct console console;
	struct options options = {.speed = B115200, .root = ""};
	struct shell_term *term;
	int status = read_options(&options, argc, argv);

	if (status != 0)
		return status - 1;
	base_log_init("console", BASE_LOG_INFO);
	signal(SIGPIPE, SIG_IGN);
	set_line(STDIN_FILENO, options.speed);
	term = shell_term_open(STDIN_FILENO, STDOUT_FILENO);
	if (term == NULL) {
		base_log(BASE_LOG_ERROR, "cannot use the terminal: %s", strerror(errno));
		return EXIT_NOT_DONE;
	}
	console_open(&console, term, STDIN_FILENO, options.root);
	console_run(&console);
	shell_term_close(term);
	return 0;
}
