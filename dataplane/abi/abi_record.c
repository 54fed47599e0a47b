#include "abi_record.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* The least size of each kind's body; 0 marks a number that is no kind. */
static const uint16_t body_bytes[] = {
#define ABI_RECORD(name, number, body, help) [number] = sizeof(struct body),
#include "abi_record.def"
#undef ABI_RECORD
};

static uint64_t message_tail(const struct abi_message *m)
{
	return (uint64_t)m->topic_bytes + m->props_bytes + m->payload_bytes;
}

static uint64_t connect_tail(const struct abi_connect *c)
{
	return (uint64_t)c->client_id_bytes + c->username_bytes + c->password_bytes +
	       c->will_topic_bytes + c->will_props_bytes + c->will_payload_bytes;
}

static bool carries_filters(uint16_t kind)
{
	return kind == ABI_W_SUBSCRIBE || kind == ABI_W_UNSUBSCRIBE || kind == ABI_W_LIVE_SUBS ||
	       kind == ABI_C_SUBACK || kind == ABI_C_UNSUBACK || kind == ABI_C_SUB_RESTORE;
}

/* Whether the filters of a subscribe record fill `filters_bytes` exactly. */
static bool filters_are_whole(const struct abi_subscribe *s, const uint8_t *filters)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < s->filter_len; i++) {
		struct abi_filter_head head;

		if (s->filters_bytes - at < sizeof(head))
			return false;
		memcpy(&head, filters + at, sizeof(head));
		at += (uint32_t)sizeof(head);
		if (s->filters_bytes - at < head.text_bytes)
			return false;
		at += head.text_bytes;
	}
	return at == s->filters_bytes;
}

/* The bytes of the variable parts that the struct announces. */
static uint64_t tail_bytes(enum abi_record_kind kind, const void *body)
{
	switch (kind) {
	case ABI_W_CONNECT:
	case ABI_W_LIVE:
		return connect_tail(body);
	case ABI_W_SUBSCRIBE:
	case ABI_W_UNSUBSCRIBE:
	case ABI_W_LIVE_SUBS:
	case ABI_C_SUBACK:
	case ABI_C_UNSUBACK:
	case ABI_C_SUB_RESTORE:
		return ((const struct abi_subscribe *)body)->filters_bytes;
	case ABI_W_RETAIN:
	case ABI_W_INTEREST:
	case ABI_C_PUBLISH:
		return message_tail(body);
	case ABI_W_SHARED:
		return message_tail(&((const struct abi_shared *)body)->message) +
		       ((const struct abi_shared *)body)->filter_bytes;
	case ABI_W_INFLIGHT:
	case ABI_W_QUEUED:
	case ABI_C_INFLIGHT:
		return message_tail(&((const struct abi_inflight *)body)->message);
	case ABI_C_DELIVER:
		return message_tail(&((const struct abi_deliver *)body)->message);
	case ABI_W_LOG:
		return ((const struct abi_log *)body)->text_bytes;
	case ABI_C_ACL:
		return ((const struct abi_blob *)body)->blob_bytes;
	case ABI_C_INTEREST_ADD:
	case ABI_C_INTEREST_DEL:
		return ((const struct abi_filter *)body)->text_bytes;
	case ABI_C_GRANT:
		return ((const struct abi_grant *)body)->client_id_bytes;
	case ABI_C_REFUSE:
	case ABI_C_DISCONNECT:
		return ((const struct abi_refuse *)body)->text_bytes;
	case ABI_W_HELLO:
	case ABI_W_CLOSED:
	case ABI_W_RESTORED:
	case ABI_W_RESYNC_END:
	case ABI_C_HELLO:
	case ABI_C_CONFIG:
	case ABI_C_READY:
	case ABI_C_RESTORE_END:
	case ABI_C_CAUGHT_UP:
	case ABI_C_RELEASE:
		return 0;
	}
	return UINT64_MAX;
}

int abi_record_check(uint16_t kind, const void *body, uint32_t bytes)
{
	size_t least = kind < sizeof(body_bytes) / sizeof(body_bytes[0]) ? body_bytes[kind] : 0;

	if (least == 0 || bytes < least)
		return -EBADMSG;
	if (tail_bytes((enum abi_record_kind)kind, body) > bytes - least)
		return -EBADMSG;
	if (carries_filters(kind) && !filters_are_whole(body, (const uint8_t *)body + least))
		return -EBADMSG;
	return 0;
}
