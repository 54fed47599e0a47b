#include "menu_box.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "child.h"
#include "menu_child.h"

/* Firmware: what sluice-firmware does, from the console. */

enum {
	STATUS_BYTES_MAX = 64 * 1024,
	STATUS_LIMIT_S = 30,
	ARGS_MAX = 8,
};

#define PROGRAM "sluice-firmware"

/* argv of the program for the menu's box; `args` ends with NULL. */
static void argv_of(const struct menu *menu, const char *const *args, const char *argv[ARGS_MAX])
{
	size_t len = 0;

	argv[len++] = PROGRAM;
	if (menu->root != NULL && menu->root[0] != '\0') {
		argv[len++] = "--root";
		argv[len++] = menu->root;
	}
	while (*args != NULL && len + 1 < ARGS_MAX)
		argv[len++] = *args++;
	argv[len] = NULL;
}

/* The program has said itself what went wrong, but for this. */
static int status_of(struct shell_call *call, int rc)
{
	if (rc == 0)
		return SHELL_DONE;
	if (rc < 0)
		return shell_fail(call, PROGRAM " cannot be run: %s", strerror(-rc));
	if (rc == 127)
		return shell_fail(
			call, "There is no program " PROGRAM " here: this is not the appliance.");
	if (rc > 128)
		return shell_fail(call, PROGRAM " was ended by signal %d.", rc - 128);
	return SHELL_NOT_DONE;
}

static int run(struct shell_call *call, const char *const *args)
{
	const char *argv[ARGS_MAX];

	argv_of(shell_context(call), args, argv);
	return status_of(call, shell_exec(call, argv));
}

static int show_json(struct shell_call *call)
{
	static const char *const args[] = {"status", "--json", NULL};
	const char *argv[ARGS_MAX];
	const struct child_program program = {
		.argv = argv, .limit_s = STATUS_LIMIT_S, .has_group = shell_is_interactive(call)};
	char text[STATUS_BYTES_MAX];
	struct child_end end;
	json_t *value = NULL;
	size_t len;

	argv_of(shell_context(call), args, argv);
	if (child_capture(&program, text, sizeof(text), &len, &end) == 0)
		value = json_loadb(text, len, 0, NULL);
	if (value == NULL)
		return shell_fail(
			call, PROGRAM " status has no answer%s%s", len > 0 ? ": " : "", text);
	shell_json(call, value);
	return child_is_done(&end) ? SHELL_DONE : SHELL_NOT_DONE;
}

static int run_status(struct shell_call *call)
{
	static const char *const args[] = {"status", NULL};

	return shell_wants_json(call) ? show_json(call) : run(call, args);
}

/* ZMODEM needs the line that the console has. */
static int install_from_line(struct shell_call *call)
{
	static const char *const args[] = {"install", "serial", NULL};
	const char *argv[ARGS_MAX];
	int rc;

	argv_of(shell_context(call), args, argv);
	rc = menu_child_attach(call, argv);
	if (rc == -ENOTTY)
		return shell_fail(
			call, "'firmware install serial' needs a terminal that sends the file.");
	return status_of(call, rc);
}

static int run_install(struct shell_call *call)
{
	const char *source = shell_arg(call, "source");
	const char *args[] = {"install", source, NULL};

	if (source[0] == '-')
		return shell_fail(call,
			"A source is a file, http(s)://..., usb or serial, not '%s'.", source);
	if (!shell_confirm(call, "yes",
		    "The other slot is written, and the box reboots into it: clients are "
		    "disconnected "
		    "for that time. If the new firmware does not come up well, this one returns by "
		    "itself."))
		return SHELL_NOT_DONE;
	return strcmp(source, "serial") == 0 ? install_from_line(call) : run(call, args);
}

static int run_rollback(struct shell_call *call)
{
	static const char *const args[] = {"rollback", NULL};

	if (!shell_confirm(call, "yes",
		    "The box reboots into the other slot's firmware: clients are disconnected for "
		    "that "
		    "time."))
		return SHELL_NOT_DONE;
	return run(call, args);
}

static int run_mark_good(struct shell_call *call)
{
	static const char *const args[] = {"mark-good", NULL};

	return run(call, args);
}

static void complete_source(struct shell_call *call, const char *prefix, struct shell_offer *offer)
{
	(void)call;
	(void)prefix;
	shell_offer_hint(offer, "http://...", "from the management network");
	shell_offer_hint(offer, "https://...", "the same, encrypted");
	shell_offer_hint(offer, "/...", "a file of the box");
	shell_offer(offer, "usb", "the newest bundle of this board on a stick");
	shell_offer(offer, "serial", "over this line, by ZMODEM: send it with 'sz FILE'");
}

/* clang-format off */
static const struct shell_command commands[] = {
	{"show firmware", SHELL_OPERATE, SHELL_VIEW, SHELL_JSON, run_status,
		"which slot runs, what is in each, which is on trial"},
	{"firmware status", SHELL_OPERATE, SHELL_VIEW, SHELL_JSON, run_status, "the same as 'show firmware'"},
	{"firmware install <source>", SHELL_OPERATE, SHELL_ADMIN, SHELL_RAW, run_install,
		"verify a bundle, write it to the other slot, and start it"},
	{"firmware rollback", SHELL_OPERATE, SHELL_ADMIN, SHELL_RAW, run_rollback,
		"start the other slot's firmware"},
	{"firmware mark-good", SHELL_OPERATE, SHELL_ADMIN, SHELL_RAW, run_mark_good,
		"end the trial of the firmware that runs"},
	{0},
};
/* clang-format on */

static const struct shell_type types[] = {
	{"source", "where a bundle comes from", NULL, complete_source},
	{0},
};

static const struct shell_word words[] = {
	{"firmware", "install firmware, go back to the one before"},
	{0},
};

const struct shell_table menu_firmware_table = {commands, types, words};
