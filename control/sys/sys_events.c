#include <arpa/inet.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base_time.h"
#include "kit_mem.h"
#include "sys_priv.h"

/* clients/<id>/connected and /disconnected: the JSON objects that tools for this kind of broker expect. */

static const char *protocol_name(uint8_t version)
{
	return version == 3 ? "MQIsdp" : "MQTT";
}

static void address(const struct session_view *view, char out[INET6_ADDRSTRLEN])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (memcmp(view->peer_addr, mapped, sizeof(mapped)) == 0)
		inet_ntop(AF_INET, view->peer_addr + sizeof(mapped), out, INET6_ADDRSTRLEN);
	else
		inet_ntop(AF_INET6, view->peer_addr, out, INET6_ADDRSTRLEN);
}

static json_t *common(const struct session_view *view)
{
	char ip[INET6_ADDRSTRLEN] = "";
	json_t *object = json_object();

	address(view, ip);
	json_object_set_new(
		object, "clientid", json_stringn(view->client_id, view->client_id_bytes));
	json_object_set_new(
		object, "username", json_string(view->username ? view->username : "undefined"));
	json_object_set_new(object, "ipaddress", json_string(ip));
	json_object_set_new(object, "sockport", json_integer(view->peer_port));
	json_object_set_new(object, "protocol", json_string("mqtt"));
	json_object_set_new(object, "proto_name", json_string(protocol_name(view->version)));
	json_object_set_new(object, "proto_ver", json_integer(view->version));
	json_object_set_new(
		object, "connected_at", json_integer((json_int_t)view->connected_wall_ms));
	json_object_set_new(object, "ts", json_integer((json_int_t)base_time_wall_ms()));
	return object;
}

/* A client identifier may be as long as a topic: one that makes the topic too long has no event. */
static void publish_event(
	struct sys *sys, const struct session_view *view, const char *event, json_t *object)
{
	size_t room = SYS_NODE_MAX + view->client_id_bytes + 64;
	char *topic = kit_mem_alloc(KIT_MEM_OTHER, room);
	char *payload = json_dumps(object, JSON_COMPACT);
	struct kit_message_view message = {
		.born_ms = sys->now_ms,
		.expiry_s = KIT_EXPIRY_NONE,
		.topic = topic,
		.payload = payload,
	};

	json_decref(object);
	if (topic != NULL && payload != NULL) {
		int bytes = snprintf(topic, room, "$SYS/brokers/%s/clients/%s/%s", sys->node,
			view->client_id, event);

		message.topic_bytes = (uint16_t)bytes;
		message.payload_bytes = (uint32_t)strlen(payload);
		if (bytes <= SYS_TOPIC_MAX && strpbrk(view->client_id, "+#") == NULL)
			session_publish(sys->core, &message);
	}
	free(payload);
	kit_mem_free(KIT_MEM_OTHER, topic, room);
}

static void connected(void *arg, const struct session_view *view)
{
	struct sys *sys = arg;
	json_t *object;

	if (!sys->client_events)
		return;
	object = common(view);
	json_object_set_new(object, "keepalive", json_integer(view->keepalive_s));
	json_object_set_new(object, "clean_start", json_boolean(view->clean_start));
	json_object_set_new(object, "expiry_interval", json_integer(view->session_expiry_s));
	publish_event(sys, view, "connected", object);
}

static void disconnected(void *arg, const struct session_view *view, const char *reason)
{
	struct sys *sys = arg;
	json_t *object;

	if (!sys->client_events)
		return;
	object = common(view);
	json_object_set_new(object, "reason", json_string(reason));
	json_object_set_new(
		object, "disconnected_at", json_integer((json_int_t)view->disconnected_wall_ms));
	publish_event(sys, view, "disconnected", object);
}

const struct session_observer sys_observer = {
	.connected = connected,
	.disconnected = disconnected,
};
