#include "sys.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base_time.h"
#include "kit_mem.h"
#include "sys_priv.h"

const char *sys_description(void)
{
	return "Sluice kernel-bypass MQTT broker";
}

static void publish_topic(struct sys *sys, const char *topic, const char *payload, bool retain)
{
	struct kit_message_view view = {
		.born_ms = sys->now_ms,
		.expiry_s = KIT_EXPIRY_NONE,
		.topic = topic,
		.topic_bytes = (uint16_t)strlen(topic),
		.payload = payload,
		.payload_bytes = (uint32_t)strlen(payload),
		.retain = retain,
	};

	session_publish(sys->core, &view);
}

void sys_publish(struct sys *sys, const char *name, bool dots, const char *payload, bool retain)
{
	char topic[SYS_NODE_MAX + 160];
	size_t prefix = (size_t)snprintf(topic, sizeof(topic), "$SYS/brokers/%s/", sys->node);

	snprintf(topic + prefix, sizeof(topic) - prefix, "%s", name);
	for (char *at = topic + prefix; dots && *at != '\0'; at++)
		if (*at == '.')
			*at = '/';
	publish_topic(sys, topic, payload, retain);
}

static void publish_identity(struct sys *sys)
{
	publish_topic(sys, "$SYS/brokers", sys->node, true);
	sys_publish(sys, "version", false, sys->version, true);
	sys_publish(sys, "sysdescr", false, sys_description(), true);
}

struct sys *sys_new(const struct sys_config *config, struct session_core *core, struct link *link,
	struct retain *retain, uint64_t now_ms)
{
	struct sys *sys = kit_mem_alloc(KIT_MEM_OTHER, sizeof(*sys));

	if (sys == NULL)
		return NULL;
	sys->core = core;
	sys->link = link;
	sys->retain = retain;
	sys->started_ms = sys->now_ms = now_ms;
	snprintf(sys->node, sizeof(sys->node), "%s", config->node);
	snprintf(sys->version, sizeof(sys->version), "%s", config->version);
	sys_configure(sys, config, now_ms);
	session_core_observe(core, &sys_observer, sys);
	sys_probe_init(sys);
	publish_identity(sys);
	return sys;
}

void sys_free(struct sys *sys)
{
	if (sys == NULL)
		return;
	session_core_observe(sys->core, NULL, NULL);
	session_core_watch(sys->core, NULL, NULL, NULL);
	kit_mem_free(KIT_MEM_OTHER, sys, sizeof(*sys));
}

void sys_configure(struct sys *sys, const struct sys_config *config, uint64_t now_ms)
{
	sys->client_events = config->client_events;
	sys->heartbeat_ms = config->heartbeat_ms;
	sys->interval_ms = config->interval_ms;
	sys->heartbeat_due_ms = config->heartbeat_ms ? now_ms + config->heartbeat_ms : UINT64_MAX;
	sys->interval_due_ms = config->interval_ms ? now_ms + config->interval_ms : UINT64_MAX;
}

uint64_t sys_uptime_ms(const struct sys *sys, uint64_t now_ms)
{
	return now_ms - sys->started_ms;
}

void sys_datetime(char *out, unsigned bytes)
{
	time_t now = (time_t)(base_time_wall_ms() / 1000);
	struct tm parts;

	gmtime_r(&now, &parts);
	if (strftime(out, bytes, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
		out[0] = '\0';
}

static void heartbeat(struct sys *sys)
{
	char text[64];

	snprintf(text, sizeof(text), "%" PRIu64, sys_uptime_ms(sys, sys->now_ms));
	sys_publish(sys, "uptime", false, text, false);
	sys_datetime(text, sizeof(text));
	sys_publish(sys, "datetime", false, text, false);
}

struct figures {
	struct sys *sys;
	const char *folder;
};

static void publish_figure(void *arg, const char *name, uint64_t value)
{
	struct figures *figures = arg;
	char path[128], text[24];

	snprintf(path, sizeof(path), "%s/%s", figures->folder, name);
	snprintf(text, sizeof(text), "%" PRIu64, value);
	sys_publish(figures->sys, path, true, text, false);
}

void sys_turn(struct sys *sys, uint64_t now_ms)
{
	sys->now_ms = now_ms;
	if (now_ms >= sys->heartbeat_due_ms) {
		sys->heartbeat_due_ms = now_ms + sys->heartbeat_ms;
		heartbeat(sys);
	}
	if (now_ms >= sys->interval_due_ms) {
		struct figures figures = {.sys = sys, .folder = "stats"};

		sys->interval_due_ms = now_ms + sys->interval_ms;
		sys_each_stat(sys, publish_figure, &figures);
		figures.folder = "metrics";
		sys_each_metric(sys, publish_figure, &figures);
	}
}

uint64_t sys_next_ms(const struct sys *sys)
{
	return sys->heartbeat_due_ms < sys->interval_due_ms ? sys->heartbeat_due_ms
							    : sys->interval_due_ms;
}
