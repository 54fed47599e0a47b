#include "codec.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire_error.h"
#include "wire_topic.h"

enum { IDS_MAX = 4096, FILTERS_MAX = 4096 };

int codec_decode(struct codec *out, struct wire_rules rules, const uint8_t *packet, size_t bytes)
{
	out->rules = rules;
	out->type = bytes > 0 ? packet[0] >> 4 : 0;
	switch (out->type) {
	case WIRE_CONNECT:
		return wire_connect_decode(&out->as.connect, rules, packet, bytes);
	case WIRE_CONNACK:
		return wire_connack_decode(&out->as.connack, rules, packet, bytes);
	case WIRE_PUBLISH:
		return wire_publish_decode(&out->as.publish, rules, packet, bytes);
	case WIRE_SUBSCRIBE:
		return wire_subscribe_decode(&out->as.subscribe, rules, packet, bytes);
	case WIRE_SUBACK:
		return wire_suback_decode(&out->as.suback, rules, packet, bytes);
	case WIRE_UNSUBSCRIBE:
		return wire_unsubscribe_decode(&out->as.subscribe, rules, packet, bytes);
	case WIRE_UNSUBACK:
		return wire_unsuback_decode(&out->as.suback, rules, packet, bytes);
	case WIRE_PINGREQ:
	case WIRE_PINGRESP:
		return wire_ping_decode(rules, packet, bytes);
	case WIRE_DISCONNECT:
		return wire_disconnect_decode(&out->as.disconnect, rules, packet, bytes);
	case WIRE_AUTH:
		return wire_auth_decode(&out->as.disconnect, rules, packet, bytes);
	default:
		return wire_ack_decode(&out->as.ack, rules, packet, bytes);
	}
}

static int publish_encode(uint8_t *buf, size_t size, const struct codec *codec)
{
	static uint8_t forward[1 << 20];
	static uint32_t ids[IDS_MAX];
	const struct wire_publish *in = &codec->as.publish;
	struct wire_publish_out out = {
		.version = codec->rules.version,
		.qos = in->qos,
		.dup = in->dup,
		.retain = in->retain,
		.packet_id = in->packet_id,
		.topic = in->topic,
		.payload_bytes = in->payload_bytes,
		.has_expiry = wire_props_has(&in->props, WIRE_PROP_MESSAGE_EXPIRY),
		.expiry_s = in->props.message_expiry_s,
		.topic_alias = in->props.topic_alias,
		.subscription_ids = ids,
	};
	struct wire_str rest = in->props.raw;
	struct wire_prop prop;

	while (wire_props_next(&rest, &prop) && out.subscription_ids_len < IDS_MAX)
		if (prop.id == WIRE_PROP_SUBSCRIPTION_ID)
			ids[out.subscription_ids_len++] = prop.number;
	int bytes = wire_props_forward(forward, sizeof(forward), in->props.raw);
	if (bytes < 0)
		return bytes;
	out.forward = (struct wire_str){forward, (uint32_t)bytes};
	bytes = wire_publish_header_encode(buf, size, &out);
	if (bytes < 0)
		return bytes;
	if ((size_t)bytes != wire_publish_header_bytes(&out))
		abort();
	if (size - (size_t)bytes < in->payload_bytes)
		return -WIRE_E_BUFFER;
	if (in->payload_bytes > 0)
		memcpy(buf + bytes, in->payload, in->payload_bytes);
	return bytes + (int)in->payload_bytes;
}

static int filters_encode(uint8_t *buf, size_t size, const struct codec *codec)
{
	static struct wire_subscription subscriptions[FILTERS_MAX];
	static struct wire_str filters[FILTERS_MAX];
	const struct wire_subscribe *in = &codec->as.subscribe;
	struct wire_filters rest = in->filters;
	struct wire_filter filter;
	size_t len = 0;

	for (; len < FILTERS_MAX && wire_filter_next(&rest, &filter); len++) {
		filters[len] = filter.text;
		subscriptions[len] = (struct wire_subscription){
			.filter = filter.text,
			.qos = filter.qos,
			.no_local = filter.no_local,
			.retain_as_published = filter.retain_as_published,
			.retain_handling = filter.retain_handling,
		};
	}
	if (codec->type == WIRE_UNSUBSCRIBE)
		return wire_unsubscribe_encode(
			buf, size, codec->rules.version, in->packet_id, &in->props, filters, len);
	return wire_subscribe_encode(
		buf, size, codec->rules.version, in->packet_id, &in->props, subscriptions, len);
}

