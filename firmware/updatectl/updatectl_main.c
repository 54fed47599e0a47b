#include <stdio.h>
#include <string.h>

#include "updatectl_priv.h"

/*
 * sluice-firmware: on the box, installs firmware and says which of it runs; on the builder's machine, makes the bundles
 * that it installs. Exit status: 0 done, 1 not done (standard error says why), 2 wrong usage.
 */

static const struct {
	const char *name;
	int (*run)(struct updatectl *ctl);
} commands[] = {
	{"install", updatectl_install},
	{"status", updatectl_status},
	{"rollback", updatectl_rollback},
	{"mark-good", updatectl_mark_good},
	{"gate", updatectl_gate},
	{"bundle", updatectl_bundle},
};

static void print_help(void)
{
	fputs("usage: sluice-firmware COMMAND\n"
	      "On the box:\n"
	      "  install SOURCE [--no-reboot]\n"
	      "        verify a bundle, write it to the slot that does not run, and start it.\n"
	      "        SOURCE is a file, http://..., https://..., usb (the newest bundle of this "
	      "board\n"
	      "        on a stick) or serial (ZMODEM: send with `sz FILE`)\n"
	      "  status [--json]\n"
	      "        which slot runs, what is in each, which is on trial\n"
	      "  rollback [--no-reboot]\n"
	      "        start the other slot, unless its firmware is below the minimum sequence\n"
	      "  mark-good\n"
	      "        end the trial of the slot that runs\n"
	      "  gate [--seconds N] [--hold N]\n"
	      "        wait up to N (90) s until the broker has been healthy for 10 s, then "
	      "mark-good;\n"
	      "        a slot on trial that does not get there reboots; after its three\n"
	      "        tries the boot loader takes the other one\n"
	      "On the builder's machine:\n"
	      "  bundle create --key KEY.pem --board ID --version TEXT --sequence N "
	      "[--min-sequence N]\n"
	      "                [--level N] --out FILE fw.efi [fw.efi.sig]\n"
	      "        make a signed bundle. The sequence grows with every release (such as the\n"
	      "        commit's time); a box that runs this bundle starts none below the minimum "
	      "(0)\n"
	      "  bundle verify --pub PUB.pem FILE\n"
	      "        check signature and contents, print the manifest\n"
	      "  bundle keygen KEY.pem PUB.pem\n"
	      "        make a key pair\n"
	      "Before COMMAND: --root DIR takes the box's files from DIR (for tests), --help, "
	      "--version.\n"
	      "Exit status: 0 done, 1 not done, 2 wrong usage.\n",
		stdout);
}

int updatectl_failed(const struct update_fault *fault)
{
	fflush(stdout);
	fprintf(stderr, "sluice-firmware: %s\n", fault->text);
	return EXIT_NOT_DONE;
}

int updatectl_usage(const char *what, const char *which)
{
	fprintf(stderr, "sluice-firmware: %s%s%s%s; see sluice-firmware --help\n", what,
		which ? " '" : "", which ? which : "", which ? "'" : "");
	return EXIT_USAGE;
}

/* Options before the command. -1 to go on, else the exit status. */
static int take_first_options(struct updatectl *ctl)
{
	while (ctl->argc > 0 && ctl->argv[0][0] == '-') {
		if (strcmp(ctl->argv[0], "--help") == 0 || strcmp(ctl->argv[0], "-h") == 0) {
			print_help();
			return 0;
		}
		if (strcmp(ctl->argv[0], "--version") == 0) {
			puts("sluice-firmware " SLUICE_VERSION);
			return 0;
		}
		if (strcmp(ctl->argv[0], "--root") != 0 || ctl->argc < 2)
			return updatectl_usage("unknown option", ctl->argv[0]);
		ctl->root = ctl->argv[1];
		ctl->argc -= 2;
		ctl->argv += 2;
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct updatectl ctl = {.root = "", .argc = argc - 1, .argv = argv + 1};
	int status = take_first_options(&ctl);

	if (status >= 0)
		return status;
	if (ctl.argc == 0)
		return updatectl_usage("expected a command", NULL);
	if (ctl.argc == 2 && strcmp(ctl.argv[1], "--help") == 0) {
		print_help();
		return 0;
	}
	for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(ctl.argv[0], commands[i].name) == 0)
			return commands[i].run(&ctl);
	return updatectl_usage("there is no command", ctl.argv[0]);
}
