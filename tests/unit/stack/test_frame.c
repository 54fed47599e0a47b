#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base_hash.h"
#include "fake_user.h"
#include "stack_addr.h"

/* Frames as bytes, and the stack against frames that are broken. */

static const uint64_t seed[2] = {3, 4};

static size_t build(uint8_t family, uint8_t frame[FAKE_FRAME_SIZE], size_t payload_bytes)
{
	static const uint8_t payload[256] = {1, 2, 3};
	struct fake_client client = {
		.family = family, .number = 77, .seq = 0x01020304, .window = 5};

	return fake_build(&client, STACK_FRAME_SYN, payload, payload_bytes, frame);
}

static const uint8_t families[] = {STACK_FAMILY_IPV4, STACK_FAMILY_IPV6};

static void finds_the_segment(void **state)
{
	uint8_t data[FAKE_FRAME_SIZE];
	struct stack_frame frame;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		size_t bytes = build(families[i], data, 100);

		assert_int_equal(stack_frame_parse(&frame, data, bytes + 6), 0); /* padding */
		assert_int_equal(frame.family, families[i]);
		assert_int_equal(frame.protocol, 6);
		assert_int_equal(frame.l4_bytes, 120);
		assert_int_equal(frame.tcp_flags, STACK_FRAME_SYN);
		assert_int_equal(frame.source_port, 1024 + 77);
		assert_int_equal(frame.destination_port, FAKE_LISTEN_PORT);
		assert_int_equal(frame.sequence, 0x01020304);
		assert_true(fake_is_sealed(&frame, data));
	}
}

static void every_prefix_is_malformed(void **state)
{
	uint8_t data[FAKE_FRAME_SIZE];
	struct stack_frame frame;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		size_t bytes = build(families[i], data, 100);

		for (size_t size = 0; size < bytes; size++) {
			uint8_t *exact = malloc(size + 1); /* ASan sees what is read beyond */

			assert_non_null(exact);
			memcpy(exact, data, size);
			assert_true(stack_frame_parse(&frame, exact, size) < 0);
			free(exact);
		}
	}
}

static void every_wrong_bit_is_seen(void **state)
{
	uint8_t data[FAKE_FRAME_SIZE];
	struct stack_frame frame;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		size_t bytes = build(families[i], data, 31);
		size_t from = families[i] == STACK_FAMILY_IPV4 ? 14 : 14 + 8; /* what sums cover */

		for (size_t bit = from * 8; bit < bytes * 8; bit++) {
			data[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_true(stack_frame_parse(&frame, data, bytes) < 0 ||
				    !fake_is_sealed(&frame, data));
			data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}

static void hash_depends_on_the_tuple(void **state)
{
	struct fake_client client = {.number = 5};
	uint8_t data[FAKE_FRAME_SIZE];
	struct stack_frame frame;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		size_t bytes;
		uint64_t hash;

		client.family = families[i];
		bytes = fake_build(&client, STACK_FRAME_ACK, "x", 1, data);
		assert_int_equal(stack_frame_parse(&frame, data, bytes), 0);
		hash = stack_frame_hash(&frame, data, seed);
		client.seq = 99;
		bytes = fake_build(&client, STACK_FRAME_FIN, NULL, 0, data);
		assert_int_equal(stack_frame_parse(&frame, data, bytes), 0);
		assert_true(stack_frame_hash(&frame, data, seed) == hash);
		for (uint32_t number = 6; number < 1000000; number += 4999) {
			struct fake_client other = {.family = families[i], .number = number};

			bytes = fake_build(&other, STACK_FRAME_ACK, NULL, 0, data);
			assert_int_equal(stack_frame_parse(&frame, data, bytes), 0);
			assert_true(stack_frame_hash(&frame, data, seed) != hash);
		}
	}
}

/* With offload the field holds what the device expects: the sum of the pseudo-header, not complemented. */
static void offload_gets_the_pseudo_header(void **state)
{
	const struct stack_frame_offload offload = {.ipv4 = true, .tcp = true};
	uint8_t data[FAKE_FRAME_SIZE];
	struct stack_frame frame;
	size_t bytes = build(STACK_FAMILY_IPV4, data, 1);
	uint32_t sum = 0;

	(void)state;
	assert_int_equal(stack_frame_parse(&frame, data, bytes), 0);
	memset(data + 24, 0, 2);
	memset(data + frame.checksum_offset, 0, 2);
	stack_frame_checksum_write(&frame, data, &offload);
	assert_int_equal(data[24] | data[25], 0);
	for (size_t i = 26; i < 34; i += 2)
		sum += (uint32_t)data[i] << 8 | data[i + 1];
	sum += 6 + 21;
	sum = (sum & 0xffff) + (sum >> 16);
	assert_int_equal(data[frame.checksum_offset] << 8 | data[frame.checksum_offset + 1], sum);
}

/* Extension headers before TCP: found, unless they change the tuple or hide it. */
static void ipv6_extensions(void **state)
{
	static const struct {
		uint8_t header;
		int status;
	} cases[] = {{0, 0}, {60, 0}, {43, -1}, {44, -1}};
	uint8_t plain[FAKE_FRAME_SIZE], data[FAKE_FRAME_SIZE];
	size_t bytes = build(STACK_FAMILY_IPV6, plain, 4);
	struct stack_frame frame;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memcpy(data, plain, 54);
		memset(data + 54, 0, 8);
		memcpy(data + 62, plain + 54, bytes - 54);
		data[19] = (uint8_t)(data[19] + 8);
		data[20] = cases[i].header;
		data[54] = 6;
		assert_int_equal(
			stack_frame_parse(&frame, data, bytes + 8) < 0, cases[i].status < 0);
		if (cases[i].status == 0) {
			assert_int_equal(frame.destination_port, FAKE_LISTEN_PORT);
			data[55] = 255; /* longer than the packet */
			assert_true(stack_frame_parse(&frame, data, bytes + 8) < 0);
		}
	}
}