int codec_encode(uint8_t *buf, size_t size, const struct codec *codec)
{
	uint8_t version = codec->rules.version;

	switch (codec->type) {
	case WIRE_CONNECT:
		return wire_connect_encode(buf, size, &codec->as.connect);
	case WIRE_CONNACK:
		return wire_connack_encode(buf, size, version, &codec->as.connack, 0);
	case WIRE_PUBLISH:
		return publish_encode(buf, size, codec);
	case WIRE_SUBSCRIBE:
	case WIRE_UNSUBSCRIBE:
		return filters_encode(buf, size, codec);
	case WIRE_SUBACK:
		return wire_suback_encode(buf, size, version, &codec->as.suback, 0);
	case WIRE_UNSUBACK:
		return wire_unsuback_encode(buf, size, version, &codec->as.suback, 0);
	case WIRE_PINGREQ:
	case WIRE_PINGRESP:
		return wire_ping_encode(buf, size, (enum wire_type)codec->type);
	case WIRE_DISCONNECT:
		return wire_disconnect_encode(buf, size, version, &codec->as.disconnect, 0);
	case WIRE_AUTH:
		return wire_auth_encode(buf, size, &codec->as.disconnect, 0);
	default:
		return wire_ack_encode(buf, size, version, &codec->as.ack, 0);
	}
}

struct printer {
	char *text;
	size_t size, used;
};

static void put(struct printer *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct printer *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int bytes = vsnprintf(p->text + p->used, p->size - p->used, format, args);
	va_end(args);
	if (bytes < 0 || (size_t)bytes >= p->size - p->used)
		abort();
	p->used += (size_t)bytes;
}

/* Printable ASCII stays, all else becomes \xx. */
static void put_str(struct printer *p, struct wire_str s)
{
	static const char digits[] = "0123456789abcdef";

	if (p->size - p->used < 3 * (size_t)s.bytes + 1)
		abort();
	for (uint32_t i = 0; i < s.bytes; i++) {
		uint8_t byte = s.data[i];

		if (byte > ' ' && byte < 0x7F && byte != '\\') {
			p->text[p->used++] = (char)byte;
			continue;
		}
		p->text[p->used++] = '\\';
		p->text[p->used++] = digits[byte >> 4];
		p->text[p->used++] = digits[byte & 15];
	}
	p->text[p->used] = 0;
}

static void put_all(struct printer *p, const struct wire_props *props, unsigned id)
{
	struct wire_str rest = props->raw;
	struct wire_prop prop;

	while (wire_props_next(&rest, &prop)) {
		if (prop.id != id)
			continue;
		if (id == WIRE_PROP_SUBSCRIPTION_ID) {
			put(p, " SUBSCRIPTION_ID=%" PRIu32, prop.number);
			continue;
		}
		put(p, " ");
		put_str(p, prop.key);
		put(p, ":");
		put_str(p, prop.value);
	}
}

#define PUT_NUMBER(name, member) put(p, " %s=%" PRIu32, name, (uint32_t)props->member)
#define PUT_STR(name, member) (put(p, " %s=", name), put_str(p, props->member))
#define PUT_BYTE(id, name, member) PUT_NUMBER(name, member)
#define PUT_U16(id, name, member) PUT_NUMBER(name, member)
#define PUT_U32(id, name, member) PUT_NUMBER(name, member)
#define PUT_VARINT(id, name, member) put_all(p, props, id)
#define PUT_STRING(id, name, member) PUT_STR(name, member)
#define PUT_BINARY(id, name, member) PUT_STR(name, member)
#define PUT_PAIR(id, name, member) put_all(p, props, id)

/* In the order of identifiers, with user properties in theirs. */
static void put_props(struct printer *p, const struct wire_props *props)
{
	if (props->present == 0)
		return;
	put(p, " {");
#define WIRE_PROPERTY(id, name, member, type, range, packets)                                      \
	if (wire_props_has(props, (enum wire_property)(id)))                                       \
		PUT_##type(id, #name, member);
#include "wire_property.def"
#undef WIRE_PROPERTY
	put(p, " }");
}

static void put_connect(struct printer *p, const struct wire_connect *c)
{
	put(p, " v%u%s%s keepalive=%u id=", c->version, c->is_bridge ? " bridge" : "",
		c->clean_start ? " clean" : "", c->keepalive_s);
	put_str(p, c->client_id);
	put_props(p, &c->props);
	if (c->has_will) {
		put(p, " will[qos%u%s ", c->will_qos, c->will_retain ? " retain" : "");
		put_str(p, c->will_topic);
		put(p, "=");
		put_str(p, c->will_payload);
		put_props(p, &c->will_props);
		put(p, "]");
	}
	if (c->has_username) {
		put(p, " user=");
		put_str(p, c->username);
	}
	if (c->has_password) {
		put(p, " pass=");
		put_str(p, c->password);
	}
}

