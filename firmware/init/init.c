#include "init.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base_assert.h"
#include "base_time.h"
#include "init_clock.h"
#include "init_priv.h"
#include "init_status.h"

enum { TEXT_BYTES = 1024 };

const struct init_times init_times = {
	.good_run_ms = 30 * 1000,
	.pause_ms = 1000,
	.pause_max_ms = 30 * 1000,
	.stop_ms = 5 * 1000,
	.end_ms = 15 * 1000,
	.clock_ms = 60 * 60 * 1000,
	.log_retry_ms = 60 * 1000,
};

void init_note(struct init *init, const char *fmt, ...)
{
	char text[TEXT_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	init_log_write(&init->log, "init", text);
}

void init_say(struct init *init, const char *fmt, ...)
{
	char text[TEXT_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	init_log_write(&init->log, "init", text);
	init_console_say(&init->console, "init", text);
}

static void take_kernel_line(void *arg, const char *line)
{
	struct init *init = arg;

	init_log_write(&init->log, "kernel", line);
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static void open_all(struct init *init, const struct init_config *config)
{
	char path[INIT_PATH_MAX];
	int error;

	memset(init, 0, sizeof(*init));
	init->config = config;
	init->now_ms = base_time_ms();
	BASE_ASSERT(config->kind_len <= INIT_SERVICES_MAX);
	init->len = config->kind_len;
	for (unsigned i = 0; i < init->len; i++) {
		init_service_init(&init->services[i], &config->kinds[i]);
		init->services[i].due_ms = UINT64_MAX;
	}
	init->teardown.out = -1;
	init->signals = open_signals();
	BASE_ASSERT(init->signals >= 0);
	/* Orphans come to the first process by themselves; to a test's loop because of this. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	snprintf(path, sizeof(path), "%s/run/sluice", config->root);
	if (mkdir(path, 0755) < 0)
		errno = 0; /* it is there, or what comes next says so */
	snprintf(path, sizeof(path), "%s/dev/console", config->root);
	init_console_open(&init->console, path);
	init_log_open(&init->log, config->root);
	init_kernel_open(&init->kernel, config->root, init->now_ms);
	error = init_commands_open(&init->commands, config->root);
	if (error < 0)
		init_say(init,
			"no commands can be taken, as /run/sluice/init cannot be made: %s; "
			"SIGTERM reboots",
			strerror(-error));
}

static void close_all(struct init *init)
{
	init_commands_close(&init->commands);
	init_kernel_close(&init->kernel);
	init_log_close(&init->log);
	init_console_flush(&init->console);
	init_console_close(&init->console);
	close(init->signals);
}

static void take_command(void *arg, enum init_verb verb, const char *name)
{
	struct init *init = arg;

	if (verb == INIT_DO_REBOOT || verb == INIT_DO_POWEROFF) {
		init_end_begin(init, verb == INIT_DO_REBOOT ? INIT_REBOOT : INIT_POWEROFF);
		return;
	}
	if (verb == INIT_DO_UNKNOWN) {
		init_note(init, "unknown command '%s'; there are: restart NAME, reboot, poweroff",
			name);
		return;
	}
	for (unsigned i = 0; i < init->len; i++) {
		struct init_service *service = &init->services[i];

		if (strcmp(service->kind->name, name) != 0)
			continue;
		init_note(init, "%s is asked to start again", name);
		if (service->kind->is_setup)
			init_note(init, "%s runs once a boot", name);
		else if (init_service_is_alive(service))
			init_stop(init, service);
		else if (init->is_set_up && init->phase == INIT_UP)
			init_start(init, service);
		return;
	}
	init_note(init, "there is no service '%s' to restart", name);
}

static void take_signals(struct init *init)
{
	struct signalfd_siginfo info;

	while (read(init->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
			init_end_begin(init, INIT_REBOOT);
		else if (info.ssi_signo == SIGUSR2)
			init_end_begin(init, INIT_POWEROFF);
	}
	init_reap(init);
}

/* Tries to have the log on the disk, and says when that changes. */
static void look_after_log(struct init *init)
{
	bool was_tried = init->log_due_ms != 0;

	if (init->log.is_on_data || init->now_ms < init->log_due_ms || init->phase != INIT_UP)
		return;
	init->log_due_ms = init->now_ms + init->config->times->log_retry_ms;
	if (init_log_try_data(&init->log)) {
		if (was_tried)
			init_say(init, "the log is on the disk again");
	} else if (!was_tried) {
		init_say(init, "the log is in memory, as /data/log cannot be written: %s",
			strerror(init->log.error));
	}
}

static void save_clock(struct init *init)
{
	int error = init_clock_save(init->config->root);

	if (error < 0)
		init_note(init, "the time could not be saved: %s", strerror(-error));
	init->clock_due_ms = init->now_ms + init->config->times->clock_ms;
}

/* Setup comes first; when it has ended, however it did, all others start in the order of the table. */
static void start_those_that_wait(struct init *init)
{
	struct init_service *setup = &init->services[0];

	if (init->phase != INIT_UP || init->is_set_up)
		return;
	if (setup->state == INIT_WAITING && setup->kind->is_setup)
		init_start(init, setup);
	if (setup->kind->is_setup && setup->state != INIT_DONE)
		return;
	init->is_set_up = true;
	look_after_log(init);
	save_clock(init);
	for (unsigned i = 0; i < init->len; i++)
		if (init->services[i].state == INIT_WAITING)
			init_start(init, &init->services[i]);
}

static void pet(struct init *init)
{
	if (init->config->watchdog < 0 || init->now_ms < init->watchdog_due_ms)
		return;
	/* Any byte but 'V', which would let some watchdogs sleep. */
	if (write(init->config->watchdog, ".", 1) < 0)
		init_note(
			init, "the watchdog cannot be told that all is well: %s", strerror(errno));
	init->watchdog_due_ms = init->now_ms + init->config->watchdog_ms;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Everything that is due. Returns when the next is. */
static uint64_t step(struct init *init)
{
	bool was_on_data = init->log.is_on_data;
	uint64_t next_ms = UINT64_MAX;

	pet(init);
	start_those_that_wait(init);
	for (unsigned i = 0; i < init->len; i++)
		next_ms = earlier(next_ms, init_service_step(init, &init->services[i]));
	next_ms = earlier(next_ms, init_end_step(init));
	next_ms = earlier(next_ms,
		init_lines_tell(&init->kernel.lines, init->now_ms, take_kernel_line, init));
	if (init->is_set_up && init->phase == INIT_UP) {
		look_after_log(init);
		if (!init->log.is_on_data)
			next_ms = earlier(next_ms, init->log_due_ms);
		if (init->now_ms >= init->clock_due_ms)
			save_clock(init);
		next_ms = earlier(next_ms, init->clock_due_ms);
	}
	if (was_on_data && !init->log.is_on_data && init->phase == INIT_UP)
		init_say(init,
			"the log is in memory from now on, as /data/log cannot be written: %s",
			strerror(init->log.error));
	if (init->config->watchdog >= 0)
		next_ms = earlier(next_ms, init->watchdog_due_ms);
	if (init->status_is_old) {
		int error = init_status_write(init->config->root, init->services, init->len);

		if (error < 0)
			init_note(init, "services.json cannot be written: %s", strerror(-error));
		init->status_is_old = false;
	}
	return next_ms;
}

static void wait_and_read(struct init *init, uint64_t next_ms)
{
	struct pollfd fds[INIT_SERVICES_MAX + 5];
	struct init_service *readers[INIT_SERVICES_MAX + 1];
	unsigned fd_len = 0, reader_len = 0;
	uint64_t wait_ms = next_ms > init->now_ms ? next_ms - init->now_ms : 0;
	bool is_waiting = init_console_flush(&init->console);

	fds[fd_len++] = (struct pollfd){.fd = init->signals, .events = POLLIN};
	fds[fd_len++] = (struct pollfd){.fd = init->commands.fd, .events = POLLIN};
	fds[fd_len++] =
		(struct pollfd){.fd = is_waiting ? init->console.fd : -1, .events = POLLOUT};
	fds[fd_len++] = (struct pollfd){.fd = init->kernel.fd, .events = POLLIN};
	for (unsigned i = 0; i <= init->len; i++) {
		struct init_service *service = i < init->len ? &init->services[i] : &init->teardown;

		readers[reader_len++] = service;
		fds[fd_len++] = (struct pollfd){.fd = service->out, .events = POLLIN};
	}
	if (poll(fds, fd_len, wait_ms > INT32_MAX ? -1 : (int)wait_ms) < 0)
		return;
	init->now_ms = base_time_ms();
	for (unsigned i = 0; i < reader_len; i++)
		if (fds[fd_len - reader_len + i].revents != 0)
			init_read(init, readers[i]);
	if (fds[3].revents != 0)
		init_kernel_read(&init->kernel, init->now_ms, take_kernel_line, init);
	if (fds[1].revents != 0)
		init_commands_read(&init->commands, take_command, init);
	if (fds[0].revents != 0)
		take_signals(init);
}

enum init_end init_run(const struct init_config *config)
{
	static struct init init;

	open_all(&init, config);
	while (init.phase != INIT_OVER) {
		init.now_ms = base_time_ms();
		wait_and_read(&init, step(&init));
	}
	close_all(&init);
	return init.end;
}
