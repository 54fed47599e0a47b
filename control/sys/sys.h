#ifndef SYS_H
#define SYS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * $SYS: what the broker publishes about itself, and the events of clients.
 *
 * Layer:     sys (base, kit, link, retain, session; jansson)
 * Thread:    control's loop
 * Ownership: sys_new copies its configuration; link, retain and session outlive it
 *
 * Topics, all below $SYS/brokers/<node>/ but the first:
 *   $SYS/brokers                     the running nodes, retained
 *   version, sysdescr                retained
 *   uptime (ms), datetime            each heartbeat
 *   stats/<name>/count|max           each interval, one integer
 *   metrics/<name>                   each interval, one integer, dots written as slashes
 *   clients/<id>/connected, clients/<id>/disconnected     JSON
 */

struct link;
struct retain;
struct session_core;
struct sys;

struct sys_config {
	const char *node; /* node.name */
	const char *version;
	uint32_t heartbeat_ms; /* broker.sys_heartbeat_interval; 0 = never */
	uint32_t interval_ms; /* broker.sys_msg_interval; 0 = never */
	bool client_events;
};

/* Also begins to observe the session core. NULL when there is no memory. */
struct sys *sys_new(const struct sys_config *config, struct session_core *core, struct link *link,
	struct retain *retain, uint64_t now_ms) __attribute__((warn_unused_result));
void sys_free(struct sys *sys);

/* New intervals; node and version stay. */
void sys_configure(struct sys *sys, const struct sys_config *config, uint64_t now_ms);

/* Publishes what is due. */
void sys_turn(struct sys *sys, uint64_t now_ms);
uint64_t sys_next_ms(const struct sys *sys);

/* The same figures for the command line: "connections.count", "packets.connect.received", ... */
void sys_each_stat(
	struct sys *sys, void (*each)(void *arg, const char *name, uint64_t value), void *arg);
void sys_each_metric(
	struct sys *sys, void (*each)(void *arg, const char *name, uint64_t value), void *arg);

uint64_t sys_uptime_ms(const struct sys *sys, uint64_t now_ms);
/* RFC 3339 in UTC. */
void sys_datetime(char *out, unsigned bytes);
const char *sys_description(void);

#endif
