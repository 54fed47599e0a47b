#include "ctl_shell.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "menu.h"
#include "shell.h"
#include "shell_term.h"

enum { NOT_DONE = 1, USAGE = 2, HOST_ROOM = 65 };

static struct shell_settings settings_of(struct menu *menu, char host[HOST_ROOM])
{
	if (gethostname(host, HOST_ROOM) < 0 || host[0] == '\0')
		snprintf(host, HOST_ROOM, "sluice");
	host[HOST_ROOM - 1] = '\0';
	host[strcspn(host, ".")] = '\0';
	/* Whoever may open control's socket may do all that it does. */
	return (struct shell_settings){
		.tables = menu_tables, .host = host, .privilege = SHELL_ADMIN, .context = menu};
}

static struct shell_term *open_term(void)
{
	struct shell_term *term = shell_term_open(STDIN_FILENO, STDOUT_FILENO);

	if (term == NULL)
		fprintf(stderr, "sluicectl: the terminal cannot be used: %s\n", strerror(errno));
	return term;
}

int ctl_shell_run(const char *socket)
{
	struct menu menu;
	char host[HOST_ROOM];
	struct shell_settings settings = settings_of(&menu, host);
	struct shell_term *term = open_term();

	if (term == NULL)
		return NOT_DONE;
	menu_init(&menu, socket);
	shell_term_print(term, "Sluice. ? lists the commands, exit leaves.\n");
	shell_run(term, &settings);
	menu_fini(&menu);
	shell_term_close(term);
	return 0;
}

/* The words as a line. One alone may be a whole line already, and a bar begins a filter; all else is quoted. */
static bool join(char line[SHELL_LINE_MAX], const char *const *words, size_t len, bool json)
{
	size_t used = 0;

	line[0] = '\0';
	for (size_t i = 0; i < len && used < SHELL_LINE_MAX; i++) {
		if (i > 0)
			line[used++] = ' ';
		if (len == 1 || strcmp(words[i], "|") == 0)
			used += (size_t)snprintf(
				line + used, SHELL_LINE_MAX - used, "%s", words[i]);
		else
			used += (size_t)shell_quote(line + used, SHELL_LINE_MAX - used, words[i]);
	}
	if (used < SHELL_LINE_MAX && json)
		used += (size_t)snprintf(line + used, SHELL_LINE_MAX - used, " | json");
	return used < SHELL_LINE_MAX;
}

int ctl_shell_run_words(
	const char *socket, const char *const *words, size_t len, bool json, bool yes)
{
	struct menu menu;
	char host[HOST_ROOM], line[SHELL_LINE_MAX];
	struct shell_settings settings = settings_of(&menu, host);
	struct shell_term *term;
	int status;

	if (!join(line, words, len, json)) {
		fprintf(stderr, "sluicectl: the command is longer than %d bytes\n",
			SHELL_LINE_MAX - 1);
		return USAGE;
	}
	settings.yes = yes;
	term = open_term();
	if (term == NULL)
		return NOT_DONE;
	menu_init(&menu, socket);
	status = shell_run_line(term, &settings, line);
	menu_fini(&menu);
	shell_term_close(term);
	return status;
}
