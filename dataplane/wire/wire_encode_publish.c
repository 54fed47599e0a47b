#include <string.h>

#include "wire_encode.h"
#include "wire_error.h"
#include "wire_priv.h"

static size_t props_bytes(const struct wire_publish_out *p)
{
	size_t bytes = p->forward.bytes + (p->has_expiry ? 5U : 0U) + (p->topic_alias ? 3U : 0U);

	for (size_t i = 0; i < p->subscription_ids_len; i++)
		bytes += 1 + wire_varint_bytes(p->subscription_ids[i]);
	return bytes;
}

/* From the topic to the payload. 0 when the packet would be too large. */
static size_t variable_bytes(const struct wire_publish_out *p, size_t block_bytes)
{
	size_t bytes = 2 + (size_t)p->topic.bytes + (p->qos > 0 ? 2U : 0U);

	if (p->version == WIRE_V5) {
		if (block_bytes > WIRE_REMAINING_MAX)
			return 0;
		bytes += wire_varint_bytes((uint32_t)block_bytes) + block_bytes;
	}
	return bytes + p->payload_bytes <= WIRE_REMAINING_MAX ? bytes : 0;
}

size_t wire_publish_header_bytes(const struct wire_publish_out *publish)
{
	size_t bytes = variable_bytes(publish, props_bytes(publish));

	if (bytes == 0)
		return 0;
	return 1 + wire_varint_bytes((uint32_t)(bytes + publish->payload_bytes)) + bytes;
}

static enum wire_error arguments_check(const struct wire_publish_out *p)
{
	if (p->qos > 2 || p->topic.bytes > WIRE_STRING_MAX)
		return WIRE_E_ARGUMENT;
	if (p->qos > 0 && p->packet_id == 0)
		return WIRE_E_PACKET_ID;
	if (p->qos == 0 && p->dup)
		return WIRE_E_PUBLISH_DUP;
	if (p->topic.bytes == 0 && (p->version != WIRE_V5 || p->topic_alias == 0))
		return p->version == WIRE_V5 ? WIRE_E_TOPIC_MISSING : WIRE_E_TOPIC_EMPTY;
	for (size_t i = 0; i < p->subscription_ids_len; i++)
		if (p->subscription_ids[i] == 0 || p->subscription_ids[i] > WIRE_REMAINING_MAX)
			return WIRE_E_ARGUMENT;
	return WIRE_E_NONE;
}

static void write_props(struct wire_writer *w, const struct wire_publish_out *p, size_t block_bytes)
{
	wire_write_varint(w, (uint32_t)block_bytes);
	if (p->has_expiry) {
		wire_write_u8(w, WIRE_PROP_MESSAGE_EXPIRY);
		wire_write_u32(w, p->expiry_s);
	}
	if (p->topic_alias != 0) {
		wire_write_u8(w, WIRE_PROP_TOPIC_ALIAS);
		wire_write_u16(w, p->topic_alias);
	}
	for (size_t i = 0; i < p->subscription_ids_len; i++) {
		wire_write_u8(w, WIRE_PROP_SUBSCRIPTION_ID);
		wire_write_varint(w, p->subscription_ids[i]);
	}
	wire_write_raw(w, p->forward.data, p->forward.bytes);
}

int wire_publish_header_encode(uint8_t *buf, size_t size, const struct wire_publish_out *publish)
{
	enum wire_error error = arguments_check(publish);

	if (error != WIRE_E_NONE)
		return -(int)error;
	size_t block_bytes = props_bytes(publish);
	size_t bytes = variable_bytes(publish, block_bytes);
	if (bytes == 0)
		return -WIRE_E_TOO_LARGE;
	struct wire_writer w = {.buf = buf, .size = size};
	wire_write_u8(&w, WIRE_PUBLISH << 4 | (publish->dup ? 8U : 0U) |
				  (unsigned)publish->qos << 1 | (publish->retain ? 1U : 0U));
	wire_write_varint(&w, (uint32_t)(bytes + publish->payload_bytes));
	wire_write_binary(&w, publish->topic);
	if (publish->qos > 0)
		wire_write_u16(&w, publish->packet_id);
	if (publish->version == WIRE_V5)
		write_props(&w, publish, block_bytes);
	return w.used > size ? -WIRE_E_BUFFER : (int)w.used;
}

size_t wire_publish_id_offset(const uint8_t *header)
{
	size_t at = 1;

	while ((header[at] & 0x80) != 0)
		at++;
	at++;
	return at + 2 + (size_t)(header[at] << 8 | header[at + 1]);
}
