#include "stack_frame.h"

#include <errno.h>
#include <string.h>

#include "base_hash.h"
#include "stack_addr.h"
#include "stack_checksum.h"

enum {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_IPV6 = 0x86dd,
	IPV4_HEADER_BYTES = 20,
	IPV4_FRAGMENT_MASK = 0x3fff, /* offset and "more fragments" */
	IPV6_HEADER_BYTES = 40,
	IPV6_EXTENSIONS_MAX = 8,
	TCP_HEADER_BYTES = 20,
	UDP_HEADER_BYTES = 8,
	ICMP_HEADER_BYTES = 4,
};

enum { /* IANA's protocol numbers */
	PROTOCOL_HOP_BY_HOP = 0,
	PROTOCOL_ICMP = 1,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_ROUTING = 43,
	PROTOCOL_FRAGMENT = 44,
	PROTOCOL_ICMP6 = 58,
	PROTOCOL_DESTINATION = 60,
};

static uint16_t get_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t get_u32(const uint8_t *at)
{
	return (uint32_t)get_u16(at) << 16 | get_u16(at + 2);
}

static int parse_tcp(struct stack_frame *frame, const uint8_t *tcp)
{
	if (frame->l4_bytes < TCP_HEADER_BYTES || (tcp[12] >> 4) * 4 < TCP_HEADER_BYTES ||
		(tcp[12] >> 4) * 4 > frame->l4_bytes)
		return -EBADMSG;
	frame->source_port = get_u16(tcp);
	frame->destination_port = get_u16(tcp + 2);
	frame->sequence = get_u32(tcp + 4);
	frame->tcp_flags = tcp[13];
	frame->checksum_offset = (uint16_t)(frame->l4_offset + 16);
	return 0;
}

/* Layer 4 at l4_offset, l4_bytes long. */
static int parse_l4(struct stack_frame *frame, const uint8_t *data)
{
	const uint8_t *l4 = data + frame->l4_offset;

	switch (frame->protocol) {
	case PROTOCOL_TCP:
		return parse_tcp(frame, l4);
	case PROTOCOL_UDP:
		if (frame->l4_bytes < UDP_HEADER_BYTES || get_u16(l4 + 4) < UDP_HEADER_BYTES ||
			get_u16(l4 + 4) > frame->l4_bytes)
			return -EBADMSG;
		frame->l4_bytes = get_u16(l4 + 4);
		frame->checksum_offset = (uint16_t)(frame->l4_offset + 6);
		return 0;
	case PROTOCOL_ICMP:
	case PROTOCOL_ICMP6:
		if (frame->l4_bytes < ICMP_HEADER_BYTES)
			return -EBADMSG;
		frame->checksum_offset = (uint16_t)(frame->l4_offset + 2);
		return 0;
	default:
		return 0;
	}
}

static int parse_ipv4(struct stack_frame *frame, const uint8_t *data, size_t bytes)
{
	const uint8_t *ip = data + frame->l3_offset;
	size_t header_bytes, total_bytes;

	if (bytes < IPV4_HEADER_BYTES)
		return -EBADMSG;
	header_bytes = (size_t)(ip[0] & 0x0f) * 4;
	total_bytes = get_u16(ip + 2);
	if (ip[0] >> 4 != 4 || header_bytes < IPV4_HEADER_BYTES || total_bytes < header_bytes ||
		total_bytes > bytes)
		return -EBADMSG;
	frame->l4_offset = (uint16_t)(frame->l3_offset + header_bytes);
	frame->l4_bytes = (uint16_t)(total_bytes - header_bytes);
	if ((get_u16(ip + 6) & IPV4_FRAGMENT_MASK) != 0)
		return 0; /* lwIP drops it */
	frame->protocol = ip[9];
	return parse_l4(frame, data);
}

static int parse_ipv6(struct stack_frame *frame, const uint8_t *data, size_t bytes)
{
	const uint8_t *ip = data + frame->l3_offset;
	size_t at = IPV6_HEADER_BYTES, end;
	uint8_t next;

	if (bytes < IPV6_HEADER_BYTES || ip[0] >> 4 != 6)
		return -EBADMSG;
	end = IPV6_HEADER_BYTES + (size_t)get_u16(ip + 4);
	if (end > bytes)
		return -EBADMSG;
	next = ip[6];
	for (int i = 0; next == PROTOCOL_HOP_BY_HOP || next == PROTOCOL_DESTINATION; i++) {
		if (at + 8 > end || i == IPV6_EXTENSIONS_MAX)
			return -EBADMSG;
		next = ip[at];
		at += ((size_t)ip[at + 1] + 1) * 8;
	}
	/* A routing header changes the destination; a fragment hides the ports. Neither is for us. */
	if (at > end || next == PROTOCOL_ROUTING || next == PROTOCOL_FRAGMENT)
		return -EBADMSG;
	frame->l4_offset = (uint16_t)(frame->l3_offset + at);
	frame->l4_bytes = (uint16_t)(end - at);
	frame->protocol = next;
	return parse_l4(frame, data);
}

