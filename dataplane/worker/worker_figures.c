#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi_counter.h"
#include "base_mem.h"
#include "conn_counter.h"
#include "port_port.h"
#include "stack_stack.h"
#include "worker.h"

/* Figures of the layers below, copied to the region now and then; connections count there directly. */

#define ABI_SHUTDOWN(name, text, v5, help)                                                         \
	_Static_assert((int)CONN_SHUTDOWN_##name == (int)ABI_SHUTDOWN_##name,                      \
		"both lists of shutdown reasons have the same order");
#include "abi_shutdown.def"
#undef ABI_SHUTDOWN
_Static_assert((int)CONN_SHUTDOWN_COUNT == (int)ABI_SHUTDOWN_COUNT, "and the same length");
_Static_assert((int)CONN_LISTENERS_MAX == (int)ABI_LISTENERS_MAX, "every listener has counters");
_Static_assert((int)WORKER_LISTENERS_MAX <= (int)ABI_LISTENERS_MAX, "every listener has counters");
_Static_assert((int)WORKER_MEM_COUNT <= (int)ABI_MEMORY_MAX, "every class is shown");
_Static_assert((int)WORKER_MEM_COUNT <= (int)BASE_MEM_CLASSES_MAX, "every class is counted");

static const struct {
	const char *name;
	unsigned percent;
} mem_classes[] = {
#define WORKER_MEM(name, text, percent) {text, percent},
#include "worker_mem.def"
#undef WORKER_MEM
};

void worker_figures_map(struct worker *w, struct conn_counters *counters)
{
#define CONN_COUNTER(name)                                                                         \
	counters->values[CONN_COUNTER_##name] = &w->counters->values[ABI_COUNTER_##name];
#include "conn_counter.def"
#undef CONN_COUNTER
	for (int i = 0; i < CONN_LISTENERS_MAX; i++) {
		struct abi_listener_counters *from = &w->counters->listeners[i];

		counters->listeners[i] = (struct conn_listener_counters){
			.connections = &from->connections,
			.connections_max = &from->connections_max,
			.accepted = &from->accepted,
			.shutdown = from->shutdown,
		};
	}
}

/* What of the port does not change. */
static void init_port(struct worker *w)
{
	const struct port_info *info = port_info(w->port);
	struct abi_port *to = &w->counters->port;
	const char *prefix4 = strchr(w->args.ipv4, '/');

	snprintf(to->driver, sizeof(to->driver), "%s", info->driver);
	snprintf(to->ipv6, sizeof(to->ipv6), "%s", w->args.ipv6);
	memcpy(to->mac, info->mac, sizeof(to->mac));
	to->mtu = info->mtu;
	to->prefix4_bits = prefix4 != NULL ? (uint32_t)strtoul(prefix4 + 1, NULL, 10) : 0;
}

void worker_figures_init(struct worker *w)
{
	for (unsigned i = 0; i < WORKER_MEM_COUNT; i++) {
		size_t limit = base_mem_arena(w->mem) / 100 * mem_classes[i].percent;

		snprintf(w->counters->memory[i].name, ABI_MEMORY_NAME_BYTES, "%s",
			mem_classes[i].name);
		abi_counter_set(&w->counters->memory[i].limit, limit);
		base_mem_limit(w->mem, i, limit);
	}
	abi_counter_set(&w->counters->arena_bytes, base_mem_arena(w->mem));
	init_port(w);
	worker_figures_update(w);
}

static void set(struct worker *w, enum abi_counter counter, uint64_t value)
{
	abi_counter_set(&w->counters->values[counter], value);
}

static void memory(struct worker *w)
{
	abi_counter_set(&w->counters->arena_free_bytes, base_mem_arena_free(w->mem));
	for (unsigned i = 0; i < WORKER_MEM_COUNT; i++) {
		struct abi_memory *to = &w->counters->memory[i];

		abi_counter_set(&to->bytes, base_mem_used(w->mem, i));
		abi_counter_set(&to->objects, base_mem_objects(w->mem, i));
		abi_counter_set(&to->failures, base_mem_failures(w->mem, i));
	}
}

static void port_link(struct worker *w)
{
	struct abi_port *to = &w->counters->port;
	struct stack_addr address;
	uint32_t ipv4 = 0;

	if (w->port == NULL || w->stack == NULL)
		return;
	abi_port_set(&to->is_up, port_link_is_up(w->port));
	abi_port_set(&to->speed_mbps, port_link_mbps(w->port));
	stack_address4(w->stack, &address);
	if (address.family == STACK_FAMILY_IPV4)
		memcpy(&ipv4, address.bytes, sizeof(ipv4));
	abi_port_set(&to->ipv4, ipv4);
}

static void port(struct worker *w)
{
	struct port_stats s;

	if (w->port == NULL)
		return;
	port_stats_get(w->port, &s);
	set(w, ABI_COUNTER_PORT_PACKETS_RECEIVED, s.rx_packets);
	set(w, ABI_COUNTER_PORT_BYTES_RECEIVED, s.rx_bytes);
	set(w, ABI_COUNTER_PORT_PACKETS_SENT, s.tx_packets);
	set(w, ABI_COUNTER_PORT_BYTES_SENT, s.tx_bytes);
	set(w, ABI_COUNTER_PORT_DROPPED_RX_MISSED, s.rx_missed);
	set(w, ABI_COUNTER_PORT_DROPPED_RX_ERROR, s.errors);
	set(w, ABI_COUNTER_PORT_DROPPED_RX_NOMBUF, s.no_buffer);
	set(w, ABI_COUNTER_PORT_DROPPED_TX_FULL, s.tx_full);
	set(w, ABI_COUNTER_LOOP_SLEEPS, s.waits);
}

static void tcp(struct worker *w)
{
	const struct stack_counters *s;
	uint64_t closed = 0;

	if (w->stack == NULL)
		return;
	s = stack_counters(w->stack);
	for (int i = 0; i < STACK_CLOSES; i++)
		closed += s->closed[i];
	set(w, ABI_COUNTER_IP_DROPPED, s->rx_bad_checksum + s->rx_malformed + s->rx_dropped);
	set(w, ABI_COUNTER_TCP_ACCEPTED, s->accepted);
	set(w, ABI_COUNTER_TCP_CLOSED, closed);
	set(w, ABI_COUNTER_TCP_RESET, s->closed[STACK_CLOSE_RESET]);
	set(w, ABI_COUNTER_TCP_RETRANSMITS, s->retransmits);
	set(w, ABI_COUNTER_TCP_SYN_DROPPED,
		s->syn_limit_connections + s->syn_limit_half_open + s->syn_no_memory);
}

void worker_figures_update(struct worker *w)
{
	memory(w);
	port(w);
	port_link(w);
	tcp(w);
}
