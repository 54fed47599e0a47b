#ifndef PTY_BOX_H
#define PTY_BOX_H

#include <stdbool.h>
#include <stddef.h>

#include "terminal.h"

/*
 * The console at a terminal (terminal.h), with a box of its own in a folder.
 *
 * Layer:  tests
 * Thread: single
 */

#define PTY_LOGIN " login: "
#define PTY_PROMPT "box> "
#define PTY_PASSWORD "Correct-Horse-7" /* that pty_log_in_first chooses */

/* What a test does in the console's own mount namespace, before it starts; needs root. NULL = nothing. */
typedef void pty_prepare_fn(const char *box);

/* Makes the box (anew): /cfg, /run/sluice, /etc/sluice, /data. */
void pty_box(void);
void pty_box_remove(void);
const char *pty_path(const char *path); /* below the box; until the next call */

/* Starts the console: one boot goes on until pty_reboot. */
void pty_start(pty_prepare_fn *prepare);
void pty_reboot(void);

/* Hangs up, and checks that the console ends by itself and that no sanitizer complained. */
void pty_stop(void);

/* The password that the console shows at a first boot; waits for the prompt after it. */
void pty_first_password(char *out, size_t out_bytes);

/* Answers both questions of a login. */
void pty_log_in(const char *user, const char *password);

/* A first boot up to the shell's prompt, with PTY_PASSWORD. */
void pty_log_in_first(void);

/* Whether what the console has logged holds the text. */
bool pty_has_logged(const char *text);

#endif
