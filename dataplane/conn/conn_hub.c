#include "conn_hub.h"

#include <string.h>

#include "base_assert.h"
#include "conn_priv.h"

/* The table of connections: slots in chunks that are made as they are needed and then stay. */

enum { NO_SLOT = UINT32_MAX };

void *conn_alloc(struct conn_hub *hub, unsigned mem_class, size_t bytes)
{
	void *ptr = base_mem_alloc(hub->params.mem, mem_class, bytes);

	if (ptr == NULL)
		conn_count(hub, CONN_COUNTER_MEMORY_FAILURES);
	return ptr;
}

struct conn_hub *conn_hub_new(const struct conn_hub_params *params)
{
	struct conn_hub *hub = base_mem_calloc(params->mem, params->mem_conn, sizeof(*hub));

	if (hub == NULL)
		return NULL;
	hub->params = *params;
	hub->counters = *params->counters;
	if (hub->params.max_record_bytes == 0)
		hub->params.max_record_bytes = UINT32_MAX;
	if (hub->params.max_connections == 0 ||
		hub->params.max_connections > CONN_CHUNKS_MAX * CONN_CHUNK_SLOTS)
		hub->params.max_connections = CONN_CHUNKS_MAX * CONN_CHUNK_SLOTS;
	hub->now_ms = params->now_ms;
	hub->slots_free = NO_SLOT;
	conn_wheel_init(&hub->wheel, params->now_ms);
	base_list_init(&hub->flush);
	base_list_init(&hub->blocked);
	base_list_init(&hub->dead);
	hub->index = topic_index_new(
		params->mem, params->mem_topic, params->seed, CONN_SUBSCRIBER_CONTROL);
	if (hub->index == NULL) {
		base_mem_free(params->mem, params->mem_conn, hub);
		return NULL;
	}
	return hub;
}

static struct conn_slot *slot_at(const struct conn_hub *hub, uint32_t slot)
{
	return &hub->chunks[slot / CONN_CHUNK_SLOTS][slot % CONN_CHUNK_SLOTS];
}

struct conn *conn_by_slot(const struct conn_hub *hub, uint32_t slot)
{
	return slot < hub->slots_len ? slot_at(hub, slot)->conn : NULL;
}

struct conn *conn_by_id(const struct conn_hub *hub, uint64_t id)
{
	struct conn *conn = conn_by_slot(hub, (uint32_t)id);

	return conn != NULL && conn->id == id ? conn : NULL;
}

static bool slot_make(struct conn_hub *hub)
{
	uint32_t chunk = hub->slots_len / CONN_CHUNK_SLOTS;

	if (hub->slots_len % CONN_CHUNK_SLOTS == 0 && hub->chunks[chunk] == NULL) {
		size_t bytes = CONN_CHUNK_SLOTS * sizeof(struct conn_slot);

		hub->chunks[chunk] = conn_alloc(hub, hub->params.mem_conn, bytes);
		if (hub->chunks[chunk] == NULL)
			return false;
		memset(hub->chunks[chunk], 0, bytes);
	}
	*slot_at(hub, hub->slots_len) = (struct conn_slot){.generation = 1, .next_free = NO_SLOT};
	hub->slots_free = hub->slots_len++;
	return true;
}

struct conn *conn_slot_take(struct conn_hub *hub)
{
	struct conn_slot *slot;
	struct conn *conn;
	uint32_t number;

	if (hub->connections >= hub->params.max_connections)
		return NULL;
	if (hub->slots_free == NO_SLOT && !slot_make(hub))
		return NULL;
	conn = conn_alloc(hub, hub->params.mem_conn, sizeof(*conn));
	if (conn == NULL)
		return NULL;
	memset(conn, 0, sizeof(*conn));
	number = hub->slots_free;
	slot = slot_at(hub, number);
	hub->slots_free = slot->next_free;
	slot->conn = conn;
	hub->connections++;
	conn->hub = hub;
	conn->id = (uint64_t)slot->generation << 32 | number;
	conn_timer_init(&conn->timer);
	base_list_init(&conn->flush);
	base_list_init(&conn->blocked);
	return conn;
}

void conn_slot_give(struct conn *conn)
{
	struct conn_hub *hub = conn->hub;
	struct conn_slot *slot = slot_at(hub, conn_slot(conn));

	BASE_ASSERT(slot->conn == conn);
	slot->conn = NULL;
	if (++slot->generation == 0)
		slot->generation = 1;
	slot->next_free = hub->slots_free;
	hub->slots_free = conn_slot(conn);
	hub->connections--;
	conn_timer_stop(&conn->timer);
	base_list_remove(&conn->blocked);
	base_list_remove(&conn->flush);
	base_list_push_back(&hub->dead, &conn->flush);
}

