#include "init_watchdog.h"

#include <errno.h>
#include <linux/watchdog.h>
#include <sys/ioctl.h>

int init_watchdog_set(int fd, int *timeout_s)
{
	int error = ioctl(fd, WDIOC_SETTIMEOUT, timeout_s) < 0 ? -errno : 0;

	if (error < 0 && ioctl(fd, WDIOC_GETTIMEOUT, timeout_s) < 0)
		*timeout_s = INIT_WATCHDOG_UNKNOWN_S;
	return error;
}
