#include "terminal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { WAIT_MS = 30000, SETTLE_MS = 700, KEPT = 1 << 20, ROWS = 24, COLUMNS = 80, PIECE = 256 };

static int master = -1;
static pid_t program = -1;
static char kept[KEPT + 1], before[KEPT + 1];
static size_t kept_len, matched; /* what lies before `matched` was expected */

void terminal_start(int (*child)(const void *arg), const void *arg)
{
	const struct winsize size = {.ws_row = ROWS, .ws_col = COLUMNS};

	kept_len = matched = 0;
	kept[0] = '\0';
	program = forkpty(&master, NULL, NULL, &size);
	assert_true(program >= 0);
	if (program == 0) {
		signal(SIGHUP, SIG_IGN);
		exit(child(arg)); /* with the verdict of the leak checker */
	}
}

/* Reads what is there; false when nothing came in time, or the program has ended. What is too much goes out first. */
static bool take(int wait_ms)
{
	struct pollfd poll_in = {.fd = master, .events = POLLIN};
	ssize_t len;

	if (poll(&poll_in, 1, wait_ms) <= 0)
		return false;
	if (kept_len > KEPT / 2) {
		memmove(kept, kept + KEPT / 4, kept_len - KEPT / 4);
		kept_len -= KEPT / 4;
		matched -= matched < KEPT / 4 ? matched : KEPT / 4;
	}
	len = read(master, kept + kept_len, KEPT - kept_len);
	if (len <= 0)
		return false;
	kept_len += (size_t)len;
	kept[kept_len] = '\0';
	if (strlen(kept) != kept_len)
		fail_msg("the program sent a NUL behind: %s", kept + matched);
	return true;
}

void terminal_send_bytes(const char *bytes, size_t len)
{
	while (len > 0) {
		struct pollfd polls = {.fd = master, .events = POLLIN | POLLOUT};
		ssize_t n = 0;

		/* What it writes must be read, or it stops reading. */
		if (poll(&polls, 1, WAIT_MS) <= 0 || ((polls.revents & POLLIN) != 0 && !take(0)))
			fail_msg("the program neither reads nor writes; it said: %s",
				kept + matched);
		if ((polls.revents & POLLOUT) != 0)
			n = write(master, bytes, len < PIECE ? len : PIECE);
		if (n < 0 || (polls.revents & (POLLIN | POLLOUT)) == 0)
			fail_msg("the program is gone; it said: %s", kept + matched);
		bytes += n;
		len -= (size_t)n;
	}
}

void terminal_send(const char *text)
{
	terminal_send_bytes(text, strlen(text));
}

const char *terminal_expect(const char *text)
{
	char *found;

	while ((found = strstr(kept + matched, text)) == NULL)
		if (!take(WAIT_MS))
			fail_msg("'%s' did not come, but: %s", text, kept + matched);
	*stpncpy(before, kept + matched, (size_t)(found - kept) - matched) = '\0';
	matched = (size_t)(found - kept) + strlen(text);
	return before;
}

const char *terminal_before(void)
{
	return before;
}

bool terminal_has_shown(const char *text)
{
	return strstr(kept, text) != NULL;
}

void terminal_settle(void)
{
	while (take(SETTLE_MS))
		;
	matched = kept_len;
}

void terminal_break(void)
{
	assert_int_equal(tcsendbreak(master, 0), 0);
}

void terminal_resize(unsigned rows, unsigned columns)
{
	const struct winsize size = {
		.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};

	ioctl(master, TIOCSWINSZ, &size);
}

void terminal_hang_up(void)
{
	close(master);
	master = -1;
}

int terminal_end(void)
{
	int status;

	while (master >= 0 && take(WAIT_MS))
		;
	assert_int_equal(waitpid(program, &status, 0), program);
	if (master >= 0)
		terminal_hang_up();
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
