#include "main_box.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init_console.h"
#include "init_spawn.h"
#include "init_watchdog.h"

enum { MODPROBE_MS = 10 * 1000, TEXT_BYTES = 512 };

void main_say(const char *fmt, ...)
{
	static struct init_console console = {.fd = -1};
	char text[TEXT_BYTES];
	va_list ap;

	if (console.fd < 0)
		init_console_open(&console, "/dev/console");
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	init_console_say(&console, "init", text);
}

void main_mount(void)
{
	static const struct {
		const char *type, *to, *options;
		unsigned long flags;
	} mounts[] = {
		{"devtmpfs", "/dev", "mode=0755", MS_NOSUID},
		{"proc", "/proc", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC},
		{"sysfs", "/sys", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC},
		{"tmpfs", "/dev/shm", "mode=1777", MS_NOSUID | MS_NODEV},
		{"tmpfs", "/run", "mode=0755", MS_NOSUID | MS_NODEV},
		{"tmpfs", "/tmp", "mode=1777,size=25%", MS_NOSUID | MS_NODEV},
	};

	for (unsigned i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		if (mkdir(mounts[i].to, 0755) < 0 && errno != EEXIST)
			main_say("FAILED: make %s: %s", mounts[i].to, strerror(errno));
		if (mount(mounts[i].type, mounts[i].to, mounts[i].type, mounts[i].flags,
			    mounts[i].options) < 0 &&
			errno != EBUSY)
			main_say("FAILED: mount %s: %s", mounts[i].to, strerror(errno));
	}
}

static void load(const char *module)
{
	/* Some drivers would stop when the descriptor is closed, as by the end of this process. */
	const char *const argv[] = {"/usr/bin/modprobe", module, "nowayout=1", NULL};
	int status = init_spawn_wait(argv, MODPROBE_MS);

	if (status < 0)
		main_say("FAILED: load the watchdog's module %s: %s", module, strerror(-status));
	else if (status != 0)
		main_say("FAILED: load the watchdog's module %s (watchdog.module); see dmesg",
			module);
}

int main_watchdog(const char *module, int *timeout_s)
{
	int wanted_s = *timeout_s, fd, error;

	if (wanted_s == 0)
		return -1;
	if (module[0] != '\0')
		load(module);
	fd = open("/dev/watchdog", O_WRONLY | O_CLOEXEC);
	if (fd < 0) {
		main_say("FAILED: open /dev/watchdog: %s; nothing resets the box when it hangs",
			strerror(errno));
		return -1;
	}
	error = init_watchdog_set(fd, timeout_s);
	if (error < 0)
		main_say("FAILED: set the watchdog to %d s (watchdog.timeout_s): %s; its own time "
			 "stays, %d s",
			wanted_s, strerror(-error), *timeout_s);
	return fd;
}
