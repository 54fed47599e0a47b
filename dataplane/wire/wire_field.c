#include "wire_priv.h"
#include "wire_topic.h"

uint32_t wire_read_u32(struct wire_reader *r)
{
	uint32_t high = wire_read_u16(r);

	return high << 16 | wire_read_u16(r);
}

uint32_t wire_read_varint(struct wire_reader *r)
{
	uint32_t value = 0;

	for (unsigned shift = 0; shift < 28; shift += 7) {
		uint8_t byte = wire_read_u8(r);

		value |= (uint32_t)(byte & 0x7F) << shift;
		if ((byte & 0x80) == 0) {
			if (byte == 0 && shift > 0 && r->error == 0)
				break;
			return value;
		}
	}
	wire_reader_fail(r, WIRE_E_VARINT);
	return 0;
}

uint16_t wire_read_id(struct wire_reader *r)
{
	uint16_t packet_id = wire_read_u16(r);

	if (packet_id == 0)
		wire_reader_fail(r, WIRE_E_PACKET_ID);
	return packet_id;
}

struct wire_str wire_read_bytes(struct wire_reader *r, size_t bytes)
{
	if (wire_reader_left(r) < bytes) {
		wire_reader_fail(r, WIRE_E_SHORT);
		return (struct wire_str){NULL, 0};
	}
	struct wire_str value = {r->at, (uint32_t)bytes};
	r->at += bytes;
	return value;
}

struct wire_str wire_read_binary(struct wire_reader *r)
{
	return wire_read_bytes(r, wire_read_u16(r));
}

struct wire_str wire_read_text(struct wire_reader *r, uint8_t lenient)
{
	struct wire_str text = wire_read_binary(r);

	if (text.data != NULL) {
		int error = wire_utf8_check(text, lenient);

		if (error != 0)
			wire_reader_fail(r, (enum wire_error) - error);
	}
	return text;
}

int wire_packet_open(struct wire_reader *r, enum wire_type type, struct wire_rules rules,
	const uint8_t *packet, size_t bytes)
{
	struct wire_frame frame;
	int packet_bytes = wire_frame_peek(packet, bytes, &frame);

	if (packet_bytes <= 0)
		return packet_bytes;
	int error = wire_frame_check(&frame, rules);
	if (error != 0)
		return error;
	if (frame.type != type)
		return -WIRE_E_UNEXPECTED;
	if (bytes < (size_t)packet_bytes)
		return 0;
	*r = (struct wire_reader){.at = packet + frame.header_bytes, .end = packet + packet_bytes};
	return packet_bytes;
}

int wire_packet_close(struct wire_reader *r, int packet_bytes)
{
	if (r->error == 0 && r->at != r->end)
		return -WIRE_E_TRAILING;
	return r->error != 0 ? r->error : packet_bytes;
}

void wire_write_raw(struct wire_writer *w, const void *data, size_t bytes)
{
	if (bytes > 0 && w->used + bytes <= w->size)
		memcpy(w->buf + w->used, data, bytes);
	w->used += bytes;
}

void wire_write_u8(struct wire_writer *w, unsigned value)
{
	if (w->used < w->size)
		w->buf[w->used] = (uint8_t)value;
	w->used++;
}

void wire_write_u16(struct wire_writer *w, unsigned value)
{
	wire_write_u8(w, value >> 8 & 0xFF);
	wire_write_u8(w, value & 0xFF);
}

void wire_write_u32(struct wire_writer *w, uint32_t value)
{
	wire_write_u16(w, value >> 16);
	wire_write_u16(w, value & 0xFFFF);
}

unsigned wire_varint_bytes(uint32_t value)
{
	return value < 1U << 7 ? 1 : value < 1U << 14 ? 2 : value < 1U << 21 ? 3 : 4;
}

void wire_write_varint(struct wire_writer *w, uint32_t value)
{
	if (value > WIRE_REMAINING_MAX)
		wire_writer_fail(w, WIRE_E_ARGUMENT);
	for (; value > 0x7F; value >>= 7)
		wire_write_u8(w, (value & 0x7F) | 0x80);
	wire_write_u8(w, value);
}

void wire_write_id(struct wire_writer *w, uint16_t packet_id)
{
	if (packet_id == 0)
		wire_writer_fail(w, WIRE_E_PACKET_ID);
	wire_write_u16(w, packet_id);
}

void wire_write_binary(struct wire_writer *w, struct wire_str value)
{
	if (value.bytes > WIRE_STRING_MAX) {
		wire_writer_fail(w, WIRE_E_ARGUMENT);
		return;
	}
	wire_write_u16(w, value.bytes);
	wire_write_raw(w, value.data, value.bytes);
}

static size_t packet_bytes_of(size_t body_bytes)
{
	if (body_bytes > WIRE_REMAINING_MAX)
		return SIZE_MAX;
	return 1 + wire_varint_bytes((uint32_t)body_bytes) + body_bytes;
}

int wire_job_run(struct wire_job *job, uint8_t *buf, size_t size)
{
	size_t limit = job->max_packet_bytes != 0 ? job->max_packet_bytes : SIZE_MAX - 1;
	struct wire_writer counter = {0};

	for (unsigned drop = WIRE_DROP_NOTHING; drop < WIRE_DROPS; drop++) {
		counter = (struct wire_writer){0};
		job->drop = (enum wire_drop)drop;
		job->body(&counter, job);
		if (counter.error != 0 || packet_bytes_of(counter.used) <= limit)
			break;
	}
	if (counter.error != 0)
		return counter.error;
	size_t packet_bytes = packet_bytes_of(counter.used);
	if (packet_bytes > limit)
		return -WIRE_E_TOO_LARGE;
	if (packet_bytes > size)
		return -WIRE_E_BUFFER;
	struct wire_writer w = {.buf = buf, .size = packet_bytes};
	wire_write_u8(&w, job->first);
	wire_write_varint(&w, (uint32_t)counter.used);
	job->body(&w, job);
	return (int)packet_bytes;
}
