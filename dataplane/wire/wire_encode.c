#include "wire_encode.h"

#include <string.h>

#include "wire_error.h"
#include "wire_priv.h"
#include "wire_reason.h"

static bool is_reason(enum wire_type type, uint8_t reason)
{
	return wire_reason_is_allowed(type, WIRE_FROM_SERVER, reason) ||
	       wire_reason_is_allowed(type, WIRE_FROM_CLIENT, reason);
}

/* Whether there is nothing to write in the property block, so that the short form does. */
static bool is_empty(const struct wire_job *job, enum wire_place place)
{
	int error;

	return wire_props_bytes(job->props, place, job->drop, &error) == 0 && error == 0;
}

static void ack_body(struct wire_writer *w, const struct wire_job *job)
{
	const struct wire_ack *ack = job->packet;
	bool is_short = job->version != WIRE_V5 || is_empty(job, WIRE_IN_ACK);

	wire_write_id(w, ack->packet_id);
	if (job->version == WIRE_V5 && (ack->reason != 0 || !is_short))
		wire_write_u8(w, ack->reason);
	if (!is_short)
		wire_write_props(w, job->props, WIRE_IN_ACK, job->drop);
}

int wire_ack_encode(uint8_t *buf, size_t size, uint8_t version, const struct wire_ack *ack,
	size_t max_packet_bytes)
{
	struct wire_job job = {
		.body = ack_body,
		.packet = ack,
		.props = &ack->props,
		.max_packet_bytes = max_packet_bytes,
		.version = version,
		.first = (uint8_t)(ack->type << 4 | (ack->type == WIRE_PUBREL ? 2 : 0)),
	};

	if (ack->type < WIRE_PUBACK || ack->type > WIRE_PUBCOMP)
		return -WIRE_E_ARGUMENT;
	bool is_plain = version != WIRE_V5 ||
			(ack->reason == 0 && ack->props.present == 0 && ack->props.raw.bytes == 0);
	if (is_plain && size >= 4 && ack->packet_id != 0 &&
		(max_packet_bytes == 0 || max_packet_bytes >= 4)) {
		/* Nearly every acknowledgement: not worth counting first. */
		const uint8_t packet[4] = {job.first, 2, (uint8_t)(ack->packet_id >> 8),
			(uint8_t)(ack->packet_id & 0xFF)};

		memcpy(buf, packet, sizeof(packet));
		return sizeof(packet);
	}
	if (version == WIRE_V5 && !is_reason((enum wire_type)ack->type, ack->reason))
		return -WIRE_E_REASON;
	return wire_job_run(&job, buf, size);
}

static void subscribe_body(struct wire_writer *w, const struct wire_job *job)
{
	const struct wire_subscription *subscriptions = job->list;

	wire_write_id(w, job->packet_id);
	if (job->version == WIRE_V5)
		wire_write_props(w, job->props, WIRE_IN_SUBSCRIBE, job->drop);
	for (size_t i = 0; i < job->list_len; i++) {
		const struct wire_subscription *s = &subscriptions[i];
		unsigned options = s->qos;

		if (job->version == WIRE_V5)
			options |= (s->no_local ? 4U : 0U) | (s->retain_as_published ? 8U : 0U) |
				   (unsigned)s->retain_handling << 4;
		if (s->qos > 2 || s->retain_handling > 2)
			wire_writer_fail(w, WIRE_E_ARGUMENT);
		wire_write_binary(w, s->filter);
		wire_write_u8(w, options);
	}
}

static const struct wire_props no_props;

int wire_subscribe_encode(uint8_t *buf, size_t size, uint8_t version, uint16_t packet_id,
	const struct wire_props *props, const struct wire_subscription *subscriptions,
	size_t subscriptions_len)
{
	struct wire_job job = {
		.body = subscribe_body,
		.list = subscriptions,
		.list_len = subscriptions_len,
		.props = props != NULL ? props : &no_props,
		.packet_id = packet_id,
		.version = version,
		.first = WIRE_SUBSCRIBE << 4 | 2,
	};

	return subscriptions_len == 0 ? -WIRE_E_NO_FILTERS : wire_job_run(&job, buf, size);
}

static void unsubscribe_body(struct wire_writer *w, const struct wire_job *job)
{
	const struct wire_str *filters = job->list;

	wire_write_id(w, job->packet_id);
	if (job->version == WIRE_V5)
		wire_write_props(w, job->props, WIRE_IN_UNSUBSCRIBE, job->drop);
	for (size_t i = 0; i < job->list_len; i++)
		wire_write_binary(w, filters[i]);
}

int wire_unsubscribe_encode(uint8_t *buf, size_t size, uint8_t version, uint16_t packet_id,
	const struct wire_props *props, const struct wire_str *filters, size_t filters_len)
{
	struct wire_job job = {
		.body = unsubscribe_body,
		.list = filters,
		.list_len = filters_len,
		.props = props != NULL ? props : &no_props,
		.packet_id = packet_id,
		.version = version,
		.first = WIRE_UNSUBSCRIBE << 4 | 2,
	};

	return filters_len == 0 ? -WIRE_E_NO_FILTERS : wire_job_run(&job, buf, size);
}

