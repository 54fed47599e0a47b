#ifndef KIT_MESSAGE_H
#define KIT_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kit_mem.h"

/*
 * One application message, as control handles it: a borrowed view, and a counted copy that lasts.
 *
 * Layer:     kit (base only)
 * Thread:    control's loop
 * Ownership: a view borrows its bytes from the caller for the call; a kit_message is freed by the last
 *            kit_message_put
 */

#define KIT_EXPIRY_NONE UINT32_MAX

struct kit_message_view {
	uint64_t publisher; /* connection that published; 0 = control */
	uint64_t born_ms; /* monotonic clock, when the broker took it */
	uint32_t expiry_s; /* Message Expiry Interval at born_ms; KIT_EXPIRY_NONE = none */
	uint32_t props_bytes;
	uint32_t payload_bytes;
	uint16_t topic_bytes;
	uint8_t qos;
	bool retain; /* as the publisher set it */
	const char *topic;
	const void *props; /* forwardable properties as on the wire, without the length */
	const void *payload;
};

struct kit_message {
	struct kit_message_view view; /* its bytes follow the struct in the same allocation */
	uint32_t refs;
	enum kit_mem_class class_id;
};

/* A copy with one reference, or NULL when the class is full. */
struct kit_message *kit_message_new(enum kit_mem_class class_id,
	const struct kit_message_view *view) __attribute__((warn_unused_result));

static inline struct kit_message *kit_message_get(struct kit_message *message)
{
	message->refs++;
	return message;
}

void kit_message_put(struct kit_message *message); /* NULL is allowed */

/* Bytes that the message takes: what queue budgets count. */
size_t kit_message_bytes(const struct kit_message *message);

/* Whether the Message Expiry Interval has passed (MQTT 5, 3.3.2.3.3). */
bool kit_message_is_expired(const struct kit_message_view *view, uint64_t now_ms);

#endif
