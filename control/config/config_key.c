#include "config_key.h"

#include <string.h>

/*
 * The one list of keys. The default file, the help text, the parser and `sluicectl config show` follow it, in its
 * order; keys of one section stand together.
 */

#define KB 1024ull
#define MB (1024 * KB)
#define GB (1024 * MB)
#define SECOND_MS 1000ull
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)

#define MEMBER(m) .offset = offsetof(struct config, m), .room = sizeof(((struct config *)NULL)->m)
#define LISTENER(m)                                                                                \
	.offset = offsetof(struct config_listener, m),                                             \
	.room = sizeof(((struct config_listener *)NULL)->m)
#define RANGE(lo, hi) .min = (lo), .max = (hi)
#define MILLISECONDS(lo, hi) .type = CONFIG_DURATION, .unit_us = 1000, RANGE(lo, hi)
#define SECONDS(lo, hi) .type = CONFIG_DURATION, .unit_us = 1000000, RANGE(lo, hi)
#define WORD(text, value) .word = (text), .word_value = (value)

static const char *const poll_words[] = {"busy", "adaptive", NULL};
static const char *const port_words[] = {"tap", "af_packet", "af_xdp", "memif", "pci", NULL};
static const char *const hugepage_words[] = {"auto", "on", "off", NULL};
static const char *const verdict_words[] = {"allow", "deny", NULL};
static const char *const deny_words[] = {"ignore", "disconnect", NULL};
static const char *const level_words[] = {"error", "warning", "info", "debug", NULL};

#define RESTARTS(who) .change = CONFIG_RESTART, .restart = (who)
#define CONTROL .readers = CONFIG_CONTROL
#define START .readers = CONFIG_WORKER, RESTARTS(CONFIG_WORKER)
#define BOTH .readers = CONFIG_CONTROL | CONFIG_WORKER, RESTARTS(CONFIG_CONTROL | CONFIG_WORKER)
/* Control follows a change as it runs. */
#define FOLLOWED .readers = CONFIG_CONTROL | CONFIG_WORKER, RESTARTS(CONFIG_WORKER)
#define MGMT .readers = CONFIG_MGMT
/* Kept by control, sent to the workers, enforced there. */
#define LIMIT .readers = CONFIG_CONTROL, .change = CONFIG_NEW_CONNECTIONS

