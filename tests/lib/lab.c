#include "lab.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LABS_MAX = 8, NAME_SIZE = 64, COMMAND_SIZE = 4096, TRIES = 600, TRY_US = 100000 };

static const char *const program_names[] = {"sluice-control", "sluice-dataplane"};
static const char *const start_names[] = {"control", "dataplane"};

static char up[LABS_MAX][NAME_SIZE];

static int run(const char *command)
{
	int status = system(command);

	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void lab_down_all(void)
{
	for (int i = 0; i < LABS_MAX; i++)
		if (up[i][0] != '\0' && lab_down(up[i]) != 0)
			fprintf(stderr, "lab: could not end lab %s\n", up[i]);
}

/* Remembers that the lab runs; the first one registers the clean-up. */
static void remember(const char *name)
{
	static int registered;

	if (!registered) {
		atexit(lab_down_all);
		registered = 1;
	}
	for (int i = 0; i < LABS_MAX; i++)
		if (up[i][0] == '\0') {
			snprintf(up[i], NAME_SIZE, "%s", name);
			return;
		}
	abort();
}

int lab_up(const char *name, const char *options)
{
	char command[COMMAND_SIZE];

	if (lab_down(name) != 0)
		fprintf(stderr, "lab: an old lab %s could not be ended\n", name);
	remember(name);
	snprintf(command, sizeof(command), "tools/lab/up --name %s %s", name, options);
	return run(command) == 0 ? 0 : -1;
}

void lab_setenv(const char *key, const char *value)
{
	if (value != NULL)
		setenv(key, value, 1);
	else
		unsetenv(key);
}

int lab_down(const char *name)
{
	char command[COMMAND_SIZE];
	int status;

	snprintf(command, sizeof(command), "tools/lab/down --quiet --name %s", name);
	status = run(command);
	for (int i = 0; i < LABS_MAX; i++)
		if (strcmp(up[i], name) == 0)
			up[i][0] = '\0';
	return status == 0 ? 0 : -1;
}

int lab_enter(const char *name)
{
	char path[COMMAND_SIZE];
	int fd, status;

	snprintf(path, sizeof(path), "/run/netns/sluice-%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	status = setns(fd, CLONE_NEWNET);
	close(fd);
	return status;
}

pid_t lab_pid(const char *name, enum lab_program program)
{
	char path[COMMAND_SIZE];
	FILE *file;
	int pid = -1;

	snprintf(path, sizeof(path), "/run/sluice-lab/%s/%s.pid", name, program_names[program]);
	file = fopen(path, "r");
	if (file == NULL)
		return -1;
	if (fscanf(file, "%d", &pid) != 1)
		pid = -1;
	fclose(file);
	return pid;
}

/* All its threads have: then its locks are free, even if its parent has not waited for it yet. */
static int has_ended(pid_t pid)
{
	char path[64], line[128], state = 'X';
	int threads = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "r");
	if (file == NULL)
		return 1;
	while (fgets(line, sizeof(line), file) != NULL) {
		sscanf(line, "State: %c", &state);
		sscanf(line, "Threads: %d", &threads);
	}
	fclose(file);
	return (state == 'Z' || state == 'X') && threads <= 1;
}

int lab_kill(const char *name, enum lab_program program)
{
	pid_t pid = lab_pid(name, program);

	if (pid <= 1 || kill(pid, SIGKILL) != 0)
		return -1;
	for (int i = 0; i < 500; i++) {
		if (has_ended(pid))
			return 0;
		usleep(10000);
	}
	return -1;
}

int lab_start(const char *name, enum lab_program program)
{
	char command[COMMAND_SIZE];

	snprintf(command, sizeof(command), "tools/lab/start --name %s %s", name,
		start_names[program]);
	return run(command) == 0 ? 0 : -1;
}

int lab_exec(const char *name, const char *command)
{
	char line[COMMAND_SIZE];

	snprintf(line, sizeof(line), "tools/lab/exec --name %s %s", name, command);
	return run(line);
}

int lab_output(const char *name, const char *command, char *output, size_t size)
{
	char line[COMMAND_SIZE];
	FILE *pipe;
	size_t have = 0, got;
	int status;

	snprintf(line, sizeof(line), "tools/lab/exec --name %s %s", name, command);
	pipe = popen(line, "r");
	if (pipe == NULL)
		return -1;
	while (have < size - 1 && (got = fread(output + have, 1, size - 1 - have, pipe)) > 0)
		have += got;
	output[have] = '\0';
	while (fgetc(pipe) != EOF) {
	}
	status = pclose(pipe);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* How often the worker has slept, which is one of its figures. */
static long long sleeps(const char *name)
{
	char text[COMMAND_SIZE];
	const char *at = NULL;

	if (lab_output(name, "sluicectl --json cores", text, sizeof(text)) == 0)
		at = strstr(text, "\"sleeps\":");
	return at != NULL ? atoll(at + strlen("\"sleeps\":")) : -1;
}

int lab_await_figures(const char *name)
{
	long long before = sleeps(name);

	for (int i = 0; i < TRIES && before >= 0; i++) {
		if (sleeps(name) > before)
			return 0;
		usleep(TRY_US);
	}
	return -1;
}
