#include <errno.h>
#include <string.h>

#include "link_priv.h"

/* Limits and access rules: kept here for workers that come, sent to those that are up. */

void link_send_config(struct link *link, uint32_t worker)
{
	struct abi_config *body = link_begin(link, worker, ABI_C_CONFIG, sizeof(*body));

	if (body == NULL)
		return;
	*body = link->limits;
	link_end(link, worker);
}

void link_send_acl(struct link *link, uint32_t worker)
{
	struct abi_blob *body;

	if (link->acl == NULL)
		return;
	body = link_begin(link, worker, ABI_C_ACL, sizeof(*body) + link->acl_bytes);
	if (body == NULL)
		return;
	*body = (struct abi_blob){.blob_bytes = (uint32_t)link->acl_bytes};
	memcpy(body + 1, link->acl, link->acl_bytes);
	link_end(link, worker);
}

void link_set_limits(struct link *link, const struct link_limits *limits)
{
	link->limits = (struct abi_config){
		.max_packet_bytes = limits->max_packet_bytes,
		.idle_timeout_ms = limits->idle_timeout_ms,
		.connect_timeout_ms = limits->connect_timeout_ms,
		.max_queue_len = limits->max_queue_len,
		.max_queue_bytes = limits->max_queue_bytes,
		.send_timeout_ms = limits->send_timeout_ms,
		.max_inflight = limits->max_inflight,
		.receive_max = limits->receive_max,
		.topic_alias_max = limits->topic_alias_max,
		.max_topic_levels = limits->max_topic_levels,
		.server_keepalive_s = limits->server_keepalive_s,
		.keepalive_percent = limits->keepalive_percent,
		.max_client_id_bytes = limits->max_client_id_bytes,
		.max_qos = limits->max_qos,
		.retain_available = limits->retain_available,
		.wildcard_available = limits->wildcard_available,
		.shared_available = limits->shared_available,
		.queue_qos0 = limits->queue_qos0,
		.acl_deny_disconnect = limits->acl_deny_disconnect,
		.acl_no_match_deny = limits->acl_no_match_deny,
		.ignore_loop_deliver = limits->ignore_loop_deliver,
		.log_level = limits->log_level,
	};
	for (uint32_t i = 0; i < link->worker_len; i++)
		if (link_is_up(link, i))
			link_send_config(link, i);
}

int link_set_acl(struct link *link, const void *blob, size_t blob_bytes)
{
	void *copy;

	if (sizeof(struct abi_blob) + blob_bytes > abi_ring_body_max(link->workers[0].out))
		return -EMSGSIZE;
	copy = kit_mem_alloc(KIT_MEM_LINK, blob_bytes);
	if (copy == NULL)
		return -ENOMEM;
	memcpy(copy, blob, blob_bytes);
	kit_mem_free(KIT_MEM_LINK, link->acl, link->acl_bytes);
	link->acl = copy;
	link->acl_bytes = blob_bytes;
	for (uint32_t i = 0; i < link->worker_len; i++)
		if (link_is_up(link, i))
			link_send_acl(link, i);
	return 0;
}
