#include <stdio.h>
#include <stdlib.h>

#include "base_log.h"
#include "worker.h"

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

static void catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv)
{
	static struct worker worker;
	char name[32];
	int rc = worker_args_parse(&worker.args, argc, argv), level;

	if (rc != 0)
		return rc > 0 ? EXIT_SUCCESS : 2;
	level = base_log_level_parse(worker.args.log_level);
	if (level < 0) {
		fprintf(stderr,
			"sluice-dataplane: --log.level: expected error, warning, info or debug, "
			"found \"%s\"\n",
			worker.args.log_level);
		return 2;
	}
	snprintf(name, sizeof(name), "worker %u", worker.args.worker);
	base_log_init(name, (enum base_log_level)level);
	base_log(BASE_LOG_INFO, "sluice-dataplane %s", SLUICE_VERSION);
	catch_signals();
	rc = worker_start(&worker);
	if (rc == 0)
		worker_run(&worker, &stop);
	worker_stop(&worker);
	if (rc == 0)
		base_log(BASE_LOG_INFO, "stopped");
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
