#include <string.h>

#include "wire_priv.h"
#include "wire_topic.h"

#define IN_CONNECT WIRE_IN_CONNECT
#define IN_WILL WIRE_IN_WILL
#define IN_CONNACK WIRE_IN_CONNACK
#define IN_PUBLISH WIRE_IN_PUBLISH
#define IN_ACK WIRE_IN_ACK
#define IN_SUBSCRIBE WIRE_IN_SUBSCRIBE
#define IN_SUBACK WIRE_IN_SUBACK
#define IN_UNSUBSCRIBE WIRE_IN_UNSUBSCRIBE
#define IN_UNSUBACK WIRE_IN_UNSUBACK
#define IN_DISCONNECT WIRE_IN_DISCONNECT
#define IN_AUTH WIRE_IN_AUTH

#define OFFSET_BYTE(member) offsetof(struct wire_props, member)
#define OFFSET_U16(member) offsetof(struct wire_props, member)
#define OFFSET_U32(member) offsetof(struct wire_props, member)
#define OFFSET_VARINT(member) offsetof(struct wire_props, member)
#define OFFSET_STRING(member) offsetof(struct wire_props, member)
#define OFFSET_BINARY(member) offsetof(struct wire_props, member)
#define OFFSET_PAIR(member) 0

enum { PROPERTY_IDS = 64 }; /* a presence bit each */

