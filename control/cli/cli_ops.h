#ifndef CLI_OPS_H
#define CLI_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the command server asks the rest of control: functions that control/loop fills in.
 *
 * Layer:     cli (no other folder's types appear here)
 * Thread:    control's loop; every call returns soon
 * Ownership: what is passed to `each`, and the pointers in a struct that a call filled, is borrowed until
 *            that call, or the next call of any of these functions, returns
 *
 * Paging: `cursor` is 0 for the first page, then what the call before returned. A call handles about
 * `max` entries and returns where to go on, or 0 at the end. Entries that come or go between two pages
 * may or may not be seen; the others are seen once.
 */

struct cli_status {
	const char *node; /* node.name */
	const char *version;
	const char *description; /* sysdescr */
	uint64_t uptime_ms;
	char datetime[40]; /* RFC 3339 */
};

struct cli_worker {
	uint32_t pid; /* 0 when it is down */
	bool is_up; /* shook hands; its listeners are open */
	uint64_t up_ms; /* how long */
	uint64_t restarts;
};

/* Names as the command line prints them; text is UTF-8 and NUL-terminated. */
struct cli_client {
	const char *client_id;
	const char *username; /* NULL = none */
	const char *peer_name; /* "192.0.2.1:49152"; NULL when it was never connected here */
	const char *state;
	uint8_t version; /* protocol level: 3, 4, 5 */
	uint16_t listener;
	bool is_connected, clean_start;
	uint16_t keepalive_s;
	uint32_t session_expiry_s; /* UINT32_MAX = never */
	uint64_t subscriptions, inflight, awaiting_rel, queued, queued_bytes;
	uint64_t delivered, enqueued, dropped;
	uint64_t created_ms, connected_ms, disconnected_ms; /* wall clock; 0 = not so */
};

struct cli_subscription {
	const char *client_id;
	const char *filter; /* "$share/..." included */
	uint32_t subscription_id; /* 0 = none */
	uint8_t qos, retain_handling;
	bool no_local, retain_as_published;
};

struct cli_listener {
	const char *name; /* "default" */
	const char *bind; /* "0.0.0.0:1883" */
	bool is_running;
	uint64_t connections, max_connections; /* 0 = no limit of its own */
	uint64_t accepted;
};

typedef void cli_client_fn(void *arg, const struct cli_client *client);
typedef void cli_subscription_fn(void *arg, const struct cli_subscription *subscription);
typedef void cli_topic_fn(void *arg, const char *filter, uint32_t subscribers);
typedef void cli_value_fn(void *arg, const char *name, uint64_t value);
typedef void cli_memory_fn(void *arg, const char *process, const char *name, uint64_t bytes,
	uint64_t objects, uint64_t failures);

/* Every member must be set. */
struct cli_ops {
	void (*status)(void *arg, struct cli_status *out);
	/* False when there is no such worker: numbers run from 0. */
	bool (*worker)(void *arg, unsigned number, struct cli_worker *out);

	uint64_t (*clients)(
		void *arg, uint64_t cursor, unsigned max, cli_client_fn *each, void *each_arg);
	/* False when there is no session of that client id. */
	bool (*client)(
		void *arg, const char *client_id, size_t client_id_bytes, struct cli_client *out);
	bool (*kick)(void *arg, const char *client_id, size_t client_id_bytes);

	/* Of one client, or of all for NULL. */
	uint64_t (*subscriptions)(void *arg, const char *client_id, size_t client_id_bytes,
		uint64_t cursor, unsigned max, cli_subscription_fn *each, void *each_arg);
	uint64_t (*topics)(
		void *arg, uint64_t cursor, unsigned max, cli_topic_fn *each, void *each_arg);

	/* False when there is no such listener: numbers run from 0. */
	bool (*listener)(void *arg, unsigned number, struct cli_listener *out);
	/* Why connections of a listener ended: the reasons that were counted. */
	void (*shutdowns)(void *arg, unsigned number, cli_value_fn *each, void *each_arg);

	/* Bytes by class: `process` is "control" or "worker 0"; workers also name the whole arena. */
	void (*memory)(void *arg, cli_memory_fn *each, void *each_arg);
	void (*stats)(void *arg, cli_value_fn *each, void *each_arg);
	void (*metrics)(void *arg, cli_value_fn *each, void *each_arg);
};

#endif
