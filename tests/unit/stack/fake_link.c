#include "fake_link.h"

#include <string.h>

#include "stack_link.h"
#include "stack_priv.h"

enum { ARP_BYTES = 42, NEIGHBOUR_BYTES = 86, ICMP6 = 58, TCP = 6, SOLICITATION = 135 };

struct fake_segment fake_last;
unsigned fake_sent, fake_others, fake_fail;
bool fake_ip_known, fake_l4_known;

static const uint8_t our_mac[6] = {2, 0, 0, 0, 0, 2}, router_mac[6] = {2, 0, 0, 0, 0, 1};
static uint8_t answer[128]; /* the router's, until the stack has returned */
static size_t answer_bytes;

bool fake_is_sealed(const struct stack_frame *frame, const uint8_t *data)
{
	return stack_frame_ip_checksum_is_right(frame, data) &&
	       stack_frame_l4_checksum_is_right(frame, data);
}

void fake_link_reset(void)
{
	fake_ip_known = fake_l4_known = false;
	memset(&fake_last, 0, sizeof(fake_last));
	fake_sent = fake_others = fake_fail = 0;
	answer_bytes = 0;
}

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

void fake_seal(uint8_t *frame, size_t bytes)
{
	const struct stack_frame_offload none = {0};
	struct stack_frame headers;

	if (stack_frame_parse(&headers, frame, bytes) < 0)
		return;
	if (headers.family == STACK_FAMILY_IPV4)
		memset(frame + headers.l3_offset + 10, 0, 2);
	if (headers.checksum_offset != 0)
		memset(frame + headers.checksum_offset, 0, 2);
	stack_frame_checksum_write(&headers, frame, &none);
}

static void answer_arp(const uint8_t *frame)
{
	memcpy(answer, frame, ARP_BYTES);
	memcpy(answer, our_mac, 6);
	memcpy(answer + 6, router_mac, 6);
	put16(answer + 20, 2); /* reply */
	memcpy(answer + 22, router_mac, 6);
	memcpy(answer + 28, frame + 38, 4);
	memcpy(answer + 32, frame + 22, 10);
	answer_bytes = ARP_BYTES;
}

static void answer_neighbour(const uint8_t *frame)
{
	memset(answer, 0, NEIGHBOUR_BYTES);
	memcpy(answer, our_mac, 6);
	memcpy(answer + 6, router_mac, 6);
	put16(answer + 12, 0x86dd);
	answer[14] = 0x60;
	put16(answer + 18, 32);
	answer[20] = ICMP6;
	answer[21] = 255;
	memcpy(answer + 22, frame + 62, 16); /* its target speaks */
	memcpy(answer + 38, frame + 22, 16);
	answer[54] = 136; /* advertisement */
	answer[58] = 0x60; /* solicited, override */
	memcpy(answer + 62, frame + 62, 16);
	answer[78] = 2;
	answer[79] = 1;
	memcpy(answer + 80, router_mac, 6);
	answer_bytes = NEIGHBOUR_BYTES;
	fake_seal(answer, answer_bytes);
}

static void record(const uint8_t *data, const struct stack_frame *frame)
{
	const uint8_t *tcp = data + frame->l4_offset;
	size_t header_bytes = (size_t)(tcp[12] >> 4) * 4;

	fake_sent++;
	fake_last.frame = *frame;
	fake_last.seq = get32(tcp + 4);
	fake_last.ack = get32(tcp + 8);
	fake_last.window = (uint16_t)(tcp[14] << 8 | tcp[15]);
	fake_last.payload_bytes = frame->l4_bytes - header_bytes;
	memcpy(fake_last.payload, tcp + header_bytes, fake_last.payload_bytes);
	fake_last.checksum_is_right = fake_is_sealed(frame, data);
}

err_t stack_link_output(struct netif *netif, struct pbuf *packet)
{
	static uint8_t data[FAKE_FRAME_SIZE];
	struct stack *stack = netif->state;
	struct stack_frame frame;

	if (fake_fail > 0) {
		fake_fail--;
		stack->counters.tx_no_buffer++;
		return ERR_MEM;
	}
	pbuf_copy_partial(packet, data, packet->tot_len, 0);
	if (stack_frame_parse(&frame, data, packet->tot_len) < 0)
		return ERR_VAL;
	stack_frame_checksum_write(&frame, data, &stack->offload);
	if (frame.protocol == TCP)
		record(data, &frame);
	else if (frame.family == STACK_FAMILY_NONE && data[21] == 1)
		answer_arp(data);
	else if (frame.protocol == ICMP6 && data[frame.l4_offset] == SOLICITATION && data[37] != 0)
		answer_neighbour(data);
	else
		fake_others++;
	return ERR_OK;
}

