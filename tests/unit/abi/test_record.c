#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi_record.h"

struct kind {
	const char *name;
	uint16_t number;
	uint32_t bytes;
};

static const struct kind kinds[] = {
#define ABI_RECORD(name, number, body, help) {#name, number, sizeof(struct body)},
#include "abi_record.def"
#undef ABI_RECORD
};

/* Checks a copy that is exactly as long as it says, so that ASan sees a read beyond it. */
static int check(uint16_t kind, const void *bytes, uint32_t len)
{
	void *copy = malloc(len > 0 ? len : 1);
	int result;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	result = abi_record_check(kind, copy, len);
	free(copy);
	return result;
}

static void every_kind_needs_its_struct(void **state)
{
	static const uint8_t zero[512];

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		assert_int_equal(check(kinds[i].number, zero, kinds[i].bytes), 0);
		assert_int_equal(check(kinds[i].number, zero, kinds[i].bytes - 1), -EBADMSG);
		assert_int_equal(check(kinds[i].number, zero, 0), -EBADMSG);
	}
}

static void unknown_kinds_are_refused(void **state)
{
	static const uint8_t zero[512];

	(void)state;
	for (uint32_t number = 0; number <= UINT16_MAX; number++) {
		int expected = -EBADMSG;

		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
			expected = kinds[i].number == number ? 0 : expected;
		assert_int_equal(abi_record_check((uint16_t)number, zero, sizeof(zero)), expected);
	}
}

/* Every length field of every kind counts: one byte more than there is makes the record refused. */
struct part {
	uint16_t kind;
	uint32_t body_bytes;
	uint32_t offset;
	uint32_t field_bytes;
};

#define PART(kind, type, field)                                                                    \
	{                                                                                          \
		kind, sizeof(struct type), offsetof(struct type, field),                           \
			sizeof(((struct type *)NULL)->field)                                       \
	}

static const struct part parts[] = {
	PART(ABI_W_CONNECT, abi_connect, client_id_bytes),
	PART(ABI_W_CONNECT, abi_connect, username_bytes),
	PART(ABI_W_CONNECT, abi_connect, password_bytes),
	PART(ABI_W_CONNECT, abi_connect, will_topic_bytes),
	PART(ABI_W_CONNECT, abi_connect, will_props_bytes),
	PART(ABI_W_LIVE, abi_connect, will_payload_bytes),
	PART(ABI_W_RETAIN, abi_message, topic_bytes),
	PART(ABI_W_INTEREST, abi_message, props_bytes),
	PART(ABI_C_PUBLISH, abi_message, payload_bytes),
	PART(ABI_W_SHARED, abi_shared, message.payload_bytes),
	PART(ABI_W_SHARED, abi_shared, filter_bytes),
	PART(ABI_W_INFLIGHT, abi_inflight, message.topic_bytes),
	PART(ABI_W_QUEUED, abi_inflight, message.payload_bytes),
	PART(ABI_C_INFLIGHT, abi_inflight, message.props_bytes),
	PART(ABI_C_DELIVER, abi_deliver, message.payload_bytes),
	PART(ABI_W_LOG, abi_log, text_bytes),
	PART(ABI_C_ACL, abi_blob, blob_bytes),
	PART(ABI_C_INTEREST_ADD, abi_filter, text_bytes),
	PART(ABI_C_INTEREST_DEL, abi_filter, text_bytes),
	PART(ABI_C_GRANT, abi_grant, client_id_bytes),
	PART(ABI_C_REFUSE, abi_refuse, text_bytes),
	PART(ABI_C_DISCONNECT, abi_refuse, text_bytes),
};

static void variable_parts_must_fit(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		uint8_t record[512] = {0};
		uint32_t tail = 40;

		memcpy(record + parts[i].offset, &tail, parts[i].field_bytes);
		assert_int_equal(check(parts[i].kind, record, parts[i].body_bytes + tail), 0);
		assert_int_equal(
			check(parts[i].kind, record, parts[i].body_bytes + tail - 1), -EBADMSG);
		memset(record + parts[i].offset, 0xff, parts[i].field_bytes);
		assert_int_equal(check(parts[i].kind, record, sizeof(record)), -EBADMSG);
	}
}

static void lengths_do_not_overflow(void **state)
{
	struct abi_message message = {
		.topic_bytes = 2, .props_bytes = UINT32_MAX, .payload_bytes = 1};

	(void)state;
	assert_int_equal(check(ABI_C_PUBLISH, &message, sizeof(message)), -EBADMSG);
}

/* Two filters, "a/b" and "#". */
static uint32_t two_filters(uint8_t *record)
{
	struct abi_subscribe subscribe = {.conn = 1, .filter_len = 2};
	const char *texts[] = {"a/b", "#"};
	uint32_t at = sizeof(subscribe);

	for (size_t i = 0; i < 2; i++) {
		struct abi_filter_head head = {.text_bytes = (uint16_t)strlen(texts[i])};

		memcpy(record + at, &head, sizeof(head));
		at += (uint32_t)sizeof(head);
		memcpy(record + at, texts[i], head.text_bytes);
		at += head.text_bytes;
	}
	subscribe.filters_bytes = at - (uint32_t)sizeof(subscribe);
	memcpy(record, &subscribe, sizeof(subscribe));
	return at;
}

static void filters_fill_their_part(void **state)
{
	static const uint16_t with_filters[] = {ABI_W_SUBSCRIBE, ABI_W_UNSUBSCRIBE, ABI_W_LIVE_SUBS,
		ABI_C_SUBACK, ABI_C_UNSUBACK, ABI_C_SUB_RESTORE};
	uint8_t record[128];
	uint32_t bytes = two_filters(record);
	struct abi_subscribe head;

	(void)state;
	for (size_t i = 0; i < sizeof(with_filters) / sizeof(with_filters[0]); i++) {
		assert_int_equal(check(with_filters[i], record, bytes), 0);
		for (uint32_t cut = sizeof(head); cut < bytes; cut++) {
			memcpy(&head, record, sizeof(head));
			assert_int_equal(check(with_filters[i], record, cut), -EBADMSG);
			/* and when the sum is right, but the filters are not */
			head.filters_bytes = cut - (uint32_t)sizeof(head);
			memcpy(record, &head, sizeof(head));
			assert_int_equal(check(with_filters[i], record, cut), -EBADMSG);
			(void)two_filters(record);
		}
		memcpy(&head, record, sizeof(head));
		head.filter_len = 1;
		memcpy(record, &head, sizeof(head));
		assert_int_equal(check(with_filters[i], record, bytes), -EBADMSG);
		(void)two_filters(record);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_needs_its_struct),
		cmocka_unit_test(unknown_kinds_are_refused),
		cmocka_unit_test(variable_parts_must_fit),
		cmocka_unit_test(lengths_do_not_overflow),
		cmocka_unit_test(filters_fill_their_part),
	};

	return cmocka_run_group_tests_name("abi_record", tests, NULL, NULL);
}
