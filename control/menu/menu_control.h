#ifndef MENU_CONTROL_H
#define MENU_CONTROL_H

#include <jansson.h>

#include "menu.h"

/*
 * Questions to the control process.
 *
 * Layer:     menu (shell, cli, revision)
 * Thread:    one, the shell's; waits for control as long as cli_peer does
 * Ownership: answers are the caller's
 *
 * The connection lives as long as the menu; when it is lost, the next question opens it anew.
 */

enum { MENU_WORDS_MAX = 8 };

/* Words as control takes them; ends with NULL. */
typedef const char *const menu_words[MENU_WORDS_MAX];

/* One entry of a list. False when nobody wants more. The entry is borrowed. */
typedef bool menu_entry_fn(struct shell_call *call, void *arg, const json_t *entry);

/*
 * The whole answer, or NULL. With `call_fails` what went wrong is told by shell_fail; without it nothing is said, for
 * completers. `cursor` may be NULL.
 */
json_t *menu_request(
	struct shell_call *call, menu_words words, const char *cursor, bool call_fails);

/* Asks for a list, page after page. An exit status. */
int menu_each(struct shell_call *call, menu_words words, menu_entry_fn *entry, void *arg);

/* Shows a command's answer as cli_text prints it, or as JSON. An exit status. */
int menu_show_answer(struct shell_call *call, menu_words words);

#endif
