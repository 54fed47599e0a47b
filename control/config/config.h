#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The broker's configuration: one struct, filled from conf/sluice.conf and the environment.
 *
 * Layer:     config (base)
 * Thread:    any; no state
 * Ownership: struct config holds all of its text; copy it freely
 * Format:    sections and keys as in EMQX's and nginx's files; see config_file.c
 * Source:    config_key.c is the one list of keys. The parser, --help-config, the default file and
 *            `sluicectl config` come from it.
 *
 * Every number is in the unit that its name tells and inside the range of its key. A member without a unit is
 * a count. "none" in a comment is what the value 0, or an empty text, stands for.
 */

enum {
	CONFIG_NAME_MAX = 64, /* node.name and listener names, with the NUL */
	CONFIG_ADDRESS_MAX = 64, /* an address in text, with "/prefix" and the NUL */
	CONFIG_TEXT_MAX = 256, /* any other text, with the NUL */
	CONFIG_LISTENERS_MAX = 8,
};

#define CONFIG_EXPIRY_NEVER UINT32_MAX /* in a member that ends in expiry_s: infinity */

enum config_poll { CONFIG_POLL_BUSY, CONFIG_POLL_ADAPTIVE };
enum config_port_kind {
	CONFIG_PORT_TAP,
	CONFIG_PORT_AF_PACKET,
	CONFIG_PORT_AF_XDP,
	CONFIG_PORT_MEMIF,
	CONFIG_PORT_PCI,
};
enum config_hugepages { CONFIG_HUGEPAGES_AUTO, CONFIG_HUGEPAGES_ON, CONFIG_HUGEPAGES_OFF };
enum config_verdict { CONFIG_ALLOW, CONFIG_DENY };
enum config_deny_action { CONFIG_DENY_IGNORE, CONFIG_DENY_DISCONNECT };

/* listeners.tcp.<name> */
struct config_listener {
	char name[CONFIG_NAME_MAX];
	char address[CONFIG_ADDRESS_MAX]; /* "::" takes IPv4 and IPv6, "0.0.0.0" IPv4 alone */
	uint16_t port;
	bool enable;
	uint64_t max_connections; /* 0 = none of its own */
};

struct config {
	struct {
		char name[CONFIG_NAME_MAX];
	} node;
	struct {
		char path[CONFIG_TEXT_MAX];
		uint64_t ring_bytes; /* of each ring; a power of two */
	} region;
	struct {
		uint64_t workers;
		uint64_t core;
		uint64_t memory_bytes;
		uint64_t mbufs;
		unsigned poll; /* enum config_poll */
		uint64_t idle_sleep_us;
	} dataplane;
	struct {
		unsigned kind; /* enum config_port_kind */
		char device[CONFIG_TEXT_MAX];
		char options[CONFIG_TEXT_MAX];
		uint64_t mtu_bytes;
		unsigned hugepages; /* enum config_hugepages */
	} port;
	struct {
		char ipv4[CONFIG_ADDRESS_MAX], gateway4[CONFIG_ADDRESS_MAX];
		char ipv6[CONFIG_ADDRESS_MAX], gateway6[CONFIG_ADDRESS_MAX];
		bool dhcp; /* asks for an address when ipv4 is empty */
	} net;
	struct {
		char ipv4[CONFIG_ADDRESS_MAX], gateway4[CONFIG_ADDRESS_MAX];
		bool dhcp; /* asks for an address when ipv4 is empty */
		char dns[CONFIG_ADDRESS_MAX];
	} mgmt; /* the appliance's management port, which belongs to the kernel */
	struct {
		uint64_t tick_ms;
		uint64_t msl_ms;
		uint64_t user_timeout_ms;
		uint64_t max_connections;
		uint64_t max_half_open;
	} tcp;
	struct config_listener listeners[CONFIG_LISTENERS_MAX]; /* position = listener number */
	unsigned listener_len;
	struct {
		uint64_t max_packet_bytes;
		uint64_t max_client_id_bytes;
		uint64_t max_topic_levels;
		uint64_t max_topic_alias;
		uint64_t max_qos_allowed;
		bool retain_available;
		bool wildcard_subscription;
		bool shared_subscription;
		bool ignore_loop_deliver;
		uint64_t idle_timeout_ms;
		uint64_t connect_timeout_ms;
		uint64_t send_timeout_ms;
		uint64_t server_keepalive_s; /* 0 = the client's own */
		uint64_t keepalive_percent; /* mqtt.keepalive_multiplier * 100 */
		uint64_t max_inflight;
		uint64_t max_awaiting_rel;
		uint64_t max_mqueue_len; /* 0 = none */
		uint64_t max_mqueue_bytes; /* 0 = none; of one session */
		uint64_t mqueue_budget_bytes; /* 0 = none; of all sessions that are offline */
		bool mqueue_store_qos0;
		uint64_t session_expiry_s; /* v3 clients; CONFIG_EXPIRY_NEVER */
		uint64_t max_subscriptions; /* 0 = none; of one session */
		uint64_t max_sessions; /* 0 = none */
		uint64_t topic_index_bytes; /* control's index: sessions that are offline */
	} mqtt;
	struct {
		uint64_t max_retained_messages; /* 0 = none */
		uint64_t max_retained_bytes;
		uint64_t max_payload_bytes;
		uint64_t topic_index_bytes; /* control's store of retained topics */
		uint64_t msg_expiry_s; /* messages without their own; CONFIG_EXPIRY_NEVER */
	} retainer;
	struct {
		uint64_t sys_msg_interval_ms; /* 0 = never */
		uint64_t sys_heartbeat_interval_ms; /* 0 = never */
		bool sys_client_events;
	} broker;
	struct {
		unsigned no_match; /* enum config_verdict */
		unsigned deny_action; /* enum config_deny_action */
		char file[CONFIG_TEXT_MAX]; /* relative to the folder of the configuration file */
	} authorization;
	struct {
		unsigned level; /* enum base_log_level */
	} log;
	struct {
		char socket[CONFIG_TEXT_MAX];
	} cli;
};

