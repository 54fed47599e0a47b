#include "console.h"

#include <stdio.h>
#include <string.h>

#include "menu_box.h"

#define PRODUCT "Sluice"

enum { FAULTS_SHOWN_MAX = 10, LINE_BYTES = 256 };

static void show_faults(struct console *console)
{
	char path[MENU_PATH_MAX], line[LINE_BYTES];
	FILE *file = fopen(menu_path(&console->menu, MENU_FAULTS, path), "re");
	unsigned shown = 0;

	if (file == NULL)
		return;
	while (shown < FAULTS_SHOWN_MAX && fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (shown++ == 0)
			shell_term_print(
				console->term, "\nThis board is not as its description says:\n");
		shell_term_print(console->term, "  %s\n", line);
	}
	fclose(file);
}

void console_banner(struct console *console)
{
	char version[MENU_FACT_MAX], slot[MENU_FACT_MAX];

	menu_fact(&console->menu, MENU_VERSION, "of an unknown version", version);
	menu_fact(&console->menu, MENU_SLOT, "unknown", slot);
	shell_term_print(
		console->term, "\n%s %s on %s, slot %s\n", PRODUCT, version, console->host, slot);
	show_faults(console);
	if (menu_cfg_is_lost(&console->menu))
		shell_term_print(console->term,
			"\nThe configuration's disk is not there: it could not be mounted. What is "
			"configured now, passwords\n"
			"too, is lost with the next boot. After login, 'factory-reset' makes the "
			"disk new.\n");
	shell_term_print(console->term, "\n");
}
