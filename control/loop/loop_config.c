#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "acl.h"
#include "base_log.h"
#include "base_time.h"
#include "board_config.h"
#include "config_key.h"
#include "loop.h"
#include "rule_table.h"

void loop_log_line(void *arg, const char *line)
{
	(void)arg;
	base_log(BASE_LOG_ERROR, "%s", line);
}

void loop_limits(const struct config *config, struct link_limits *out)
{
	*out = (struct link_limits){
		.max_packet_bytes = (uint32_t)config->mqtt.max_packet_bytes,
		.idle_timeout_ms = (uint32_t)config->mqtt.idle_timeout_ms,
		.connect_timeout_ms = (uint32_t)config->mqtt.connect_timeout_ms,
		.max_queue_len = (uint32_t)config->mqtt.max_mqueue_len,
		.max_queue_bytes = (uint32_t)config->mqtt.max_mqueue_bytes,
		.send_timeout_ms = (uint32_t)config->mqtt.send_timeout_ms,
		.max_inflight = (uint16_t)config->mqtt.max_inflight,
		.receive_max = (uint16_t)config->mqtt.max_awaiting_rel,
		.topic_alias_max = (uint16_t)config->mqtt.max_topic_alias,
		.max_topic_levels = (uint16_t)config->mqtt.max_topic_levels,
		.server_keepalive_s = (uint16_t)config->mqtt.server_keepalive_s,
		.keepalive_percent = (uint16_t)config->mqtt.keepalive_percent,
		.max_client_id_bytes = (uint16_t)config->mqtt.max_client_id_bytes,
		.max_qos = (uint8_t)config->mqtt.max_qos_allowed,
		.retain_available = config->mqtt.retain_available,
		.wildcard_available = config->mqtt.wildcard_subscription,
		.shared_available = config->mqtt.shared_subscription,
		.queue_qos0 = config->mqtt.mqueue_store_qos0,
		.acl_deny_disconnect = config->authorization.deny_action == CONFIG_DENY_DISCONNECT,
		.acl_no_match_deny = config->authorization.no_match == CONFIG_DENY,
		.ignore_loop_deliver = config->mqtt.ignore_loop_deliver,
		.log_level = (uint8_t)config->log.level,
	};
}

void loop_session_config(const struct config *config, struct session_config *out)
{
	*out = (struct session_config){
		.v3_expiry_s = (uint32_t)config->mqtt.session_expiry_s,
		.max_queue_len = (uint32_t)config->mqtt.max_mqueue_len,
		.max_queue_bytes = config->mqtt.max_mqueue_bytes,
		.queue_budget_bytes = config->mqtt.mqueue_budget_bytes,
		.max_subscriptions = (uint32_t)config->mqtt.max_subscriptions,
		.max_sessions = config->mqtt.max_sessions,
		.index_bytes = config->mqtt.topic_index_bytes,
		.max_qos = (uint8_t)config->mqtt.max_qos_allowed,
		.queue_qos0 = config->mqtt.mqueue_store_qos0,
		.retain_available = config->mqtt.retain_available,
		.wildcard_available = config->mqtt.wildcard_subscription,
		.shared_available = config->mqtt.shared_subscription,
	};
}

void loop_retain_config(const struct config *config, struct retain_config *out)
{
	*out = (struct retain_config){
		.max_messages = config->retainer.max_retained_messages,
		.max_bytes = config->retainer.max_retained_bytes,
		.max_payload_bytes = (uint32_t)config->retainer.max_payload_bytes,
		.expiry_s = (uint32_t)config->retainer.msg_expiry_s,
		.index_bytes = config->retainer.topic_index_bytes,
	};
}

void loop_sys_config(const struct config *config, struct sys_config *out)
{
	*out = (struct sys_config){
		.node = config->node.name,
		.version = SLUICE_VERSION,
		.heartbeat_ms = (uint32_t)config->broker.sys_heartbeat_interval_ms,
		.interval_ms = (uint32_t)config->broker.sys_msg_interval_ms,
		.client_events = config->broker.sys_client_events,
	};
}

