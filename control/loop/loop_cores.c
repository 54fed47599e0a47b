#include "loop_cores.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base_time.h"
#include "loop.h"

/* CPU time and CPU of a process, from /proc/PID/stat: the fields behind the name's closing parenthesis. */
static bool read_stat(uint32_t pid, struct loop_look *look)
{
	char path[32], text[1024];
	unsigned long long user = 0, system = 0;
	const char *rest;
	int cpu = -1;
	size_t bytes;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	bytes = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[bytes] = '\0';
	rest = strrchr(text, ')');
	/* state, then 10 numbers, utime, stime, 23 numbers, processor */
	if (rest == NULL ||
		sscanf(rest + 1,
			" %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu %llu %*s %*s %*s %*s "
			"%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
			"%*s %d",
			&user, &system, &cpu) != 3)
		return false;
	look->cpu = cpu;
	look->cpu_ms = (user + system) * 1000 / (unsigned long long)sysconf(_SC_CLK_TCK);
	return true;
}

static void put_counter(void *arg, const char *name, uint64_t value)
{
	struct loop_look *look = arg;

	if (strcmp(name, "loop.polls") == 0)
		look->polls = value;
	else if (strcmp(name, "loop.busy") == 0)
		look->busy_polls = value;
	else if (strcmp(name, "loop.sleeps") == 0)
		look->sleeps = value;
}

static void look_at(struct loop *loop, unsigned number, uint64_t now_ms, struct loop_look *look)
{
	struct link_worker_info info;

	*look = (struct loop_look){.cpu = -1};
	if (number == 0)
		look->pid = (uint32_t)getpid();
	else if (link_worker_info(loop->link, number - 1, &info) && info.is_up)
		look->pid = info.pid;
	/* a worker in another PID namespace has counters all the same */
	if (look->pid == 0)
		return;
	look->at_ms = now_ms;
	(void)read_stat(look->pid, look);
	if (number > 0)
		link_counters(loop->link, number - 1, put_counter, look);
}

void loop_cores_turn(struct loop *loop, uint64_t now_ms)
{
	struct loop_cores *cores = &loop->cores;

	if (now_ms < cores->due_ms)
		return;
	cores->due_ms = now_ms + LOOP_CORES_MS;
	for (unsigned i = 0; i <= link_worker_len(loop->link) && i < LOOP_CORES_MAX; i++) {
		cores->before[i] = cores->now[i];
		look_at(loop, i, now_ms, &cores->now[i]);
	}
}

static unsigned permille(uint64_t part, uint64_t whole)
{
	uint64_t share = whole > 0 ? part * 1000 / whole : 0;

	return share > 1000 ? 1000 : (unsigned)share;
}

bool loop_cores_get(struct loop *loop, unsigned number, struct cli_core *out)
{
	static char name[24];
	const struct loop_look *before, *last;
	struct loop_look now;

	if (number > link_worker_len(loop->link) || number >= LOOP_CORES_MAX)
		return false;
	before = &loop->cores.before[number];
	last = &loop->cores.now[number];
	look_at(loop, number, base_time_ms(), &now);
	if (number > 0)
		snprintf(name, sizeof(name), "worker %u", number - 1);
	*out = (struct cli_core){
		.process = number > 0 ? name : "control",
		.pid = now.pid,
		.cpu = now.cpu,
		.cpu_ms = now.cpu_ms,
		.is_polling = number > 0,
		.polls = now.polls,
		.busy_polls = now.busy_polls,
		.sleeps = now.sleeps,
	};
	if (last->pid == now.pid && before->pid == now.pid && now.pid != 0) {
		out->cpu_permille =
			permille(now.cpu_ms - before->cpu_ms, now.at_ms - before->at_ms);
		out->busy_permille =
			permille(now.busy_polls - before->busy_polls, now.polls - before->polls);
	}
	return true;
}