void fake_inject(struct stack *stack, const uint8_t *frame, size_t bytes)
{
	struct pbuf *packet = pbuf_alloc(PBUF_RAW, (u16_t)bytes, PBUF_RAM);
	struct stack_rx rx = {
		.bytes = (uint32_t)bytes, .ip_known = fake_ip_known, .l4_known = fake_l4_known};

	if (packet == NULL)
		return;
	pbuf_take(packet, frame, (u16_t)bytes);
	rx.data = packet->payload;
	stack_input_look(stack, &rx);
	stack_input_touch(stack, &rx);
	if (rx.drop)
		pbuf_free(packet);
	else
		stack_input_take(stack, &rx, packet);
	while (answer_bytes > 0) {
		size_t size = answer_bytes;

		answer_bytes = 0;
		fake_inject(stack, answer, size);
	}
}

static uint16_t port_of(const struct fake_client *client)
{
	return client->port != 0 ? client->port : (uint16_t)(1024 + (client->number & 0x3fff));
}

size_t fake_build(const struct fake_client *client, unsigned flags, const void *payload,
	size_t bytes, uint8_t frame[FAKE_FRAME_SIZE])
{
	bool v6 = client->family == STACK_FAMILY_IPV6;
	size_t ip_bytes = v6 ? 40 : 20;
	uint8_t *ip = frame + 14, *tcp = ip + ip_bytes;

	memset(frame, 0, 14 + ip_bytes + 20);
	memcpy(frame, our_mac, 6);
	memcpy(frame + 6, router_mac, 6);
	put16(frame + 12, v6 ? 0x86dd : 0x0800);
	if (v6) {
		ip[0] = 0x60;
		put16(ip + 4, (unsigned)(20 + bytes));
		ip[6] = TCP;
		ip[7] = 64;
		memcpy(ip + 8, "\x20\x01\x0d\xb8", 4);
		put32(ip + 20, client->number >> 14);
		memcpy(ip + 24, "\xfd\x5c\x01\xce\0\0\0\0\0\0\0\0\0\0\0\2", 16);
	} else {
		ip[0] = 0x45;
		put16(ip + 2, (unsigned)(40 + bytes));
		ip[8] = 64;
		ip[9] = TCP;
		put32(ip + 12, 0x0a000001u + (client->number >> 14));
		memcpy(ip + 16, "\xc6\x12\0\2", 4);
	}
	put16(tcp, port_of(client));
	put16(tcp + 2, FAKE_LISTEN_PORT);
	put32(tcp + 4, client->seq);
	put32(tcp + 8, (flags & STACK_FRAME_ACK) != 0 ? client->ack : 0);
	tcp[12] = 0x50;
	tcp[13] = (uint8_t)flags;
	put16(tcp + 14, client->window);
	if (bytes > 0)
		memcpy(tcp + 20, payload, bytes);
	fake_seal(frame, 14 + ip_bytes + 20 + bytes);
	return 14 + ip_bytes + 20 + bytes;
}

void fake_send(struct stack *stack, struct fake_client *client, unsigned flags, const void *payload,
	size_t bytes)
{
	uint8_t frame[FAKE_FRAME_SIZE];
	size_t size = fake_build(client, flags, payload, bytes, frame);

	client->seq += (uint32_t)bytes;
	if ((flags & (STACK_FRAME_SYN | STACK_FRAME_FIN)) != 0)
		client->seq++;
	fake_inject(stack, frame, size);
}

void fake_see(struct fake_client *client)
{
	client->ack = fake_last.seq + (uint32_t)fake_last.payload_bytes;
	if ((fake_last.frame.tcp_flags & (STACK_FRAME_SYN | STACK_FRAME_FIN)) != 0)
		client->ack++;
}

void fake_connect(struct stack *stack, struct fake_client *client)
{
	client->window = 65535;
	fake_send(stack, client, STACK_FRAME_SYN, NULL, 0);
	fake_see(client);
	fake_send(stack, client, STACK_FRAME_ACK, NULL, 0);
}

void stack_link_describe(struct stack *stack)
{
	memcpy(stack->netif.hwaddr, our_mac, 6);
	stack->netif.hwaddr_len = 6;
	stack->netif.mtu = 1500;
}

unsigned stack_link_poll(struct stack *stack)
{
	(void)stack;
	return 0;
}

void stack_link_flush(struct stack *stack)
{
	(void)stack;
}

bool stack_link_is_up(struct stack *stack)
{
	(void)stack;
	return true;
}
