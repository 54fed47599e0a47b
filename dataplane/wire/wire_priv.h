#ifndef WIRE_PRIV_H
#define WIRE_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wire_error.h"
#include "wire_frame.h"
#include "wire_props.h"

/*
 * Reading and writing of fields, shared by the decoders and encoders.
 *
 * Both cursors are sticky: after the first fault they read zeros (write nothing) and keep the
 * fault, so that a packet is read field after field and asked once how it went.
 */

struct wire_reader {
	const uint8_t *at, *end;
	int error; /* 0 or negative */
};

/* With size 0 it only counts. `used` goes on beyond `size`, so it says what would have been needed. */
struct wire_writer {
	uint8_t *buf;
	size_t size, used;
	int error;
};

/* Where a property block stands; bits, as wire_property.def lists them. */
enum wire_place {
	WIRE_IN_CONNECT = 1 << 0,
	WIRE_IN_WILL = 1 << 1,
	WIRE_IN_CONNACK = 1 << 2,
	WIRE_IN_PUBLISH = 1 << 3,
	WIRE_IN_ACK = 1 << 4, /* PUBACK, PUBREC, PUBREL, PUBCOMP */
	WIRE_IN_SUBSCRIBE = 1 << 5,
	WIRE_IN_SUBACK = 1 << 6,
	WIRE_IN_UNSUBSCRIBE = 1 << 7,
	WIRE_IN_UNSUBACK = 1 << 8,
	WIRE_IN_DISCONNECT = 1 << 9,
	WIRE_IN_AUTH = 1 << 10,
};

enum wire_prop_type {
	WIRE_TYPE_NONE, /* no such property */
	WIRE_TYPE_BYTE,
	WIRE_TYPE_U16,
	WIRE_TYPE_U32,
	WIRE_TYPE_VARINT,
	WIRE_TYPE_STRING,
	WIRE_TYPE_BINARY,
	WIRE_TYPE_PAIR,
};

enum wire_prop_range {
	WIRE_RANGE_ANY,
	WIRE_RANGE_BOOL,
	WIRE_RANGE_NONZERO,
	WIRE_RANGE_ALIAS,
	WIRE_RANGE_TOPIC,
};

struct wire_prop_info {
	uint8_t type, range;
	uint16_t places;
	uint16_t offset; /* of the member in struct wire_props; not for WIRE_TYPE_PAIR */
	const char *name;
};

/* NULL for an identifier that does not exist. */
const struct wire_prop_info *wire_prop_info(unsigned id);

static inline size_t wire_reader_left(const struct wire_reader *r)
{
	return (size_t)(r->end - r->at);
}

static inline void wire_reader_fail(struct wire_reader *r, enum wire_error error)
{
	if (r->error == 0)
		r->error = -(int)error;
	r->at = r->end;
}

static inline uint8_t wire_read_u8(struct wire_reader *r)
{
	if (wire_reader_left(r) < 1) {
		wire_reader_fail(r, WIRE_E_SHORT);
		return 0;
	}
	return *r->at++;
}

static inline uint16_t wire_read_u16(struct wire_reader *r)
{
	if (wire_reader_left(r) < 2) {
		wire_reader_fail(r, WIRE_E_SHORT);
		return 0;
	}
	uint16_t value = (uint16_t)(r->at[0] << 8 | r->at[1]);
	r->at += 2;
	return value;
}

uint32_t wire_read_u32(struct wire_reader *r);
uint32_t wire_read_varint(struct wire_reader *r); /* 1.5.5; -WIRE_E_VARINT */
uint16_t wire_read_id(struct wire_reader *r); /* packet identifier, not 0 */
struct wire_str wire_read_bytes(struct wire_reader *r, size_t bytes);
struct wire_str wire_read_binary(struct wire_reader *r); /* two bytes of length first */
struct wire_str wire_read_text(
	struct wire_reader *r, uint8_t lenient); /* the same, checked UTF-8 */

/*
 * The start of every decoder: checks that a packet of `type` is there in full and sets `r` to its
 * body. Returns the packet's bytes, 0 when it is not complete, or an error.
 */
int wire_packet_open(struct wire_reader *r, enum wire_type type, struct wire_rules rules,
	const uint8_t *packet, size_t bytes);
/* The end: nothing may be left. Returns `packet_bytes` or the error. */
int wire_packet_close(struct wire_reader *r, int packet_bytes);

/* Reads a property block with its length into `out`, which is all zero. */
void wire_read_props(struct wire_reader *r, struct wire_props *out, enum wire_place place,
	struct wire_rules rules);
/* One property without judging it. False at the end or when malformed (then r->error is set). */
bool wire_read_prop(struct wire_reader *r, struct wire_prop *out);

static inline void wire_writer_fail(struct wire_writer *w, enum wire_error error)
{
	if (w->error == 0)
		w->error = -(int)error;
}

void wire_write_raw(struct wire_writer *w, const void *data, size_t bytes);
void wire_write_u8(struct wire_writer *w, unsigned value);
void wire_write_u16(struct wire_writer *w, unsigned value);
void wire_write_u32(struct wire_writer *w, uint32_t value);
void wire_write_varint(struct wire_writer *w, uint32_t value);
void wire_write_id(struct wire_writer *w, uint16_t packet_id);
void wire_write_binary(struct wire_writer *w, struct wire_str value); /* length first */
unsigned wire_varint_bytes(uint32_t value);

/* What is left out of a property block so that a packet fits. */
enum wire_drop { WIRE_DROP_NOTHING, WIRE_DROP_USER, WIRE_DROP_REASON_STRING, WIRE_DROPS };

/* Writes the properties; wire_write_props with their length before them. */
void wire_write_prop_list(struct wire_writer *w, const struct wire_props *props,
	enum wire_place place, enum wire_drop drop);
void wire_write_props(struct wire_writer *w, const struct wire_props *props, enum wire_place place,
	enum wire_drop drop);
/* Bytes of the list; an error of it stands in *error. */
size_t wire_props_bytes(
	const struct wire_props *props, enum wire_place place, enum wire_drop drop, int *error);

/* One packet to encode: `body` writes what follows the fixed header, first to count, then for good. */
struct wire_job {
	void (*body)(struct wire_writer *w, const struct wire_job *job);
	const void *packet;
	const void *list; /* what the packet lists, where it does */
	size_t list_len;
	const struct wire_props *props;
	size_t max_packet_bytes; /* 0: no limit */
	uint16_t packet_id;
	uint8_t version;
	uint8_t first; /* first byte of the fixed header */
	enum wire_drop drop; /* set by wire_job_run */
};
int wire_job_run(struct wire_job *job, uint8_t *buf, size_t size);

#endif
