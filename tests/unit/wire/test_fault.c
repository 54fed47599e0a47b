#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec.h"
#include "guard.h"
#include "wire_error.h"

/*
 * What is refused, and how. `answer` is what a CONNECT is answered with: a reason for CONNACK, or
 * CLOSE for none. Other packets have NONE there.
 */
enum { C = WIRE_FROM_CLIENT, S = WIRE_FROM_SERVER, BYTES_MAX = 512, CLOSE = -1, NONE = -2 };

struct fault {
	const char *id;
	uint8_t version, from;
	const char *bytes;
	enum wire_error error;
	uint8_t reason;
	int answer;
};

/* clang-format off */
static const struct fault faults[] = {
/* The fixed header */
{"5:2.1.2, type 0", 5, C, "00[]", WIRE_E_TYPE, 0x81, NONE},
{"3:2.2.1, type 15", 4, C, "f0[]", WIRE_E_TYPE, 0x81, NONE},
{"5:1.5.5-1, not minimal", 5, C, "c0 8000", WIRE_E_LENGTH, 0x81, NONE},
{"5:1.5.5, five bytes", 5, C, "30 ffffffff7f", WIRE_E_LENGTH, 0x81, NONE},
{"5:2.1.3-1, PUBREL 0", 5, C, "60[ 0001 ]", WIRE_E_FLAGS, 0x81, NONE},
{"3:3.6.1-1, PUBREL DUP", 4, C, "6a[ 0001 ]", WIRE_E_FLAGS, 0x81, NONE},
{"5:3.8.1-1", 5, C, "80[ 0001 [] <'a'> 00 ]", WIRE_E_FLAGS, 0x81, NONE},
{"3:3.8.1-1", 4, C, "8a[ 0001 <'a'> 00 ]", WIRE_E_FLAGS, 0x81, NONE},
{"3.1: SUBSCRIBE has QoS 1", 3, C, "80[ 0001 <'a'> 00 ]", WIRE_E_FLAGS, 0x81, NONE},
{"5:3.10.1-1", 5, C, "a3[ 0001 [] <'a'> ]", WIRE_E_FLAGS, 0x81, NONE},
{"5:3.14.1-1", 5, C, "e1[]", WIRE_E_FLAGS, 0x81, NONE},
{"5:3.15.1-1", 5, C, "f2[ 18 [ 15 <'M'> ] ]", WIRE_E_FLAGS, 0x81, NONE},
{"5:2.1.3-1, PUBACK", 5, C, "42[ 0001 ]", WIRE_E_FLAGS, 0x81, NONE},
{"5:2.1.3-1, PINGREQ", 5, C, "c8[]", WIRE_E_FLAGS, 0x81, NONE},
{"5:3.3.1-4, QoS 3", 5, C, "36[ <'a'> 0001 [] ]", WIRE_E_PUBLISH_QOS, 0x81, NONE},
{"5:3.3.1-2, DUP with QoS 0", 5, C, "38[ <'a'> [] ]", WIRE_E_PUBLISH_DUP, 0x81, NONE},
{"2.1.2, CONNACK from a client", 5, C, "20[ 00 00 [] ]", WIRE_E_DIRECTION, 0x82, NONE},
{"2.1.2, SUBSCRIBE from a server", 5, S, "82[ 0001 [] <'a'> 00 ]", WIRE_E_DIRECTION, 0x82, NONE},
{"2.1.2, PINGREQ from a server", 4, S, "c0[]", WIRE_E_DIRECTION, 0x82, NONE},
{"3:4.8.0-1, DISCONNECT from a server", 4, S, "e0[]", WIRE_E_DIRECTION, 0x82, NONE},
{"PINGREQ has no body", 5, C, "c0[ 00 ]", WIRE_E_TRAILING, 0x81, NONE},
/* CONNECT */
{"3:3.1.2-1", 4, C, "10[ <'MQTX'> 04 02 0000 <'c'> ]", WIRE_E_PROTOCOL_NAME, 0x84, CLOSE},
{"3:3.1.2-1, case", 4, C, "10[ <'mqtt'> 04 02 0000 <'c'> ]", WIRE_E_PROTOCOL_NAME, 0x84, CLOSE},
{"3:3.1.2-2, level 3", 4, C, "10[ <'MQTT'> 03 02 0000 <'c'> ]", WIRE_E_PROTOCOL_LEVEL, 0x84, 0x84},
{"3:3.1.2-2, MQIsdp 4", 4, C, "10[ <'MQIsdp'> 04 02 0000 <'c'> ]", WIRE_E_PROTOCOL_LEVEL, 0x84, 0x84},
{"5:3.1.2-2, level 6", 5, C, "10[ <'MQTT'> 06 02 0000 [] <'c'> ]", WIRE_E_PROTOCOL_LEVEL, 0x84, 0x84},
{"3:3.1.4-1, too short for a level", 4, C, "10[ <'MQTT'> ]", WIRE_E_SHORT, 0x81, CLOSE},
{"3:3.1.2-3", 4, C, "10[ <'MQTT'> 04 03 0000 <'c'> ]", WIRE_E_CONNECT_FLAGS, 0x81, CLOSE},
{"5:3.1.2-3", 5, C, "10[ <'MQTT'> 05 03 0000 [] <'c'> ]", WIRE_E_CONNECT_FLAGS, 0x81, 0x81},
{"5:3.1.2-11", 5, C, "10[ <'MQTT'> 05 0a 0000 [] <'c'> ]", WIRE_E_WILL_FLAGS, 0x81, 0x81},
{"5:3.1.2-13", 5, C, "10[ <'MQTT'> 05 22 0000 [] <'c'> ]", WIRE_E_WILL_FLAGS, 0x81, 0x81},
{"3:3.1.2-13", 4, C, "10[ <'MQTT'> 04 0a 0000 <'c'> ]", WIRE_E_WILL_FLAGS, 0x81, CLOSE},
{"5:3.1.2-12", 5, C, "10[ <'MQTT'> 05 1e 0000 [] <'c'> [] <'w'> <> ]", WIRE_E_WILL_QOS, 0x81, 0x81},
{"3.1: will QoS 3", 3, C, "10[ <'MQIsdp'> 03 1e 0000 <'c'> <'w'> <> ]", WIRE_E_WILL_QOS, 0x81, CLOSE},
{"5:4.7.1-1, will topic", 5, C, "10[ <'MQTT'> 05 06 0000 [] <'c'> [] <'w/#'> <> ]", WIRE_E_WILL_TOPIC, 0x90, 0x90},
{"5:4.7.3-1, will topic", 5, C, "10[ <'MQTT'> 05 06 0000 [] <'c'> [] <> <> ]", WIRE_E_WILL_TOPIC, 0x90, 0x90},
{"3: will topic", 4, C, "10[ <'MQTT'> 04 06 0000 <'c'> <'+'> <> ]", WIRE_E_WILL_TOPIC, 0x90, CLOSE},
{"5:3.1.3-11", 5, C, "10[ <'MQTT'> 05 06 0000 [] <'c'> [] <c0af> <> ]", WIRE_E_UTF8, 0x81, 0x81},
{"3:3.1.2-22", 4, C, "10[ <'MQTT'> 04 42 0000 <'c'> <'p'> ]", WIRE_E_PASSWORD_ALONE, 0x81, CLOSE},
{"3.1: 3.1, password alone", 3, C, "10[ <'MQIsdp'> 03 42 0000 <'c'> <'p'> ]", WIRE_E_PASSWORD_ALONE, 0x81, CLOSE},
{"3:3.1.3-8", 4, C, "10[ <'MQTT'> 04 00 0000 <> ]", WIRE_E_CLIENT_ID, 0x85, 0x85},
{"3.1: 3.1, no identifier", 3, C, "10[ <'MQIsdp'> 03 02 0000 <> ]", WIRE_E_CLIENT_ID, 0x85, 0x85},
{"3.1: 3.1, 24 characters", 3, C, "10[ <'MQIsdp'> 03 02 0000 <'abcdefghijklmnopqrstuvwx'> ]",
	WIRE_E_CLIENT_ID, 0x85, 0x85},
{"5:3.1.3-4", 5, C, "10[ <'MQTT'> 05 02 0000 [] <eda080> ]", WIRE_E_UTF8, 0x81, 0x81},
{"5:3.1.3-12", 5, C, "10[ <'MQTT'> 05 82 0000 [] <'c'> <00> ]", WIRE_E_UTF8, 0x81, 0x81},
{"5:3.1.2-17, user name missing", 5, C, "10[ <'MQTT'> 05 82 0000 [] <'c'> ]", WIRE_E_SHORT, 0x81, 0x81},
{"3:3.1.2-19, user name missing", 4, C, "10[ <'MQTT'> 04 82 0000 <'c'> ]", WIRE_E_SHORT, 0x81, CLOSE},
{"5:3.1.2-16, user name without the flag", 5, C, "10[ <'MQTT'> 05 02 0000 [] <'c'> <'u'> ]",
	WIRE_E_TRAILING, 0x81, 0x81},
{"5:3.1.2.11.3, receive maximum 0", 5, C, "10[ <'MQTT'> 05 02 0000 [ 21 0000 ] <'c'> ]",
	WIRE_E_PROPERTY_VALUE, 0x82, 0x82},
{"5:3.1.2.11.4, maximum packet size 0", 5, C, "10[ <'MQTT'> 05 02 0000 [ 27 00000000 ] <'c'> ]",
	WIRE_E_PROPERTY_VALUE, 0x82, 0x82},
{"5:3.1.2.11.10, authentication data alone", 5, C, "10[ <'MQTT'> 05 02 0000 [ 16 <01> ] <'c'> ]",
	WIRE_E_AUTH_METHOD, 0x82, 0x82},
{"5:2.2.2-1, no property length", 5, C, "10[ <'MQTT'> 05 02 0000 ]", WIRE_E_SHORT, 0x81, 0x81},
{"5:2.1.3-1", 5, C, "12[ <'MQTT'> 05 02 0000 [] <'c'> ]", WIRE_E_FLAGS, 0x81, CLOSE},
/* CONNACK */
{"5:3.2.2-1", 5, S, "20[ 02 00 [] ]", WIRE_E_ACK_FLAGS, 0x81, NONE},
{"5:3.2.2-6", 5, S, "20[ 01 87 [] ]", WIRE_E_SESSION_PRESENT, 0x82, NONE},
{"3:3.2.2-4", 4, S, "20[ 01 05 ]", WIRE_E_SESSION_PRESENT, 0x82, NONE},
{"5:3.2.2-8", 5, S, "20[ 00 05 [] ]", WIRE_E_REASON, 0x82, NONE},
{"3:3.2.2.3", 4, S, "20[ 00 06 ]", WIRE_E_REASON, 0x82, NONE},
{"5:2.2.2-1", 5, S, "20[ 00 00 ]", WIRE_E_SHORT, 0x81, NONE},
{"3: properties", 4, S, "20[ 00 00 00 ]", WIRE_E_TRAILING, 0x81, NONE},
/* PUBLISH */
{"5:3.3.2-2", 5, C, "30[ <'a/+'> [] ]", WIRE_E_TOPIC_WILDCARD, 0x90, NONE},
{"3:3.3.2-2", 4, C, "30[ <'abcdefgh#'> ]", WIRE_E_TOPIC_WILDCARD, 0x90, NONE},
{"3:4.7.3-1", 4, C, "30[ <> 'x' ]", WIRE_E_TOPIC_EMPTY, 0x90, NONE},
{"5:3.3.2.1", 5, C, "30[ <> [] ]", WIRE_E_TOPIC_MISSING, 0x82, NONE},
{"5:4.7.3-2", 5, C, "30[ <'a' 00> [] ]", WIRE_E_UTF8, 0x81, NONE},
{"5:3.3.2-1", 5, C, "30[ <ff> [] ]", WIRE_E_UTF8, 0x81, NONE},
{"5:1.5.4, control character", 5, C, "30[ <'a' 01> [] ]", WIRE_E_CONTROL, 0x81, NONE},
{"5:2.2.1-3", 5, C, "32[ <'a'> 0000 [] ]", WIRE_E_PACKET_ID, 0x82, NONE},
{"3:2.3.1-1", 4, C, "34[ <'a'> 0000 ]", WIRE_E_PACKET_ID, 0x82, NONE},
{"5:3.3.2.3.4, alias 0", 5, C, "30[ <'a'> [ 23 0000 ] ]", WIRE_E_TOPIC_ALIAS, 0x94, NONE},
{"5:3.3.4-6", 5, C, "30[ <'a'> [ 0b 01 ] ]", WIRE_E_PROPERTY_SENDER, 0x82, NONE},
{"5:3.3.2.3.8, subscription identifier 0", 5, S, "30[ <'a'> [ 0b 00 ] ]", WIRE_E_PROPERTY_VALUE, 0x82, NONE},
{"5:1.5.5-1, subscription identifier", 5, S, "30[ <'a'> [ 0b 8100 ] ]", WIRE_E_VARINT, 0x81, NONE},
{"5:3.3.2-14", 5, C, "30[ <'a'> [ 08 <'r/#'> ] ]", WIRE_E_RESPONSE_TOPIC, 0x82, NONE},
{"5:3.3.2-13", 5, C, "30[ <'a'> [ 08 <f5808080> ] ]", WIRE_E_UTF8, 0x81, NONE},
{"5:3.3.2.3.2", 5, C, "30[ <'a'> [ 01 02 ] ]", WIRE_E_PROPERTY_VALUE, 0x82, NONE},
{"5:2.2.2-1, length not minimal", 5, C, "30[ <'a'> 8000 ]", WIRE_E_VARINT, 0x81, NONE},
{"5:2.2.2-1, longer than the packet", 5, C, "30[ <'a'> 05 23 ]", WIRE_E_SHORT, 0x81, NONE},
{"5:2.2.2, longer than the block", 5, C, "30[ <'a'> [ 23 00 ] ]", WIRE_E_PROPERTY_LENGTH, 0x81, NONE},
{"5:2.2.2.2, unknown", 5, C, "30[ <'a'> [ 7f 00 ] ]", WIRE_E_PROPERTY_UNKNOWN, 0x81, NONE},
{"5:2.2.2.2, unknown", 5, C, "30[ <'a'> [ 8101 ] ]", WIRE_E_PROPERTY_UNKNOWN, 0x81, NONE},
{"topic longer than the packet", 4, C, "30[ 0005 'a' ]", WIRE_E_SHORT, 0x81, NONE},
/* PUBACK, PUBREC, PUBREL, PUBCOMP */
{"5:2.2.1-5", 5, C, "40[ 0000 ]", WIRE_E_PACKET_ID, 0x82, NONE},
{"5:3.4.2-1", 5, C, "40[ 0001 92 ]", WIRE_E_REASON, 0x82, NONE},
{"5:3.5.2-1", 5, C, "50[ 0001 01 ]", WIRE_E_REASON, 0x82, NONE},
{"5:3.6.2-1", 5, C, "62[ 0001 10 ]", WIRE_E_REASON, 0x82, NONE},
{"5:3.7.2-1", 5, C, "70[ 0001 80 ]", WIRE_E_REASON, 0x82, NONE},
{"3: reason", 4, C, "40[ 0001 00 ]", WIRE_E_TRAILING, 0x81, NONE},
{"5: trailing", 5, C, "40[ 0001 00 [] 00 ]", WIRE_E_TRAILING, 0x81, NONE},
{"no identifier", 5, C, "40[ 01 ]", WIRE_E_SHORT, 0x81, NONE},
/* SUBSCRIBE and UNSUBSCRIBE */
{"5:3.8.3-2", 5, C, "82[ 0001 [] ]", WIRE_E_NO_FILTERS, 0x82, NONE},
{"3:3.8.3-3", 4, C, "82[ 0001 ]", WIRE_E_NO_FILTERS, 0x82, NONE},
{"5:3.10.3-2", 5, C, "a2[ 0001 [] ]", WIRE_E_NO_FILTERS, 0x82, NONE},
{"5:2.2.1-3", 5, C, "82[ 0000 [] <'a'> 00 ]", WIRE_E_PACKET_ID, 0x82, NONE},
{"5:2.2.1-3", 5, C, "a2[ 0000 [] <'a'> ]", WIRE_E_PACKET_ID, 0x82, NONE},
{"5:3.8.3-5, bit 6", 5, C, "82[ 0001 [] <'a'> 40 ]", WIRE_E_SUBSCRIBE_OPTIONS, 0x81, NONE},
{"5:3.8.3-5, bit 7", 5, C, "82[ 0001 [] <'a'> 80 ]", WIRE_E_SUBSCRIBE_OPTIONS, 0x81, NONE},
{"3:3-8.3-4", 4, C, "82[ 0001 <'a'> 04 ]", WIRE_E_SUBSCRIBE_OPTIONS, 0x81, NONE},
{"5:3.8.3.1, QoS 3", 5, C, "82[ 0001 [] <'a'> 03 ]", WIRE_E_SUBSCRIBE_QOS, 0x82, NONE},
{"3:3-8.3-4, QoS 3", 4, C, "82[ 0001 <'a'> 03 ]", WIRE_E_SUBSCRIBE_QOS, 0x82, NONE},
{"3.1: 3.8, QoS 3", 3, C, "82[ 0001 <'a'> 03 ]", WIRE_E_SUBSCRIBE_QOS, 0x82, NONE},
{"5:3.8.3.1, retain handling 3", 5, C, "82[ 0001 [] <'a'> 30 ]", WIRE_E_RETAIN_HANDLING, 0x82, NONE},
{"5:3.8.3-4", 5, C, "82[ 0001 [] <'a'> 04 <'$share/g/a'> 05 ]", WIRE_E_SHARED_NO_LOCAL, 0x82, NONE},
{"5:3.8.2.1.2, identifier 0", 5, C, "82[ 0001 [ 0b 00 ] <'a'> 00 ]", WIRE_E_PROPERTY_VALUE, 0x82, NONE},
{"5:3.8.2.1.2, two identifiers", 5, C, "82[ 0001 [ 0b 01 0b 02 ] <'a'> 00 ]", WIRE_E_PROPERTY_TWICE, 0x82, NONE},
{"5:3.8.3-1", 5, C, "82[ 0001 [] <'a' 00> 00 ]", WIRE_E_UTF8, 0x81, NONE},
{"filter without options", 5, C, "82[ 0001 [] <'a'> ]", WIRE_E_SHORT, 0x81, NONE},
{"5:3.10.3-1", 5, C, "a2[ 0001 [] <ed 'a'> ]", WIRE_E_UTF8, 0x81, NONE},
/* SUBACK and UNSUBACK */
{"5:3.9.3-2", 5, S, "90[ 0001 [] 11 ]", WIRE_E_REASON, 0x82, NONE},
{"3:3.9.3-2", 4, S, "90[ 0001 87 ]", WIRE_E_REASON, 0x82, NONE},
{"3.1: 3.9 has no failure", 3, S, "90[ 0001 80 ]", WIRE_E_REASON, 0x82, NONE},
{"no codes", 5, S, "90[ 0001 [] ]", WIRE_E_SHORT, 0x81, NONE},
{"5:3.11.3-2", 5, S, "b0[ 0001 [] 02 ]", WIRE_E_REASON, 0x82, NONE},
{"3:3.10.4-5", 4, S, "b0[ 0001 00 ]", WIRE_E_TRAILING, 0x81, NONE},
/* DISCONNECT */
{"5:3.14.2-1, server's code from a client", 5, C, "e0[ 8e ]", WIRE_E_REASON, 0x82, NONE},
{"5:3.14.2-1, client's code from a server", 5, S, "e0[ 04 ]", WIRE_E_REASON, 0x82, NONE},
{"5:3.14.2-1, table 2-6's 0x8c", 5, S, "e0[ 8c ]", WIRE_E_REASON, 0x82, NONE},
{"5:3.14.2-2", 5, S, "e0[ 80 [ 11 00000001 ] ]", WIRE_E_PROPERTY_SENDER, 0x82, NONE},
{"5:3.14.2.2.5", 5, C, "e0[ 00 [ 1c <'s'> ] ]", WIRE_E_PROPERTY_SENDER, 0x82, NONE},
{"3: reason", 4, C, "e0[ 00 ]", WIRE_E_TRAILING, 0x81, NONE},
{"5: trailing", 5, C, "e0[ 00 [] 00 ]", WIRE_E_TRAILING, 0x81, NONE},
/* AUTH */
{"5:3.15.2.2.2", 5, C, "f0[ 18 [] ]", WIRE_E_AUTH_METHOD, 0x82, NONE},
{"5:3.15.2-1, server's code from a client", 5, C, "f0[ 00 [ 15 <'M'> ] ]", WIRE_E_REASON, 0x82, NONE},
{"5:3.15.2-1, short form from a client", 5, C, "f0[]", WIRE_E_REASON, 0x82, NONE},
{"5:3.15.2-1, client's code from a server", 5, S, "f0[ 19 [ 15 <'M'> ] ]", WIRE_E_REASON, 0x82, NONE},
{"5:3.15.2.2, no property length", 5, C, "f0[ 18 ]", WIRE_E_SHORT, 0x81, NONE},
};
/* clang-format on */

