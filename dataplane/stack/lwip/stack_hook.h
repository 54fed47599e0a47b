#ifndef STACK_HOOK_H
#define STACK_HOOK_H

#include "lwip/ip_addr.h"

struct netif;

/* What lwIP asks while it works; see stack_hook.c. */

/* Initial sequence number of a connection (RFC 6528). */
uint32_t stack_hook_isn(
	const ip_addr_t *local, uint16_t local_port, const ip_addr_t *remote, uint16_t remote_port);

/* The configured IPv6 router, or NULL: lwIP then uses those that advertise themselves. */
const ip6_addr_t *stack_hook_gateway6(struct netif *netif, const ip6_addr_t *destination);

#endif
