#include "menu.h"

#include "cli_peer.h"
#include "menu_config.h"

/* All tables, and the life of what their handlers share. */

const struct shell_table *const menu_tables[] = {
	&menu_show_table,
	&menu_config_table,
	&menu_firmware_table,
	&menu_system_table,
	&menu_date_table,
	&menu_run_table,
	NULL,
};

void menu_init(struct menu *menu, const char *socket)
{
	*menu = (struct menu){.socket = socket};
}

void menu_fini(struct menu *menu)
{
	if (menu->config != NULL && menu->config_free != NULL)
		menu->config_free(menu->config);
	if (menu->peer != NULL)
		cli_peer_close(menu->peer);
	*menu = (struct menu){0};
}
