#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codec.h"
#include "wire_error.h"
#include "wire_reason.h"

enum { BYTES_MAX = 512 };

static struct wire_str str(const char *text)
{
	return (struct wire_str){(const uint8_t *)text, (uint32_t)strlen(text)};
}

/* That `bytes` (a result) bytes in `out` are what `text` says. */
static void assert_bytes(const uint8_t *out, int bytes, const char *text)
{
	uint8_t want[BYTES_MAX];
	size_t want_bytes = codec_bytes(want, sizeof(want), text);

	assert_int_equal(bytes, want_bytes);
	assert_memory_equal(out, want, want_bytes);
}

static void props_fill(struct wire_props *props, uint8_t *block, size_t size)
{
	int bytes = wire_props_user_append(block, size, 0, str("k"), str("v"));

	assert_true(bytes > 0);
	memset(props, 0, sizeof(*props));
	props->raw = (struct wire_str){block, (uint32_t)bytes};
	props->reason_string = str("why");
	wire_props_mark(props, WIRE_PROP_REASON_STRING);
}

/* 3.2.2-19, 3.2.2-20 and the like: first the user properties go, then the reason string, then there is no packet. */
static void packets_shrink_to_what_the_receiver_takes(void **state)
{
	static const struct {
		size_t from, to; /* limits with this result; to SIZE_MAX for all above */
		const char *bytes;
	} cases[] = {
		{19, SIZE_MAX, "40[ 0001 87 [ 1f <'why'> 26 <'k'> <'v'> ] ]"},
		{12, 18, "40[ 0001 87 [ 1f <'why'> ] ]"},
		{5, 11, "40[ 0001 87 ]"},
	};
	struct wire_ack ack = {.type = WIRE_PUBACK, .packet_id = 1, .reason = 0x87};
	uint8_t block[32], out[BYTES_MAX];

	(void)state;
	props_fill(&ack.props, block, sizeof(block));
	for (size_t limit = 1; limit < 5; limit++)
		assert_int_equal(
			wire_ack_encode(out, sizeof(out), WIRE_V5, &ack, limit), -WIRE_E_TOO_LARGE);
	for (size_t limit = 5; limit < 24; limit++) {
		int bytes = wire_ack_encode(out, sizeof(out), WIRE_V5, &ack, limit);

		for (size_t i = 0; i < 3; i++)
			if (limit >= cases[i].from && limit <= cases[i].to)
				assert_bytes(out, bytes, cases[i].bytes);
	}
	assert_bytes(out, wire_ack_encode(out, sizeof(out), WIRE_V5, &ack, 0), cases[0].bytes);
	assert_bytes(out, wire_ack_encode(out, sizeof(out), WIRE_V311, &ack, 4), "40[ 0001 ]");
	ack.reason = 0;
	ack.props.present = 0; /* user properties count without a bit */
	assert_bytes(out, wire_ack_encode(out, sizeof(out), WIRE_V5, &ack, 0),
		"40[ 0001 00 [ 26 <'k'> <'v'> ] ]");
}

/* The other packets with a reason string shrink in the same way. */
static void all_answers_shrink(void **state)
{
	struct wire_connack connack = {.reason = 0x87};
	struct wire_suback suback = {.packet_id = 1, .codes = {(const uint8_t *)"\x80", 1}};
	struct wire_disconnect disconnect = {.reason = 0x82}, auth = {.reason = 0x18};
	uint8_t block[32], out[BYTES_MAX];

	(void)state;
	props_fill(&connack.props, block, sizeof(block));
	suback.props = disconnect.props = auth.props = connack.props;
	auth.props.auth_method = str("M");
	wire_props_mark(&auth.props, WIRE_PROP_AUTH_METHOD);
	assert_bytes(
		out, wire_connack_encode(out, sizeof(out), WIRE_V5, &connack, 5), "20[ 00 87 [] ]");
	assert_bytes(
		out, wire_suback_encode(out, sizeof(out), WIRE_V5, &suback, 6), "90[ 0001 [] 80 ]");
	assert_bytes(out, wire_unsuback_encode(out, sizeof(out), WIRE_V5, &suback, 12),
		"b0[ 0001 [ 1f <'why'> ] 80 ]");
	assert_bytes(
		out, wire_disconnect_encode(out, sizeof(out), WIRE_V5, &disconnect, 4), "e0[ 82 ]");
	assert_bytes(out, wire_auth_encode(out, sizeof(out), &auth, 8), "f0[ 18 [ 15 <'M'> ] ]");
	assert_int_equal(wire_auth_encode(out, sizeof(out), &auth, 7), -WIRE_E_TOO_LARGE);
}

