#include <string.h>

#include "base_assert.h"
#include "conn_priv.h"

/* Messages that outlive their packet: one block each, counted references. */

static void append(uint8_t **at, struct wire_str text)
{
	if (text.bytes > 0)
		memcpy(*at, text.data, text.bytes);
	*at += text.bytes;
}

struct conn_msg *conn_msg_new(struct conn_hub *hub, const struct conn_message *message)
{
	struct conn_msg *msg = conn_alloc(
		hub, hub->params.mem_message, sizeof(*msg) + conn_message_bytes(message));
	uint8_t *at;

	if (msg == NULL)
		return NULL;
	*msg = (struct conn_msg){
		.refs = 1,
		.expiry_s = message->expiry_s,
		.publisher = message->publisher,
		.born_ms = message->born_ms,
		.payload_bytes = message->payload.bytes,
		.props_bytes = message->props.bytes,
		.topic_bytes = (uint16_t)message->topic.bytes,
		.qos = message->qos,
		.retain = message->retain,
	};
	at = msg->bytes;
	append(&at, message->topic);
	append(&at, message->props);
	append(&at, message->payload);
	return msg;
}

void conn_msg_put(struct conn_hub *hub, struct conn_msg *msg)
{
	if (msg == NULL)
		return;
	BASE_ASSERT(msg->refs > 0);
	if (--msg->refs == 0)
		conn_free(hub, hub->params.mem_message, msg);
}

void conn_msg_view(const struct conn_msg *msg, struct conn_message *out)
{
	const uint8_t *props = msg->bytes + msg->topic_bytes;

	*out = (struct conn_message){
		.publisher = msg->publisher,
		.born_ms = msg->born_ms,
		.expiry_s = msg->expiry_s,
		.qos = msg->qos,
		.retain = msg->retain,
		.topic = conn_str(msg->bytes, msg->topic_bytes),
		.props = conn_str(props, msg->props_bytes),
		.payload = conn_str(props + msg->props_bytes, msg->payload_bytes),
	};
}

bool conn_message_lives(uint64_t born_ms, uint32_t expiry_s, uint64_t now_ms, uint32_t *left_s)
{
	uint64_t age_ms = now_ms > born_ms ? now_ms - born_ms : 0;

	*left_s = expiry_s;
	if (expiry_s == UINT32_MAX)
		return true;
	if (age_ms > (uint64_t)expiry_s * 1000)
		return false;
	*left_s = expiry_s - (uint32_t)(age_ms / 1000);
	return true;
}