static void each_fault_is_named(void **state)
{
	uint8_t packet[BYTES_MAX];
	struct codec codec;

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		const struct fault *f = &faults[i];
		size_t bytes = codec_bytes(packet, sizeof(packet), f->bytes);
		struct wire_rules rules = {.version = f->version, .from = f->from};
		int error = codec_decode(&codec, rules, guard_place(*state, packet, bytes), bytes);

		if (error != -(int)f->error || wire_error_reason(error) != f->reason)
			fail_msg("%s (%s): %d %s, reason %02x", f->id, f->bytes, error,
				wire_error_name(error), wire_error_reason(error));
		if (f->answer != NONE)
			assert_int_equal(wire_connect_refusal(&codec.as.connect, error), f->answer);
	}
}

/* Each error that bytes can cause has a line above. */
static void each_error_is_tested(void **state)
{
	bool has[WIRE_ERRORS] = {false};

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		has[faults[i].error] = true;
	for (int error = WIRE_E_NONE + 1; error < WIRE_ERRORS; error++) {
		bool is_elsewhere =
			error == WIRE_E_UNEXPECTED || error == WIRE_E_TOPIC_LEVELS ||
			error == WIRE_E_PAYLOAD_FORMAT ||
			(error >= WIRE_E_FILTER_EMPTY && error <= WIRE_E_FILTER_LEVELS) ||
			error == WIRE_E_PROPERTY_PLACE || error >= WIRE_E_BUFFER;

		if (has[error] == is_elsewhere)
			fail_msg("%s", wire_error_name(error));
	}
}

