#include "console.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base_log.h"
#include "base_time.h"

enum { TABLES_MAX = 16 };

static const char frame[] = "============================================================";

static void show_first_password(struct console *console, const char *password)
{
	shell_term_print(console->term,
		"\n%s\n"
		"  This box has no password of yours yet. Log in with this one:\n"
		"\n"
		"    First password for " CONSOLE_ADMIN ": %s\n"
		"\n"
		"  It is of this box alone, and has to be replaced at the first\n"
		"  login. Until then every boot shows another one.\n"
		"%s\n",
		frame, password, frame);
}

static void make_first_password(struct console *console)
{
	char password[CONSOLE_PASSWORD_MAX];
	int rc = console_password_random(password);

	if (rc == 0) {
		show_first_password(console, password);
		rc = console_account_set(&console->account, CONSOLE_ADMIN, password, true);
	}
	explicit_bzero(password, sizeof(password));
	if (rc < 0) {
		base_log(BASE_LOG_ERROR, "cannot make the first password: %s", strerror(-rc));
		shell_term_print(console->term,
			"The first password does not hold: %s. A reboot makes another.\n",
			strerror(-rc));
		return;
	}
	console_account_first_done(&console->account);
}

static void set_host(struct console *console)
{
	if (gethostname(console->host, sizeof(console->host)) < 0 || console->host[0] == '\0')
		snprintf(console->host, sizeof(console->host), "sluice");
	console->host[sizeof(console->host) - 1] = '\0';
}

/* NULL: the menu asks at cli.socket of what runs. */
static const char *socket_path(void)
{
	const char *path = getenv("SLUICE_CLI__SOCKET");

	return path != NULL && path[0] != '\0' ? path : NULL;
}

static void begin_menu(struct console *console)
{
	menu_init(&console->menu, socket_path());
	console->menu.root = console->account.root;
}

void console_open(struct console *console, struct shell_term *term, int in, const char *root)
{
	*console = (struct console){.term = term, .in = in};
	console_account_open(&console->account, root, base_time_ms());
	begin_menu(console);
	set_host(console);
	if (console->account.needs_first)
		make_first_password(console);
}

/* The menu's tables and ours; the list ends with NULL. */
static void list_tables(const struct shell_table *tables[TABLES_MAX])
{
	size_t len = 0;

	while (menu_tables[len] != NULL && len + 2 < TABLES_MAX) {
		tables[len] = menu_tables[len];
		len++;
	}
	tables[len++] = &console_table;
	tables[len] = NULL;
}

/* False when the line is gone. */
static bool run_shell(struct console *console)
{
	const struct shell_table *tables[TABLES_MAX];
	const struct shell_settings settings = {
		.tables = tables,
		.host = console->host,
		.user = console->user,
		.privilege = SHELL_ADMIN,
		.idle_s = CONSOLE_IDLE_S,
		.context = &console->menu,
	};
	enum shell_end end;

	list_tables(tables);
	end = shell_run(console->term, &settings);
	menu_fini(&console->menu);
	begin_menu(console);
	base_log(BASE_LOG_INFO, "user %s has logged out", console->user);
	return end != SHELL_END_HANGUP;
}

void console_run(struct console *console)
{
	do {
		console->user[0] = '\0';
		console_banner(console);
		if (!console_login(console))
			return;
	} while (run_shell(console));
}
