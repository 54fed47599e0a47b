#include <string.h>

#include "link_priv.h"

/* What the region and the workers' records tell people: nothing here changes anything. */

unsigned link_worker_len(const struct link *link)
{
	return link->worker_len;
}

bool link_worker_info(const struct link *link, uint32_t worker, struct link_worker_info *out)
{
	const struct link_worker *w;

	if (worker >= link->worker_len)
		return false;
	w = &link->workers[worker];
	*out = (struct link_worker_info){
		.is_up = w->phase == LINK_UP,
		.pid = w->pid,
		.epoch = w->epoch,
		.up_since_ms = w->up_since_ms,
		.pending_bytes = w->pending_bytes,
		.restarts = w->restarts,
		.records_in = w->records_in,
		.records_out = w->records_out,
	};
	return true;
}

static uint64_t sum(const struct link *link, uint32_t worker, unsigned counter)
{
	uint32_t first = worker == LINK_ALL ? 0 : worker;
	uint32_t end = worker == LINK_ALL ? link->worker_len : worker + 1;
	uint64_t value = 0;

	for (uint32_t i = first; i < end; i++)
		value += abi_counter_get(&abi_region_counters(link->region, i)->values[counter]);
	return value;
}

void link_counters(const struct link *link, uint32_t worker,
	void (*each)(void *arg, const char *name, uint64_t value), void *arg)
{
	for (unsigned i = 0; i < ABI_COUNTER_COUNT; i++) {
		const char *name = abi_counter_info((enum abi_counter)i)->metric;

		if (name != NULL)
			each(arg, name, sum(link, worker, i));
	}
}

uint64_t link_counter(const struct link *link, const char *name)
{
	for (unsigned i = 0; i < ABI_COUNTER_COUNT; i++) {
		const char *metric = abi_counter_info((enum abi_counter)i)->metric;

		if (metric != NULL && strcmp(metric, name) == 0)
			return sum(link, LINK_ALL, i);
	}
	return 0;
}

void link_listener_info(
	const struct link *link, uint32_t worker, unsigned listener, struct link_listener_info *out)
{
	const struct abi_listener_counters *counters;

	*out = (struct link_listener_info){0};
	if (worker >= link->worker_len || listener >= ABI_LISTENERS_MAX)
		return;
	counters = &abi_region_counters(link->region, worker)->listeners[listener];
	out->connections = abi_counter_get(&counters->connections);
	out->connections_max = abi_counter_get(&counters->connections_max);
	out->accepted = abi_counter_get(&counters->accepted);
}

void link_listener_shutdowns(const struct link *link, uint32_t worker, unsigned listener,
	void (*each)(void *arg, const char *name, const char *v5_name, uint64_t count), void *arg)
{
	uint32_t first = worker == LINK_ALL ? 0 : worker;
	uint32_t end = worker == LINK_ALL ? link->worker_len : worker + 1;

	if (end > link->worker_len || listener >= ABI_LISTENERS_MAX)
		return;
	for (unsigned i = 1; i < ABI_SHUTDOWN_COUNT; i++) {
		uint64_t count = 0;

		for (uint32_t w = first; w < end; w++)
			count += abi_counter_get(&abi_region_counters(link->region, w)
							  ->listeners[listener]
							  .shutdown[i]);
		if (count > 0)
			each(arg, abi_shutdown_info(i)->name, abi_shutdown_info(i)->v5_name, count);
	}
}

void link_worker_memory(const struct link *link, uint32_t worker,
	void (*each)(
		void *arg, const char *name, uint64_t bytes, uint64_t objects, uint64_t failures),
	void *arg)
{
	const struct abi_counters *counters;

	if (worker >= link->worker_len)
		return;
	counters = abi_region_counters(link->region, worker);
	for (unsigned i = 0; i < ABI_MEMORY_MAX; i++) {
		const struct abi_memory *memory = &counters->memory[i];

		if (memory->name[0] != '\0')
			each(arg, memory->name, abi_counter_get(&memory->bytes),
				abi_counter_get(&memory->objects),
				abi_counter_get(&memory->failures));
	}
}

void link_worker_arena(
	const struct link *link, uint32_t worker, uint64_t *bytes, uint64_t *free_bytes)
{
	const struct abi_counters *counters;

	*bytes = *free_bytes = 0;
	if (worker >= link->worker_len)
		return;
	counters = abi_region_counters(link->region, worker);
	*bytes = abi_counter_get(&counters->arena_bytes);
	*free_bytes = abi_counter_get(&counters->arena_free_bytes);
}

void link_port_info(const struct link *link, uint32_t worker, struct link_port_info *out)
{
	const struct abi_port *port;
	uint32_t ipv4;

	*out = (struct link_port_info){.driver = "", .ipv6 = ""};
	if (worker >= link->worker_len || !link->workers[worker].is_alive)
		return;
	port = &abi_region_counters(link->region, worker)->port;
	out->driver = port->driver;
	out->ipv6 = port->ipv6;
	memcpy(out->mac, port->mac, sizeof(out->mac));
	out->mtu_bytes = port->mtu;
	ipv4 = abi_port_get(&port->ipv4);
	memcpy(out->ipv4, &ipv4, sizeof(out->ipv4));
	out->prefix4_bits = port->prefix4_bits;
	out->is_up = abi_port_get(&port->is_up) != 0;
	out->speed_mbps = abi_port_get(&port->speed_mbps);
}

bool link_is_congested(const struct link *link)
{
	for (uint32_t i = 0; i < link->worker_len; i++)
		if (link->workers[i].first != NULL)
			return true;
	return false;
}
