#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sys_priv.h"

/*
 * The probe: a message that goes the way of a client's, out by the ring, through the worker's topic index, and back. What
 * comes back shows that the worker's loop turns and routes, and that both rings and doorbells work.
 */

static uint64_t bit_of(uint32_t worker)
{
	return worker < SYS_PROBE_WORKERS_MAX ? 1ull << worker : 0;
}

static void came_back(void *arg, uint32_t worker, const struct kit_message_view *message)
{
	struct sys *sys = arg;
	char text[24] = "";

	/* anybody may publish to the topic whom the access rules allow it: the number tells ours */
	if (message->publisher != 0 || message->payload_bytes >= sizeof(text))
		return;
	memcpy(text, message->payload, message->payload_bytes);
	if (strtoull(text, NULL, 10) == sys->probe.number)
		sys->probe.back |= bit_of(worker);
}

void sys_probe_init(struct sys *sys)
{
	snprintf(sys->probe.topic, sizeof(sys->probe.topic), "$SYS/brokers/%s/health", sys->node);
	/* a former control's probe may still be on its way */
	sys->probe.number = sys->started_ms;
	session_core_watch(sys->core, sys->probe.topic, came_back, sys);
}

static bool is_waiting(const struct sys_probe *probe, uint64_t now_ms)
{
	return (probe->sent & ~probe->back) != 0 && now_ms - probe->sent_ms < SYS_PROBE_MS;
}

uint64_t sys_probe_begin(struct sys *sys, uint64_t now_ms)
{
	struct sys_probe *probe = &sys->probe;
	struct kit_message_view view = {
		.born_ms = now_ms,
		.expiry_s = KIT_EXPIRY_NONE,
		.topic = probe->topic,
		.topic_bytes = (uint16_t)strlen(probe->topic),
	};
	char text[24];

	if (is_waiting(probe, now_ms))
		return probe->number;
	probe->number++;
	probe->sent_ms = now_ms;
	probe->sent = probe->back = 0;
	view.payload_bytes = (uint32_t)snprintf(text, sizeof(text), "%" PRIu64, probe->number);
	view.payload = text;
	for (uint32_t i = 0; i < link_worker_len(sys->link); i++)
		if (link_publish_to(sys->link, i, &view))
			probe->sent |= bit_of(i);
	return probe->number;
}

enum sys_probe_state sys_probe_state(
	const struct sys *sys, uint64_t number, uint32_t worker, uint64_t now_ms)
{
	const struct sys_probe *probe = &sys->probe;

	if (probe->number != number || (probe->sent & bit_of(worker)) == 0)
		return SYS_PROBE_LOST;
	if ((probe->back & bit_of(worker)) != 0)
		return SYS_PROBE_BACK;
	return is_waiting(probe, now_ms) ? SYS_PROBE_WAITING : SYS_PROBE_LOST;
}