static void put_publish(struct printer *p, const struct wire_publish *b)
{
	put(p, " qos%u%s%s id=%u topic=", b->qos, b->dup ? " dup" : "", b->retain ? " retain" : "",
		b->packet_id);
	put_str(p, b->topic);
	put(p, " payload=");
	put_str(p, (struct wire_str){b->payload, b->payload_bytes});
	put_props(p, &b->props);
}

static void put_filters(struct printer *p, const struct wire_subscribe *s)
{
	struct wire_filters rest = s->filters;
	struct wire_filter f;

	put(p, " id=%u", s->packet_id);
	put_props(p, &s->props);
	while (wire_filter_next(&rest, &f)) {
		put(p, " [");
		put_str(p, f.text);
		if (f.error != 0)
			put(p, " error=%s", wire_error_name(f.error));
		if (f.share.data != NULL) {
			put(p, " share=");
			put_str(p, f.share);
		}
		if (s->filters.has_options)
			put(p, " qos%u%s%s rh%u", f.qos, f.no_local ? " nl" : "",
				f.retain_as_published ? " rap" : "", f.retain_handling);
		put(p, "]");
	}
}

static void put_suback(struct printer *p, const struct wire_suback *s)
{
	put(p, " id=%u", s->packet_id);
	for (uint32_t i = 0; i < s->codes.bytes; i++)
		put(p, "%s%02x", i == 0 ? " codes=" : ",", s->codes.data[i]);
	put_props(p, &s->props);
}

size_t codec_print(char *text, size_t size, const struct codec *codec)
{
	struct printer printer = {text, size, 0}, *p = &printer;

	put(p, "%s", wire_type_name(codec->type));
	switch (codec->type) {
	case WIRE_CONNECT:
		put_connect(p, &codec->as.connect);
		break;
	case WIRE_CONNACK:
		put(p, "%s reason=%02x", codec->as.connack.session_present ? " present" : "",
			codec->as.connack.reason);
		put_props(p, &codec->as.connack.props);
		break;
	case WIRE_PUBLISH:
		put_publish(p, &codec->as.publish);
		break;
	case WIRE_SUBSCRIBE:
	case WIRE_UNSUBSCRIBE:
		put_filters(p, &codec->as.subscribe);
		break;
	case WIRE_SUBACK:
	case WIRE_UNSUBACK:
		put_suback(p, &codec->as.suback);
		break;
	case WIRE_PINGREQ:
	case WIRE_PINGRESP:
		break;
	case WIRE_DISCONNECT:
	case WIRE_AUTH:
		put(p, " reason=%02x", codec->as.disconnect.reason);
		put_props(p, &codec->as.disconnect.props);
		break;
	default:
		put(p, " id=%u reason=%02x", codec->as.ack.packet_id, codec->as.ack.reason);
		put_props(p, &codec->as.ack.props);
		break;
	}
	return printer.used;
}

static int digit(char c)
{
	const char *digits = "0123456789abcdef", *at = strchr(digits, c);

	if (c == 0 || at == NULL)
		abort();
	return (int)(at - digits);
}

struct scanner {
	uint8_t *out;
	size_t size, used;
	size_t open[8]; /* where the lengths of open brackets stand */
	size_t depth;
};

static void emit(struct scanner *s, int byte)
{
	if (s->used == s->size)
		abort();
	s->out[s->used++] = (uint8_t)byte;
}

static void bracket_open(struct scanner *s, size_t length_bytes)
{
	if (s->depth == sizeof(s->open) / sizeof(s->open[0]))
		abort();
	s->open[s->depth++] = s->used;
	for (size_t i = 0; i < length_bytes; i++)
		emit(s, 0);
}

static void bracket_close(struct scanner *s, size_t length_bytes)
{
	if (s->depth == 0)
		abort();
	size_t at = s->open[--s->depth], bytes = s->used - at - length_bytes;

	if (length_bytes == 1 && bytes > 127)
		abort();
	if (length_bytes == 2)
		s->out[at++] = (uint8_t)(bytes >> 8);
	s->out[at] = (uint8_t)bytes;
}

size_t codec_bytes(uint8_t *out, size_t size, const char *text)
{
	struct scanner s = {.out = out, .size = size};
	bool is_quoted = false;

	for (; *text != 0; text++) {
		if (*text == '\'')
			is_quoted = !is_quoted;
		else if (is_quoted)
			emit(&s, *text);
		else if (*text == '[' || *text == '<')
			bracket_open(&s, *text == '[' ? 1 : 2);
		else if (*text == ']' || *text == '>')
			bracket_close(&s, *text == ']' ? 1 : 2);
		else if (*text != ' ') {
			emit(&s, digit(text[0]) << 4 | digit(text[1]));
			text++;
		}
	}
	if (s.depth != 0 || is_quoted)
		abort();
	return s.used;
}
