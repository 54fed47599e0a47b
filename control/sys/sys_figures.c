#include <string.h>

#include "sys_priv.h"

/*
 * One list of figures out of three sources: the workers' counters, those of the session module, and the retained store. A
 * figure that both a worker and control count (deliveries dropped) is their sum.
 */

typedef void figure_fn(void *arg, const char *name, uint64_t value);

void sys_each_stat(struct sys *sys, figure_fn *each, void *arg)
{
	struct session_stats s;

	session_stats(sys->core, &s);
	each(arg, "connections.count", s.connections);
	each(arg, "connections.max", s.connections_max);
	each(arg, "live_connections.count", s.connections);
	each(arg, "live_connections.max", s.connections_max);
	each(arg, "sessions.count", s.sessions);
	each(arg, "sessions.max", s.sessions_max);
	each(arg, "cluster_sessions.count", s.sessions);
	each(arg, "cluster_sessions.max", s.sessions_max);
	each(arg, "channels.count", s.sessions);
	each(arg, "channels.max", s.sessions_max);
	each(arg, "topics.count", s.topics);
	each(arg, "topics.max", s.topics_max);
	each(arg, "suboptions.count", s.subscriptions);
	each(arg, "suboptions.max", s.subscriptions_max);
	each(arg, "subscribers.count", s.subscribers);
	each(arg, "subscribers.max", s.subscribers_max);
	each(arg, "subscriptions.count", s.subscriptions);
	each(arg, "subscriptions.max", s.subscriptions_max);
	each(arg, "subscriptions.shared.count", s.shared_subscriptions);
	each(arg, "subscriptions.shared.max", s.shared_subscriptions_max);
	each(arg, "durable_subscriptions.count", 0);
	each(arg, "durable_subscriptions.max", 0);
	each(arg, "retained.count", retain_count(sys->retain));
	each(arg, "retained.max", retain_count_max(sys->retain));
}

enum { OWN_MAX = 64 };

struct merge {
	figure_fn *each;
	void *arg;
	struct {
		const char *name;
		uint64_t value;
	} own[OWN_MAX];
	unsigned own_len;
	uint64_t dropped;
};

static bool starts_with(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

static bool ends_with(const char *name, const char *suffix)
{
	size_t length = strlen(name), suffix_length = strlen(suffix);

	return length >= suffix_length && strcmp(name + length - suffix_length, suffix) == 0;
}

static void collect_own(void *arg, const char *name, uint64_t value)
{
	struct merge *merge = arg;

	if (starts_with(name, "delivery.dropped."))
		merge->dropped += value;
	if (merge->own_len == OWN_MAX)
		return;
	merge->own[merge->own_len].name = name;
	merge->own[merge->own_len++].value = value;
}

/* Takes control's figure of that name out of the list. */
static uint64_t take_own(struct merge *merge, const char *name)
{
	for (unsigned i = 0; i < merge->own_len; i++) {
		uint64_t value = merge->own[i].value;

		if (strcmp(merge->own[i].name, name) != 0)
			continue;
		merge->own[i] = merge->own[--merge->own_len];
		return value;
	}
	return 0;
}

static void worker_figure(void *arg, const char *name, uint64_t value)
{
	struct merge *merge = arg;
	uint64_t own;

	if (ends_with(name, ".count") || ends_with(name, ".max"))
		return; /* stats */
	own = take_own(merge, name);
	if (starts_with(name, "delivery."))
		value += own;
	if (strcmp(name, "delivery.dropped") == 0)
		value += merge->dropped;
	merge->each(merge->arg, name, value);
}

void sys_each_metric(struct sys *sys, figure_fn *each, void *arg)
{
	struct merge merge = {.each = each, .arg = arg};

	session_each_counter(sys->core, collect_own, &merge);
	link_counters(sys->link, LINK_ALL, worker_figure, &merge);
	for (unsigned i = 0; i < merge.own_len; i++)
		each(arg, merge.own[i].name, merge.own[i].value);
	each(arg, "messages.retained", retain_count(sys->retain));
}