/* clang-format off */
const struct config_key config_keys[] = {
	{.path = "node.name", .type = CONFIG_NAME, CONTROL, RESTARTS(CONFIG_CONTROL), MEMBER(node.name),
		.preset = "sluice", .help = "name of this broker: in $SYS topics and on the command line"},

	{.path = "region.path", .type = CONFIG_STRING, BOTH, MEMBER(region.path), .min = 1,
		.preset = "/dev/shm/sluice", .help = "shared memory between control and the workers"},
	{.path = "region.ring_bytes", .type = CONFIG_BYTES, BOTH,
		MEMBER(region.ring_bytes), RANGE(64 * KB, GB), .is_power_of_two = true,
		.preset = "8MB", .help = "each ring of a worker; half of it is the largest message"},

	{.path = "dataplane.workers", .type = CONFIG_INTEGER, BOTH,
		MEMBER(dataplane.workers), RANGE(1, 1),
		.preset = "1", .help = "worker processes, each with a core of its own"},
	{.path = "dataplane.core", .type = CONFIG_INTEGER, START, MEMBER(dataplane.core), RANGE(0, 1023),
		.preset = "0", .help = "CPU that the worker is pinned to"},
	{.path = "dataplane.memory", .type = CONFIG_BYTES, START, MEMBER(dataplane.memory_bytes),
		RANGE(16 * MB, 1024 * GB),
		.preset = "256MB", .help = "heap of a worker: connections, messages, topic index"},
	{.path = "dataplane.mbufs", .type = CONFIG_INTEGER, START, MEMBER(dataplane.mbufs),
		RANGE(1024, 1048576), .preset = "8192", .help = "packet buffers of a worker"},
	{.path = "dataplane.poll", .type = CONFIG_ENUM, START, MEMBER(dataplane.poll), .words = poll_words,
		.preset = "adaptive", .help = "busy never sleeps; adaptive sleeps when there is nothing to do"},
	{.path = "dataplane.idle_sleep", .type = CONFIG_DURATION, START, MEMBER(dataplane.idle_sleep_us),
		.unit_us = 1, RANGE(10, 10000),
		.preset = "1ms", .help = "longest sleep of an idle worker that polls adaptively"},

	{.path = "port.kind", .type = CONFIG_ENUM, START, MEMBER(port.kind), .words = port_words,
		.preset = "tap", .help = "driver of the network port"},
	{.path = "port.device", .type = CONFIG_STRING, START, MEMBER(port.device), .min = 1,
		.preset = "slu0", .help = "interface (tap, af_packet, af_xdp), socket (memif) or PCI address"},
	{.path = "port.options", .type = CONFIG_STRING, START, MEMBER(port.options),
		.preset = "", .help = "further DPDK device arguments"},
	{.path = "port.mtu", .type = CONFIG_INTEGER, START, MEMBER(port.mtu_bytes), RANGE(576, 9000),
		.preset = "1500", .help = "largest IP packet, in bytes"},
	{.path = "port.hugepages", .type = CONFIG_ENUM, START, MEMBER(port.hugepages), .words = hugepage_words,
		.preset = "auto", .help = "memory from hugepages; auto takes them when there are enough"},

	{"net.ipv4", NULL, CONFIG_IPV4_NET, START, MEMBER(net.ipv4),
		.preset = "", .help = "the broker's address and prefix length; empty for none, or for DHCP's"},
	{"net.gateway4", NULL, CONFIG_IPV4, START, MEMBER(net.gateway4),
		.preset = "", .help = "default router"},
	{.path = "net.dhcp", .type = CONFIG_BOOL, START, MEMBER(net.dhcp),
		.preset = "true", .help = "ask for an IPv4 address when net.ipv4 is empty"},
	{"net.ipv6", NULL, CONFIG_IPV6_NET, START, MEMBER(net.ipv6),
		.preset = "", .help = "the broker's address and prefix length; empty for the link-local one alone"},
	{"net.gateway6", NULL, CONFIG_IPV6, START, MEMBER(net.gateway6),
		.preset = "", .help = "default router"},

	{"mgmt.ipv4", NULL, CONFIG_IPV4_NET, MGMT, MEMBER(mgmt.ipv4), .preset = "",
		.help = "address and prefix length of the appliance's management port; empty for none, or for DHCP's"},
	{"mgmt.gateway4", NULL, CONFIG_IPV4, MGMT, MEMBER(mgmt.gateway4),
		.preset = "", .help = "default router of the management network"},
	{.path = "mgmt.dhcp", .type = CONFIG_BOOL, MGMT, MEMBER(mgmt.dhcp),
		.preset = "true", .help = "ask for an IPv4 address when mgmt.ipv4 is empty"},
	{"mgmt.dns", NULL, CONFIG_IPV4, MGMT, MEMBER(mgmt.dns),
		.preset = "", .help = "name server; empty for none, or for DHCP's"},

	{.path = "tcp.tick", START, MEMBER(tcp.tick_ms), MILLISECONDS(1, 250),
		.preset = "10ms", .help = "granularity of TCP's timers"},
	{.path = "tcp.msl", START, MEMBER(tcp.msl_ms), MILLISECONDS(100, 2 * MINUTE_MS),
		.preset = "5s", .help = "maximum segment lifetime: TIME-WAIT lasts twice as long"},
	{.path = "tcp.user_timeout", START, MEMBER(tcp.user_timeout_ms),
		MILLISECONDS(SECOND_MS, HOUR_MS),
		.preset = "1m", .help = "a peer that acknowledges nothing for so long is gone"},
	{.path = "tcp.max_connections", .type = CONFIG_INTEGER, START, MEMBER(tcp.max_connections),
		RANGE(1, 20000000), .preset = "100000", .help = "connections of one worker"},
	{.path = "tcp.max_half_open", .type = CONFIG_INTEGER, START, MEMBER(tcp.max_half_open),
		RANGE(1, 1000000), .preset = "4096", .help = "connections whose handshake is not complete"},

	{.path = "mqtt.max_packet_size", .type = CONFIG_BYTES, LIMIT, MEMBER(mqtt.max_packet_bytes),
		RANGE(1 * KB, 256 * MB),
		.preset = "1MB", .help = "largest MQTT packet; at most half of region.ring_bytes less 4KB"},
	{.path = "mqtt.max_clientid_len", .type = CONFIG_INTEGER, LIMIT, MEMBER(mqtt.max_client_id_bytes),
		RANGE(23, 65535), .preset = "65535", .help = "longest client identifier, in bytes"},
	{.path = "mqtt.max_topic_levels", .type = CONFIG_INTEGER, LIMIT, MEMBER(mqtt.max_topic_levels),
		RANGE(1, 256), .preset = "128", .help = "levels of a topic or filter"},
	{.path = "mqtt.max_topic_alias", .type = CONFIG_INTEGER, LIMIT, MEMBER(mqtt.max_topic_alias),
		RANGE(0, 65535), .preset = "65535", .help = "topic aliases that a client may use; 0 forbids them"},
	{.path = "mqtt.max_qos_allowed", .type = CONFIG_INTEGER, LIMIT, MEMBER(mqtt.max_qos_allowed), RANGE(0, 2),
		.preset = "2", .help = "Maximum QoS of PUBLISH packets that are taken"},
	{.path = "mqtt.retain_available", .type = CONFIG_BOOL, LIMIT, MEMBER(mqtt.retain_available),
		.preset = "true", .help = "retained messages are taken"},
	{.path = "mqtt.wildcard_subscription", .type = CONFIG_BOOL, LIMIT, MEMBER(mqtt.wildcard_subscription),
		.preset = "true", .help = "filters may hold + and #"},
	{.path = "mqtt.shared_subscription", .type = CONFIG_BOOL, LIMIT, MEMBER(mqtt.shared_subscription),
		.preset = "true", .help = "$share/group/filter is taken"},
	{.path = "mqtt.ignore_loop_deliver", .type = CONFIG_BOOL, LIMIT, MEMBER(mqtt.ignore_loop_deliver),
		.preset = "false", .help = "clients before MQTT 5 do not receive what they published themselves"},
	{.path = "mqtt.idle_timeout", LIMIT, MEMBER(mqtt.idle_timeout_ms),
		MILLISECONDS(100, HOUR_MS),
		.preset = "15s", .help = "a connection without CONNECT is closed after"},
	{.path = "mqtt.connect_timeout", LIMIT, MEMBER(mqtt.connect_timeout_ms),
		MILLISECONDS(100, 5 * MINUTE_MS),
		.preset = "10s", .help = "a CONNECT that control does not answer for so long is refused"},
	{.path = "mqtt.send_timeout", LIMIT, MEMBER(mqtt.send_timeout_ms),
		MILLISECONDS(100, HOUR_MS),
		.preset = "15s", .help = "a client that reads nothing for so long is closed"},
	{.path = "mqtt.server_keepalive", LIMIT, MEMBER(mqtt.server_keepalive_s), SECONDS(1, 65535),
		WORD("disabled", 0),
		.preset = "disabled", .help = "keep-alive that is told to MQTT 5 clients in place of theirs"},
	{.path = "mqtt.keepalive_multiplier", .type = CONFIG_DECIMAL, LIMIT, MEMBER(mqtt.keepalive_percent),
		RANGE(100, 1000),
		.preset = "1.5", .help = "a silent client is closed after its keep-alive times this"},
	{.path = "mqtt.max_inflight", .type = CONFIG_INTEGER, LIMIT, MEMBER(mqtt.max_inflight), RANGE(1, 65535),
		.preset = "32", .help = "QoS 1 and 2 messages on the way to a client at once"},
	{.path = "mqtt.max_awaiting_rel", .type = CONFIG_INTEGER, LIMIT, MEMBER(mqtt.max_awaiting_rel),
		RANGE(1, 65535),
		.preset = "100", .help = "QoS 1 and 2 messages on the way from a client at once: our Receive Maximum"},
	{.path = "mqtt.max_mqueue_len", .type = CONFIG_INTEGER, LIMIT, MEMBER(mqtt.max_mqueue_len),
		RANGE(0, 10000000), WORD("infinity", 0),
		.preset = "1000", .help = "messages that wait for one session; the oldest is dropped; 0 or infinity: no limit but bytes"},
	{.path = "mqtt.max_mqueue_bytes", .type = CONFIG_BYTES, LIMIT, MEMBER(mqtt.max_mqueue_bytes),
		RANGE(0, 2 * GB), WORD("infinity", 0),
		.preset = "16MB", .help = "the same in bytes"},
	{.path = "mqtt.mqueue_budget", .type = CONFIG_BYTES, CONTROL, MEMBER(mqtt.mqueue_budget_bytes),
		RANGE(0, 1024 * GB), WORD("infinity", 0),
		.preset = "256MB", .help = "messages that wait for all sessions that are offline"},
	{"mqtt.mqueue_store_qos0", NULL, CONFIG_BOOL, LIMIT, MEMBER(mqtt.mqueue_store_qos0),
		.preset = "false", .help = "QoS 0 messages wait for a session too"},
	{.path = "mqtt.session_expiry_interval", LIMIT, MEMBER(mqtt.session_expiry_s),
		SECONDS(0, UINT32_MAX - 1), WORD("infinity", CONFIG_EXPIRY_NEVER),
		.preset = "2h", .help = "how long sessions of clients before MQTT 5 are kept"},
	{.path = "mqtt.max_subscriptions", .type = CONFIG_INTEGER, CONTROL, MEMBER(mqtt.max_subscriptions),
		RANGE(0, 10000000), WORD("infinity", 0),
		.preset = "infinity", .help = "subscriptions of one session"},
	{.path = "mqtt.max_sessions", .type = CONFIG_INTEGER, CONTROL, MEMBER(mqtt.max_sessions),
		RANGE(0, 100000000), WORD("infinity", 0),
		.preset = "1000000", .help = "sessions, connected or not; beyond them CONNECT is refused"},
	{.path = "mqtt.topic_index_memory", .type = CONFIG_BYTES, CONTROL, RESTARTS(CONFIG_CONTROL),
		MEMBER(mqtt.topic_index_bytes), RANGE(1 * MB, 1024 * GB),
		.preset = "64MB", .help = "memory for the filters of sessions that are offline"},

	{.path = "retainer.max_retained_messages", .type = CONFIG_INTEGER, CONTROL,
		MEMBER(retainer.max_retained_messages), RANGE(0, 1000000000), WORD("infinity", 0),
		.preset = "infinity", .help = "retained messages; 0 or infinity: no limit but bytes"},
	{.path = "retainer.max_retained_bytes", .type = CONFIG_BYTES, CONTROL, MEMBER(retainer.max_retained_bytes),
		RANGE(64 * KB, 1024 * GB), .preset = "128MB", .help = "the same in bytes"},
	{.path = "retainer.max_payload_size", .type = CONFIG_BYTES, CONTROL, MEMBER(retainer.max_payload_bytes),
		RANGE(1, 256 * MB),
		.preset = "1MB", .help = "a retained message with a larger payload is delivered but not kept"},
	{.path = "retainer.topic_index_bytes", .type = CONFIG_BYTES, CONTROL, RESTARTS(CONFIG_CONTROL),
		MEMBER(retainer.topic_index_bytes), RANGE(1 * MB, 1024 * GB),
		.preset = "64MB", .help = "memory for the topics of retained messages; taken as they come"},
	{.path = "retainer.msg_expiry_interval", CONTROL, MEMBER(retainer.msg_expiry_s),
		SECONDS(1, UINT32_MAX - 1), WORD("infinity", CONFIG_EXPIRY_NEVER),
		.preset = "infinity", .help = "how long retained messages without an expiry of their own are kept"},

	{.path = "broker.sys_msg_interval", .alias = "sys_topics.sys_msg_interval", CONTROL,
		MEMBER(broker.sys_msg_interval_ms), MILLISECONDS(SECOND_MS, 24 * HOUR_MS),
		WORD("disabled", 0),
		.preset = "1m", .help = "how often figures are published under $SYS"},
	{.path = "broker.sys_heartbeat_interval", .alias = "sys_topics.sys_heartbeat_interval", CONTROL,
		MEMBER(broker.sys_heartbeat_interval_ms), MILLISECONDS(SECOND_MS, 24 * HOUR_MS),
		WORD("disabled", 0),
		.preset = "30s", .help = "how often uptime and time are published under $SYS"},
	{.path = "broker.sys_client_events", .type = CONFIG_BOOL, CONTROL, MEMBER(broker.sys_client_events),
		.preset = "true", .help = "clients that come and go are told under $SYS"},

	{.path = "authorization.no_match", .alias = "mqtt.acl_nomatch", .type = CONFIG_ENUM, LIMIT,
		MEMBER(authorization.no_match), .words = verdict_words,
		.preset = "allow", .help = "what happens when no rule matches"},
	{.path = "authorization.deny_action", .alias = "mqtt.acl_deny_action", .type = CONFIG_ENUM, LIMIT,
		MEMBER(authorization.deny_action), .words = deny_words,
		.preset = "ignore", .help = "what a client suffers that does what it may not"},
	{.path = "authorization.file", .type = CONFIG_STRING, CONTROL, MEMBER(authorization.file),
		.preset = "acl.conf", .help = "access rules; relative to the folder of this file; empty for none"},

	{.path = "log.level", .type = CONFIG_ENUM, .readers = CONFIG_CONTROL | CONFIG_WORKER, MEMBER(log.level), .words = level_words,
		.preset = "info", .help = "least urgent lines that are written"},

	{.path = "cli.socket", .type = CONFIG_STRING, .readers = CONFIG_CONTROL | CONFIG_CTL,
		RESTARTS(CONFIG_CONTROL), MEMBER(cli.socket), .min = 1,
		.preset = "/run/sluice/control.sock", .help = "Unix socket that sluicectl talks to"},
};
const size_t config_key_len = sizeof(config_keys) / sizeof(config_keys[0]);

