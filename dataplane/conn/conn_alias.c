#include <string.h>

#include "conn_priv.h"
#include "wire_error.h"

/*
 * Topic aliases that a client has set (MQTT 5, 3.3.2.3.4): as many as it uses, within its Topic
 * Alias Maximum.
 */

enum { FIRST_LEN = 4 };

struct alias {
	uint16_t bytes;
	char topic[];
};

struct conn_aliases {
	uint32_t len;
	size_t bytes; /* of all topics */
	struct alias *at[]; /* alias n is at n - 1 */
};

static bool table_need(struct conn *conn, uint16_t alias)
{
	struct conn_hub *hub = conn->hub;
	struct conn_aliases *old = conn->aliases, *grown;
	uint32_t len = old ? old->len : FIRST_LEN;

	if (old != NULL && alias <= old->len)
		return true;
	while (len < alias)
		len *= 2;
	grown = conn_alloc(hub, hub->params.mem_conn, sizeof(*grown) + len * sizeof(grown->at[0]));
	if (grown == NULL)
		return false;
	memset(grown->at, 0, len * sizeof(grown->at[0]));
	grown->len = len;
	grown->bytes = old ? old->bytes : 0;
	if (old != NULL)
		memcpy(grown->at, old->at, old->len * sizeof(old->at[0]));
	conn_free(hub, hub->params.mem_conn, old);
	conn->aliases = grown;
	return true;
}

int conn_alias_set(struct conn *conn, uint16_t number, struct wire_str topic)
{
	struct conn_hub *hub = conn->hub;
	struct alias *alias, **at;
	size_t bytes;

	if (number == 0 || number > conn->alias_max)
		return -WIRE_E_TOPIC_ALIAS;
	if (!table_need(conn, number))
		return -WIRE_E_TOO_LARGE;
	at = &conn->aliases->at[number - 1];
	if (*at != NULL && (*at)->bytes == topic.bytes &&
		memcmp((*at)->topic, topic.data, topic.bytes) == 0)
		return 0;
	/* All topics together may take as much as one packet. */
	bytes = conn->aliases->bytes + topic.bytes - (*at != NULL ? (*at)->bytes : 0u);
	if (bytes > conn->max_input_bytes)
		return -WIRE_E_TOO_LARGE;
	alias = conn_alloc(hub, hub->params.mem_conn, sizeof(*alias) + topic.bytes);
	if (alias == NULL)
		return -WIRE_E_TOO_LARGE;
	alias->bytes = (uint16_t)topic.bytes;
	memcpy(alias->topic, topic.data, topic.bytes);
	conn->aliases->bytes = bytes;
	conn_free(hub, hub->params.mem_conn, *at);
	*at = alias;
	return 0;
}

struct wire_str conn_alias_get(const struct conn *conn, uint16_t number)
{
	const struct alias *alias;

	if (conn->aliases == NULL || number == 0 || number > conn->aliases->len)
		return conn_str(NULL, 0);
	alias = conn->aliases->at[number - 1];
	return alias ? conn_str(alias->topic, alias->bytes) : conn_str(NULL, 0);
}

void conn_alias_drop(struct conn *conn)
{
	struct conn_hub *hub = conn->hub;

	for (uint32_t i = 0; conn->aliases != NULL && i < conn->aliases->len; i++)
		conn_free(hub, hub->params.mem_conn, conn->aliases->at[i]);
	conn_free(hub, hub->params.mem_conn, conn->aliases);
	conn->aliases = NULL;
}