static void bury(struct conn_hub *hub)
{
	while (!base_list_is_empty(&hub->dead)) {
		struct conn *conn = BASE_CONTAINER_OF(hub->dead.next, struct conn, flush);

		base_list_remove(&conn->flush);
		conn_free(hub, hub->params.mem_conn, conn);
	}
}

void conn_hub_free(struct conn_hub *hub)
{
	struct base_mem *mem = hub->params.mem;
	unsigned mem_conn = hub->params.mem_conn;

	for (uint32_t slot = 0; slot < hub->slots_len; slot++) {
		struct conn *conn = conn_by_slot(hub, slot);

		if (conn != NULL)
			conn_discard(conn);
	}
	bury(hub);
	for (uint32_t chunk = 0; chunk < CONN_CHUNKS_MAX && hub->chunks[chunk] != NULL; chunk++)
		conn_free(hub, mem_conn, hub->chunks[chunk]);
	conn_match_drop(hub);
	conn_free(hub, hub->params.mem_queue, hub->matches);
	conn_hub_interest_clear(hub);
	conn_rules_free(hub);
	topic_index_free(hub->index);
	base_mem_free(mem, mem_conn, hub);
}

void conn_hub_configure(struct conn_hub *hub, const struct conn_config *config)
{
	hub->config = *config;
	if (hub->config.max_packet_bytes == 0 ||
		hub->config.max_packet_bytes > WIRE_REMAINING_MAX + WIRE_HEADER_MAX)
		hub->config.max_packet_bytes = WIRE_REMAINING_MAX + WIRE_HEADER_MAX;
	if (hub->config.max_inflight == 0)
		hub->config.max_inflight = UINT16_MAX;
	if (hub->config.receive_max == 0)
		hub->config.receive_max = UINT16_MAX;
	if (hub->config.keepalive_percent < 100)
		hub->config.keepalive_percent = 100;
}

void conn_hub_flush(struct conn_hub *hub)
{
	while (!base_list_is_empty(&hub->flush)) {
		struct conn *conn = BASE_CONTAINER_OF(hub->flush.next, struct conn, flush);

		base_list_remove(&conn->flush);
		conn->transport->flush(conn->io);
	}
	bury(hub);
}

void conn_block(struct conn *conn, size_t bytes)
{
	conn->blocked_bytes = bytes;
	if (!base_list_is_linked(&conn->blocked))
		base_list_push_back(&conn->hub->blocked, &conn->blocked);
}

/* Who waits comes first, so that small records do not starve large ones. */
bool conn_room(struct conn_hub *hub, struct conn *conn, unsigned records, size_t bytes)
{
	bool has_turn = hub->is_unblocking || base_list_is_empty(&hub->blocked);

	bytes += (size_t)records * CONN_RECORD_HEAD_BYTES;
	if (!hub->is_resyncing && has_turn) {
		if (conn_ops(hub)->room(hub->params.control_context, records, bytes))
			return true;
		if (conn != NULL)
			conn_count(hub, CONN_COUNTER_RING_FULL);
	}
	if (conn != NULL)
		conn_block(conn, bytes);
	return false;
}

bool conn_hub_is_blocked(const struct conn_hub *hub)
{
	return !base_list_is_empty(&hub->blocked);
}

void conn_hub_unblock(struct conn_hub *hub)
{
	if (hub->is_resyncing || hub->is_unblocking)
		return;
	hub->is_unblocking = true;
	while (!base_list_is_empty(&hub->blocked)) {
		struct conn *conn = BASE_CONTAINER_OF(hub->blocked.next, struct conn, blocked);

		/* Else its packet would be read, judged and matched in each turn of the loop. */
		if (!conn_ops(hub)->room(hub->params.control_context, 1, conn->blocked_bytes))
			break;
		base_list_remove(&conn->blocked);
		conn_unblocked(conn);
		if (base_list_is_linked(&conn->blocked)) {
			/* It keeps its place. */
			base_list_remove(&conn->blocked);
			base_list_push_front(&hub->blocked, &conn->blocked);
			break;
		}
	}
	hub->is_unblocking = false;
}

void conn_hub_stats(const struct conn_hub *hub, struct conn_hub_stats *stats)
{
	*stats = (struct conn_hub_stats){
		.connections = hub->connections,
		.live = hub->live,
		.parked = hub->parked,
		.subscriptions = hub->subscriptions,
		.interests = hub->interests,
		.conn_size = sizeof(struct conn),
	};
	for (const struct base_list *node = hub->blocked.next; node != &hub->blocked;
		node = node->next)
		stats->blocked++;
}
