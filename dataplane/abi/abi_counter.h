#ifndef ABI_COUNTER_H
#define ABI_COUNTER_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "abi_shutdown.h"

/*
 * What a worker counts, in the region: written by the worker only, read by control at any time.
 *
 * Layer:  abi (base only)
 * Thread: one writer (the worker), any readers; relaxed atomics: each value is whole, but two
 *         values need not be of the same moment
 * Life:   all values are 0 when a worker attaches
 */

enum abi_counter {
#define ABI_COUNTER(name, metric, kind, help) ABI_COUNTER_##name,
#include "abi_counter.def"
#undef ABI_COUNTER
	ABI_COUNTER_COUNT,
};

enum abi_counter_kind {
	ABI_COUNTER_KIND_COUNTER,
	ABI_COUNTER_KIND_GAUGE,
};

struct abi_counter_info {
	const char *metric; /* "packets.publish.received"; NULL = not a metric */
	const char *help;
	enum abi_counter_kind kind;
};

enum {
	ABI_LISTENERS_MAX = 16,
	ABI_MEMORY_MAX = 16, /* classes of the worker's heap */
	ABI_MEMORY_NAME_BYTES = 24,
	ABI_PORT_DRIVER_BYTES = 32,
	ABI_PORT_ADDRESS_BYTES = 56,
};

struct abi_listener_counters {
	_Atomic uint64_t connections; /* now */
	_Atomic uint64_t connections_max;
	_Atomic uint64_t accepted;
	_Atomic uint64_t shutdown[ABI_SHUTDOWN_COUNT]; /* by enum abi_shutdown */
};

struct abi_memory {
	char name[ABI_MEMORY_NAME_BYTES]; /* set before HELLO, then constant; "" = unused */
	_Atomic uint64_t bytes;
	_Atomic uint64_t objects;
	_Atomic uint64_t failures;
	_Atomic uint64_t limit; /* bytes; 0 = none */
};

/* The worker's port. What is no atomic is set before HELLO, then constant. */
struct abi_port {
	char driver[ABI_PORT_DRIVER_BYTES]; /* DPDK's name for it */
	char ipv6
		[ABI_PORT_ADDRESS_BYTES]; /* "2001:db8::1/64", besides the link-local one; "" = none */
	uint8_t mac[6];
	uint16_t mtu; /* bytes of an IP packet */
	uint32_t prefix4_bits; /* 0 = not known, as DHCP gave the address */
	_Atomic uint32_t ipv4; /* in use, in network order; 0 = none */
	_Atomic uint32_t is_up; /* 1 = the link is */
	_Atomic uint32_t speed_mbps; /* 0 = not known */
};

struct abi_counters {
	_Atomic uint64_t values[ABI_COUNTER_COUNT]; /* by enum abi_counter */
	struct abi_listener_counters listeners[ABI_LISTENERS_MAX];
	_Atomic uint64_t arena_bytes; /* of the worker's heap */
	_Atomic uint64_t arena_free_bytes;
	struct abi_memory memory[ABI_MEMORY_MAX];
	struct abi_port port;
};

const struct abi_counter_info *abi_counter_info(enum abi_counter counter);

static inline uint64_t abi_counter_get(const _Atomic uint64_t *value)
{
	return atomic_load_explicit(value, memory_order_relaxed);
}

static inline void abi_counter_set(_Atomic uint64_t *value, uint64_t to)
{
	atomic_store_explicit(value, to, memory_order_relaxed);
}

/*
 * Load and store, not an atomic addition: there is one writer, and this costs no locked
 * instruction.
 */
static inline void abi_counter_add(_Atomic uint64_t *value, uint64_t n)
{
	abi_counter_set(value, abi_counter_get(value) + n);
}

static inline void abi_counter_sub(_Atomic uint64_t *value, uint64_t n)
{
	abi_counter_set(value, abi_counter_get(value) - n);
}

static inline uint32_t abi_port_get(const _Atomic uint32_t *value)
{
	return atomic_load_explicit(value, memory_order_relaxed);
}

static inline void abi_port_set(_Atomic uint32_t *value, uint32_t to)
{
	atomic_store_explicit(value, to, memory_order_relaxed);
}

/* The counters of a packet type (1..15): of packets received, of packets sent. */
static inline enum abi_counter abi_counter_received(unsigned packet_type)
{
	return (enum abi_counter)(ABI_COUNTER_PACKETS_CONNECT_RECEIVED + packet_type - 1);
}

static inline enum abi_counter abi_counter_sent(unsigned packet_type)
{
	return (enum abi_counter)(ABI_COUNTER_PACKETS_CONNECT_SENT + packet_type - 1);
}

#endif
