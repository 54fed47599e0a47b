#include "fake.h"

#include <stdio.h>
#include <string.h>

static void status(void *arg, struct cli_status *out)
{
	const struct fake *fake = arg;

	*out = (struct cli_status){
		.node = fake->config.node.name,
		.version = "1.2.3",
		.description = "Sluice",
		.uptime_ms = 3723000,
		.datetime = "2026-01-02T03:04:05.678Z",
	};
}

static bool worker(void *arg, unsigned number, struct cli_worker *out)
{
	(void)arg;
	*out = (struct cli_worker){.pid = 42, .is_up = true, .up_ms = 61000, .restarts = 1};
	if (number == 1)
		*out = (struct cli_worker){.restarts = 3};
	return number < 2;
}

static void fill_client(const char *client_id, struct cli_client *out)
{
	*out = (struct cli_client){
		.client_id = client_id,
		.username = "u",
		.peer_name = "198.18.0.1:49152",
		.state = "live",
		.version = 5,
		.is_connected = true,
		.clean_start = true,
		.keepalive_s = 60,
		.session_expiry_s = 7200,
		.subscriptions = 1,
		.inflight = 2,
		.awaiting_rel = 3,
		.delivered = 4530,
		.enqueued = 5,
		.dropped = 6,
		.created_ms = 1700000000000,
		.connected_ms = 1700000000001,
	};
}

static uint64_t clients(
	void *arg, uint64_t cursor, unsigned max, cli_client_fn *each, void *each_arg)
{
	struct fake *fake = arg;
	unsigned done = 0;

	fake->steps++;
	fake->largest_step = max > fake->largest_step ? max : fake->largest_step;
	if (fake->steps <= fake->empty_steps)
		return cursor + 1000000;
	cursor %= 1000000;
	for (; cursor < fake->client_len && done < max; cursor++, done++) {
		struct cli_client client;
		char client_id[32];

		snprintf(client_id, sizeof(client_id), "client-%u", (unsigned)cursor);
		fill_client(client_id, &client);
		each(each_arg, &client);
	}
	return cursor < fake->client_len ? cursor : 0;
}

static bool client(void *arg, const char *client_id, size_t client_id_bytes, struct cli_client *out)
{
	(void)arg;
	if (client_id_bytes == 7 && memcmp(client_id, "offline", 7) == 0) {
		fill_client("offline", out);
		out->username = out->peer_name = NULL;
		out->is_connected = out->clean_start = false;
		out->disconnected_ms = 1700000000002;
		return true;
	}
	if (client_id_bytes == 4 && memcmp(client_id, "evil", 4) == 0) {
		fill_client("evil\x1b[2J\xc2\x9b\xc3\xa9\x7f", out);
		return true;
	}
	fill_client("client-1", out);
	return client_id_bytes == 8 && memcmp(client_id, "client-1", 8) == 0;
}

static bool kick(void *arg, const char *client_id, size_t client_id_bytes)
{
	struct fake *fake = arg;

	snprintf(fake->kicked, sizeof(fake->kicked), "%.*s", (int)client_id_bytes, client_id);
	return strcmp(fake->kicked, "client-1") == 0;
}

static uint64_t subscriptions(void *arg, const char *client_id, size_t client_id_bytes,
	uint64_t cursor, unsigned max, cli_subscription_fn *each, void *each_arg)
{
	static const struct cli_subscription all[] = {
		{"client-0", "t/1", 0, 0, 0, false, false},
		{"client-1", "$share/g/t/#", 7, 2, 1, true, true},
	};
	struct fake *fake = arg;

	fake->steps++;
	for (; cursor < 2 && max > 0; cursor++, max--)
		if (client_id == NULL ||
			(strlen(all[cursor].client_id) == client_id_bytes &&
				memcmp(all[cursor].client_id, client_id, client_id_bytes) == 0))
			each(each_arg, &all[cursor]);
	return cursor < 2 ? cursor : 0;
}

static uint64_t topics(void *arg, uint64_t cursor, unsigned max, cli_topic_fn *each, void *each_arg)
{
	(void)arg;
	(void)cursor;
	(void)max;
	each(each_arg, "t/1", 1);
	each(each_arg, "t/\xff", 2);
	return 0;
}

