#include <string.h>

#include "wire_encode.h"
#include "wire_priv.h"

/* What a broker hands on as it came (3.3.2.3). */
static bool is_forwarded(uint8_t id)
{
	return id == WIRE_PROP_PAYLOAD_FORMAT || id == WIRE_PROP_CONTENT_TYPE ||
	       id == WIRE_PROP_RESPONSE_TOPIC || id == WIRE_PROP_CORRELATION_DATA ||
	       id == WIRE_PROP_USER_PROPERTY;
}

int wire_props_forward(uint8_t *buf, size_t size, struct wire_str raw)
{
	struct wire_writer w = {.buf = buf, .size = size};
	const uint8_t *from = raw.data;
	struct wire_prop prop;

	while (wire_props_next(&raw, &prop)) {
		if (is_forwarded(prop.id))
			wire_write_raw(&w, from, (size_t)(raw.data - from));
		from = raw.data;
	}
	return w.used > size ? -WIRE_E_BUFFER : (int)w.used;
}

int wire_props_user_append(
	uint8_t *buf, size_t size, size_t bytes, struct wire_str key, struct wire_str value)
{
	struct wire_writer w = {.buf = buf, .size = size, .used = bytes};

	wire_write_u8(&w, WIRE_PROP_USER_PROPERTY);
	wire_write_binary(&w, key);
	wire_write_binary(&w, value);
	if (w.error != 0)
		return w.error;
	return w.used > size ? -WIRE_E_BUFFER : (int)w.used;
}

static void value_write(struct wire_writer *w, const struct wire_props *props, unsigned id)
{
	const struct wire_prop_info *info = wire_prop_info(id);
	const uint8_t *member = (const uint8_t *)props + info->offset;
	struct wire_str text;
	uint32_t number;
	uint16_t short_number;

	wire_write_u8(w, id);
	switch ((enum wire_prop_type)info->type) {
	case WIRE_TYPE_BYTE:
		wire_write_u8(w, *member);
		break;
	case WIRE_TYPE_U16:
		memcpy(&short_number, member, sizeof(short_number));
		wire_write_u16(w, short_number);
		break;
	case WIRE_TYPE_U32:
		memcpy(&number, member, sizeof(number));
		wire_write_u32(w, number);
		break;
	case WIRE_TYPE_VARINT:
		memcpy(&number, member, sizeof(number));
		wire_write_varint(w, number);
		break;
	case WIRE_TYPE_STRING:
	case WIRE_TYPE_BINARY:
		memcpy(&text, member, sizeof(text));
		wire_write_binary(w, text);
		break;
	case WIRE_TYPE_PAIR:
	case WIRE_TYPE_NONE:
		break;
	}
}

/* User properties, and in a PUBLISH all of several subscription identifiers. */
static void raw_write(struct wire_writer *w, struct wire_str raw, bool with_user, bool with_ids)
{
	const uint8_t *from = raw.data;
	struct wire_prop prop;

	while (wire_props_next(&raw, &prop)) {
		if ((with_user && prop.id == WIRE_PROP_USER_PROPERTY) ||
			(with_ids && prop.id == WIRE_PROP_SUBSCRIPTION_ID))
			wire_write_raw(w, from, (size_t)(raw.data - from));
		from = raw.data;
	}
}

void wire_write_prop_list(struct wire_writer *w, const struct wire_props *props,
	enum wire_place place, enum wire_drop drop)
{
	const uint64_t user = (uint64_t)1 << WIRE_PROP_USER_PROPERTY;
	uint64_t left = props->present & ~user;

	if (drop >= WIRE_DROP_REASON_STRING)
		left &= ~((uint64_t)1 << WIRE_PROP_REASON_STRING);
	for (unsigned id = 0; left != 0; id++, left >>= 1) {
		if ((left & 1) == 0)
			continue;
		const struct wire_prop_info *info = wire_prop_info(id);
		if (info == NULL || (info->places & place) == 0) {
			wire_writer_fail(w, WIRE_E_PROPERTY_PLACE);
			return;
		}
		value_write(w, props, id);
	}
	raw_write(w, props->raw, drop < WIRE_DROP_USER,
		place == WIRE_IN_PUBLISH && !wire_props_has(props, WIRE_PROP_SUBSCRIPTION_ID));
}

size_t wire_props_bytes(
	const struct wire_props *props, enum wire_place place, enum wire_drop drop, int *error)
{
	struct wire_writer counter = {0};

	wire_write_prop_list(&counter, props, place, drop);
	*error = counter.error;
	return counter.used;
}

void wire_write_props(struct wire_writer *w, const struct wire_props *props, enum wire_place place,
	enum wire_drop drop)
{
	int error;
	size_t bytes = wire_props_bytes(props, place, drop, &error);

	if (error != 0 || bytes > WIRE_REMAINING_MAX) {
		wire_writer_fail(w, error != 0 ? (enum wire_error) - error : WIRE_E_TOO_LARGE);
		return;
	}
	wire_write_varint(w, (uint32_t)bytes);
	wire_write_prop_list(w, props, place, drop);
}

int wire_props_encode(uint8_t *buf, size_t size, const struct wire_props *props)
{
	struct wire_writer w = {.buf = buf, .size = size};

	wire_write_prop_list(&w, props, WIRE_IN_PUBLISH, WIRE_DROP_NOTHING);
	if (w.error != 0)
		return w.error;
	if (w.used > WIRE_REMAINING_MAX)
		return -WIRE_E_TOO_LARGE;
	return w.used > size ? -WIRE_E_BUFFER : (int)w.used;
}
