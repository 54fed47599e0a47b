#include <stdlib.h>
#include <string.h>

#include "cli_priv.h"

/* The commands that the appliance's console and its updates need: ports, cores, health, and taking a commit over. */

static json_t *packets(uint64_t packets, uint64_t bytes, uint64_t errors, uint64_t dropped)
{
	return json_pack("{s:I,s:I,s:I,s:I}", "packets", (json_int_t)packets, "bytes",
		(json_int_t)bytes, "errors", (json_int_t)errors, "dropped", (json_int_t)dropped);
}

static json_t *interface_of(const struct cli_interface *port)
{
	const uint8_t *mac = port->mac;
	json_t *addresses = json_array();

	for (unsigned i = 0; i < port->address_len; i++)
		json_array_append_new(addresses, cli_json_text(port->addresses[i]));
	return json_pack("{s:o,s:o,s:o,s:o,s:s,s:s,s:o,s:i,s:o,s:o,s:o}", "name",
		cli_json_text(port->name), "device", cli_json_text(port->device), "driver",
		cli_json_text(port->driver), "mac",
		json_sprintf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
			mac[4], mac[5]),
		"owner", port->is_kernel ? "kernel" : "worker", "link", port->is_up ? "up" : "down",
		"speed_mbps", port->speed_mbps != 0 ? json_integer(port->speed_mbps) : json_null(),
		"mtu", (int)port->mtu_bytes, "addresses", addresses, "received",
		packets(port->rx_packets, port->rx_bytes, port->rx_errors, port->rx_dropped),
		"sent",
		packets(port->tx_packets, port->tx_bytes, port->tx_errors, port->tx_dropped));
}

void cli_command_interfaces(struct cli_call *call)
{
	struct cli_interface port;

	call->result = json_array();
	for (unsigned i = 0; call->server->ops->interface(call->server->arg, i, &port); i++)
		json_array_append_new(call->result, interface_of(&port));
}

static json_t *core_of(const struct cli_core *core)
{
	json_t *object = json_pack("{s:s,s:I,s:o,s:I,s:f}", "process", core->process, "pid",
		(json_int_t)core->pid, "core",
		core->cpu >= 0 ? json_integer(core->cpu) : json_null(), "cpu_ms",
		(json_int_t)core->cpu_ms, "cpu_percent", core->cpu_permille / 10.0);

	if (object != NULL && core->is_polling) {
		json_object_set_new(object, "polls", json_integer((json_int_t)core->polls));
		json_object_set_new(
			object, "busy_polls", json_integer((json_int_t)core->busy_polls));
		json_object_set_new(object, "sleeps", json_integer((json_int_t)core->sleeps));
		json_object_set_new(object, "busy_percent", json_real(core->busy_permille / 10.0));
	}
	return object;
}

void cli_command_cores(struct cli_call *call)
{
	struct cli_core core;

	call->result = json_array();
	for (unsigned i = 0; call->server->ops->core(call->server->arg, i, &core); i++)
		json_array_append_new(call->result, core_of(&core));
}

void cli_command_health(struct cli_call *call)
{
	struct cli_health health = {0};
	json_t *faults;

	if (!call->server->ops->health(call->server->arg, call->probe, &health)) {
		call->is_pending = true;
		return;
	}
	faults = json_array();
	for (unsigned i = 0; i < health.fault_len; i++)
		json_array_append_new(faults, cli_json_text(health.faults[i]));
	call->result = json_pack("{s:b,s:b,s:b,s:b,s:o}", "ok",
		health.workers && health.links && health.messages, "workers", health.workers,
		"links", health.links, "messages", health.messages, "faults", faults);
}

struct reloading {
	json_t *changes;
	unsigned waiting;
	char *faults; /* from malloc, or NULL */
};

static void put_change(void *arg, const char *path, const char *before, const char *after,
	const char *needs, bool waits)
{
	struct reloading *reloading = arg;

	reloading->waiting += waits;
	json_array_append_new(reloading->changes,
		json_pack("{s:s,s:o,s:o,s:s,s:b}", "key", path, "before", cli_json_text(before),
			"after", cli_json_text(after), "needs", needs, "waits", waits));
}

static void put_fault(void *arg, const char *line)
{
	struct reloading *reloading = arg;
	const char *before = reloading->faults ? reloading->faults : "";
	size_t bytes = strlen(before) + strlen(line) + 3;
	char *longer = malloc(bytes);

	if (longer == NULL)
		return;
	snprintf(longer, bytes, "%s%s%s", before, before[0] ? "; " : "", line);
	free(reloading->faults);
	reloading->faults = longer;
}

void cli_command_config_reload(struct cli_call *call)
{
	struct reloading reloading = {.changes = json_array()};

	if (call->server->ops->reload(call->server->arg, put_change, put_fault, &reloading)) {
		/* what was said is a warning: the board's values hold */
		call->result = json_pack("{s:o,s:i,s:o}", "changes", reloading.changes, "waiting",
			(int)reloading.waiting, "warnings",
			reloading.faults ? json_pack("[o]", cli_json_text(reloading.faults))
					 : json_array());
		free(reloading.faults);
		return;
	}
	json_decref(reloading.changes);
	call->code = "faults";
	call->made_error = reloading.faults;
	call->error = reloading.faults ? reloading.faults : "the configuration has faults";
}
