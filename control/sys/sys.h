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
 *   health                           when somebody asks for the health: the probe's number
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

/*
 * A message that control publishes to itself through every worker. sys_probe_begin sends one, or joins the one that is
 * on its way, and returns its number; sys_probe_state says how it went through one worker.
 */
enum sys_probe_state {
	SYS_PROBE_WAITING,
	SYS_PROBE_BACK,
	SYS_PROBE_LOST, /* not back after SYS_PROBE_MS, or the worker was down */
};

enum { SYS_PROBE_MS = 2000, SYS_PROBE_WORKERS_MAX = 64 };

uint64_t sys_probe_begin(struct sys *sys, uint64_t now_ms);
enum sys_probe_state sys_probe_state(
	const struct sys *sys, uint64_t number, uint32_t worker, uint64_t now_ms);

uint64_t sys_uptime_ms(const struct sys *sys, uint64_t now_ms);
/* RFC 3339 in UTC. */
void sys_datetime(char *out, unsigned bytes);
const char *sys_description(void);

#endif
