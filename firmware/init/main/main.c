#include <errno.h>
#include <fcntl.h>
#include <linux/reboot.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "board.h"
#include "init.h"
#include "main_box.h"

/*
 * sluice-init: the first process of the appliance. Its services are the table below; the rest is the library's.
 */

enum {
	EXIT_USAGE = 2,
	SETUP_MS = 120 * 1000,
	PETS = 4, /* in the time after which the watchdog resets the box */
};

#define BOARD_CONF "/etc/sluice/board.conf"

static char terminal[CONFIG_NAME_MAX + 8] = "/dev/console", baud[24] = "115200";
static struct board board;

static const char *const setup[] = {"/etc/sluice/setup", NULL};
static const char *const control[] = {"/etc/sluice/run-control", NULL};
static const char *const worker[] = {"/etc/sluice/run-worker", NULL};
static const char *const guard[] = {"/usr/bin/sluice-config", "guard", NULL};
static const char *const gate[] = {"/usr/bin/sluice-firmware", "gate", NULL};
static const char *const dhcp[] = {"/etc/sluice/run-dhcp", NULL};
static const char *const console[] = {"/usr/bin/sluice-console", "--baud", baud, NULL};
static const char *const teardown[] = {"/etc/sluice/teardown", NULL};

/* In the order of their start. When memory is out, the console is the last that the kernel ends. */
static const struct init_kind kinds[] = {
	{.name = "setup", .argv = setup, .is_setup = true, .is_once = true, .limit_ms = SETUP_MS},
	{.name = "control", .argv = control},
	{.name = "worker", .argv = worker, .needs_board = true},
	{.name = "guard", .argv = guard, .oom_score = -500},
	{.name = "gate", .argv = gate, .is_once = true, .oom_score = -500},
	{.name = "dhcp", .argv = dhcp, .needs = "/run/sluice/dhcp"},
	{.name = "console",
		.argv = console,
		.terminal = terminal,
		.is_last = true,
		.oom_score = -900},
};

static void usage(FILE *to)
{
	fputs("usage: sluice-init\n"
	      "The first process of the appliance: the kernel starts it, as process 1. It runs\n"
	      "/etc/sluice/setup, keeps the services running, writes their log, and ends them in "
	      "order.\n"
	      "\n"
	      "It takes commands through the FIFO /run/sluice/init, a line each:\n"
	      "  restart NAME   a service of /run/sluice/services.json ends and begins again\n"
	      "  reboot\n"
	      "  poweroff\n"
	      "SIGTERM reboots, SIGUSR2 switches off.\n"
	      "\n"
	      "exit status: 0 this text; 2 it is not process 1\n",
		to);
}

/* The descriptors 0 to 2 are there, so that none of ours gets their number. */
static void open_standard(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

/* A fault of init's own would make the kernel panic. The box begins anew instead, at once. */
static void start_anew(int number)
{
	(void)number;
	reboot(RB_AUTOBOOT);
}

static void catch_faults(void)
{
	static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS};
	const struct sigaction action = {.sa_handler = start_anew};

	for (unsigned i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		sigaction(faults[i], &action, NULL);
}

static void tell_fault(void *arg, const char *line)
{
	(void)arg;
	main_say("FAILED: %s", line);
}

static void first_line(void)
{
	char version[128] = "of an unknown version";
	FILE *file = fopen("/etc/sluice/version", "re");
	struct utsname name = {0};

	if (file != NULL) {
		if (fgets(version, sizeof(version), file) != NULL)
			version[strcspn(version, "\n")] = '\0';
		fclose(file);
	}
	uname(&name);
	main_say("Sluice %s on %s (tier %llu), %s, kernel %s", version, board.board.name,
		(unsigned long long)board.board.tier, name.machine, name.release);
}

int main(int argc, char **argv)
{
	struct init_config config = {
		.root = "",
		.kinds = kinds,
		.kind_len = sizeof(kinds) / sizeof(kinds[0]),
		.times = &init_times,
		.teardown = teardown,
		.watchdog = -1,
	};
	enum init_end end;
	int timeout_s;

	/* As process 1 it gets words of the kernel's command line, which are not for it. */
	if (getpid() != 1) {
		bool is_asked = argc == 2 && strcmp(argv[1], "--help") == 0;

		usage(is_asked ? stdout : stderr);
		return is_asked ? 0 : EXIT_USAGE;
	}
	umask(022);
	catch_faults();
	main_mount();
	open_standard();
	reboot(RB_DISABLE_CAD);
	if (board_load(&board, BOARD_CONF, tell_fault, NULL) == 0) {
		snprintf(terminal, sizeof(terminal), "/dev/%s", board.console.tty);
		snprintf(baud, sizeof(baud), "%llu", (unsigned long long)board.console.baud);
		timeout_s = (int)board.watchdog.timeout_s;
		config.watchdog = main_watchdog(board.watchdog.module, &timeout_s);
		config.watchdog_ms = (uint32_t)timeout_s * 1000 / PETS;
	} else {
		snprintf(board.board.name, sizeof(board.board.name), "an unknown board");
	}
	first_line();
	end = init_run(&config);
	reboot(end == INIT_REBOOT ? RB_AUTOBOOT : RB_POWER_OFF);
	/* Without a way to switch itself off the box waits for its power to go. */
	for (;;)
		pause();
}
