#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli_peer.h"
#include "revision_board.h"
#include "revision_candidate.h"
#include "revision_plan.h"
#include "revision_priv.h"

/*
 * What follows a commit: control reads its configuration again, the management port is set up again, and init restarts
 * the processes that have to. Nothing of it can undo the commit; what could not be done is told.
 */

struct applying {
	const struct revision_place *place;
	const char *socket;
	config_line_fn *report;
	void *arg;
};

const char *revision_socket_of(const struct revision_place *place, const struct config *config)
{
	const char *socket = config->cli.socket;

	if (place->socket != NULL)
		return place->socket;
	if (access(socket, F_OK) != 0 && access(config_default_socket(), F_OK) == 0)
		return config_default_socket();
	return socket;
}

/* control's answer to `config reload`. */
static void tell_answer(const struct applying *applying, const json_t *answer)
{
	const char *error = json_string_value(json_object_get(answer, "error"));

	if (!json_is_true(json_object_get(answer, "ok")))
		revision_tell(applying->report, applying->arg,
			"control did not take the configuration over: %s", error ? error : "?");
}

static void reload(const struct applying *applying)
{
	struct cli_peer *peer = cli_peer_open(applying->socket);
	json_t *answer = NULL;

	if (peer != NULL)
		answer = cli_peer_ask(peer, json_pack("{s:[ss]}", "cmd", "config", "reload"));
	if (answer != NULL)
		tell_answer(applying, answer);
	else
		revision_tell(applying->report, applying->arg,
			"control cannot be reached at %s: %s; it reads the configuration when it "
			"starts",
			applying->socket, strerror(errno));
	json_decref(answer);
	if (peer != NULL)
		cli_peer_close(peer);
}

/* Asks init. False when it cannot be asked. */
static bool restart(const struct applying *applying, const char *process)
{
	const char *init = applying->place->init;
	int fd = init != NULL ? open(init, O_WRONLY | O_NONBLOCK | O_CLOEXEC) : -1;
	char line[32];
	int bytes = snprintf(line, sizeof(line), "restart %s\n", process);
	bool is_asked;

	if (fd < 0)
		return false;
	is_asked = write(fd, line, (size_t)bytes) == bytes;
	close(fd);
	return is_asked;
}

static void restart_or_tell(const struct applying *applying, const char *process, bool no_restart)
{
	if (!no_restart && restart(applying, process))
		revision_tell(applying->report, applying->arg, "%s restarts", process);
	else
		revision_tell(applying->report, applying->arg,
			"%s has to be restarted before all of it is in force", process);
}

void revision_apply(const struct revision_place *place, const struct revision_keys *before,
	const struct revision_keys *after, bool no_restart, config_line_fn *report, void *arg)
{
	struct board board;
	struct revision_plan plan =
		revision_plan(revision_board_load(place, &board), before, after, NULL, NULL);
	struct applying applying = {
		.place = place,
		.socket = revision_socket_of(place, &before->config),
		.report = report,
		.arg = arg,
	};

	if (plan.changes == 0)
		return;
	if ((plan.readers & (CONFIG_CONTROL | CONFIG_WORKER | CONFIG_CTL)) != 0)
		reload(&applying);
	if ((plan.readers & CONFIG_MGMT) != 0)
		revision_set_up_mgmt(place, report, arg);
	if ((plan.restart & CONFIG_WORKER) != 0)
		restart_or_tell(&applying, "worker", no_restart);
	if ((plan.restart & CONFIG_CONTROL) != 0)
		restart_or_tell(&applying, "control", no_restart);
}
