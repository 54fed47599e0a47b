#include "menu_box.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base_file.h"
#include "menu_support.h"

/* The box as a whole: restart, end, factory reset, report. */

#define ERASE_WORD "yes-erase-all"

static int ask_init(struct shell_call *call, const char *request, const char *what)
{
	int rc = menu_init_ask(shell_context(call), request);

	if (rc < 0)
		return shell_fail(call,
			"Init does not take the request to %s (" MENU_INIT ": %s). If this is the "
			"appliance, switch it off and on.",
			request, strerror(-rc));
	shell_print(call, "%s", what);
	return SHELL_DONE;
}

static int run_reboot(struct shell_call *call)
{
	if (!shell_confirm(call, "yes", "The box reboots: all clients are disconnected."))
		return SHELL_NOT_DONE;
	return ask_init(call, "reboot", "The box reboots now.");
}

static int run_poweroff(struct shell_call *call)
{
	if (!shell_confirm(call, "yes",
		    "The box switches off: all clients are disconnected, and only its power "
		    "button, or "
		    "power, starts it again."))
		return SHELL_NOT_DONE;
	return ask_init(call, "poweroff", "The box switches off now.");
}

/* ---- factory reset ---- */

static void tell_erased(struct shell_call *call, const struct menu *menu)
{
	shell_print(call, "A factory reset makes cfg and data new, and reboots. Lost are: the "
			  "configuration with its "
			  "history,\naccess rules, users and passwords, keys of the host, logs, "
			  "crash records, uploads, and all that "
			  "the\nbroker has stored. Kept are: serial number, node id, and the "
			  "firmware in both slots. The next boot\n"
			  "shows a new first password on the serial console.");
	if (menu_cfg_is_lost(menu))
		shell_print(call,
			"The disk of cfg is not mounted: it is formatted, with whatever "
			"may still be on it.\nSerial number and node id are kept only if they can "
			"still be read there.");
	if (menu_data_is_lost(menu))
		shell_print(call, "The disk of data is not mounted: it is formatted, with whatever "
				  "may still be on it.");
}

/* True when the user typed the word, or the box's serial number. */
static bool is_meant(struct shell_call *call, const struct menu *menu)
{
	const char *given = shell_arg(call, "erase");
	char serial[MENU_FACT_MAX], answer[MENU_FACT_MAX];

	menu_fact(menu, MENU_SERIAL, "", serial);
	if (given == NULL) {
		if (serial[0] != '\0')
			shell_print(
				call, "The serial number, %s, does as well as the word.", serial);
		if (shell_ask(call, "Type '" ERASE_WORD "' to go on: ", answer, sizeof(answer),
			    false) <= 0)
			return false;
		given = answer;
	}
	return strcmp(given, ERASE_WORD) == 0 || (serial[0] != '\0' && strcmp(given, serial) == 0);
}

/*
 * The request has to be on the disk before the box reboots. One that may not be there is taken back; on failure
 * *may_stay tells that this cannot be known either.
 */
static int write_flag(const struct menu *menu, bool *may_stay)
{
	char path[MENU_PATH_MAX];
	int fd = open(menu_path(menu, MENU_RESET, path), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	int rc;

	*may_stay = false;
	if (fd < 0)
		return -errno;
	rc = fsync(fd) < 0 ? -errno : 0;
	close(fd);
	if (rc == 0)
		rc = base_file_sync_folder(path);
	if (rc < 0)
		*may_stay = unlink(path) < 0 || base_file_sync_folder(path) < 0;
	return rc;
}

static int run_factory_reset(struct shell_call *call)
{
	const struct menu *menu = shell_context(call);
	bool may_stay;
	int rc;

	tell_erased(call, menu);
	if (!is_meant(call, menu))
		return shell_fail(call, "Nothing was changed: this was neither " ERASE_WORD
					" nor the serial number.");
	rc = write_flag(menu, &may_stay);
	if (rc < 0 && may_stay)
		return shell_fail(call,
			MENU_RESET " cannot be written, nor taken back: %s. The next boot may "
				   "reset the box.",
			strerror(-rc));
	if (rc < 0)
		return shell_fail(call,
			"Nothing was changed: " MENU_RESET " cannot be written: %s.",
			strerror(-rc));
	rc = menu_init_ask(menu, "reboot");
	if (rc < 0)
		return shell_fail(call,
			"The next boot resets the box; init does not take the request to reboot "
			"(" MENU_INIT ": %s): switch it off and on.",
			strerror(-rc));
	shell_print(call, "The box reboots now, and begins as it came from the factory.");
	return SHELL_DONE;
}

/* clang-format off */
static const struct shell_command commands[] = {
	{"reboot", SHELL_OPERATE, SHELL_ADMIN, SHELL_RAW, run_reboot, "end all, and start the box anew"},
	{"poweroff", SHELL_OPERATE, SHELL_ADMIN, SHELL_RAW, run_poweroff, "end all, and switch the box off"},
	{"factory-reset [<erase>]", SHELL_OPERATE, SHELL_ADMIN, SHELL_RAW, run_factory_reset,
		"erase the configuration and all data; asks first"},
	{"tech-support", SHELL_OPERATE, SHELL_ADMIN, SHELL_JSON, menu_support_make,
		"make an archive of all that helps to find a fault, without secrets"},
	{"tech-support send", SHELL_OPERATE, SHELL_ADMIN, SHELL_RAW, menu_support_send,
		"make it, and send it over this line by ZMODEM"},
	{0},
};
/* clang-format on */

static const struct shell_type types[] = {
	{"erase", "the serial number, or " ERASE_WORD, NULL, NULL},
	{0},
};

static const struct shell_word words[] = {
	{"tech-support", "one archive of all that helps to find a fault"},
	{0},
};

const struct shell_table menu_system_table = {commands, types, words};
