#ifndef WORKER_H
#define WORKER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conn_control.h"
#include "conn_transport.h"
#include "stack_addr.h"
#include "stack_flow.h"
#include "worker_args.h"

/*
 * The worker: where port, stack, connections and the ring to control meet.
 *
 * Layer:     worker (all of dataplane)
 * Thread:    single: the process
 * Ownership: struct worker owns all that it points to, from worker_start to worker_stop
 */

struct abi_counters;
struct abi_region;
struct abi_ring;
struct base_mem;
struct conn_hub;
struct port;
struct stack;

/* Classes of the worker's heap, in the order in which `sluicectl memory` lists them. */
enum worker_mem {
#define WORKER_MEM(name, text, percent) WORKER_MEM_##name,
#include "worker_mem.def"
#undef WORKER_MEM
	WORKER_MEM_COUNT,
};

/* How far this life has come with control: see abi_record.h, "How lives begin". */
enum worker_link_state {
	WORKER_LINK_HELLO, /* nothing from control counts before its HELLO */
	WORKER_LINK_CONFIGURING, /* limits, rules and interest entries arrive */
	WORKER_LINK_READY,
};

struct worker_link {
	struct abi_ring *to_control, *to_worker;
	enum worker_link_state state;
	uint64_t control_epoch; /* of the control that we know; 0 = none yet */
	uint64_t blocked_since_ms; /* the next record waits for room in the other ring; 0 = no */
	bool is_dirty; /* records are reserved and wait for their commit */
	bool is_resyncing; /* a new control is being told what lives */
	bool is_ending; /* that is done, and RESYNC_END waits for room */
};

struct worker {
	struct worker_args args;
	void *arena;
	size_t arena_bytes;
	struct base_mem *mem;
	struct abi_region *region;
	struct abi_counters *counters;
	struct port *port;
	struct stack *stack;
	struct conn_hub *hub;
	struct worker_link link;
	uint64_t now_ms;
	struct stack_addr address4; /* what the log has said of DHCP's */
	uint64_t figures_due_ms;
	uint64_t awake_until_ms;
	bool is_listening;
};

/* Brings everything up in order, and says so on the log. 0, or a negative errno after the log has the reason. */
int worker_start(struct worker *w) __attribute__((warn_unused_result));
/* Opens the listeners, when control has said that all is configured. */
void worker_listen(struct worker *w);
/* Says goodbye to the clients and gives everything back; also after a start that failed half-way. */
void worker_stop(struct worker *w);

/* The poll loop, until *stop. */
void worker_run(struct worker *w, const volatile sig_atomic_t *stop);

/* worker_link.c: the ring from control. */
void worker_link_hello(struct worker *w);
unsigned worker_link_drain(struct worker *w); /* the number of records */
void worker_link_commit(struct worker *w); /* hands over what was written in this turn */

/* worker_tell.c: the ring to control. */
extern const struct conn_control worker_tell;
bool worker_tell_hello(struct worker *w, uint16_t kind); /* false: no room */

/* worker_flow.c: TCP connections under MQTT connections. */
extern const struct stack_handler worker_flow_handler;

/* worker_figures.c: what `sluicectl` and $SYS show. */
void worker_figures_init(struct worker *w);
void worker_figures_update(struct worker *w);
struct conn_counters;
void worker_figures_map(struct worker *w, struct conn_counters *counters);

#endif
