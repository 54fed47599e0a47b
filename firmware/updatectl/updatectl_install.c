#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "update_install.h"
#include "updatectl_priv.h"

enum { LINE_PERCENT = 10, PERCENT = 100 };

/* What was printed last of the progress. */
struct screen {
	bool is_tty, is_line_open;
	const char *step;
	unsigned percent;
	uint64_t step_began_ms;
};

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void end_line(struct screen *screen)
{
	if (screen->is_line_open)
		putchar('\n');
	screen->is_line_open = false;
}

static void say(void *arg, const char *line)
{
	end_line(arg);
	puts(line);
	fflush(stdout);
}

/* On a terminal one line that changes with every percent, elsewhere a line for every tenth. */
static void progress(void *arg, const char *step, uint64_t done, uint64_t total)
{
	struct screen *screen = arg;
	unsigned percent = (unsigned)(done * PERCENT / total), before = screen->percent;
	unsigned stride = screen->is_tty ? 1 : LINE_PERCENT;
	uint64_t took_ms;

	if (screen->step == NULL || strcmp(screen->step, step) != 0) {
		screen->step = step;
		screen->step_began_ms = now_ms();
		before = 0;
		end_line(screen);
	}
	screen->percent = percent;
	if (percent / stride == before / stride)
		return;
	took_ms = now_ms() - screen->step_began_ms;
	printf("%s%-5s %3u %%  %" PRIu64 " of %" PRIu64 " bytes, %" PRIu64 " bytes/s",
		screen->is_tty ? "\r" : "", step, percent, done, total,
		done * 1000 / (took_ms ? took_ms : 1));
	screen->is_line_open = true;
	if (!screen->is_tty)
		end_line(screen);
	fflush(stdout);
}

static int install_from(const struct update_install *install, const char *from, bool reboot,
	struct update_fault *fault)
{
	struct update_source source = {0};
	int error = update_source_open(&source, from, install, fault);

	if (error == 0)
		error = update_install(install, &source, fault);
	update_source_close(&source);
	if (error == 0 && reboot) {
		install->say(install->arg, "restart");
		error = update_reboot(install->box, fault);
	}
	return error;
}

/* SOURCE and --no-reboot in any order. */
static const char *read_words(const struct updatectl *ctl, bool *reboot)
{
	const char *source = NULL;

	*reboot = true;
	for (int i = 1; i < ctl->argc; i++) {
		if (strcmp(ctl->argv[i], "--no-reboot") == 0)
			*reboot = false;
		else if (source != NULL || ctl->argv[i][0] == '-')
			return NULL;
		else
			source = ctl->argv[i];
	}
	return source;
}

int updatectl_install(struct updatectl *ctl)
{
	struct screen screen = {.is_tty = isatty(STDOUT_FILENO) == 1};
	struct update_install install = {.say = say, .progress = progress, .arg = &screen};
	struct update_fault fault;
	struct update_box box;
	bool reboot;
	const char *from = read_words(ctl, &reboot);
	int error;

	if (from == NULL)
		return updatectl_usage(
			"install needs one source, a file, a URL, usb or serial", NULL);
	error = update_box_load(&box, ctl->root, &fault);
	install.box = &box;
	if (error == 0)
		error = install_from(&install, from, reboot, &fault);
	end_line(&screen);
	return error == 0 ? 0 : updatectl_failed(&fault);
}
