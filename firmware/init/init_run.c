#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init_crash.h"
#include "init_priv.h"
#include "init_spawn.h"

enum {
	TOLD_FAILURES = 5, /* ends in a row that the console hears of */
	READ_BYTES = 16384, /* from one service in one turn of the loop */
	REST_BYTES = 1024 * 1024, /* of what an ended service has left */
};

/* A line of a service on its way. */
struct way {
	struct init *init;
	struct init_service *service;
};

static void take_line(void *arg, const char *line)
{
	struct way *way = arg;
	const char *name = way->service->kind->name;

	init_log_write(&way->init->log, name, line);
	init_service_keep(way->service, line);
	if (way->service->kind->is_setup)
		init_console_say(&way->init->console, name, line);
}

/* Returns the bytes that came; 0 when there are none for now. */
static size_t read_some(struct init *init, struct init_service *service)
{
	struct way way = {.init = init, .service = service};
	char block[READ_BYTES];
	ssize_t n = read(service->out, block, sizeof(block));

	if (n > 0) {
		init_lines_feed(&service->lines, block, (size_t)n, init->now_ms, take_line, &way);
		return (size_t)n;
	}
	if (n == 0) {
		close(service->out);
		service->out = -1;
	}
	return 0;
}

void init_read(struct init *init, struct init_service *service)
{
	if (service->out >= 0)
		read_some(init, service);
}

/* What the pipe still holds. Whoever else has its other end writes to nobody from now on. */
static void read_rest(struct init *init, struct init_service *service)
{
	struct way way = {.init = init, .service = service};
	size_t bytes = 0, more = 1;

	while (service->out >= 0 && more > 0 && bytes < REST_BYTES) {
		more = read_some(init, service);
		bytes += more;
	}
	init_lines_end(&service->lines, take_line, &way);
	if (service->out >= 0)
		close(service->out);
	service->out = -1;
}

static bool has_text(const struct init *init, const char *path)
{
	char whole[INIT_PATH_MAX];
	struct stat info;

	snprintf(whole, sizeof(whole), "%s%s", init->config->root, path);
	return stat(whole, &info) == 0 && info.st_size > 0;
}

/* Why it must not start now; NULL = it may. */
static const char *hold(const struct init *init, const struct init_kind *kind)
{
	char path[INIT_PATH_MAX];

	if (kind->needs_board && has_text(init, "/run/sluice/faults"))
		return "is not started: the board is not what its description says";
	if (kind->needs == NULL)
		return NULL;
	snprintf(path, sizeof(path), "%s%s", init->config->root, kind->needs);
	return access(path, F_OK) < 0 ? "is not needed" : NULL;
}

void init_start(struct init *init, struct init_service *service)
{
	const char *reason = hold(init, service->kind);
	int out;
	pid_t pid;

	init->status_is_old = true;
	if (reason != NULL) {
		if (service->kind->needs_board)
			init_say(init, "the %s %s", service->kind->name, reason);
		snprintf(service->how, sizeof(service->how), "%s", reason);
		service->state = INIT_HELD;
		return;
	}
	pid = init_spawn(service->kind, &out);
	if (pid < 0) {
		init_service_failed(service, strerror(-pid), init->now_ms, init->config->times);
		init_say(init, "%s %s", service->kind->name, service->how);
		return;
	}
	init_service_started(service, pid, out, init->now_ms);
	init_note(init, "%s starts, pid %d", service->kind->name, (int)pid);
}

void init_stop(struct init *init, struct init_service *service)
{
	if (service->state != INIT_RUNNING)
		return;
	kill(-service->pid, SIGTERM);
	service->state = INIT_STOPPING;
	service->due_ms = init->now_ms + init->config->times->stop_ms;
	init->status_is_old = true;
}

/* A line to the setup's faults: services that need the board are held, and the console shows it at every login. */
static void add_fault(const struct init *init, const char *text)
{
	char path[INIT_PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/run/sluice/faults", init->config->root);
	file = fopen(path, "ae");
	if (file == NULL)
		return;
	fprintf(file, "setup: %s; its lines in the log say how far it came\n", text);
	fclose(file);
}

static void tell_end(struct init *init, const struct init_service *service, bool is_failure)
{
	const char *name = service->kind->name;
	unsigned pause_s = (unsigned)((service->due_ms - init->now_ms) / 1000);

	if (service->state == INIT_PAUSED && is_failure && service->failures <= TOLD_FAILURES)
		init_say(init, "%s %s; it starts again in %u s%s", name, service->how, pause_s,
			service->failures == TOLD_FAILURES
				? "; whether it ends again, only the log tells"
				: "");
	else if (service->state == INIT_PAUSED)
		init_note(init, "%s %s; it starts again in %u s", name, service->how, pause_s);
	else if (is_failure && !service->ends_box)
		init_say(init, "%s %s", name, service->how);
	else
		init_note(init, "%s %s", name, service->how);
}

static void look_after_end(struct init *init, struct init_service *service, int status)
{
	bool is_failure;

	read_rest(init, service);
	is_failure = init_service_ended(service, status, init->now_ms, init->config->times);
	tell_end(init, service, is_failure);
	init->status_is_old = true;
	if (service->kind->is_setup && service != &init->teardown && is_failure)
		add_fault(init, service->how);
	if (is_failure && init->phase == INIT_UP) {
		int error = init_crash_write(init->config->root, service);

		if (error < 0)
			init_note(init, "no crash record of %s could be written: %s",
				service->kind->name, strerror(-error));
	}
}

static struct init_service *find(struct init *init, pid_t pid)
{
	for (unsigned i = 0; i < init->len; i++)
		if (init->services[i].pid == pid)
			return &init->services[i];
	return init->teardown.pid == pid ? &init->teardown : NULL;
}

void init_reap(struct init *init)
{
	struct init_service *service;
	siginfo_t info;
	int status;

	for (;;) {
		/* Looked at first: while it is not reaped, its number is nobody else's, so that its group can be ended. */
		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0)
			return;
		service = find(init, info.si_pid);
		if (service != NULL)
			kill(-info.si_pid, SIGKILL);
		if (waitpid(info.si_pid, &status, WNOHANG) == info.si_pid && service != NULL)
			look_after_end(init, service, status);
	}
}

static void act(struct init *init, struct init_service *service)
{
	switch (service->state) {
	case INIT_RUNNING: /* its limit is over */
		service->is_overdue = true;
		kill(-service->pid, SIGKILL);
		service->due_ms = UINT64_MAX;
		break;
	case INIT_STOPPING: /* it did not end */
		kill(-service->pid, SIGKILL);
		service->due_ms = UINT64_MAX;
		break;
	case INIT_PAUSED:
		init_start(init, service);
		break;
	case INIT_WAITING:
	case INIT_HELD:
	case INIT_DONE:
	case INIT_ENDED:
		service->due_ms = UINT64_MAX;
		break;
	}
}

uint64_t init_service_step(struct init *init, struct init_service *service)
{
	struct way way = {.init = init, .service = service};
	uint64_t tell_ms = init_lines_tell(&service->lines, init->now_ms, take_line, &way);

	if (service->due_ms <= init->now_ms)
		act(init, service);
	return service->due_ms < tell_ms ? service->due_ms : tell_ms;
}
