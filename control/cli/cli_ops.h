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

enum { CLI_ADDRESSES_MAX = 8, CLI_ADDRESS_MAX = 64 };

struct cli_interface {
	const char *name; /* what the board calls it, or its device */
	const char *device, *driver;
	uint8_t mac[6];
	bool is_up; /* the link */
	bool is_kernel; /* the kernel's; else a worker's */
	uint32_t speed_mbps; /* 0 = not known */
	uint32_t mtu_bytes;
	char addresses[CLI_ADDRESSES_MAX][CLI_ADDRESS_MAX]; /* with "/prefix" where it is known */
	unsigned address_len;
	uint64_t rx_packets, rx_bytes, rx_errors, rx_dropped;
	uint64_t tx_packets, tx_bytes, tx_errors, tx_dropped;
};

/* One process. */
struct cli_core {
	const char *process; /* "control", "worker 0" */
	uint32_t pid;
	int cpu; /* that it ran on last; -1 = not known */
	uint64_t cpu_ms; /* CPU time since its start */
	unsigned
		cpu_permille; /* of the last seconds, as the kernel counts: a loop that polls is never idle */
	bool is_polling; /* the members below are set */
	uint64_t polls, busy_polls, sleeps; /* since its start */
	unsigned busy_permille; /* of the last seconds' polls, those that found something to do */
};

enum { CLI_FAULTS_MAX = 16, CLI_FAULT_MAX = 160 };

struct cli_health {
	bool workers; /* every worker is up */
	bool links; /* and its link */
	bool messages; /* and brought control's message to itself back */
	char faults[CLI_FAULTS_MAX][CLI_FAULT_MAX]; /* for people: "worker 0 is down" */
	unsigned fault_len;
};

/* A key that config reload changed. */
typedef void cli_change_fn(void *arg, const char *path, const char *before, const char *after,
	const char *needs, bool waits);
typedef void cli_line_out_fn(void *arg, const char *line);

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

	/* False when there is no such interface, or process: numbers run from 0. */
	bool (*interface)(void *arg, unsigned number, struct cli_interface *out);
	bool (*core)(void *arg, unsigned number, struct cli_core *out);

	/*
	 * With *probe 0 it begins to look and sets *probe. False: not known yet; ask again with the same *probe in a
	 * later turn.
	 */
	bool (*health)(void *arg, uint64_t *probe, struct cli_health *out);

	/* Takes the configuration over, as SIGHUP does. False after faults, each told to `fault`: all stays as it was. */
	bool (*reload)(void *arg, cli_change_fn *each, cli_line_out_fn *fault, void *each_arg);

	/* Bytes by class: `process` is "control" or "worker 0"; workers also name the whole arena. */
	void (*memory)(void *arg, cli_memory_fn *each, void *each_arg);
	void (*stats)(void *arg, cli_value_fn *each, void *each_arg);
	void (*metrics)(void *arg, cli_value_fn *each, void *each_arg);
};

#endif
