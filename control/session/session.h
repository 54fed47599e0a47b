#ifndef SESSION_H
#define SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link_event.h"
#include "retain.h"

/*
 * Who is connected, or was and will be: control's authority over sessions, subscriptions, queues of
 * offline sessions and wills.
 *
 * Layer:     session (base, wire, topic, rule, kit, link, retain)
 * Thread:    control's loop
 * Ownership: session_core_new takes nothing over: link and retain outlive it
 * Time:      every entry point is told the time; nothing here reads a clock
 *
 * Decisions of this module (see control/session/README.md): how takeover, wills and a worker's death go.
 */

struct link;
struct session_core;

struct session_config {
	uint32_t v3_expiry_s; /* mqtt.session_expiry_interval: v3 clients without Clean Session */
	uint32_t max_queue_len; /* mqtt.max_mqueue_len; 0 = no limit but bytes */
	size_t max_queue_bytes; /* mqtt.max_mqueue_bytes, of one session; 0 = no limit but the budget */
	size_t queue_budget_bytes; /* of all sessions; 0 = no limit */
	uint32_t max_subscriptions; /* mqtt.max_subscriptions, of one session; 0 = no limit */
	uint64_t max_sessions; /* 0 = no limit */
	size_t index_bytes; /* mqtt.topic_index_bytes: arena of the topic index; not changed later */
	uint8_t max_qos; /* mqtt.max_qos_allowed */
	bool queue_qos0; /* mqtt.mqueue_store_qos0 */
	bool retain_available, wildcard_available, shared_available;
};

/* Told to whoever publishes client events ($SYS). Any member may be NULL. */
struct session_view;
struct session_observer {
	void (*connected)(void *arg, const struct session_view *view);
	void (*disconnected)(void *arg, const struct session_view *view, const char *reason);
};

/*
 * Control's own subscription to one topic, whose messages come back from every worker: what sys probes them by. It is
 * no session's, and sessions with the same filter do not end it. `topic` is borrowed; NULL = no more.
 */
typedef void session_watch_fn(void *arg, uint32_t worker, const struct kit_message_view *message);
void session_core_watch(
	struct session_core *core, const char *topic, session_watch_fn *watch, void *arg);

/* NULL when there is no memory. session_core_link must follow before anything else. */
struct session_core *session_core_new(const struct session_config *config, struct retain *retain,
	uint64_t now_ms) __attribute__((warn_unused_result));
void session_core_link(struct session_core *core, struct link *link);
void session_core_free(struct session_core *core); /* no will is published */

void session_core_configure(struct session_core *core, const struct session_config *config);
void session_core_observe(
	struct session_core *core, const struct session_observer *observer, void *arg);

/*
 * Access rules for wills; workers check all other publishes. `rules` is borrowed until the next call; NULL = no rules.
 * `no_match_denies`: authorization.no_match.
 */
struct rule_table;
void session_core_set_rules(
	struct session_core *core, const struct rule_table *rules, bool no_match_denies);

/* The handler for link_open; its argument is the session_core. session_now must have been called in this turn. */
extern const struct link_handler session_link_handler;

/* Sets the time for the calls that follow in this turn. */
void session_now(struct session_core *core, uint64_t now_ms);

/*
 * Fires what is due and goes on with bulk work (restores, retained messages). Returns true when bulk work
 * could go on at once; session_next_ms says when the next deadline is.
 */
bool session_turn(struct session_core *core);
uint64_t session_next_ms(const struct session_core *core);

/* Publishes for control itself ($SYS, wills): stores it if retained, routes it through a worker. */
void session_publish(struct session_core *core, const struct kit_message_view *message);

/* Ends a session for an operator: DISCONNECT 0x98, will published. False when there is none. */
bool session_kick(struct session_core *core, const char *client_id, uint32_t client_id_bytes);

/*
 * The broker goes down: every live connection gets DISCONNECT 0x8B. Their wills are due as they
 * close; session_shutdown_end publishes those that still wait.
 */
void session_shutdown_begin(struct session_core *core);
bool session_shutdown_is_done(const struct session_core *core); /* no connection is left */
void session_shutdown_end(struct session_core *core);

#endif