static void answers_for_3_are_plain(void **state)
{
	static const uint8_t codes[] = {0, 1, 2, 0x87, 0x8F};
	struct wire_connack connack = {.session_present = true, .reason = 0};
	struct wire_suback suback = {.packet_id = 9, .codes = {codes, sizeof(codes)}};
	struct wire_disconnect disconnect = {.reason = 0x8E};
	uint8_t out[BYTES_MAX], block[32];

	(void)state;
	props_fill(&connack.props, block, sizeof(block));
	suback.props = connack.props;
	assert_bytes(
		out, wire_connack_encode(out, sizeof(out), WIRE_V311, &connack, 0), "20[ 01 00 ]");
	assert_bytes(
		out, wire_connack_encode(out, sizeof(out), WIRE_V31, &connack, 0), "20[ 00 00 ]");
	connack.reason = WIRE_REASON_BAD_CREDENTIALS; /* and no session with it: 3.2.2-4 */
	assert_bytes(
		out, wire_connack_encode(out, sizeof(out), WIRE_V311, &connack, 0), "20[ 00 04 ]");
	assert_bytes(out, wire_suback_encode(out, sizeof(out), WIRE_V311, &suback, 0),
		"90[ 0009 00 01 02 80 80 ]");
	assert_int_equal(
		wire_suback_encode(out, sizeof(out), WIRE_V31, &suback, 0), -WIRE_E_REASON);
	suback.codes.bytes = 3;
	assert_bytes(out, wire_suback_encode(out, sizeof(out), WIRE_V31, &suback, 0),
		"90[ 0009 00 01 02 ]");
	suback.codes.bytes = 1;
	assert_bytes(
		out, wire_unsuback_encode(out, sizeof(out), WIRE_V311, &suback, 0), "b0[ 0009 ]");
	assert_bytes(
		out, wire_disconnect_encode(out, sizeof(out), WIRE_V311, &disconnect, 0), "e0[]");
}

static void wrong_answers_are_refused(void **state)
{
	struct wire_connack connack = {.reason = 0x8E};
	struct wire_suback suback = {.packet_id = 1, .codes = {(const uint8_t *)"\x11", 1}};
	struct wire_disconnect disconnect = {.reason = 0x10};
	struct wire_ack ack = {.type = WIRE_PUBREL, .packet_id = 1, .reason = 0x87};
	uint8_t out[BYTES_MAX];

	(void)state;
	assert_int_equal(
		wire_connack_encode(out, sizeof(out), WIRE_V5, &connack, 0), -WIRE_E_REASON);
	assert_int_equal(wire_suback_encode(out, sizeof(out), WIRE_V5, &suback, 0), -WIRE_E_REASON);
	suback.codes.bytes = 0;
	assert_int_equal(
		wire_suback_encode(out, sizeof(out), WIRE_V5, &suback, 0), -WIRE_E_ARGUMENT);
	assert_int_equal(
		wire_disconnect_encode(out, sizeof(out), WIRE_V5, &disconnect, 0), -WIRE_E_REASON);
	assert_int_equal(wire_auth_encode(out, sizeof(out), &disconnect, 0), -WIRE_E_REASON);
	assert_int_equal(wire_ack_encode(out, sizeof(out), WIRE_V5, &ack, 0), -WIRE_E_REASON);
	ack = (struct wire_ack){.type = WIRE_PUBACK};
	assert_int_equal(wire_ack_encode(out, sizeof(out), WIRE_V5, &ack, 0), -WIRE_E_PACKET_ID);
	ack = (struct wire_ack){.type = WIRE_PUBLISH, .packet_id = 1};
	assert_int_equal(wire_ack_encode(out, sizeof(out), WIRE_V5, &ack, 0), -WIRE_E_ARGUMENT);
	ack.type = WIRE_PUBACK;
	wire_props_mark(&ack.props, WIRE_PROP_TOPIC_ALIAS);
	assert_int_equal(
		wire_ack_encode(out, sizeof(out), WIRE_V5, &ack, 0), -WIRE_E_PROPERTY_PLACE);
	assert_int_equal(wire_ping_encode(out, sizeof(out), WIRE_AUTH), -WIRE_E_ARGUMENT);
	assert_int_equal(wire_ping_encode(out, 1, WIRE_PINGREQ), -WIRE_E_BUFFER);
}

