#ifndef WORKER_ARGS_H
#define WORKER_ARGS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The worker's start parameters: one --KEY=VALUE argument a parameter, with the names that the configuration
 * file uses. `sluice-control --dataplane-args` prints them from the configuration.
 *
 * Layer:     worker
 * Thread:    the worker, at start only
 * Ownership: strings point into argv
 */

enum { WORKER_LISTENERS_MAX = 8 };

struct worker_listener {
	uint32_t id;
	const char *name;
	const char *address; /* numeric, IPv4 or IPv6 */
	uint16_t port;
	uint32_t max_connections; /* 0 = no limit of its own */
};

struct worker_args {
	uint32_t worker;
	uint32_t workers;
	const char *region;
	uint32_t ring_bytes;
	uint32_t core;
	uint64_t memory_bytes;
	uint32_t mbufs;
	bool poll_busy;
	uint32_t idle_sleep_us;
	const char *log_level;
	const char *port_kind;
	const char *port_device;
	const char *port_options;
	uint32_t port_mtu;
	const char *port_hugepages; /* auto, on, off */
	const char *ipv4;
	const char *gateway4;
	const char *ipv6;
	const char *gateway6;
	bool dhcp;
	uint32_t tcp_tick_ms;
	uint32_t tcp_msl_ms;
	uint32_t tcp_user_timeout_ms;
	uint32_t tcp_max_connections;
	uint32_t tcp_max_half_open;
	struct worker_listener listeners[WORKER_LISTENERS_MAX];
	uint32_t listener_len;
};

/*
 * Reads argv. Returns 0; 1 when --help was printed; -EINVAL after saying on standard error which argument
 * is wrong and what is expected.
 */
int worker_args_parse(struct worker_args *args, int argc, char **argv)
	__attribute__((warn_unused_result));

#endif