/* A refusal goes out in the client's own version. */
static void refused_connect_tells_its_version(void **state)
{
	static const struct {
		const char *bytes;
		uint8_t version;
	} cases[] = {
		{"10[ <'MQTT'> 03 02 0000 <'c'> ]", WIRE_V311},
		{"10[ <'MQTT'> 00 02 0000 <'c'> ]", WIRE_V311},
		{"10[ <'MQIsdp'> 05 02 0000 <'c'> ]", WIRE_V31},
		{"10[ <'MQTT'> 7f 02 0000 <'c'> ]", WIRE_V5},
		{"10[ <'MQTT'> 86 02 0000 <'c'> ]", WIRE_V5},
		{"10[ <'HTTP'> 04 02 0000 <'c'> ]", 0},
		{"10[ <> 04 02 0000 <'c'> ]", 0},
	};
	uint8_t packet[BYTES_MAX];
	struct wire_connect connect;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t bytes = codec_bytes(packet, sizeof(packet), cases[i].bytes);

		assert_true(
			wire_connect_decode(&connect, (struct wire_rules){0}, packet, bytes) < 0);
		assert_int_equal(connect.version, cases[i].version);
	}
}

static void lenience_is_asked_for(void **state)
{
	static const char *const texts[] = {
		"10[ <'MQIsdp'> 03 02 0000 <'abcdefghijklmnopqrstuvwx'> ]",
		"10[ <'MQTT'> 04 02 0000 <'a' 07> ]",
	};
	static const uint8_t lenient[] = {WIRE_LENIENT_ID, WIRE_LENIENT_TEXT};
	uint8_t packet[BYTES_MAX];
	struct wire_connect connect;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		size_t bytes = codec_bytes(packet, sizeof(packet), texts[i]);
		struct wire_rules rules = {.lenient = lenient[i]};
		struct wire_rules other = {.lenient = lenient[1 - i]};

		assert_int_equal(wire_connect_decode(&connect, rules, packet, bytes), bytes);
		assert_true(wire_connect_decode(&connect, other, packet, bytes) < 0);
	}
}

