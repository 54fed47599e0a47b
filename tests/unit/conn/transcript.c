#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire_packet.h"

/* What clients and control see, as text. */

void add(struct text *text, const char *fmt, ...)
{
	va_list args;
	int bytes;

	if (text->size - text->used < 4096) {
		text->size = text->size * 2 + 8192;
		text->data = realloc(text->data, text->size);
		assert_non_null(text->data);
	}
	va_start(args, fmt);
	bytes = vsnprintf(text->data + text->used, text->size - text->used, fmt, args);
	va_end(args);
	assert_true(bytes >= 0 && (size_t)bytes < text->size - text->used);
	text->used += (size_t)bytes;
}

/* Long texts as their length, so that lines stay readable. */
void add_str(struct text *text, const char *name, struct wire_str value)
{
	if (value.bytes > 64)
		add(text, " %s=<%u>", name, value.bytes);
	else
		add(text, " %s=%.*s", name, (int)value.bytes, (const char *)value.data);
}

void clear(struct text *text)
{
	text->used = 0;
	if (text->data != NULL)
		text->data[0] = 0;
}

static void same(struct text *got, const char *text, const char *file, int line)
{
	const char *had = got->data ? got->data : "";

	if (strcmp(had, text) != 0) {
		print_error("got:\n%s\nexpected:\n%s\n", had, text);

		_fail(file, line);
	}
	clear(got);
}

/* What a client sees. */

static void read_publish(
	struct text *seen, struct wire_rules rules, const uint8_t *packet, size_t bytes)
{
	struct wire_publish p;
	struct wire_str rest;
	struct wire_prop prop;

	assert_true(wire_publish_decode(&p, rules, packet, bytes) > 0);
	add(seen, "PUBLISH");
	add_str(seen, "t", p.topic);
	add_str(seen, "p", (struct wire_str){p.payload, p.payload_bytes});
	add(seen, " q%u", p.qos);
	if (p.qos)
		add(seen, " #%u", p.packet_id);
	add(seen, "%s%s", p.dup ? " dup" : "", p.retain ? " r" : "");
	rest = p.props.raw;
	while (wire_props_next(&rest, &prop)) {
		if (prop.id == WIRE_PROP_SUBSCRIPTION_ID)
			add(seen, " id=%u", prop.number);
		if (prop.id == WIRE_PROP_MESSAGE_EXPIRY)
			add(seen, " expiry=%u", prop.number);
		if (prop.id == WIRE_PROP_USER_PROPERTY)
			add_str(seen, "user", prop.value);
		if (prop.id == WIRE_PROP_CONTENT_TYPE)
			add_str(seen, "type", prop.value);
	}
	add(seen, "\n");
}

static void read_codes(struct text *seen, struct wire_rules rules, uint8_t type,
	const uint8_t *packet, size_t bytes)
{
	struct wire_suback suback;

	if (type == WIRE_SUBACK)
		assert_true(wire_suback_decode(&suback, rules, packet, bytes) > 0);
	else
		assert_true(wire_unsuback_decode(&suback, rules, packet, bytes) > 0);
	add(seen, "%s #%u", wire_type_name(type), suback.packet_id);
	for (uint32_t i = 0; i < suback.codes.bytes; i++)
		add(seen, " %02x", suback.codes.data[i]);
	add(seen, "\n");
}

static void read_connack(
	struct text *seen, struct wire_rules rules, const uint8_t *packet, size_t bytes)
{
	struct wire_connack connack;
	const struct wire_props *p = &connack.props;

	assert_true(wire_connack_decode(&connack, rules, packet, bytes) > 0);
	add(seen, "CONNACK %02x%s", connack.reason, connack.session_present ? " present" : "");
	if (wire_props_has(p, WIRE_PROP_SESSION_EXPIRY))
		add(seen, " expiry=%u", p->session_expiry_s);
	if (wire_props_has(p, WIRE_PROP_RECEIVE_MAXIMUM))
		add(seen, " receive=%u", p->receive_maximum);
	if (wire_props_has(p, WIRE_PROP_MAXIMUM_QOS))
		add(seen, " qos=%u", p->maximum_qos);
	if (wire_props_has(p, WIRE_PROP_RETAIN_AVAILABLE))
		add(seen, " retain=%u", p->retain_available);
	if (wire_props_has(p, WIRE_PROP_MAXIMUM_PACKET))
		add(seen, " packet=%u", p->maximum_packet_bytes);
	if (wire_props_has(p, WIRE_PROP_TOPIC_ALIAS_MAXIMUM))
		add(seen, " alias=%u", p->topic_alias_maximum);
	if (wire_props_has(p, WIRE_PROP_WILDCARD_AVAILABLE))
		add(seen, " wildcard=%u", p->wildcard_available);
	if (wire_props_has(p, WIRE_PROP_SHARED_AVAILABLE))
		add(seen, " shared=%u", p->shared_available);
	if (wire_props_has(p, WIRE_PROP_SERVER_KEEPALIVE))
		add(seen, " keepalive=%u", p->server_keepalive_s);
	if (wire_props_has(p, WIRE_PROP_ASSIGNED_CLIENT_ID))
		add_str(seen, "assigned", p->assigned_client_id);
	if (wire_props_has(p, WIRE_PROP_REASON_STRING))
		add_str(seen, "why", p->reason_string);
	add(seen, "\n");
}

static void read_packet(struct text *seen, struct wire_rules rules, uint8_t type,
	const uint8_t *packet, size_t bytes)
{
	struct wire_disconnect disconnect;
	struct wire_ack ack;

	switch (type) {
	case WIRE_CONNACK:
		read_connack(seen, rules, packet, bytes);
		break;
	case WIRE_PUBLISH:
		read_publish(seen, rules, packet, bytes);
		break;
	case WIRE_SUBACK:
	case WIRE_UNSUBACK:
		read_codes(seen, rules, type, packet, bytes);
		break;
	case WIRE_DISCONNECT:
		assert_true(wire_disconnect_decode(&disconnect, rules, packet, bytes) > 0);
		add(seen, "DISCONNECT %02x", disconnect.reason);
		if (wire_props_has(&disconnect.props, WIRE_PROP_REASON_STRING))
			add_str(seen, "why", disconnect.props.reason_string);
		add(seen, "\n");
		break;
	case WIRE_PINGRESP:
		assert_true(wire_ping_decode(rules, packet, bytes) > 0);
		add(seen, "PINGRESP\n");
		break;
	default:
		assert_true(wire_ack_decode(&ack, rules, packet, bytes) > 0);
		add(seen, "%s #%u %02x\n", wire_type_name(type), ack.packet_id, ack.reason);
	}
}

void expect_client(struct client *c, const char *text, const char *file, int line)
{
	struct wire_rules rules = {.version = c->version, .from = WIRE_FROM_SERVER};
	struct text *seen = &c->f->seen;
	struct wire_frame frame;
	size_t at = 0;

	clear(seen);
	while (at < c->out_bytes) {
		int whole = wire_frame_peek(c->out + at, c->out_bytes - at, &frame);

		assert_true(whole >= 0);
		if (whole == 0 || (size_t)whole > c->out_bytes - at)
			break;
		read_packet(seen, rules, frame.type, c->out + at, (size_t)whole);
		at += (size_t)whole;
	}
	c->out_bytes -= at;
	if (c->out_bytes > 0)
		memmove(c->out, c->out + at, c->out_bytes);
	same(seen, text, file, line);
}

void expect_control(struct fixture *f, const char *text, const char *file, int line)
{
	same(&f->told, text, file, line);
}