/* The rules go to the workers, and to session for wills. `blob` is from malloc and is taken over. */
static int take_rules(struct loop *loop, const struct config *config, void *blob, size_t blob_bytes,
	config_line_fn *report, void *arg)
{
	char line[160];
	const struct rule_table *rules = rule_table_open(blob, blob_bytes);
	int rc = rules == NULL ? -EINVAL : link_set_acl(loop->link, blob, blob_bytes);

	if (rc != 0) {
		snprintf(line, sizeof(line), "the access rules cannot be sent to the workers: %s",
			strerror(-rc));
		report(arg, line);
		free(blob);
		return rc;
	}
	session_core_set_rules(loop->core, rules, config->authorization.no_match == CONFIG_DENY);
	free(loop->rules);
	loop->rules = blob;
	base_log(BASE_LOG_INFO, "access rules: %u, %zu bytes compiled", rule_table_len(rules),
		blob_bytes);
	return 0;
}

/* Without a file there are no rules, which is a table too: workers have to forget those that they have. */
int loop_load_acl(struct loop *loop, const struct config *config, config_line_fn *report, void *arg)
{
	char path[2 * CONFIG_TEXT_MAX];
	size_t blob_bytes;
	void *blob;
	int rc;

	if (config->authorization.file[0] == '\0') {
		rc = acl_compile("", "", 0, &blob, &blob_bytes, report, arg);
	} else {
		rc = config_path_resolve(
			path, sizeof(path), loop->config_path, config->authorization.file);
		if (rc != 0)
			return rc;
		rc = acl_load(path, config_rules_most(config), &blob, &blob_bytes, report, arg);
	}
	return rc != 0 ? rc : take_rules(loop, config, blob, blob_bytes, report, arg);
}

struct reloading {
	struct config *old;
	unsigned changes, waiting;
	cli_change_fn *each;
	cli_line_out_fn *fault;
	void *arg;
};

static void compare(void *arg, const char *path, const char *value, const struct config_key *key)
{
	struct reloading *reloading = arg;
	char before[CONFIG_VALUE_MAX] = "";
	const char *old, *new;
	const struct config_key *old_key;
	bool waits = key->change == CONFIG_RESTART;
	void *base;

	old_key = config_find(reloading->old, path, false, &base);
	if (old_key != NULL)
		config_value_print(old_key, base, before);
	if (old_key != NULL && strcmp(before, value) == 0)
		return;
	reloading->changes++;
	reloading->waiting += waits;
	new = config_key_shown(key, value);
	old = config_key_shown(key, before);
	base_log(BASE_LOG_INFO, "%s: %s, was %s%s", path, new, old,
		waits ? "; needs a restart" : "");
	if (reloading->each != NULL)
		reloading->each(reloading->arg, path, old, new, config_change_name(key), waits);
}

static void tell_fault(void *arg, const char *line)
{
	const struct reloading *reloading = arg;

	base_log(BASE_LOG_ERROR, "%s", line);
	if (reloading->fault != NULL)
		reloading->fault(reloading->arg, line);
}

static void apply(struct loop *loop)
{
	struct session_config session;
	struct retain_config retain;
	struct link_limits limits;
	struct sys_config sys;

	base_log_init("control", (enum base_log_level)loop->config.log.level);
	loop_session_config(&loop->config, &session);
	session_core_configure(loop->core, &session);
	loop_retain_config(&loop->config, &retain);
	retain_configure(loop->retain, &retain);
	loop_limits(&loop->config, &limits);
	link_set_limits(loop->link, &limits);
	loop_sys_config(&loop->config, &sys);
	sys_configure(loop->sys, &sys, base_time_ms());
	cli_configure(loop->cli, &loop->config);
}

bool loop_reload(struct loop *loop, cli_change_fn *each, cli_line_out_fn *fault, void *arg)
{
	static struct config fresh;
	struct reloading reloading = {
		.old = &loop->config, .each = each, .fault = fault, .arg = arg};

	if (board_config_load(
		    loop->board, &fresh, loop->config_path, environ, tell_fault, &reloading) != 0 ||
		loop_load_acl(loop, &fresh, tell_fault, &reloading) != 0) {
		base_log(BASE_LOG_ERROR, "the configuration has faults: all stays as it was");
		return false;
	}
	config_each(&fresh, compare, &reloading);
	loop->config = fresh;
	apply(loop);
	base_log(BASE_LOG_INFO,
		"configuration taken over: %u keys changed, %u of them wait for a "
		"restart",
		reloading.changes, reloading.waiting);
	return true;
}
