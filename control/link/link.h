#ifndef LINK_H
#define LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link_event.h"
#include "link_send.h"

/*
 * The only place where control touches the region: it maps it, shakes hands with each worker, and
 * turns records into calls of a handler.
 *
 * Layer:     link (base, abi, kit)
 * Thread:    control's loop
 * Ownership: link_open allocates, link_close frees; the region's file stays for the workers
 */

struct link_config {
	const char *region_path;
	unsigned worker_len;
	uint32_t ring_bytes; /* of each ring: a power of two; half of it is the largest record */
	size_t pending_bytes; /* of records that wait for one worker's ring before back-pressure; 0 = 8 MiB */
	uint32_t pid; /* ours, for the workers' logs */
	uint64_t now_ms;
	const struct link_limits *limits;
};

/* Limits that workers enforce; the comment names the key in conf/sluice.conf. */
struct link_limits {
	uint32_t max_packet_bytes; /* mqtt.max_packet_size */
	uint32_t idle_timeout_ms; /* mqtt.idle_timeout */
	uint32_t connect_timeout_ms; /* control's answer to CONNECT */
	uint32_t max_queue_len; /* mqtt.max_mqueue_len */
	uint32_t max_queue_bytes; /* mqtt.max_mqueue_bytes */
	uint32_t send_timeout_ms; /* a reader that takes nothing for so long is closed */
	uint16_t max_inflight; /* mqtt.max_inflight */
	uint16_t receive_max; /* mqtt.max_awaiting_rel */
	uint16_t topic_alias_max; /* mqtt.max_topic_alias */
	uint16_t max_topic_levels; /* mqtt.max_topic_levels */
	uint16_t server_keepalive_s; /* mqtt.server_keepalive */
	uint16_t keepalive_percent; /* mqtt.keepalive_multiplier * 100 */
	uint16_t max_client_id_bytes; /* mqtt.max_clientid_len */
	uint8_t max_qos; /* mqtt.max_qos_allowed */
	bool retain_available, wildcard_available, shared_available;
	bool queue_qos0; /* mqtt.mqueue_store_qos0 */
	bool acl_deny_disconnect; /* authorization.deny_action = disconnect */
	bool acl_no_match_deny; /* authorization.no_match = deny */
	bool ignore_loop_deliver; /* mqtt.ignore_loop_deliver */
	uint8_t log_level; /* log.level: enum base_log_level */
};

/*
 * Creates or maps the region and takes control's lock. On success *out is set. Errors, each logged with the
 * path: -EBUSY when another control runs, -EPROTO when the file is of another layout, or what the system said.
 */
int link_open(struct link **out, const struct link_config *config,
	const struct link_handler *handler, void *arg) __attribute__((warn_unused_result));
void link_close(struct link *link);

/*
 * One turn: flushes pending records, checks who lives, shakes hands, and handles up to `max` records of each worker.
 * Returns the number of records handled; `max` or more means that more may wait.
 */
unsigned link_turn(struct link *link, uint64_t now_ms, unsigned max);

/* Rings the workers that were sent records; call it before the loop sleeps. */
void link_flush(struct link *link);

/*
 * Sleeping: link_arm before the loop waits (false: records are there, don't sleep), then wait for
 * link_doorbell_fd to be readable or a timeout, then link_disarm, then link_turn.
 */
int link_doorbell_fd(const struct link *link);
bool link_arm(struct link *link) __attribute__((warn_unused_result));
void link_disarm(struct link *link);

/* New limits or rules: kept for workers that come, sent to those that are up. `blob` is copied. */
void link_set_limits(struct link *link, const struct link_limits *limits);
int link_set_acl(struct link *link, const void *blob, size_t blob_bytes)
	__attribute__((warn_unused_result));

struct link_worker_info {
	bool is_up;
	uint32_t pid;
	uint64_t epoch;
	uint64_t up_since_ms; /* monotonic clock; 0 when down */
	size_t pending_bytes; /* records that wait for the ring */
	uint64_t restarts; /* lives seen after the first */
	uint64_t records_in, records_out;
};

unsigned link_worker_len(const struct link *link);
/* False when there is no such worker. */
bool link_worker_info(const struct link *link, uint32_t worker, struct link_worker_info *out);

/* Calls `each` for every counter of one worker, or of all (summed) with LINK_ALL; order is fixed. */
void link_counters(const struct link *link, uint32_t worker,
	void (*each)(void *arg, const char *name, uint64_t value), void *arg);

/* Connections of one listener, by its index in the configuration. */
struct link_listener_info {
	uint64_t connections, connections_max, accepted;
};

void link_listener_info(const struct link *link, uint32_t worker, unsigned listener,
	struct link_listener_info *out);
/* Calls `each` for every shutdown reason that was counted, of one worker or (LINK_ALL) of all; `v5_name` is EMQX 5's. */
void link_listener_shutdowns(const struct link *link, uint32_t worker, unsigned listener,
	void (*each)(void *arg, const char *name, const char *v5_name, uint64_t count), void *arg);

/* Calls `each` for every class of the heap of one worker. */
void link_worker_memory(const struct link *link, uint32_t worker,
	void (*each)(
		void *arg, const char *name, uint64_t bytes, uint64_t objects, uint64_t failures),
	void *arg);

/* Bytes of the heap's arena of one worker: all of it, and what is free. 0 while it is down. */
void link_worker_arena(
	const struct link *link, uint32_t worker, uint64_t *bytes, uint64_t *free_bytes);

/* The port of one worker, as it is now. */
struct link_port_info {
	const char
		*driver; /* DPDK's; "" while the worker has not begun; borrowed from the region */
	const char *ipv6; /* with "/prefix"; "" = link-local alone; borrowed */
	uint8_t mac[6];
	uint16_t mtu_bytes;
	uint8_t ipv4[4]; /* in network order; all 0 = none */
	uint32_t prefix4_bits; /* 0 = not known */
	bool is_up; /* the link */
	uint32_t speed_mbps; /* 0 = not known */
};

void link_port_info(const struct link *link, uint32_t worker, struct link_port_info *out);

/* Whether records wait for a ring: nobody rings when it has room again, so look soon. */
bool link_is_congested(const struct link *link);

/* One counter by name, summed over all workers; 0 for an unknown name. */
uint64_t link_counter(const struct link *link, const char *name);

#endif
