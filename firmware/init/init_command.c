#include "init_command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int init_commands_open(struct init_commands *commands, const char *root)
{
	char path[INIT_PATH_MAX];

	memset(commands, 0, sizeof(*commands));
	commands->fd = -1;
	snprintf(path, sizeof(path), "%s/run/sluice/init", root);
	unlink(path);
	if (mkfifo(path, 0600) < 0)
		return -errno;
	/* Open for writing too, so that there is always a writer, and never an end of the file. */
	commands->fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return commands->fd < 0 ? -errno : 0;
}

void init_commands_close(struct init_commands *commands)
{
	if (commands->fd >= 0)
		close(commands->fd);
	commands->fd = -1;
}

static void take_line(struct init_commands *commands, init_command_fn *command, void *arg)
{
	static const char restart[] = "restart ";
	const char *text = commands->text;

	commands->text[commands->used] = '\0';
	if (commands->is_too_long)
		command(arg, INIT_DO_UNKNOWN, "a line that is too long");
	else if (strncmp(text, restart, sizeof(restart) - 1) == 0)
		command(arg, INIT_DO_RESTART, text + sizeof(restart) - 1);
	else if (strcmp(text, "reboot") == 0)
		command(arg, INIT_DO_REBOOT, "");
	else if (strcmp(text, "poweroff") == 0)
		command(arg, INIT_DO_POWEROFF, "");
	else
		command(arg, INIT_DO_UNKNOWN, text);
	commands->used = 0;
	commands->is_too_long = false;
}

void init_commands_read(struct init_commands *commands, init_command_fn *command, void *arg)
{
	char block[512];
	ssize_t n = read(commands->fd, block, sizeof(block));

	for (ssize_t i = 0; i < n; i++) {
		if (block[i] == '\n')
			take_line(commands, command, arg);
		else if (commands->used + 1 < sizeof(commands->text))
			commands->text[commands->used++] =
				block[i] >= ' ' && block[i] < 127 ? block[i] : '?';
		else
			commands->is_too_long = true;
	}
}
