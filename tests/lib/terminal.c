#include "terminal.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAIT_MS = 20000, KEPT = 1 << 20, ROWS = 24, COLUMNS = 80, PIECE = 256 };

static int master = -1;
static pid_t program = -1;
static char kept[KEPT + 1], before[KEPT + 1];
static size_t kept_len;

int terminal_start(int (*child)(const void *arg), const void *arg)
{
	const struct winsize size = {.ws_row = ROWS, .ws_col = COLUMNS};

	kept_len = 0;
	kept[0] = '\0';
	program = forkpty(&master, NULL, NULL, &size);
	if (program == 0) {
		signal(SIGHUP, SIG_IGN);
		exit(child(arg)); /* with the verdict of the leak checker */
	}
	return program > 0 ? 0 : -1;
}

/* Reads what is there; false when nothing came in time, or the program has ended. */
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
	kept_len += (size_t)len;
	kept[kept_len] = '\0';
	if (strlen(kept) == kept_len)
		return true;
	fprintf(stderr, "the program sent a NUL\n");
	return false;
}

int terminal_send(const char *bytes, size_t len)
{
	while (len > 0) {
		struct pollfd polls = {.fd = master, .events = POLLIN | POLLOUT};
		ssize_t n;

		if (poll(&polls, 1, WAIT_MS) <= 0)
			return -1;
		/* What it writes must be read, or it stops reading. */
		if ((polls.revents & POLLIN) != 0 && !take(0))
			return -1;
		if ((polls.revents & POLLOUT) == 0)
			continue;
		n = write(master, bytes, len < PIECE ? len : PIECE);
		if (n <= 0)
			return -1;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

int terminal_expect(const char *text)
{
	char *found;

	while ((found = strstr(kept, text)) == NULL) {
		if (take(WAIT_MS))
			continue;
		fprintf(stderr, "'%s' did not come, but: %s\n", text, kept);
		return -1;
	}
	memcpy(before, kept, (size_t)(found - kept));
	before[found - kept] = '\0';
	found += strlen(text);
	kept_len -= (size_t)(found - kept);
	memmove(kept, found, kept_len + 1);
	return 0;
}

const char *terminal_before(void)
{
	return before;
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
	if (waitpid(program, &status, 0) != program)
		return -1;
	if (master >= 0)
		close(master);
	master = -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
