#include "kit_message.h"

#include <string.h>

#include "base_assert.h"

static void *append(char **at, const void *from, size_t bytes)
{
	void *to = *at;

	if (bytes > 0)
		memcpy(to, from, bytes);
	*at += bytes;
	return to;
}

size_t kit_message_bytes(const struct kit_message *message)
{
	return sizeof(*message) + message->view.topic_bytes + message->view.props_bytes +
	       message->view.payload_bytes;
}

struct kit_message *kit_message_new(
	enum kit_mem_class class_id, const struct kit_message_view *view)
{
	size_t bytes = sizeof(struct kit_message) + view->topic_bytes + view->props_bytes +
		       view->payload_bytes;
	struct kit_message *message = kit_mem_alloc(class_id, bytes);
	char *at;

	if (message == NULL)
		return NULL;
	at = (char *)(message + 1);
	message->refs = 1;
	message->class_id = class_id;
	message->view = *view;
	message->view.topic = append(&at, view->topic, view->topic_bytes);
	message->view.props = append(&at, view->props, view->props_bytes);
	message->view.payload = append(&at, view->payload, view->payload_bytes);
	return message;
}

void kit_message_put(struct kit_message *message)
{
	if (message == NULL)
		return;
	BASE_ASSERT(message->refs > 0);
	if (--message->refs == 0)
		kit_mem_free(message->class_id, message, kit_message_bytes(message));
}

bool kit_message_is_expired(const struct kit_message_view *view, uint64_t now_ms)
{
	return view->expiry_s != KIT_EXPIRY_NONE &&
	       now_ms >= view->born_ms + (uint64_t)view->expiry_s * 1000;
}
