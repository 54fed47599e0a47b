#ifndef SYS_PRIV_H
#define SYS_PRIV_H

#include "link.h"
#include "session.h"
#include "session_query.h"
#include "sys.h"

/*
 * What the files of sys share.
 *
 * Layer:  sys
 * Thread: control's loop
 */

enum {
	SYS_NODE_MAX = 256,
	SYS_TOPIC_MAX = 65535,
};

/* The newest probe; a later one forgets it. */
struct sys_probe {
	uint64_t number;
	uint64_t sent_ms;
	uint64_t sent, back; /* workers, as bits */
	char topic[SYS_NODE_MAX + 32];
};

struct sys {
	struct session_core *core;
	struct link *link;
	struct retain *retain;
	char node[SYS_NODE_MAX];
	char version[64];
	bool client_events;
	uint32_t heartbeat_ms, interval_ms;
	uint64_t started_ms, heartbeat_due_ms, interval_due_ms, now_ms;
	struct sys_probe probe;
};

/* Publishes `payload` under $SYS/brokers/<node>/<name>; each '.' of the name is written as '/' if `dots`. */
void sys_publish(struct sys *sys, const char *name, bool dots, const char *payload, bool retain);

extern const struct session_observer sys_observer;

/* ---- sys_probe.c ---- */
void sys_probe_init(struct sys *sys);

#endif
