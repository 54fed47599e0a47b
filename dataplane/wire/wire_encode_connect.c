#include <string.h>

#include "wire_encode.h"
#include "wire_error.h"
#include "wire_priv.h"
#include "wire_reason.h"

static unsigned flags_of(const struct wire_connect *c)
{
	unsigned flags = c->clean_start ? 0x02 : 0;

	if (c->has_will)
		flags |= 0x04U | (unsigned)c->will_qos << 3 | (c->will_retain ? 0x20U : 0U);
	return flags | (c->has_password ? 0x40U : 0U) | (c->has_username ? 0x80U : 0U);
}

static void write_text(struct wire_writer *w, const char *text)
{
	wire_write_binary(w, (struct wire_str){(const uint8_t *)text, (uint32_t)strlen(text)});
}

static void connect_body(struct wire_writer *w, const struct wire_job *job)
{
	const struct wire_connect *c = job->packet;

	write_text(w, c->version == WIRE_V31 ? "MQIsdp" : "MQTT");
	wire_write_u8(w, c->version | (c->is_bridge ? 0x80U : 0U));
	wire_write_u8(w, flags_of(c));
	wire_write_u16(w, c->keepalive_s);
	if (c->version == WIRE_V5)
		wire_write_props(w, &c->props, WIRE_IN_CONNECT, WIRE_DROP_NOTHING);
	wire_write_binary(w, c->client_id);
	if (c->has_will) {
		if (c->version == WIRE_V5)
			wire_write_props(w, &c->will_props, WIRE_IN_WILL, WIRE_DROP_NOTHING);
		wire_write_binary(w, c->will_topic);
		wire_write_binary(w, c->will_payload);
	}
	if (c->has_username)
		wire_write_binary(w, c->username);
	if (c->has_password)
		wire_write_binary(w, c->password);
}

int wire_connect_encode(uint8_t *buf, size_t size, const struct wire_connect *connect)
{
	struct wire_job job = {
		.body = connect_body,
		.packet = connect,
		.version = connect->version,
		.first = WIRE_CONNECT << 4,
	};

	if (connect->version < WIRE_V31 || connect->version > WIRE_V5 || connect->will_qos > 2)
		return -WIRE_E_ARGUMENT;
	if (connect->version != WIRE_V5 && connect->has_password && !connect->has_username)
		return -WIRE_E_PASSWORD_ALONE;
	return wire_job_run(&job, buf, size);
}

/* 3.2.2-6: a refusal has no session; and 3.1 has no such flag. */
static void connack_body(struct wire_writer *w, const struct wire_job *job)
{
	const struct wire_connack *connack = job->packet;
	bool is_present = connack->session_present && connack->reason == 0;

	wire_write_u8(w, is_present && job->version != WIRE_V31 ? 1 : 0);
	if (job->version != WIRE_V5) {
		wire_write_u8(w, wire_connack_code_v3(connack->reason));
		return;
	}
	wire_write_u8(w, connack->reason);
	wire_write_props(w, job->props, WIRE_IN_CONNACK, job->drop);
}

int wire_connack_encode(uint8_t *buf, size_t size, uint8_t version,
	const struct wire_connack *connack, size_t max_packet_bytes)
{
	struct wire_job job = {
		.body = connack_body,
		.packet = connack,
		.props = &connack->props,
		.max_packet_bytes = max_packet_bytes,
		.version = version,
		.first = WIRE_CONNACK << 4,
	};

	if (version == WIRE_V5 &&
		!wire_reason_is_allowed(WIRE_CONNACK, WIRE_FROM_SERVER, connack->reason))
		return -WIRE_E_REASON;
	return wire_job_run(&job, buf, size);
}
