/* libs: wire */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/wire/codec.c"
#include "wire_reason.h"

/*
 * Any bytes as any packet: the first byte picks version, direction and lenience, the rest is a
 * stream of packets. What decodes is encoded again, and must decode to the same: in what it means,
 * and in what it is encoded to.
 */
enum { ENCODED_MAX = 1 << 20, TEXT_MAX = 4 << 20 };

static uint8_t once[ENCODED_MAX], twice[ENCODED_MAX];
static char text[TEXT_MAX], text_again[TEXT_MAX];

static void check(bool is_right, const char *what)
{
	if (!is_right) {
		fprintf(stderr, "fuzz_wire: %s\n", what);
		abort();
	}
}

static void same_again(struct wire_rules rules, const uint8_t *packet, size_t bytes)
{
	struct codec codec, again;

	int used = codec_decode(&codec, rules, packet, bytes);
	check(used <= (int)bytes, "uses more than there is");
	check(used >= 0 || wire_error_reason(used) >= 0x80, "an error without a reason");
	if (used < 0 && packet[0] >> 4 == WIRE_CONNECT) {
		int reason = wire_connect_refusal(&codec.as.connect, used);

		check(reason == -1 || wire_reason_is_allowed(
					      WIRE_CONNACK, WIRE_FROM_SERVER, (uint8_t)reason),
			"a refusal that CONNACK cannot carry");
	}
	if (used <= 0)
		return;
	int once_bytes = codec_encode(once, sizeof(once), &codec);
	check(once_bytes > 0, "decodes but does not encode");
	size_t text_bytes = codec_print(text, sizeof(text), &codec);
	check(codec_decode(&again, rules, once, (size_t)once_bytes) == once_bytes,
		"encoded bytes do not decode");
	check(codec_print(text_again, sizeof(text_again), &again) == text_bytes &&
			memcmp(text, text_again, text_bytes) == 0,
		"means something else after a round trip");
	int twice_bytes = codec_encode(twice, sizeof(twice), &again);
	check(twice_bytes == once_bytes && memcmp(once, twice, (size_t)once_bytes) == 0,
		"is encoded in two ways");
	check(codec_encode(once, (size_t)once_bytes - 1, &again) == -WIRE_E_BUFFER,
		"fits into less than it needs");
}

/* The functions on text, with all of the input. */
static void text_check(const uint8_t *data, size_t bytes)
{
	struct wire_str all = {data, (uint32_t)bytes};
	struct wire_filter filter;
	int error = wire_utf8_check(all, 0);

	check(error != 0 || wire_utf8_is_valid(all), "valid when strict, not when lenient");
	check(error != 0 || wire_utf8_is_payload(data, bytes), "valid as text, not as payload");
	if (wire_topic_check(all, 0, 0) == 0) {
		check(error == 0, "a topic name that is not UTF-8");
		check(wire_topic_matches(all, all), "a topic name does not match itself");
		check(wire_filter_parse(&filter, all, 0) == 0 || data[0] == '$',
			"a topic name is no filter");
		check(filter.error != 0 || !filter.has_wildcard, "a topic name has a wildcard");
	} else if (wire_filter_parse(&filter, all, 0) == 0 && error == 0) {
		check(filter.has_wildcard || filter.share.data != NULL,
			"a filter without wildcard is no topic name");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	if (bytes == 0 || bytes > ENCODED_MAX / 8)
		return 0;
	struct wire_rules rules = {
		.version = (uint8_t)(WIRE_V31 + data[0] % 3),
		.from = data[0] >> 4 & 1,
		.lenient = data[0] >> 5 & 3,
	};
	/* Each packet in memory of its own size, so that ASan sees a read past its end. */
	for (size_t at = 1; at < bytes;) {
		struct wire_frame frame;
		int packet_bytes = wire_frame_peek(data + at, bytes - at, &frame);
		size_t take = packet_bytes > 0 && (size_t)packet_bytes < bytes - at
				      ? (size_t)packet_bytes
				      : bytes - at;
		uint8_t *packet = malloc(take);

		if (packet == NULL)
			return 0;
		memcpy(packet, data + at, take);
		same_again(rules, packet, take);
		free(packet);
		at += take;
	}
	text_check(data + 1, bytes - 1);
	return 0;
}