static bool listener(void *arg, unsigned number, struct cli_listener *out)
{
	(void)arg;
	*out = (struct cli_listener){.name = "default",
		.bind = "0.0.0.0:1883",
		.is_running = true,
		.connections = 2,
		.accepted = 9};
	if (number == 1)
		*out = (struct cli_listener){
			.name = "inside", .bind = "[::1]:1884", .max_connections = 10};
	return number < 2;
}

static void shutdowns(void *arg, unsigned number, cli_value_fn *each, void *each_arg)
{
	(void)arg;
	if (number == 0) {
		each(each_arg, "normal", 3);
		each(each_arg, "keepalive_timeout", 1);
	}
}

static bool interface(void *arg, unsigned number, struct cli_interface *out)
{
	(void)arg;
	*out = (struct cli_interface){
		.name = "data",
		.device = "0000:00:01.0",
		.driver = "net_virtio",
		.mac = {0x52, 0x54, 0, 0x51, 0x1c, 0xe0},
		.is_up = true,
		.mtu_bytes = 1500,
		.addresses = {"198.18.0.2/15", "fd5c:1ce::2/64"},
		.address_len = 2,
		.rx_packets = 1,
		.rx_bytes = 60,
		.rx_dropped = 3,
		.tx_packets = 12345678901,
		.tx_errors = 4,
	};
	if (number == 1)
		*out = (struct cli_interface){.name = "mgmt",
			.device = "eth0",
			.driver = "igc",
			.is_kernel = true,
			.speed_mbps = 2500,
			.mtu_bytes = 9000};
	return number < 2;
}

static bool core(void *arg, unsigned number, struct cli_core *out)
{
	(void)arg;
	*out = (struct cli_core){
		.process = "control", .pid = 41, .cpu = -1, .cpu_ms = 1500, .cpu_permille = 5};
	if (number == 1)
		*out = (struct cli_core){.process = "worker 0",
			.pid = 42,
			.cpu = 1,
			.cpu_ms = 61000,
			.cpu_permille = 1000,
			.is_polling = true,
			.polls = 1000,
			.busy_polls = 250,
			.sleeps = 7,
			.busy_permille = 253};
	return number < 2;
}

static bool health(void *arg, uint64_t *probe, struct cli_health *out)
{
	struct fake *fake = arg;

	fake->health_probe = *probe;
	*probe = 77;
	if (fake->health_waits > 0) {
		fake->health_waits--;
		return false;
	}
	*out = (struct cli_health){.workers = true, .links = !fake->is_ill, .messages = true};
	if (fake->is_ill)
		snprintf(out->faults[out->fault_len++], CLI_FAULT_MAX, "the link is down");
	return true;
}

static bool reload(void *arg, cli_change_fn *each, cli_line_out_fn *fault, void *each_arg)
{
	struct fake *fake = arg;

	if (fake->reload_fails) {
		fault(each_arg, "a.conf:1: x: unknown key");
		fault(each_arg, "a.conf:2: y: unknown key");
		return false;
	}
	each(each_arg, "log.level", "info", "debug", "live", false);
	each(each_arg, "port.mtu", "1500", "9000", "restart of the worker", true);
	fault(each_arg, "port.kind: \"tap\" is not used");
	return true;
}

static void memory(void *arg, cli_memory_fn *each, void *each_arg)
{
	(void)arg;
	each(each_arg, "control", "sessions", 1000, 2, 0);
	each(each_arg, "control", "queues", 24, 1, 5);
	each(each_arg, "worker 0", "connections", 4096, 2, 0);
	each(each_arg, "worker 0", "arena", 1048576, 1, 0);
}

static void stats(void *arg, cli_value_fn *each, void *each_arg)
{
	(void)arg;
	each(each_arg, "topics.count", 2);
	each(each_arg, "connections.count", 1);
}

static void metrics(void *arg, cli_value_fn *each, void *each_arg)
{
	(void)arg;
	each(each_arg, "messages.received", 12345678901);
}

static const struct cli_ops ops = {
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

void fake_init(struct fake *fake, const char *socket)
{
	memset(fake, 0, sizeof(*fake));
	config_init(&fake->config);
	fake->client_len = 2;
	fake->server = (struct cli_config){
		.socket = socket, .config = &fake->config, .ops = &ops, .arg = fake};
}
