#ifndef CONN_HUB_H
#define CONN_HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conn_config.h"
#include "conn_control.h"
#include "conn_counter.h"

/*
 * All connections of a worker and what they share: topic index, access rules, limits, clocks.
 *
 * Layer:     conn (base, wire, topic, rule)
 * Thread:    single, the worker's
 * Ownership: the hub lives in the heap that it is given, with all that is in it
 * Time:      conn_hub_tick tells it; nothing here reads a clock
 *
 * The worker's loop: conn_hub_tick, transports (conn_input, ...), control's records,
 * conn_hub_unblock when the ring has drained, conn_hub_resync_step while that is not done,
 * conn_hub_flush.
 */

struct base_mem;
struct conn_hub;

/*
 * Subscriber number of control's interest entries in the topic index; local ones are slot numbers.
 */
#define CONN_SUBSCRIBER_CONTROL UINT32_MAX

struct conn_hub_params {
	struct base_mem *mem;
	/* Classes of the heap. */
	unsigned mem_conn; /* connections and what they know of their clients */
	unsigned mem_input; /* packets that come in pieces */
	unsigned mem_message;
	unsigned mem_queue; /* deliveries in windows and queues, answers that wait for space */
	unsigned mem_topic;
	unsigned mem_rule;
	uint32_t max_connections; /* parked ones included; 0 = 16 million */
	uint32_t max_record_bytes; /* of a record to control, ever; 0 = no limit */
	uint64_t seed; /* random */
	uint64_t now_ms;
	const struct conn_control *control; /* used, not copied */
	void *control_context;
	const struct conn_counters *counters; /* copied */
};

/* NULL when there is no memory. All connections need a configuration first: conn_hub_configure. */
struct conn_hub *conn_hub_new(const struct conn_hub_params *params)
	__attribute__((warn_unused_result));

/* Aborts what still has a transport, tells control nothing, frees everything. */
void conn_hub_free(struct conn_hub *hub);

/* Takes effect at once for what is not decided yet; what CONNACK has promised stays. */
void conn_hub_configure(struct conn_hub *hub, const struct conn_config *config);

/*
 * Replaces the access rules by a compiled table (copied). Returns 0 or a negative errno; then the
 * old stay.
 */
int conn_hub_set_rules(struct conn_hub *hub, const void *blob, size_t bytes)
	__attribute__((warn_unused_result));

/* Sets the time and fires what is due. */
void conn_hub_tick(struct conn_hub *hub, uint64_t now_ms);

/* When conn_hub_tick has something to do, at the earliest; UINT64_MAX when nothing is. */
uint64_t conn_hub_next_ms(const struct conn_hub *hub);

/* Flushes each transport that was written to, once. */
void conn_hub_flush(struct conn_hub *hub);

/*
 * Goes on with the connections that waited for room in the ring, in turn, until there is none
 * again. Cheap when none waits.
 */
void conn_hub_unblock(struct conn_hub *hub);
bool conn_hub_is_blocked(const struct conn_hub *hub); /* some wait */

/*
 * Routes a message that no client published: wills, $SYS. False when it is wanted by control and
 * the ring has no room: nothing was done, and it is to be tried again.
 */
bool conn_hub_publish(struct conn_hub *hub, const struct conn_message *message)
	__attribute__((warn_unused_result));

/*
 * Control wants what matches this filter ("$share/group/filter": as a member of that group), or no
 * longer. Adding twice is adding once. -ENOMEM, or -EINVAL for what is no filter.
 */
int conn_hub_interest_add(struct conn_hub *hub, struct wire_str filter)
	__attribute__((warn_unused_result));
void conn_hub_interest_del(struct conn_hub *hub, struct wire_str filter);
void conn_hub_interest_clear(struct conn_hub *hub);

/*
 * A new control has come. conn_hub_resync_begin drops all interest entries and forgets what the old
 * one had begun; then each step tells some connections, as many as the ring takes, until it returns
 * true. No other record is sent until then.
 */
void conn_hub_resync_begin(struct conn_hub *hub);
bool conn_hub_resync_step(struct conn_hub *hub);

struct conn_hub_stats {
	uint32_t connections; /* all slots in use */
	uint32_t live, parked, blocked;
	uint64_t subscriptions, interests;
	size_t conn_size; /* bytes of one idle connection without its strings */
};
void conn_hub_stats(const struct conn_hub *hub, struct conn_hub_stats *stats);

#endif
