#include "update_gate.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli_peer.h"

enum update_verdict update_gate_step(struct update_gate *gate, uint64_t now_ms, bool is_healthy)
{
	if (!is_healthy) {
		gate->was_healthy = false;
		return now_ms >= gate->end_ms ? UPDATE_BAD : UPDATE_WAIT;
	}
	if (!gate->was_healthy) {
		gate->was_healthy = true;
		gate->healthy_since_ms = now_ms;
	}
	return now_ms - gate->healthy_since_ms >= gate->hold_ms ? UPDATE_GOOD : UPDATE_WAIT;
}

/* Appends to a text that is cut off at its limit. */
static void add(char reason[UPDATE_REASON_MAX], const char *text)
{
	size_t len = strlen(reason);

	snprintf(reason + len, UPDATE_REASON_MAX - len, "%s%s", len > 0 ? ", " : "", text);
}

/* What control lists as faults. */
static void list_faults(const json_t *result, char reason[UPDATE_REASON_MAX])
{
	const json_t *fault;
	size_t i;

	reason[0] = '\0';
	json_array_foreach(json_object_get(result, "faults"), i, fault) if (json_is_string(fault))
		add(reason, json_string_value(fault));
	if (reason[0] == '\0')
		add(reason, "control says that it is not healthy");
}

static bool read_answer(const json_t *answer, char reason[UPDATE_REASON_MAX])
{
	const json_t *result = json_object_get(answer, "result");
	const char *error = json_string_value(json_object_get(answer, "error"));

	if (!json_is_true(json_object_get(answer, "ok"))) {
		snprintf(reason, UPDATE_REASON_MAX, "control refuses to say: %s",
			error ? error : "no reason given");
		return false;
	}
	if (json_is_true(json_object_get(result, "ok")))
		return true;
	list_faults(result, reason);
	return false;
}

bool update_health(const char *socket, char reason[UPDATE_REASON_MAX])
{
	struct cli_peer *peer = cli_peer_open(socket);
	json_t *answer = NULL;
	bool is_healthy;

	if (peer != NULL)
		answer = cli_peer_ask(peer, json_pack("{s:[s]}", "cmd", "health"));
	if (answer == NULL) {
		snprintf(reason, UPDATE_REASON_MAX, "no answer from control at %s: %s", socket,
			strerror(errno));
		is_healthy = false;
	} else {
		is_healthy = read_answer(answer, reason);
	}
	json_decref(answer);
	if (peer != NULL)
		cli_peer_close(peer);
	return is_healthy;
}
