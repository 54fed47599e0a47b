#include "init_console.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The console's shell sets the line raw: a newline alone would only move down. */
#define EOL "\r\n"

enum { LINE_BYTES = 1100, TEXT_BYTES = 1050 };

void init_console_open(struct init_console *console, const char *path)
{
	memset(console, 0, sizeof(*console));
	console->fd = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

void init_console_close(struct init_console *console)
{
	if (console->fd >= 0)
		close(console->fd);
	console->fd = -1;
}

bool init_console_flush(struct init_console *console)
{
	ssize_t n;

	while (console->used > 0) {
		n = write(console->fd, console->waiting, console->used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return true;
		if (n < 0)
			n = (ssize_t)console->used; /* nobody is at the other end */
		console->used -= (size_t)n;
		memmove(console->waiting, console->waiting + n, console->used);
	}
	return false;
}

static bool put(struct init_console *console, const char *line)
{
	size_t bytes = strlen(line);

	if (bytes > sizeof(console->waiting) - console->used)
		return false;
	memcpy(console->waiting + console->used, line, bytes);
	console->used += bytes;
	return true;
}

void init_console_say(struct init_console *console, const char *name, const char *text)
{
	char line[LINE_BYTES];

	if (console->fd < 0)
		return;
	init_console_flush(console);
	if (console->untold > 0) {
		snprintf(line, sizeof(line),
			"init: %llu lines were left out here; the log has them" EOL,
			(unsigned long long)console->untold);
		if (put(console, line))
			console->untold = 0;
	}
	snprintf(line, sizeof(line), "%s: %.*s" EOL, name, TEXT_BYTES, text);
	if (!put(console, line)) {
		console->untold++;
		console->dropped++;
	}
	init_console_flush(console);
}