static void wrong_requests_are_refused(void **state)
{
	struct wire_connect connect = {.version = WIRE_V311, .has_password = true};
	struct wire_subscription subscription = {.filter = str("a"), .qos = 3};
	uint8_t out[BYTES_MAX];

	(void)state;
	assert_int_equal(wire_connect_encode(out, sizeof(out), &connect), -WIRE_E_PASSWORD_ALONE);
	connect.version = 6;
	assert_int_equal(wire_connect_encode(out, sizeof(out), &connect), -WIRE_E_ARGUMENT);
	connect = (struct wire_connect){
		.version = WIRE_V5, .client_id = {(const uint8_t *)"", WIRE_STRING_MAX + 1}};
	assert_int_equal(wire_connect_encode(out, sizeof(out), &connect), -WIRE_E_ARGUMENT);
	assert_int_equal(
		wire_subscribe_encode(out, sizeof(out), WIRE_V5, 1, NULL, &subscription, 1),
		-WIRE_E_ARGUMENT);
	subscription.qos = 1;
	assert_bytes(out,
		wire_subscribe_encode(out, sizeof(out), WIRE_V5, 1, NULL, &subscription, 1),
		"82[ 0001 [] <'a'> 01 ]");
	assert_int_equal(
		wire_subscribe_encode(out, sizeof(out), WIRE_V5, 0, NULL, &subscription, 1),
		-WIRE_E_PACKET_ID);
	assert_int_equal(
		wire_subscribe_encode(out, sizeof(out), WIRE_V5, 1, NULL, &subscription, 0),
		-WIRE_E_NO_FILTERS);
	assert_int_equal(wire_unsubscribe_encode(out, sizeof(out), WIRE_V5, 1, NULL, NULL, 0),
		-WIRE_E_NO_FILTERS);
}

/* 3.1 and 3.1.1 take the same call as 5; what they cannot say is left out. */
static void publish_headers_are_sized_before(void **state)
{
	static const uint32_t ids[] = {1, 127, 128, 268435455};
	uint8_t out[BYTES_MAX], forward[] = {0x01, 0x01};
	struct wire_publish_out p = {.version = WIRE_V5,
		.qos = 1,
		.retain = true,
		.packet_id = 0x1234,
		.topic = str("t"),
		.payload_bytes = 1,
		.has_expiry = true,
		.expiry_s = 60,
		.topic_alias = 3,
		.subscription_ids = ids,
		.subscription_ids_len = 4,
		.forward = {forward, sizeof(forward)}};

	(void)state;
	int bytes = wire_publish_header_encode(out, sizeof(out), &p);
	assert_int_equal(wire_publish_header_bytes(&p), bytes);
	out[bytes] = 'x';
	assert_bytes(out, bytes + 1,
		"33[ <'t'> 1234 [ 02 0000003c 23 0003 0b 01 0b 7f 0b 8001 0b ffffff7f 01 01 ] 'x' "
		"]");
	assert_int_equal(wire_publish_id_offset(out), 5);
	assert_int_equal(wire_publish_header_encode(out, (size_t)bytes - 1, &p), -WIRE_E_BUFFER);
	static const uint8_t long_topic[300] = {'t'};
	p.topic = (struct wire_str){long_topic, sizeof(long_topic)};
	assert_true(wire_publish_header_encode(out, sizeof(out), &p) > 0);
	assert_memory_equal(out + wire_publish_id_offset(out), "\x12\x34", 2);
	p.topic = str("t");
	p.version = WIRE_V311;
	bytes = wire_publish_header_encode(out, sizeof(out), &p);
	assert_int_equal(wire_publish_header_bytes(&p), bytes);
	out[bytes] = 'x';
	assert_bytes(out, bytes + 1, "33[ <'t'> 1234 'x' ]");
}

