#ifndef LINK_SEND_H
#define LINK_SEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link_event.h"

/*
 * What control tells workers.
 *
 * Layer:     link (base and kit)
 * Thread:    control's loop
 * Ownership: everything is copied before the call returns
 *
 * No call fails: a record that finds the ring full waits in the worker's pending list, in order. While that
 * list is long the worker's own records are not read (back-pressure), and whoever sends in bulk
 * (restoring, retained messages) asks link_has_room first and goes on at a later turn. A call for a worker that is
 * down does nothing, as worker_lost or worker_up puts all right.
 */

struct link;

enum link_end {
	LINK_END_TAKENOVER, /* another connection with the same client id */
	LINK_END_DISCARDED, /* the same, with Clean Start */
	LINK_END_KICKED, /* by an operator */
	LINK_END_SHUTDOWN, /* control ends */
	LINK_END_QUOTA, /* no room for another session */
	LINK_END_BAD_CLIENT_ID,
	LINK_END_QOS, /* a will above the Maximum QoS */
	LINK_END_RETAIN, /* a retained will where RETAIN is not available */
};

struct link_grant {
	struct link_conn conn;
	uint64_t session;
	uint32_t session_expiry_s; /* in force */
	bool session_present, restore;
	struct link_text assigned_id; /* 0 bytes unless control made the client id */
};

/* Whether a worker is up and its pending list short enough for bulk work. */
bool link_has_room(struct link *link, uint32_t worker);
bool link_is_up(struct link *link, uint32_t worker);

/* Whether every worker process that is alive has told its live connections (or 3 s have passed). */
bool link_is_settled(struct link *link);

void link_grant(struct link *link, const struct link_grant *grant);
/* `reason` is an MQTT 5 reason code; the worker maps it for older protocols. */
void link_refuse(struct link *link, struct link_conn conn, uint8_t reason, enum link_end end);
void link_disconnect(struct link *link, struct link_conn conn, uint8_t reason, enum link_end end);
void link_suback(struct link *link, const struct link_subscribe *subscribe);
void link_unsuback(struct link *link, const struct link_subscribe *unsubscribe);
void link_sub_restore(struct link *link, const struct link_subscribe *subscribe);
/* `message` may be NULL for states without one. */
void link_inflight(struct link *link, struct link_conn conn, const struct link_delivery *delivery,
	const struct kit_message_view *message);
void link_deliver(struct link *link, struct link_conn conn, const struct link_delivery *delivery,
	const struct kit_message_view *message);
void link_restore_end(struct link *link, struct link_conn conn);
void link_caught_up(struct link *link, struct link_conn conn);
void link_release(struct link *link, struct link_conn conn);

/* To one worker or, with LINK_ALL, to every worker that is up. */
#define LINK_ALL UINT32_MAX
void link_interest_add(struct link *link, uint32_t worker, struct link_text filter);
void link_interest_del(struct link *link, uint32_t worker, struct link_text filter);

/* Route as if a client had published it. False when no worker is up: the caller routes to offline sessions itself. */
bool link_publish(struct link *link, const struct kit_message_view *message);
/* The same through one worker. False when it is down. */
bool link_publish_to(struct link *link, uint32_t worker, const struct kit_message_view *message);

#endif
