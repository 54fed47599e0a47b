#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codec.h"
#include "guard.h"
#include "wire_error.h"

/*
 * Golden vectors (tests/golden/wire): what each packet means, and that it is encoded to the same
 * bytes again.
 */
enum { C = WIRE_FROM_CLIENT, S = WIRE_FROM_SERVER, BYTES_MAX = 512, TEXT_MAX = 4096 };

struct vector {
	const char *id, *bytes, *meaning;
	uint8_t version, from;
	bool once;
};

static const struct vector vectors[] = {
#define VECTOR(statement, level, sender, text, means, is_once)                                     \
	{.id = (statement),                                                                        \
		.bytes = (text),                                                                   \
		.meaning = (means),                                                                \
		.version = (level),                                                                \
		.from = (sender),                                                                  \
		.once = (is_once)},
#include "../../golden/wire/vectors.def"
#undef VECTOR
};

enum { VECTORS = sizeof(vectors) / sizeof(vectors[0]) };

static struct wire_rules rules_of(const struct vector *v)
{
	return (struct wire_rules){.version = v->version, .from = v->from};
}

/* Decodes `bytes` bytes right before the guard page. */
static int decode_text(struct guard *guard, const struct vector *v, const uint8_t *packet,
	size_t bytes, char *text)
{
	struct codec codec;
	int result = codec_decode(&codec, rules_of(v), guard_place(guard, packet, bytes), bytes);

	if (result > 0)
		codec_print(text, TEXT_MAX, &codec);
	return result;
}

static void each_means_what_it_says(void **state)
{
	char text[TEXT_MAX];
	uint8_t packet[BYTES_MAX];

	for (size_t i = 0; i < VECTORS; i++) {
		size_t bytes = codec_bytes(packet, sizeof(packet), vectors[i].bytes);
		int result = decode_text(*state, &vectors[i], packet, bytes, text);

		if (result != (int)bytes)
			fail_msg("%s (%s): %d %s", vectors[i].id, vectors[i].bytes, result,
				wire_error_text(result));
		assert_string_equal(text, vectors[i].meaning);
	}
}

static void bytes_after_it_are_left_alone(void **state)
{
	char text[TEXT_MAX];
	uint8_t packet[BYTES_MAX + 3];

	for (size_t i = 0; i < VECTORS; i++) {
		size_t bytes = codec_bytes(packet, BYTES_MAX, vectors[i].bytes);

		memset(packet + bytes, 0xFF, 3);
		assert_int_equal(decode_text(*state, &vectors[i], packet, bytes + 3, text), bytes);
		assert_string_equal(text, vectors[i].meaning);
	}
}

static void each_prefix_needs_more(void **state)
{
	char text[TEXT_MAX];
	uint8_t packet[BYTES_MAX];

	for (size_t i = 0; i < VECTORS; i++) {
		size_t bytes = codec_bytes(packet, sizeof(packet), vectors[i].bytes);

		for (size_t n = 0; n < bytes; n++)
			assert_int_equal(decode_text(*state, &vectors[i], packet, n, text), 0);
	}
}

/* With the remaining length shortened to what is there, a prefix is a fault or a shorter packet, never more. */
static void each_cut_packet_is_whole_or_a_fault(void **state)
{
	char text[TEXT_MAX];
	uint8_t packet[BYTES_MAX];
	unsigned faults = 0;

	for (size_t i = 0; i < VECTORS; i++) {
		size_t bytes = codec_bytes(packet, sizeof(packet), vectors[i].bytes);

		for (size_t n = 2; n < bytes; n++) {
			packet[1] = (uint8_t)(n - 2);
			int result = decode_text(*state, &vectors[i], packet, n, text);

			assert_true(result < 0 || result == (int)n);
			faults += result < 0;
		}
	}
	assert_true(faults > VECTORS);
}