/* The remaining length grows with the payload, and ends at its limit. */
static void publish_headers_grow_with_the_payload(void **state)
{
	static const uint32_t payloads[] = {0, 124, 125, 16380, 16381, 2097148, 2097149};
	static const size_t headers[] = {5, 5, 6, 6, 7, 7, 8};
	struct wire_publish_out p = {.version = WIRE_V311, .topic = str("t")};
	uint8_t out[BYTES_MAX];
	struct wire_publish in;
	struct wire_rules rules = {.version = WIRE_V311};

	(void)state;
	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
		p.payload_bytes = payloads[i];
		assert_int_equal(wire_publish_header_bytes(&p), headers[i]);
		assert_int_equal(wire_publish_header_encode(out, sizeof(out), &p), headers[i]);
		assert_int_equal(
			wire_publish_header_decode(&in, rules, out, headers[i]), headers[i]);
		assert_int_equal(in.payload_bytes, payloads[i]);
		assert_int_equal(wire_publish_id_offset(out), headers[i]);
	}
	p.payload_bytes = WIRE_REMAINING_MAX - 3;
	assert_int_equal(wire_publish_header_encode(out, sizeof(out), &p), 8);
	p.payload_bytes++;
	assert_int_equal(wire_publish_header_bytes(&p), 0);
	struct wire_publish_out wide = {
		.version = WIRE_V5, .topic = str("t"), .forward = {out, WIRE_REMAINING_MAX + 1}};
	assert_int_equal(wire_publish_header_bytes(&wide), 0);
	assert_int_equal(wire_publish_header_encode(out, sizeof(out), &p), -WIRE_E_TOO_LARGE);
}

static void wrong_publishes_are_refused(void **state)
{
	static const uint32_t bad_ids[] = {0, 268435456};
	const struct {
		struct wire_publish_out p;
		int error;
	} cases[] = {
		{{.version = 5, .qos = 3, .packet_id = 1, .topic = str("t")}, -WIRE_E_ARGUMENT},
		{{.version = 5, .qos = 1, .topic = str("t")}, -WIRE_E_PACKET_ID},
		{{.version = 5, .dup = true, .topic = str("t")}, -WIRE_E_PUBLISH_DUP},
		{{.version = 5}, -WIRE_E_TOPIC_MISSING},
		{{.version = 4, .topic_alias = 1}, -WIRE_E_TOPIC_EMPTY},
		{{.version = 4, .topic = {(const uint8_t *)"", 65536}}, -WIRE_E_ARGUMENT},
		{{.version = 5,
			 .topic = str("t"),
			 .subscription_ids = bad_ids,
			 .subscription_ids_len = 1},
			-WIRE_E_ARGUMENT},
		{{.version = 5,
			 .topic = str("t"),
			 .subscription_ids = bad_ids + 1,
			 .subscription_ids_len = 1},
			-WIRE_E_ARGUMENT},
	};
	uint8_t out[BYTES_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
			wire_publish_header_encode(out, sizeof(out), &cases[i].p), cases[i].error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_shrink_to_what_the_receiver_takes),
		cmocka_unit_test(all_answers_shrink),
		cmocka_unit_test(answers_for_3_are_plain),
		cmocka_unit_test(wrong_answers_are_refused),
		cmocka_unit_test(wrong_requests_are_refused),
		cmocka_unit_test(publish_headers_are_sized_before),
		cmocka_unit_test(publish_headers_grow_with_the_payload),
		cmocka_unit_test(wrong_publishes_are_refused),
	};

	return cmocka_run_group_tests_name("wire encode", tests, NULL, NULL);
}