int stack_frame_parse(struct stack_frame *frame, const uint8_t *data, size_t bytes)
{
	memset(frame, 0, sizeof(*frame));
	if (bytes < STACK_FRAME_HEADER_BYTES || bytes > UINT16_MAX)
		return -EBADMSG;
	frame->l3_offset = STACK_FRAME_HEADER_BYTES;
	bytes -= STACK_FRAME_HEADER_BYTES;
	switch (get_u16(data + 12)) {
	case ETHERTYPE_IPV4:
		frame->family = STACK_FAMILY_IPV4;
		return parse_ipv4(frame, data, bytes);
	case ETHERTYPE_IPV6:
		frame->family = STACK_FAMILY_IPV6;
		return parse_ipv6(frame, data, bytes);
	default:
		return 0;
	}
}

static void add_pseudo_header(
	struct stack_checksum *sum, const struct stack_frame *frame, const uint8_t *data)
{
	const uint8_t *ip = data + frame->l3_offset;

	if (frame->family == STACK_FAMILY_IPV4)
		stack_checksum_add(sum, ip + 12, 8);
	else
		stack_checksum_add(sum, ip + 8, 32);
	stack_checksum_add_u16(sum, frame->l4_bytes);
	stack_checksum_add_u16(sum, frame->protocol);
}

static uint16_t l4_checksum(const struct stack_frame *frame, const uint8_t *data)
{
	struct stack_checksum sum = {0};

	if (frame->protocol != PROTOCOL_ICMP)
		add_pseudo_header(&sum, frame, data);
	stack_checksum_add(&sum, data + frame->l4_offset, frame->l4_bytes);
	return stack_checksum_finish(&sum);
}

static uint16_t ipv4_checksum(const struct stack_frame *frame, const uint8_t *data)
{
	struct stack_checksum sum = {0};

	stack_checksum_add(
		&sum, data + frame->l3_offset, (size_t)(data[frame->l3_offset] & 0x0f) * 4);
	return stack_checksum_finish(&sum);
}

bool stack_frame_ip_checksum_is_right(const struct stack_frame *frame, const uint8_t *data)
{
	return frame->family != STACK_FAMILY_IPV4 || ipv4_checksum(frame, data) == 0;
}

bool stack_frame_l4_checksum_is_right(const struct stack_frame *frame, const uint8_t *data)
{
	if (frame->checksum_offset == 0)
		return true;
	if (frame->protocol == PROTOCOL_UDP && frame->family == STACK_FAMILY_IPV4 &&
		get_u16(data + frame->checksum_offset) == 0)
		return true;
	return l4_checksum(frame, data) == 0;
}

static bool is_offloaded(const struct stack_frame *frame, const struct stack_frame_offload *offload)
{
	return (frame->protocol == PROTOCOL_TCP && offload->tcp) ||
	       (frame->protocol == PROTOCOL_UDP && offload->udp);
}

void stack_frame_checksum_write(
	const struct stack_frame *frame, uint8_t *data, const struct stack_frame_offload *offload)
{
	uint16_t value;

	if (frame->family == STACK_FAMILY_IPV4 && !offload->ipv4) {
		value = ipv4_checksum(frame, data);
		memcpy(data + frame->l3_offset + 10, &value, sizeof(value));
	}
	if (frame->checksum_offset == 0)
		return;
	if (is_offloaded(frame, offload)) {
		struct stack_checksum sum = {0};

		add_pseudo_header(&sum, frame, data);
		value = stack_checksum_fold(&sum);
	} else {
		value = l4_checksum(frame, data);
		if (value == 0 && frame->protocol == PROTOCOL_UDP)
			value = 0xffff; /* zero says "none" */
	}
	memcpy(data + frame->checksum_offset, &value, sizeof(value));
}

uint64_t stack_frame_hash(
	const struct stack_frame *frame, const uint8_t *data, const uint64_t seed[2])
{
	const uint8_t *ip = data + frame->l3_offset;
	uint64_t ports = (uint64_t)frame->source_port << 16 | frame->destination_port;
	uint64_t words[4];

	if (frame->family == STACK_FAMILY_IPV4) {
		memcpy(words, ip + 12, 8); /* both addresses */
		return base_hash_u64(base_hash_u64(words[0], seed[0]) ^ ports, seed[1]);
	}
	memcpy(words, ip + 8, 32);
	for (int i = 0; i < 4; i++)
		ports = base_hash_u64(ports ^ words[i], seed[i & 1]) + words[i];
	return base_hash_u64(ports, seed[1]);
}