const struct config_key config_listener_keys[] = {
	{.path = "bind", .type = CONFIG_BIND, FOLLOWED, LISTENER(address),
		.preset = "[::]:1883", .help = "address and port; [::] takes IPv4 and IPv6, 0.0.0.0 IPv4 alone"},
	{.path = "enable", .type = CONFIG_BOOL, FOLLOWED, LISTENER(enable),
		.preset = "true", .help = "false keeps it closed"},
	{.path = "max_connections", .type = CONFIG_INTEGER, FOLLOWED, LISTENER(max_connections),
		RANGE(0, 20000000), WORD("infinity", 0),
		.preset = "infinity", .help = "connections of this listener; infinity: tcp.max_connections"},
};
/* clang-format on */
const size_t config_listener_key_len =
	sizeof(config_listener_keys) / sizeof(config_listener_keys[0]);

const char *config_key_shown(const struct config_key *key, const char *text)
{
	return key->is_secret && text[0] != '\0' ? CONFIG_MASK : text;
}

const char *config_change_name(const struct config_key *key)
{
	static const char *const restarts[] = {
		[CONFIG_CONTROL] = "restart of control",
		[CONFIG_WORKER] = "restart of the worker",
		[CONFIG_CONTROL | CONFIG_WORKER] = "restart of control and the worker",
	};

	switch (key->change) {
	case CONFIG_LIVE:
		return "live";
	case CONFIG_NEW_CONNECTIONS:
		return "new connections";
	case CONFIG_RESTART:
		return restarts[key->restart];
	}
	return "";
}

const char *config_default_socket(void)
{
	for (size_t i = 0; i < config_key_len; i++)
		if (strcmp(config_keys[i].path, "cli.socket") == 0)
			return config_keys[i].preset;
	return "";
}
