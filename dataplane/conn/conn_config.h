#ifndef CONN_CONFIG_H
#define CONN_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Limits that connections obey. Control sends them; the key in conf/sluice.conf is in the comment.
 *
 * Layer:  conn (base, wire, topic, rule)
 * Thread: single, the worker's
 */

struct conn_config {
	uint32_t max_packet_bytes; /* mqtt.max_packet_size; 0 = the protocol's limit */
	uint32_t idle_timeout_ms; /* mqtt.idle_timeout; 0 = none */
	uint32_t connect_timeout_ms; /* control's answer to CONNECT: then 0x88; 0 = none */
	uint32_t max_queue_len; /* mqtt.max_mqueue_len; 0 = no limit but memory */
	uint32_t max_queue_bytes; /* mqtt.max_mqueue_bytes; 0 = no limit but memory */
	uint32_t send_timeout_ms; /* a reader that takes nothing for so long is closed; 0 = never */
	uint16_t max_inflight; /* mqtt.max_inflight; 0 = 65535 */
	uint16_t receive_max; /* mqtt.max_awaiting_rel: our Receive Maximum; 0 = 65535 */
	uint16_t topic_alias_max; /* mqtt.max_topic_alias */
	uint16_t max_topic_levels; /* mqtt.max_topic_levels; 0 = no limit */
	uint16_t server_keepalive_s; /* mqtt.server_keepalive; 0 = the client's own */
	uint16_t keepalive_percent; /* mqtt.keepalive_multiplier * 100; at least 100 */
	uint16_t max_client_id_bytes; /* mqtt.max_clientid_len; 0 = no limit */
	uint8_t max_qos; /* mqtt.max_qos_allowed */
	bool retain_available;
	bool wildcard_available;
	bool shared_available;
	bool queue_qos0; /* mqtt.mqueue_store_qos0 */
	bool acl_deny_disconnect; /* authorization.deny_action = disconnect */
	bool acl_no_match_deny; /* authorization.no_match = deny */
	bool ignore_loop_deliver; /* mqtt.ignore_loop_deliver: No Local for v3 */
};

#endif