static void each_is_encoded_to_the_same_bytes(void **state)
{
	char text[TEXT_MAX];
	uint8_t packet[BYTES_MAX], again[BYTES_MAX];
	struct codec codec;

	for (size_t i = 0; i < VECTORS; i++) {
		const struct vector *v = &vectors[i];
		size_t bytes = codec_bytes(packet, sizeof(packet), v->bytes);

		assert_true(codec_decode(&codec, rules_of(v), packet, bytes) > 0);
		int again_bytes = codec_encode(again, sizeof(again), &codec);
		if (again_bytes <= 0)
			fail_msg("%s: %s", v->id, wire_error_text(again_bytes));
		bool is_same = again_bytes == (int)bytes && memcmp(packet, again, bytes) == 0;
		if (is_same == v->once)
			fail_msg("%s (%s): %s", v->id, v->bytes, v->once ? "same" : "differs");
		assert_int_equal(
			decode_text(*state, v, again, (size_t)again_bytes, text), again_bytes);
		assert_string_equal(text, v->meaning);
	}
}

static void each_buffer_that_is_too_small_is_refused(void **state)
{
	uint8_t packet[BYTES_MAX];
	struct codec codec;

	for (size_t i = 0; i < VECTORS; i++) {
		size_t bytes = codec_bytes(packet, sizeof(packet), vectors[i].bytes);

		assert_true(codec_decode(&codec, rules_of(&vectors[i]), packet, bytes) > 0);
		uint8_t *full = guard_place(*state, NULL, BYTES_MAX);
		int need = codec_encode(full, BYTES_MAX, &codec);
		for (size_t n = 0; n < (size_t)need; n++)
			assert_int_equal(codec_encode(guard_place(*state, NULL, n), n, &codec),
				-WIRE_E_BUFFER);
		assert_int_equal(
			codec_encode(guard_place(*state, NULL, (size_t)need), (size_t)need, &codec),
			need);
	}
}

/* The header of a PUBLISH is known before its payload is there. */
static void publish_header_comes_before_the_payload(void **state)
{
	uint8_t packet[BYTES_MAX];
	struct wire_publish whole, part;

	for (size_t i = 0; i < VECTORS; i++) {
		size_t bytes = codec_bytes(packet, sizeof(packet), vectors[i].bytes);
		struct wire_rules rules = rules_of(&vectors[i]);

		if (packet[0] >> 4 != WIRE_PUBLISH)
			continue;
		assert_int_equal(wire_publish_decode(&whole, rules, packet, bytes), bytes);
		assert_int_equal(whole.header_bytes + whole.payload_bytes, bytes);
		for (size_t n = 0; n <= bytes; n++) {
			int want = n < whole.header_bytes ? 0 : (int)whole.header_bytes;

			assert_int_equal(wire_publish_header_decode(
						 &part, rules, guard_place(*state, packet, n), n),
				want);
			if (want > 0)
				assert_int_equal(part.payload_bytes, whole.payload_bytes);
		}
	}
}

/* Every packet type of every version, both ways, has a vector. */
static void all_packets_have_a_vector(void **state)
{
	uint8_t packet[BYTES_MAX];
	bool has[6][16] = {{false}};

	(void)state;
	for (size_t i = 0; i < VECTORS; i++) {
		codec_bytes(packet, sizeof(packet), vectors[i].bytes);
		has[vectors[i].version][packet[0] >> 4] = true;
	}
	for (unsigned type = WIRE_CONNECT; type <= WIRE_AUTH; type++) {
		assert_true(has[WIRE_V5][type]);
		assert_true(has[WIRE_V311][type] || type == WIRE_AUTH);
	}
}

static int setup(void **state)
{
	*state = guard_new(BYTES_MAX + 3);
	return 0;
}

static int teardown(void **state)
{
	guard_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_means_what_it_says),
		cmocka_unit_test(bytes_after_it_are_left_alone),
		cmocka_unit_test(each_prefix_needs_more),
		cmocka_unit_test(each_cut_packet_is_whole_or_a_fault),
		cmocka_unit_test(each_is_encoded_to_the_same_bytes),
		cmocka_unit_test(each_buffer_that_is_too_small_is_refused),
		cmocka_unit_test(publish_header_comes_before_the_payload),
		cmocka_unit_test(all_packets_have_a_vector),
	};

	return cmocka_run_group_tests_name("wire vectors", tests, setup, teardown);
}
