#include "doubles.h"

#include <stdio.h>
#include <string.h>

#include "link.h"
#include "retain.h"

struct published published[PUBLISHED_MAX];
unsigned published_len;
const struct session_observer *observed;
void *observed_arg;
const char *watched;
session_watch_fn *watcher;
void *watch_arg;
unsigned workers = 1;
bool is_worker_up[4] = {true};

const struct published *published_on(const char *topic)
{
	for (unsigned i = published_len; i-- > 0;)
		if (strcmp(published[i].topic, topic) == 0)
			return &published[i];
	return NULL;
}

void session_publish(struct session_core *core, const struct kit_message_view *message)
{
	struct published *p = &published[published_len++ % PUBLISHED_MAX];

	(void)core;
	snprintf(p->topic, sizeof(p->topic), "%.*s", message->topic_bytes, message->topic);
	snprintf(p->payload, sizeof(p->payload), "%.*s", (int)message->payload_bytes,
		(const char *)message->payload);
	p->retain = message->retain;
}

void session_core_observe(
	struct session_core *core, const struct session_observer *observer, void *arg)
{
	(void)core;
	observed = observer;
	observed_arg = arg;
}

void session_core_watch(
	struct session_core *core, const char *topic, session_watch_fn *watch, void *arg)
{
	(void)core;
	watched = topic;
	watcher = watch;
	watch_arg = arg;
}

unsigned link_worker_len(const struct link *link)
{
	(void)link;
	return workers;
}

bool link_publish_to(struct link *link, uint32_t worker, const struct kit_message_view *message)
{
	(void)link;
	if (is_worker_up[worker])
		session_publish(NULL, message);
	return is_worker_up[worker];
}

void session_stats(const struct session_core *core, struct session_stats *out)
{
	(void)core;
	*out = (struct session_stats){.connections = 3, .connections_max = 5, .topics = 7};
}

void session_each_counter(const struct session_core *core,
	void (*each)(void *arg, const char *name, uint64_t value), void *arg)
{
	(void)core;
	each(arg, "session.created", 11);
	each(arg, "client.connected", 1000);
	each(arg, "delivery.dropped.queue_full", 2);
	each(arg, "delivery.dropped.expired", 1);
}

void link_counters(const struct link *link, uint32_t worker,
	void (*each)(void *arg, const char *name, uint64_t value), void *arg)
{
	(void)link;
	(void)worker;
	each(arg, "packets.connect.received", 4);
	each(arg, "connections.count", 99);
	each(arg, "client.connected", 6);
	each(arg, "delivery.dropped", 10);
	each(arg, "delivery.dropped.queue_full", 8);
}

uint64_t retain_count(const struct retain *retain)
{
	(void)retain;
	return 21;
}

uint64_t retain_count_max(const struct retain *retain)
{
	(void)retain;
	return 22;
}
