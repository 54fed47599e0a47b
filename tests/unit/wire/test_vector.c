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
 * Golden vectors: what each packet means, and that it is encoded to the same bytes again. `once` marks forms that
 * are accepted but not emitted: they are encoded to other bytes that mean the same.
 */
enum { C = WIRE_FROM_CLIENT, S = WIRE_FROM_SERVER, BYTES_MAX = 512, TEXT_MAX = 4096 };

struct vector {
	const char *id; /* statement or section of the standard */
	uint8_t version, from;
	const char *bytes;
	const char *meaning;
	bool once;
};

/* clang-format off */
static const struct vector vectors[] = {
/* CONNECT */
{"3.1: 3.1", 3, C, "10[ <'MQIsdp'> 03 02 003c <'c'> ]", "CONNECT v3 clean keepalive=60 id=c", false},
{"3.1: 3.1, 23 characters", 3, C, "10[ <'MQIsdp'> 03 00 0000 <'abcdefghijklmnopqrstuvw'> ]",
	"CONNECT v3 keepalive=0 id=abcdefghijklmnopqrstuvw", false},
{"3.1: 3.1, user name flag without user name", 3, C, "10[ <'MQIsdp'> 03 c2 0000 <'c'> ]",
	"CONNECT v3 clean keepalive=0 id=c", true},
{"3.1: 3.1, password flag without password", 3, C, "10[ <'MQIsdp'> 03 c2 0000 <'c'> <'u'> ]",
	"CONNECT v3 clean keepalive=0 id=c user=u", true},
{"3.1: 3.1, will bits disregarded without a will", 3, C, "10[ <'MQIsdp'> 03 3b 0000 <'c'> ]",
	"CONNECT v3 clean keepalive=0 id=c", true},
{"bridge", 3, C, "10[ <'MQIsdp'> 83 02 003c <'c'> ]", "CONNECT v3 bridge clean keepalive=60 id=c", false},
{"3:3.1.2-1", 4, C, "10[ <'MQTT'> 04 02 003c <> ]", "CONNECT v4 clean keepalive=60 id=", false},
{"3:3.1.3-1", 4, C, "10[ <'MQTT'> 04 f4 ffff <'id'> <'w/t'> <'bye'> <'user'> <'pass'> ]",
	"CONNECT v4 keepalive=65535 id=id will[qos2 retain w/t=bye] user=user pass=pass", false},
{"3:3.1.3-1, will QoS 1", 4, C, "10[ <'MQTT'> 04 0e 0000 <> <'w'> <> ]",
	"CONNECT v4 clean keepalive=0 id= will[qos1 w=]", false},
{"bridge", 4, C, "10[ <'MQTT'> 84 00 003c <'c'> ]", "CONNECT v4 bridge keepalive=60 id=c", false},
{"5:3.1.2-1", 5, C, "10[ <'MQTT'> 05 00 0000 [] <> ]", "CONNECT v5 keepalive=0 id=", false},
{"5:3.1.2-21, password alone", 5, C, "10[ <'MQTT'> 05 40 0000 [] <> <0001> ]",
	"CONNECT v5 keepalive=0 id= pass=\\00\\01", false},
{"5:3.1.2.11", 5, C, "10[ <'MQTT'> 05 02 000a [ 11 00000078 15 <'M'> 16 <00ff> 17 00 19 01 21 0014 22 000a"
	" 26 <'k'> <'v'> 26 <'k'> <> 27 00001000 ] <'c'> ]", "CONNECT v5 clean keepalive=10 id=c {"
	" SESSION_EXPIRY=120 AUTH_METHOD=M AUTH_DATA=\\00\\ff REQUEST_PROBLEM=0 REQUEST_RESPONSE=1 RECEIVE_MAXIMUM=20"
	" TOPIC_ALIAS_MAXIMUM=10 k:v k: MAXIMUM_PACKET=4096 }", true},
{"5:3.1.3.2", 5, C, "10[ <'MQTT'> 05 26 0000 [] <'c'> [ 01 01 02 0000000a 03 <'t'> 08 <'r/t'> 09 <00> 18 00000005"
	" 26 <'a'> <'b'> ] <'w'> <'x'> ]", "CONNECT v5 clean keepalive=0 id=c will[qos0 retain w=x {"
	" PAYLOAD_FORMAT=1 MESSAGE_EXPIRY=10 CONTENT_TYPE=t RESPONSE_TOPIC=r/t CORRELATION_DATA=\\00 WILL_DELAY=5 a:b }]", false},
{"5:1.5.4-3, a BOM stays", 5, C, "10[ <'MQTT'> 05 02 0000 [] <efbbbf 'x'> ]",
	"CONNECT v5 clean keepalive=0 id=\\ef\\bb\\bfx", false},
/* CONNACK */
{"3.1: 3.2, no session present flag", 3, S, "20[ 01 00 ]", "CONNACK reason=00", true},
{"3.1: 3.2", 3, S, "20[ 00 05 ]", "CONNACK reason=05", false},
{"3:3.2.2-2", 4, S, "20[ 01 00 ]", "CONNACK present reason=00", false},
{"3:3.2.2-4", 4, S, "20[ 00 02 ]", "CONNACK reason=02", false},
{"5:3.2.2", 5, S, "20[ 00 00 [] ]", "CONNACK reason=00", false},
{"5:3.2.2.2", 5, S, "20[ 00 87 [ 1f <'no'> ] ]", "CONNACK reason=87 { REASON_STRING=no }", false},
{"5:3.2.2.3", 5, S, "20[ 01 00 [ 11 00000001 12 <'id'> 13 001e 15 <'m'> 16 <01> 1a <'i'> 1c <'s'> 1f <'r'>"
	" 21 0001 22 0002 24 01 25 00 27 00010000 28 01 29 00 2a 01 26 <'k'> <'v'> ] ]",
	"CONNACK present reason=00 { SESSION_EXPIRY=1 ASSIGNED_CLIENT_ID=id SERVER_KEEPALIVE=30 AUTH_METHOD=m"
	" AUTH_DATA=\\01 RESPONSE_INFO=i SERVER_REFERENCE=s REASON_STRING=r RECEIVE_MAXIMUM=1 TOPIC_ALIAS_MAXIMUM=2"
	" MAXIMUM_QOS=1 RETAIN_AVAILABLE=0 k:v MAXIMUM_PACKET=65536 WILDCARD_AVAILABLE=1"
	" SUBSCRIPTION_ID_AVAILABLE=0 SHARED_AVAILABLE=1 }", false},
/* PUBLISH */
{"3.1: 3.3", 3, C, "30[ <'a/b'> 'hello' ]", "PUBLISH qos0 id=0 topic=a/b payload=hello", false},
{"3:2.3.1-5, no identifier with QoS 0", 4, C, "31[ <'a'> ]", "PUBLISH qos0 retain id=0 topic=a payload=", false},
{"3:3.3.1.1", 4, C, "3a[ <'a'> 0001 'x' ]", "PUBLISH qos1 dup id=1 topic=a payload=x", false},
{"3:3.3.1.2", 4, S, "34[ <'a'> ffff 00 ]", "PUBLISH qos2 id=65535 topic=a payload=\\00", false},
{"3:4.7.3-1", 4, S, "30[ <'/'> ]", "PUBLISH qos0 id=0 topic=/ payload=", false},
{"5:3.3.2", 5, C, "30[ <'a/b'> [] 'x' ]", "PUBLISH qos0 id=0 topic=a/b payload=x", false},
{"5:3.3.2-8, alias stands for the topic", 5, C, "32[ <> 000a [ 23 0001 ] 'x' ]",
	"PUBLISH qos1 id=10 topic= payload=x { TOPIC_ALIAS=1 }", false},
{"5:3.3.2.3", 5, C, "3d[ <'a'> 0007 [ 02 0000003c 23 0002 01 01 03 <'t'> 08 <'r'> 09 <00> 26 <'k'> <'v'>"
	" 26 <'k'> <'v'> ] 'x' ]", "PUBLISH qos2 dup retain id=7 topic=a payload=x { PAYLOAD_FORMAT=1 MESSAGE_EXPIRY=60"
	" CONTENT_TYPE=t RESPONSE_TOPIC=r CORRELATION_DATA=\\00 TOPIC_ALIAS=2 k:v k:v }", false},
{"5:3.3.4-4, several subscription identifiers", 5, S, "30[ <'a'> [ 0b 01 0b 8001 0b ffffff7f ] ]",
	"PUBLISH qos0 id=0 topic=a payload= { SUBSCRIPTION_ID=1 SUBSCRIPTION_ID=128 SUBSCRIPTION_ID=268435455 }", false},
{"5:4.7.2, $ topics are the server's matter", 5, C, "30[ <'$SYS/x'> [] ]",
	"PUBLISH qos0 id=0 topic=$SYS/x payload=", false},
/* PUBACK, PUBREC, PUBREL, PUBCOMP */
{"3.1: 3.4", 3, C, "40[ 0001 ]", "PUBACK id=1 reason=00", false},
{"3.1: 3.6, sent again", 3, C, "6a[ 0001 ]", "PUBREL id=1 reason=00", true},
{"3:3.4", 4, S, "40[ ffff ]", "PUBACK id=65535 reason=00", false},
{"3:3.5", 4, C, "50[ 0002 ]", "PUBREC id=2 reason=00", false},
{"3:3.6.1-1", 4, C, "62[ 0002 ]", "PUBREL id=2 reason=00", false},
{"3:3.7", 4, S, "70[ 0002 ]", "PUBCOMP id=2 reason=00", false},
{"5:3.4.2.1, length 2", 5, C, "40[ 0001 ]", "PUBACK id=1 reason=00", false},
{"5:3.4.2.1, length 3", 5, C, "40[ 0001 10 ]", "PUBACK id=1 reason=10", false},
{"5:3.4.2.1, longer than it must be", 5, C, "40[ 0001 00 ]", "PUBACK id=1 reason=00", true},
{"5:3.4.2.2, empty properties", 5, C, "40[ 0001 87 [] ]", "PUBACK id=1 reason=87", true},
{"5:3.4.2.2", 5, S, "40[ 0001 00 [ 1f <'r'> 26 <'k'> <'v'> ] ]", "PUBACK id=1 reason=00 { REASON_STRING=r k:v }", false},
{"5:3.5.2", 5, S, "50[ 0001 97 ]", "PUBREC id=1 reason=97", false},
{"5:3.6.2", 5, C, "62[ 0001 92 ]", "PUBREL id=1 reason=92", false},
{"5:3.7.2", 5, S, "70[ 0001 92 [ 26 <> <> ] ]", "PUBCOMP id=1 reason=92 { : }", false},
/* SUBSCRIBE */
{"3.1: 3.8", 3, C, "82[ 0001 <'a'> 01 <'b'> 02 ]", "SUBSCRIBE id=1 [a qos1 rh0] [b qos2 rh0]", false},
{"3.1: 3.8, upper bits not used, sent again", 3, C, "8a[ 0001 <'a'> fd ]", "SUBSCRIBE id=1 [a qos1 rh0]", true},
{"3:3.8.3-2", 4, C, "82[ 0001 <'#'> 00 ]", "SUBSCRIBE id=1 [# qos0 rh0]", false},
{"5:3.8.3.1", 5, C, "82[ 000a [ 0b ffff7f 26 <'k'> <'v'> ] <'a/+/#'> 2e <'$share/g/a'> 11 ]",
	"SUBSCRIBE id=10 { SUBSCRIPTION_ID=2097151 k:v } [a/+/# qos2 nl rap rh2] [$share/g/a share=g qos1 rh1]", false},
{"5:4.7.1-1, a bad filter is answered in SUBACK", 5, C, "82[ 0001 [] <'a#'> 00 <> 01 ]",
	"SUBSCRIBE id=1 [a# error=FILTER_HASH qos0 rh0] [ error=FILTER_EMPTY qos1 rh0]", false},
/* SUBACK */
{"3.1: 3.9", 3, S, "90[ 0001 00 01 02 ]", "SUBACK id=1 codes=00,01,02", false},
{"3:3.9.3-2", 4, S, "90[ 0001 02 80 ]", "SUBACK id=1 codes=02,80", false},
{"5:3.9.3", 5, S, "90[ 0001 [ 1f <'r'> ] 00 01 02 80 83 87 8f 91 97 9e a1 a2 ]",
	"SUBACK id=1 codes=00,01,02,80,83,87,8f,91,97,9e,a1,a2 { REASON_STRING=r }", false},
/* UNSUBSCRIBE, UNSUBACK */
{"3.1: 3.10", 3, C, "a2[ 0001 <'a'> ]", "UNSUBSCRIBE id=1 [a]", false},
{"3:3.10.3-2", 4, C, "a2[ 0001 <'a'> <'b/#'> ]", "UNSUBSCRIBE id=1 [a] [b/#]", false},
{"5:3.10.3", 5, C, "a2[ 0001 [ 26 <'k'> <'v'> ] <'$queue/a'> ]",
	"UNSUBSCRIBE id=1 { k:v } [$queue/a share=$queue]", false},
{"3.1: 3.11", 3, S, "b0[ 0001 ]", "UNSUBACK id=1", false},
{"3:3.10.4-5", 4, S, "b0[ 0001 ]", "UNSUBACK id=1", false},
{"5:3.11.3", 5, S, "b0[ 0001 [] 00 11 80 83 87 8f 91 ]", "UNSUBACK id=1 codes=00,11,80,83,87,8f,91", false},
/* PINGREQ, PINGRESP */
{"3.1: 3.12", 3, C, "c0[]", "PINGREQ", false},
{"3:3.12", 4, C, "c0[]", "PINGREQ", false},
{"5:3.12", 5, C, "c0[]", "PINGREQ", false},
{"3:3.13", 4, S, "d0[]", "PINGRESP", false},
{"5:3.13", 5, S, "d0[]", "PINGRESP", false},
/* DISCONNECT */
{"3.1: 3.14", 3, C, "e0[]", "DISCONNECT reason=00", false},
{"3:3.14", 4, C, "e0[]", "DISCONNECT reason=00", false},
{"5:3.14.2.1, length 0", 5, C, "e0[]", "DISCONNECT reason=00", false},
{"5:3.14.2.1, length 1", 5, C, "e0[ 04 ]", "DISCONNECT reason=04", false},
{"5:3.14.2.2.1, length 2", 5, C, "e0[ 04 [] ]", "DISCONNECT reason=04", true},
{"5:3.14.2.2", 5, C, "e0[ 00 [ 11 ffffffff 1f <'r'> 26 <'k'> <'v'> ] ]",
	"DISCONNECT reason=00 { SESSION_EXPIRY=4294967295 REASON_STRING=r k:v }", false},
{"5:3.14.2.2.5", 5, S, "e0[ 9d [ 1c <'other:1883'> ] ]", "DISCONNECT reason=9d { SERVER_REFERENCE=other:1883 }", false},
{"5:3.14.2.1", 5, S, "e0[ 8e ]", "DISCONNECT reason=8e", false},
/* AUTH */
{"5:3.15.2", 5, C, "f0[ 18 [ 15 <'M'> 16 <01 02> ] ]", "AUTH reason=18 { AUTH_METHOD=M AUTH_DATA=\\01\\02 }", false},
{"5:4.12.1", 5, C, "f0[ 19 [ 15 <'M'> ] ]", "AUTH reason=19 { AUTH_METHOD=M }", false},
{"5:3.15.2.1, length 0", 5, S, "f0[]", "AUTH reason=00", false},
{"5:3.15.2.2", 5, S, "f0[ 00 [ 15 <'M'> 1f <'r'> 26 <'k'> <'v'> ] ]",
	"AUTH reason=00 { AUTH_METHOD=M REASON_STRING=r k:v }", false},
};
/* clang-format on */

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