static const struct wire_prop_info infos[PROPERTY_IDS] = {
#define WIRE_PROPERTY(id, property_name, member, kind, limits, packets)                            \
	[id] = {.type = WIRE_TYPE_##kind,                                                          \
		.range = WIRE_RANGE_##limits,                                                      \
		.places = (packets),                                                               \
		.offset = OFFSET_##kind(member),                                                   \
		.name = #property_name},
#include "wire_property.def"
#undef WIRE_PROPERTY
};

const struct wire_prop_info *wire_prop_info(unsigned id)
{
	return id < PROPERTY_IDS && infos[id].type != WIRE_TYPE_NONE ? &infos[id] : NULL;
}

const char *wire_property_name(unsigned id)
{
	const struct wire_prop_info *info = wire_prop_info(id);

	return info != NULL ? info->name : "unknown";
}

bool wire_read_prop(struct wire_reader *r, struct wire_prop *out)
{
	if (r->at == r->end)
		return false;
	out->id = wire_read_u8(r);
	out->number = 0;
	out->key = out->value = (struct wire_str){NULL, 0};
	const struct wire_prop_info *info = wire_prop_info(out->id);
	switch (info == NULL ? WIRE_TYPE_NONE : (enum wire_prop_type)info->type) {
	case WIRE_TYPE_NONE:
		wire_reader_fail(r, WIRE_E_PROPERTY_UNKNOWN);
		break;
	case WIRE_TYPE_BYTE:
		out->number = wire_read_u8(r);
		break;
	case WIRE_TYPE_U16:
		out->number = wire_read_u16(r);
		break;
	case WIRE_TYPE_U32:
		out->number = wire_read_u32(r);
		break;
	case WIRE_TYPE_VARINT:
		out->number = wire_read_varint(r);
		break;
	case WIRE_TYPE_PAIR:
		out->key = wire_read_binary(r);
		out->value = wire_read_binary(r);
		break;
	case WIRE_TYPE_STRING:
	case WIRE_TYPE_BINARY:
		out->value = wire_read_binary(r);
		break;
	}
	if (r->error == -WIRE_E_SHORT)
		r->error = -WIRE_E_PROPERTY_LENGTH;
	return r->error == 0;
}

bool wire_props_next(struct wire_str *rest, struct wire_prop *out)
{
	if (rest->bytes == 0)
		return false;
	struct wire_reader r = {.at = rest->data, .end = rest->data + rest->bytes};
	bool is_there = wire_read_prop(&r, out);
	*rest = (struct wire_str){r.at, (uint32_t)wire_reader_left(&r)};
	return is_there;
}

static int text_check(
	const struct wire_prop_info *info, const struct wire_prop *prop, uint8_t lenient)
{
	int error = 0;

	if (info->type == WIRE_TYPE_PAIR)
		error = wire_utf8_check(prop->key, lenient);
	if (error == 0 && (info->type == WIRE_TYPE_STRING || info->type == WIRE_TYPE_PAIR))
		error = wire_utf8_check(prop->value, lenient);
	return error;
}

static int range_check(const struct wire_prop_info *info, const struct wire_prop *prop)
{
	switch ((enum wire_prop_range)info->range) {
	case WIRE_RANGE_BOOL:
		return prop->number <= 1 ? 0 : -WIRE_E_PROPERTY_VALUE;
	case WIRE_RANGE_NONZERO:
		return prop->number != 0 ? 0 : -WIRE_E_PROPERTY_VALUE;
	case WIRE_RANGE_ALIAS:
		return prop->number != 0 ? 0 : -WIRE_E_TOPIC_ALIAS;
	case WIRE_RANGE_TOPIC:
		if (prop->value.bytes == 0 ||
			memchr(prop->value.data, '+', prop->value.bytes) != NULL ||
			memchr(prop->value.data, '#', prop->value.bytes) != NULL)
			return -WIRE_E_RESPONSE_TOPIC;
		return 0;
	case WIRE_RANGE_ANY:
		break;
	}
	return 0;
}

/* 3.3.4-6, 3.14.2-2, and Server Reference, which is the server's (3.14.2.2.5). */
static bool is_senders(enum wire_property id, enum wire_place place, unsigned from)
{
	if (from == WIRE_FROM_CLIENT)
		return !(place == WIRE_IN_PUBLISH && id == WIRE_PROP_SUBSCRIPTION_ID) &&
		       !(place == WIRE_IN_DISCONNECT && id == WIRE_PROP_SERVER_REFERENCE);
	return !(place == WIRE_IN_DISCONNECT && id == WIRE_PROP_SESSION_EXPIRY);
}

static int prop_check(const struct wire_props *seen, const struct wire_prop *prop,
	enum wire_place place, struct wire_rules rules)
{
	const struct wire_prop_info *info = &infos[prop->id];
	enum wire_property id = (enum wire_property)prop->id;
	bool may_repeat = info->type == WIRE_TYPE_PAIR ||
			  (id == WIRE_PROP_SUBSCRIPTION_ID && place == WIRE_IN_PUBLISH);

	if ((info->places & place) == 0)
		return -WIRE_E_PROPERTY_PLACE;
	if (!is_senders(id, place, rules.from))
		return -WIRE_E_PROPERTY_SENDER;
	if (!may_repeat && wire_props_has(seen, id))
		return -WIRE_E_PROPERTY_TWICE;
	int error = text_check(info, prop, rules.lenient);
	return error != 0 ? error : range_check(info, prop);
}

/* The first of several stays in the member. */
static void prop_store(struct wire_props *props, const struct wire_prop *prop)
{
	const struct wire_prop_info *info = &infos[prop->id];
	uint8_t *member = (uint8_t *)props + info->offset;
	uint16_t short_number = (uint16_t)prop->number;
	bool is_first = !wire_props_has(props, (enum wire_property)prop->id);

	wire_props_mark(props, (enum wire_property)prop->id);
	if (!is_first)
		return;
	switch ((enum wire_prop_type)info->type) {
	case WIRE_TYPE_BYTE:
		*member = (uint8_t)prop->number;
		break;
	case WIRE_TYPE_U16:
		memcpy(member, &short_number, sizeof(short_number));
		break;
	case WIRE_TYPE_U32:
	case WIRE_TYPE_VARINT:
		memcpy(member, &prop->number, sizeof(prop->number));
		break;
	case WIRE_TYPE_STRING:
	case WIRE_TYPE_BINARY:
		memcpy(member, &prop->value, sizeof(prop->value));
		break;
	case WIRE_TYPE_PAIR:
	case WIRE_TYPE_NONE:
		break;
	}
}

void wire_read_props(struct wire_reader *r, struct wire_props *out, enum wire_place place,
	struct wire_rules rules)
{
	out->raw = wire_read_bytes(r, wire_read_varint(r));
	if (r->error != 0)
		return;
	struct wire_reader block = {.at = out->raw.data, .end = r->at};
	struct wire_prop prop;
	while (wire_read_prop(&block, &prop)) {
		int error = prop_check(out, &prop, place, rules);

		if (error != 0) {
			wire_reader_fail(&block, (enum wire_error) - error);
			break;
		}
		prop_store(out, &prop);
	}
	if (block.error == 0 && wire_props_has(out, WIRE_PROP_AUTH_DATA) &&
		!wire_props_has(out, WIRE_PROP_AUTH_METHOD))
		wire_reader_fail(&block, WIRE_E_AUTH_METHOD);
	if (block.error != 0)
		wire_reader_fail(r, (enum wire_error) - block.error);
}