/* Random damage under right checksums reaches lwIP; connections beside it go on. */
static void broken_packets(void **state)
{
	struct fake_client good = {.family = STACK_FAMILY_IPV4, .number = 1}, bad;
	static const uint8_t noise[64] = {0xff, 0, 0x55};
	uint8_t data[FAKE_FRAME_SIZE];

	(void)state;
	fake_connect(fake_stack, &good);
	for (uint64_t round = 0; round < 20000; round++) {
		uint64_t draw = base_hash_u64(round, 42);
		size_t bytes, changes = 1 + draw % 4;

		bad = (struct fake_client){
			.family = families[draw >> 8 & 1],
			.number = (uint32_t)(2 + (draw >> 16) % 3),
			.seq = (uint32_t)(draw >> 32),
			.ack = fake_last.seq + 1,
			.window = (uint16_t)draw,
		};
		bytes = fake_build(&bad, (unsigned)(draw >> 24 & 0x3f), noise, draw % 60, data);
		for (size_t i = 0; i < changes; i++) {
			uint64_t where = base_hash_u64(round * 4 + i, 43);

			data[12 + where % (bytes - 12)] = (uint8_t)(where >> 32);
		}
		fake_seal(data, bytes);
		fake_inject(fake_stack, data, bytes - (draw >> 40) % 3);
		if (round % 64 == 0)
			fake_wait(10);
	}
	fake_send(fake_stack, &good, STACK_FRAME_ACK, "alive", 5);
	assert_int_equal(fake_users[0].data_bytes, 5);
	assert_true(stack_counters(fake_stack)->rx_malformed > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_segment),
		cmocka_unit_test(every_prefix_is_malformed),
		cmocka_unit_test(every_wrong_bit_is_seen),
		cmocka_unit_test(hash_depends_on_the_tuple),
		cmocka_unit_test(offload_gets_the_pseudo_header),
		cmocka_unit_test(ipv6_extensions),
		cmocka_unit_test_setup_teardown(broken_packets, fake_setup, fake_teardown),
	};

	return cmocka_run_group_tests_name("stack_frame", tests, NULL, NULL);
}
