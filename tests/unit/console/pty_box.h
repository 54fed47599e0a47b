#ifndef PTY_BOX_H
#define PTY_BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * The console at the far end of a pseudo terminal, with a box of its own in a folder.
 *
 * Layer:  tests
 * Thread: single
 * Waits:  PTY_WAIT_S for a text that a test expects; then the test fails with what came
 */

enum { PTY_WAIT_S = 30, PTY_TEXT_MAX = 1 << 20 };

#define PTY_PASSWORD "Correct-Horse-7" /* that pty_log_in_first chooses */

struct pty {
	int fd;
	pid_t pid;
	char text[PTY_TEXT_MAX]; /* all that came, NUL-terminated */
	size_t len, at; /* what lies before `at` was matched */
};

/* What a test does in the console's own mount namespace, before it starts; needs root. NULL = nothing. */
typedef void pty_prepare_fn(const char *box);

/* Makes the box (anew): /cfg, /run/sluice, /etc/sluice, /data. */
void pty_box(void);
void pty_box_remove(void);
const char *pty_path(const char *path); /* below the box; until the next call */

/* Starts the console: one boot goes on until pty_reboot. */
void pty_start(struct pty *pty, pty_prepare_fn *prepare);
void pty_reboot(void);

/* Ends it: closes the line, and checks that the process ends by itself and that no sanitizer complained. */
void pty_stop(struct pty *pty);

void pty_send(struct pty *pty, const char *text);
void pty_send_bytes(struct pty *pty, const char *bytes, size_t len);

/* Waits for `text`; the result is what came before it, since the last match (until the next call). */
const char *pty_expect(struct pty *pty, const char *text);

/* Reads until nothing has come for a while: where input may have been thrown away. */
void pty_settle(struct pty *pty);

/* The password that the console shows at a first boot; waits for the prompt after it. */
void pty_first_password(struct pty *pty, char *out, size_t out_bytes);

/* Answers both questions of a login. */
void pty_log_in(struct pty *pty, const char *user, const char *password);

/* A first boot up to the shell's prompt, with PTY_PASSWORD. */
void pty_log_in_first(struct pty *pty);

/* Whether what the console has logged holds the text. */
bool pty_has_logged(const char *text);

#define PTY_LOGIN " login: "
#define PTY_PROMPT "box> "

#endif
