#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base_log.h"
#include "base_time.h"
#include "kit_mem.h"
#include "loop.h"
#include "loop_health.h"
#include "loop_interfaces.h"
#include "session_query.h"

/* The command server's questions, answered from session, link, retain and sys. */

static void status(void *arg, struct cli_status *out)
{
	const struct loop *loop = arg;

	*out = (struct cli_status){
		.node = loop->config.node.name,
		.version = SLUICE_VERSION,
		.description = sys_description(),
		.uptime_ms = sys_uptime_ms(loop->sys, base_time_ms()),
	};
	sys_datetime(out->datetime, sizeof(out->datetime));
}

static bool worker(void *arg, unsigned number, struct cli_worker *out)
{
	const struct loop *loop = arg;
	struct link_worker_info info;

	if (!link_worker_info(loop->link, number, &info))
		return false;
	*out = (struct cli_worker){
		.pid = info.is_up ? info.pid : 0,
		.is_up = info.is_up,
		.up_ms = info.is_up ? base_time_ms() - info.up_since_ms : 0,
		.restarts = info.restarts,
	};
	return true;
}

enum { PEER_BYTES = INET6_ADDRSTRLEN + 10 };

static void peer_name(const struct session_view *view, char out[PEER_BYTES])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	char ip[INET6_ADDRSTRLEN] = "";
	bool is_v4 = memcmp(view->peer_addr, mapped, sizeof(mapped)) == 0;

	inet_ntop(is_v4 ? AF_INET : AF_INET6, view->peer_addr + (is_v4 ? sizeof(mapped) : 0), ip,
		sizeof(ip));
	snprintf(out, PEER_BYTES, is_v4 ? "%s:%u" : "[%s]:%u", ip, view->peer_port);
}

static void client_of(
	const struct session_view *view, char peer[PEER_BYTES], struct cli_client *out)
{
	peer_name(view, peer);
	*out = (struct cli_client){
		.client_id = view->client_id,
		.username = view->username,
		.peer_name = peer,
		.state = view->state,
		.version = view->version,
		.listener = view->listener,
		.is_connected = view->is_connected,
		.clean_start = view->clean_start,
		.keepalive_s = view->keepalive_s,
		.session_expiry_s = view->session_expiry_s,
		.subscriptions = view->subscription_len,
		.inflight = view->inflight_len,
		.awaiting_rel = view->awaiting_rel_len,
		.queued = view->queue_len,
		.queued_bytes = view->queue_bytes,
		.delivered = view->delivered,
		.enqueued = view->enqueued,
		.dropped = view->dropped,
		.created_ms = view->created_wall_ms,
		.connected_ms = view->connected_wall_ms,
		.disconnected_ms = view->disconnected_wall_ms,
	};
}

struct walk {
	cli_client_fn *client;
	cli_subscription_fn *subscription;
	cli_value_fn *value;
	cli_memory_fn *memory;
	void *arg;
	const char *process;
};

static void each_client(void *arg, const struct session_view *view)
{
	const struct walk *walk = arg;
	struct cli_client client;
	char peer[PEER_BYTES];

	client_of(view, peer, &client);
	walk->client(walk->arg, &client);
}

static uint64_t clients(
	void *arg, uint64_t cursor, unsigned max, cli_client_fn *each, void *each_arg)
{
	const struct loop *loop = arg;
	struct walk walk = {.client = each, .arg = each_arg};

	return session_scan(loop->core, cursor, max, each_client, &walk);
}

static bool client(void *arg, const char *client_id, size_t client_id_bytes, struct cli_client *out)
{
	static char peer[PEER_BYTES];
	const struct loop *loop = arg;
	struct session_view view;

	if (!session_find(loop->core, client_id, (uint32_t)client_id_bytes, &view))
		return false;
	client_of(&view, peer, out);
	return true;
}

static bool kick(void *arg, const char *client_id, size_t client_id_bytes)
{
	const struct loop *loop = arg;

	session_now(loop->core, base_time_ms());
	return session_kick(loop->core, client_id, (uint32_t)client_id_bytes);
}

static void each_subscription(void *arg, const struct session_subscription_view *view)
{
	const struct walk *walk = arg;
	struct cli_subscription subscription = {
		.client_id = view->client_id,
		.filter = view->filter,
		.subscription_id = view->subscription_id,
		.qos = view->qos,
		.retain_handling = view->retain_handling,
		.no_local = view->no_local,
		.retain_as_published = view->retain_as_published,
	};

	walk->subscription(walk->arg, &subscription);
}

