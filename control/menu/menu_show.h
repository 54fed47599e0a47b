#ifndef MENU_SHOW_H
#define MENU_SHOW_H

#include "menu.h"

/*
 * The handlers of the operational commands, by what they look at.
 *
 * Layer:  menu
 * Thread: one, the shell's
 */

/* Clients and sessions (menu_show_client.c). */
shell_run_fn menu_show_clients, menu_show_sessions, menu_show_subscriptions, menu_clear_client;
shell_complete_fn menu_complete_client;

/* The box: these need no control (menu_show_box.c, menu_show_log.c). */
shell_run_fn menu_show_version, menu_show_status, menu_show_hardware, menu_show_log;

/* The session itself (menu_show_session.c). */
shell_run_fn menu_ping, menu_clear_screen, menu_terminal_length, menu_terminal_width;
shell_check_fn menu_check_host;

/* A fact as "label: value" or, with `json`, as the member `name`, which a NULL value leaves out. */
void menu_put_fact(struct shell_call *call, json_t *json, const char *name, const char *label,
	const char *value);

#endif