/* One line of text for people, without newline; borrowed for the call. */
typedef void config_line_fn(void *arg, const char *line);

/* Every key at its default. */
void config_init(struct config *config);

/*
 * Defaults, then the file at `path` (NULL = none), then the variables of `environment` (NULL = none; as
 * environ) that begin with SLUICE_ and have "__" between the parts of a key: SLUICE_MQTT__MAX_INFLIGHT=16.
 *
 * Every fault is told to `report` as one line, "PATH:LINE: KEY: expected WHAT, found "TEXT"" or "environment
 * NAME: ...". Returns 0, -EINVAL when there were faults, or what the system said about the file (reported
 * too). After an error *config must not be used.
 */
int config_load(struct config *config, const char *path, char *const *environment,
	config_line_fn *report, void *arg) __attribute__((warn_unused_result));

/* The same on top of what *config holds, in the place of the defaults: config_init, or a board's own defaults. */
int config_load_onto(struct config *config, const char *path, char *const *environment,
	config_line_fn *report, void *arg) __attribute__((warn_unused_result));

/* The file's name with `authorization.file` and the like taken relative to `path`, the configuration's. */
int config_path_resolve(char *out, size_t out_bytes, const char *path, const char *file)
	__attribute__((warn_unused_result));

/* What the help option prints: every key with type, range, default, and what a change needs. */
void config_help(config_line_fn *line, void *arg);

/* The documented default file: conf/sluice.conf is this, byte for byte. */
void config_print_default(config_line_fn *line, void *arg);

/*
 * The command line of worker `worker`: --KEY=VALUE, one call each, for keys that a worker reads at its
 * start. Numbers are plain (bytes, and milliseconds or microseconds as the worker's own help says),
 * booleans true or false, listeners --listener=NUMBER,NAME,ADDRESS,PORT,MAX_CONNECTIONS.
 */
void config_dataplane_args(
	const struct config *config, unsigned worker, config_line_fn *line, void *arg);

/* Faults between keys, each of which is fine; config_load looks for them too. */
int config_check(const struct config *config, const char *name, config_line_fn *report, void *arg)
	__attribute__((warn_unused_result));

/* The most bytes that compiled access rules may have: they are one record of a ring. */
size_t config_rules_most(const struct config *config);

/* The default of cli.socket, for the command line tool. */
const char *config_default_socket(void);

#endif
