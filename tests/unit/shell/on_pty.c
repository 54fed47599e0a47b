#include "on_pty.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "tree.h"

enum { WAIT_MS = 20000, KEPT = 1 << 20 };

const struct shell_settings pty_settings = {
	.tables = tree_tables, .host = "box", .user = "test", .privilege = SHELL_ADMIN};

static int master = -1;
static pid_t session = -1;
static char kept[KEPT + 1], before[KEPT + 1];
static size_t kept_len;

static void be_session(const struct shell_settings *settings)
{
	struct shell_term *term = shell_term_open(STDIN_FILENO, STDOUT_FILENO);
	enum shell_end end;

	signal(SIGHUP, SIG_IGN);
	if (term == NULL)
		_exit(100);
	end = shell_run(term, settings);
	shell_term_close(term);
	exit((int)end); /* with the leak checker's verdict */
}

void pty_start(const struct shell_settings *settings)
{
	const struct winsize size = {.ws_row = PTY_ROWS, .ws_col = PTY_COLUMNS};

	kept_len = 0;
	session = forkpty(&master, NULL, NULL, &size);
	assert_true(session >= 0);
	if (session == 0)
		be_session(settings);
	pty_expect("box> ");
}

/* Reads what is there; false when nothing came in time. */
static bool take(int wait_ms)
{
	struct pollfd poll_in = {.fd = master, .events = POLLIN};
	ssize_t len;

	if (poll(&poll_in, 1, wait_ms) <= 0)
		return false;
	if (kept_len > KEPT / 2) {
		memmove(kept, kept + KEPT / 4, kept_len - KEPT / 4);
		kept_len -= KEPT / 4;
	}
	len = read(master, kept + kept_len, KEPT - kept_len);
	if (len <= 0)
		return false;
	for (ssize_t i = 0; i < len; i++)
		if (kept[kept_len + (size_t)i] == '\0')
			fail_msg("the session sent a NUL");
	kept_len += (size_t)len;
	kept[kept_len] = '\0';
	return true;
}

void pty_send_bytes(const char *bytes, size_t len)
{
	while (len > 0) {
		struct pollfd polls = {.fd = master, .events = POLLIN | POLLOUT};
		ssize_t n;

		assert_true(poll(&polls, 1, WAIT_MS) > 0);
		if ((polls.revents & POLLIN) != 0)
			assert_true(take(0));
		if ((polls.revents & POLLOUT) == 0)
			continue;
		n = write(master, bytes, len > 256 ? 256 : len);
		assert_true(n > 0);
		bytes += n;
		len -= (size_t)n;
	}
}

void pty_send(const char *bytes)
{
	pty_send_bytes(bytes, strlen(bytes));
}

void pty_expect(const char *text)
{
	char *found;

	kept[kept_len] = '\0';
	while ((found = strstr(kept, text)) == NULL)
		if (!take(WAIT_MS))
			fail_msg("'%s' did not come, but: %s", text, kept);
	memcpy(before, kept, (size_t)(found - kept));
	before[found - kept] = '\0';
	found += strlen(text);
	kept_len -= (size_t)(found - kept);
	memmove(kept, found, kept_len + 1);
}

const char *pty_before(void)
{
	return before;
}

void pty_resize(unsigned rows, unsigned columns)
{
	const struct winsize size = {
		.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};

	assert_int_equal(ioctl(master, TIOCSWINSZ, &size), 0);
}

void pty_hang_up(void)
{
	close(master);
	master = -1;
}

int pty_end(void)
{
	int status;

	while (master >= 0 && take(WAIT_MS))
		;
	assert_int_equal(waitpid(session, &status, 0), session);
	if (master >= 0)
		close(master);
	master = -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