/* A decoder that is given another packet says so. */
static void another_packet_is_unexpected(void **state)
{
	const uint8_t ping[] = {0xC0, 0}, puback[] = {0x40, 2, 0, 1};
	struct wire_rules rules = {.version = WIRE_V5};
	struct codec codec;

	(void)state;
	assert_int_equal(
		wire_connect_decode(&codec.as.connect, rules, ping, 2), -WIRE_E_UNEXPECTED);
	assert_int_equal(
		wire_publish_decode(&codec.as.publish, rules, ping, 2), -WIRE_E_UNEXPECTED);
	assert_int_equal(wire_ack_decode(&codec.as.ack, rules, ping, 2), -WIRE_E_UNEXPECTED);
	assert_int_equal(
		wire_subscribe_decode(&codec.as.subscribe, rules, ping, 2), -WIRE_E_UNEXPECTED);
	assert_int_equal(wire_ping_decode(rules, puback, 4), -WIRE_E_UNEXPECTED);
	assert_int_equal(wire_error_reason(-WIRE_E_UNEXPECTED), 0x82);
}

static int setup(void **state)
{
	*state = guard_new(BYTES_MAX);
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
		cmocka_unit_test(each_fault_is_named),
		cmocka_unit_test(each_error_is_tested),
		cmocka_unit_test(refused_connect_tells_its_version),
		cmocka_unit_test(lenience_is_asked_for),
		cmocka_unit_test(another_packet_is_unexpected),
	};

	return cmocka_run_group_tests_name("wire faults", tests, setup, teardown);
}