static void codes_body(struct wire_writer *w, const struct wire_job *job)
{
	const struct wire_suback *suback = job->packet;
	bool is_suback = job->first >> 4 == WIRE_SUBACK;

	wire_write_id(w, suback->packet_id);
	if (job->version == WIRE_V5) {
		wire_write_props(
			w, job->props, is_suback ? WIRE_IN_SUBACK : WIRE_IN_UNSUBACK, job->drop);
		wire_write_raw(w, suback->codes.data, suback->codes.bytes);
	} else if (is_suback) {
		for (uint32_t i = 0; i < suback->codes.bytes; i++) {
			uint8_t code = suback->codes.data[i];

			wire_write_u8(w, code < 0x80 ? code : WIRE_REASON_UNSPECIFIED);
		}
	}
}

static int codes_encode(uint8_t *buf, size_t size, uint8_t version, enum wire_type type,
	const struct wire_suback *suback, size_t max_packet_bytes)
{
	struct wire_job job = {
		.body = codes_body,
		.packet = suback,
		.props = &suback->props,
		.max_packet_bytes = max_packet_bytes,
		.version = version,
		.first = (uint8_t)(type << 4),
	};

	if (suback->codes.bytes == 0 && (type == WIRE_SUBACK || version == WIRE_V5))
		return -WIRE_E_ARGUMENT;
	for (uint32_t i = 0; i < suback->codes.bytes; i++) {
		uint8_t code = suback->codes.data[i];

		if (!wire_reason_is_allowed(type, WIRE_FROM_SERVER, code) ||
			(code >= 0x80 && version == WIRE_V31 && type == WIRE_SUBACK))
			return -WIRE_E_REASON;
	}
	return wire_job_run(&job, buf, size);
}

int wire_suback_encode(uint8_t *buf, size_t size, uint8_t version, const struct wire_suback *suback,
	size_t max_packet_bytes)
{
	return codes_encode(buf, size, version, WIRE_SUBACK, suback, max_packet_bytes);
}

int wire_unsuback_encode(uint8_t *buf, size_t size, uint8_t version,
	const struct wire_suback *unsuback, size_t max_packet_bytes)
{
	return codes_encode(buf, size, version, WIRE_UNSUBACK, unsuback, max_packet_bytes);
}

static void disconnect_body(struct wire_writer *w, const struct wire_job *job)
{
	const struct wire_disconnect *disconnect = job->packet;

	if (job->version != WIRE_V5)
		return;
	bool is_short = is_empty(job, WIRE_IN_DISCONNECT);
	if (disconnect->reason != 0 || !is_short)
		wire_write_u8(w, disconnect->reason);
	if (!is_short)
		wire_write_props(w, job->props, WIRE_IN_DISCONNECT, job->drop);
}

int wire_disconnect_encode(uint8_t *buf, size_t size, uint8_t version,
	const struct wire_disconnect *disconnect, size_t max_packet_bytes)
{
	struct wire_job job = {
		.body = disconnect_body,
		.packet = disconnect,
		.props = &disconnect->props,
		.max_packet_bytes = max_packet_bytes,
		.version = version,
		.first = WIRE_DISCONNECT << 4,
	};

	if (version == WIRE_V5 && !is_reason(WIRE_DISCONNECT, disconnect->reason))
		return -WIRE_E_REASON;
	return wire_job_run(&job, buf, size);
}

static void auth_body(struct wire_writer *w, const struct wire_job *job)
{
	const struct wire_disconnect *auth = job->packet;

	if (auth->reason == 0 && is_empty(job, WIRE_IN_AUTH))
		return;
	wire_write_u8(w, auth->reason);
	wire_write_props(w, job->props, WIRE_IN_AUTH, job->drop);
}

int wire_auth_encode(
	uint8_t *buf, size_t size, const struct wire_disconnect *auth, size_t max_packet_bytes)
{
	struct wire_job job = {
		.body = auth_body,
		.packet = auth,
		.props = &auth->props,
		.max_packet_bytes = max_packet_bytes,
		.version = WIRE_V5,
		.first = WIRE_AUTH << 4,
	};

	if (!is_reason(WIRE_AUTH, auth->reason))
		return -WIRE_E_REASON;
	return wire_job_run(&job, buf, size);
}

int wire_ping_encode(uint8_t *buf, size_t size, enum wire_type type)
{
	if (type != WIRE_PINGREQ && type != WIRE_PINGRESP)
		return -WIRE_E_ARGUMENT;
	if (size < 2)
		return -WIRE_E_BUFFER;
	buf[0] = (uint8_t)((unsigned)type << 4);
	buf[1] = 0;
	return 2;
}