static uint64_t subscriptions(void *arg, const char *client_id, size_t client_id_bytes,
	uint64_t cursor, unsigned max, cli_subscription_fn *each, void *each_arg)
{
	const struct loop *loop = arg;
	struct walk walk = {.subscription = each, .arg = each_arg};

	return session_scan_subscriptions(loop->core, client_id, (uint32_t)client_id_bytes, cursor,
		max, each_subscription, &walk);
}

static uint64_t topics(void *arg, uint64_t cursor, unsigned max, cli_topic_fn *each, void *each_arg)
{
	const struct loop *loop = arg;

	return session_scan_topics(loop->core, cursor, max, each, each_arg);
}

static bool listener(void *arg, unsigned number, struct cli_listener *out)
{
	static char bind[CONFIG_ADDRESS_MAX + 10];
	const struct loop *loop = arg;
	const struct config_listener *config = &loop->config.listeners[number];

	if (number >= loop->config.listener_len)
		return false;
	snprintf(bind, sizeof(bind), strchr(config->address, ':') ? "[%s]:%u" : "%s:%u",
		config->address, config->port);
	*out = (struct cli_listener){
		.name = config->name,
		.bind = bind,
		.max_connections = config->max_connections,
	};
	for (unsigned i = 0; i < link_worker_len(loop->link); i++) {
		struct link_listener_info info;

		link_listener_info(loop->link, i, number, &info);
		out->connections += info.connections;
		out->accepted += info.accepted;
		out->is_running |= config->enable && link_is_up(loop->link, i);
	}
	return true;
}

static void each_shutdown(void *arg, const char *name, const char *v5_name, uint64_t count)
{
	const struct walk *walk = arg;

	(void)v5_name;
	walk->value(walk->arg, name, count);
}

static void shutdowns(void *arg, unsigned number, cli_value_fn *each, void *each_arg)
{
	const struct loop *loop = arg;
	struct walk walk = {.value = each, .arg = each_arg};

	link_listener_shutdowns(loop->link, LINK_ALL, number, each_shutdown, &walk);
}

static bool interface(void *arg, unsigned number, struct cli_interface *out)
{
	return loop_interface_get(arg, number, out);
}

static bool core(void *arg, unsigned number, struct cli_core *out)
{
	return loop_cores_get(arg, number, out);
}

static bool health(void *arg, uint64_t *probe, struct cli_health *out)
{
	return loop_health_get(arg, probe, out);
}

static bool reload(void *arg, cli_change_fn *each, cli_line_out_fn *fault, void *each_arg)
{
	base_log(BASE_LOG_INFO, "config reload: reading the configuration again");
	return loop_reload(arg, each, fault, each_arg);
}

static void each_memory(
	void *arg, const char *name, uint64_t bytes, uint64_t objects, uint64_t failures)
{
	const struct walk *walk = arg;

	walk->memory(walk->arg, walk->process, name, bytes, objects, failures);
}

static void memory(void *arg, cli_memory_fn *each, void *each_arg)
{
	const struct loop *loop = arg;
	struct session_stats stats;

	for (unsigned i = 0; i < KIT_MEM_CLASSES; i++) {
		enum kit_mem_class id = (enum kit_mem_class)i;

		each(each_arg, "control", kit_mem_name(id), kit_mem_used(id), kit_mem_objects(id),
			kit_mem_failures(id));
	}
	session_stats(loop->core, &stats);
	each(each_arg, "control", "topic index", stats.index_bytes, stats.topics, 0);
	each(each_arg, "control", "retained topics", retain_index_bytes(loop->retain),
		retain_count(loop->retain), 0);
	for (unsigned i = 0; i < link_worker_len(loop->link); i++) {
		char process[24];
		struct walk walk = {.memory = each, .arg = each_arg, .process = process};
		uint64_t bytes, free_bytes;

		snprintf(process, sizeof(process), "worker %u", i);
		link_worker_memory(loop->link, i, each_memory, &walk);
		link_worker_arena(loop->link, i, &bytes, &free_bytes);
		each(each_arg, process, "arena", bytes, 1, 0);
		each(each_arg, process, "arena, free", free_bytes, 1, 0);
	}
}

static void stats(void *arg, cli_value_fn *each, void *each_arg)
{
	const struct loop *loop = arg;

	sys_each_stat(loop->sys, each, each_arg);
}

static void metrics(void *arg, cli_value_fn *each, void *each_arg)
{
	const struct loop *loop = arg;

	sys_each_metric(loop->sys, each, each_arg);
}

const struct cli_ops loop_cli_ops = {
	.status = status,
	.worker = worker,
	.clients = clients,
	.client = client,
	.kick = kick,
	.subscriptions = subscriptions,
	.topics = topics,
	.listener = listener,
	.shutdowns = shutdowns,
	.interface = interface,
	.core = core,
	.health = health,
	.reload = reload,
	.memory = memory,
	.stats = stats,
	.metrics = metrics,
};
