#include <string.h>

#include "wire_error.h"
#include "wire_packet.h"
#include "wire_priv.h"
#include "wire_reason.h"
#include "wire_topic.h"

/* The subscription options (3.8.3.1). */
enum {
	OPTION_QOS = 0x03,
	OPTION_NO_LOCAL = 0x04,
	OPTION_RETAIN_AS_PUBLISHED = 0x08,
	OPTION_RETAIN_HANDLING = 0x30,
	OPTION_RESERVED_5 = 0xC0,
	OPTION_RESERVED_311 = 0xFC,
};

static bool is_shared(struct wire_str filter)
{
	return filter.bytes >= 7 &&
	       (memcmp(filter.data, "$share/", 7) == 0 || memcmp(filter.data, "$queue/", 7) == 0);
}

/* 3.1 leaves the upper six bits undefined. */
static enum wire_error options_check(uint8_t options, uint8_t version, struct wire_str filter)
{
	if ((options & OPTION_QOS) == OPTION_QOS)
		return WIRE_E_SUBSCRIBE_QOS;
	if (version == WIRE_V31)
		return WIRE_E_NONE;
	if (version == WIRE_V311)
		return options & OPTION_RESERVED_311 ? WIRE_E_SUBSCRIBE_OPTIONS : WIRE_E_NONE;
	if ((options & OPTION_RESERVED_5) != 0)
		return WIRE_E_SUBSCRIBE_OPTIONS;
	if ((options & OPTION_RETAIN_HANDLING) == OPTION_RETAIN_HANDLING)
		return WIRE_E_RETAIN_HANDLING;
	if ((options & OPTION_NO_LOCAL) != 0 && is_shared(filter))
		return WIRE_E_SHARED_NO_LOCAL;
	return WIRE_E_NONE;
}

static void read_filters(struct wire_subscribe *out, struct wire_reader *r, struct wire_rules rules,
	bool has_options)
{
	out->filters = (struct wire_filters){
		.rest = {r->at, (uint32_t)wire_reader_left(r)},
		.version = rules.version,
		.has_options = has_options,
	};
	if (r->at == r->end)
		wire_reader_fail(r, WIRE_E_NO_FILTERS);
	while (r->at != r->end) {
		struct wire_str filter = wire_read_text(r, rules.lenient);

		if (has_options) {
			uint8_t options = wire_read_u8(r);
			enum wire_error error =
				r->error == 0 ? options_check(options, rules.version, filter)
					      : WIRE_E_NONE;

			if (error != WIRE_E_NONE)
				wire_reader_fail(r, error);
		}
		out->filter_count++;
	}
}

static int filters_decode(struct wire_subscribe *out, enum wire_type type, struct wire_rules rules,
	const uint8_t *packet, size_t bytes)
{
	bool is_subscribe = type == WIRE_SUBSCRIBE;
	struct wire_reader r;

	memset(out, 0, sizeof(*out));
	int packet_bytes = wire_packet_open(&r, type, rules, packet, bytes);
	if (packet_bytes <= 0)
		return packet_bytes;
	out->packet_id = wire_read_id(&r);
	if (rules.version == WIRE_V5)
		wire_read_props(&r, &out->props,
			is_subscribe ? WIRE_IN_SUBSCRIBE : WIRE_IN_UNSUBSCRIBE, rules);
	read_filters(out, &r, rules, is_subscribe);
	return wire_packet_close(&r, packet_bytes);
}

int wire_subscribe_decode(
	struct wire_subscribe *out, struct wire_rules rules, const uint8_t *packet, size_t bytes)
{
	return filters_decode(out, WIRE_SUBSCRIBE, rules, packet, bytes);
}

int wire_unsubscribe_decode(
	struct wire_subscribe *out, struct wire_rules rules, const uint8_t *packet, size_t bytes)
{
	return filters_decode(out, WIRE_UNSUBSCRIBE, rules, packet, bytes);
}

bool wire_filter_next(struct wire_filters *filters, struct wire_filter *out)
{
	if (filters->rest.bytes == 0)
		return false;
	struct wire_reader r = {
		.at = filters->rest.data, .end = filters->rest.data + filters->rest.bytes};
	struct wire_str text = wire_read_binary(&r);
	uint8_t options = filters->has_options ? wire_read_u8(&r) : 0;
	filters->rest = (struct wire_str){r.at, (uint32_t)wire_reader_left(&r)};
	if (r.error != 0)
		return false;
	wire_filter_parse(out, text, 0);
	out->qos = options & OPTION_QOS;
	if (filters->version == WIRE_V5) {
		out->no_local = (options & OPTION_NO_LOCAL) != 0;
		out->retain_as_published = (options & OPTION_RETAIN_AS_PUBLISHED) != 0;
		out->retain_handling = (options & OPTION_RETAIN_HANDLING) >> 4;
	}
	return true;
}

/* Any code that MQTT 5 lists for the packet; 3.x: 0, 1, 2, and on 3.1.1 also 0x80. */
static bool is_code(enum wire_type type, uint8_t version, uint8_t code)
{
	if (version == WIRE_V5)
		return wire_reason_is_allowed(type, WIRE_FROM_SERVER, code);
	return code <= 2 || (version == WIRE_V311 && code == WIRE_REASON_UNSPECIFIED);
}

static void read_codes(
	struct wire_suback *out, struct wire_reader *r, enum wire_type type, uint8_t version)
{
	out->codes = wire_read_bytes(r, wire_reader_left(r));
	if (out->codes.bytes == 0)
		wire_reader_fail(r, WIRE_E_SHORT);
	for (uint32_t i = 0; i < out->codes.bytes; i++)
		if (!is_code(type, version, out->codes.data[i]))
			wire_reader_fail(r, WIRE_E_REASON);
}

static int codes_decode(struct wire_suback *out, enum wire_type type, struct wire_rules rules,
	const uint8_t *packet, size_t bytes)
{
	bool is_suback = type == WIRE_SUBACK;
	struct wire_reader r;

	memset(out, 0, sizeof(*out));
	int packet_bytes = wire_packet_open(&r, type, rules, packet, bytes);
	if (packet_bytes <= 0)
		return packet_bytes;
	out->packet_id = wire_read_id(&r);
	if (rules.version == WIRE_V5)
		wire_read_props(
			&r, &out->props, is_suback ? WIRE_IN_SUBACK : WIRE_IN_UNSUBACK, rules);
	if (is_suback || rules.version == WIRE_V5)
		read_codes(out, &r, type, rules.version);
	return wire_packet_close(&r, packet_bytes);
}

int wire_suback_decode(
	struct wire_suback *out, struct wire_rules rules, const uint8_t *packet, size_t bytes)
{
	return codes_decode(out, WIRE_SUBACK, rules, packet, bytes);
}

int wire_unsuback_decode(
	struct wire_suback *out, struct wire_rules rules, const uint8_t *packet, size_t bytes)
{
	return codes_decode(out, WIRE_UNSUBACK, rules, packet, bytes);
}
