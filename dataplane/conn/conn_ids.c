#include <string.h>

#include "conn_priv.h"

/*
 * A small hash table of packet identifiers: keys and values in one block, linear probing, at most
 * half full, removal by shifting back.
 */

enum { FIRST_CAP = 8 };

static uint32_t home(const struct conn_ids *ids, uint16_t id)
{
	return id & (ids->cap - 1); /* identifiers mostly count up */
}

static uint32_t find(const struct conn_ids *ids, uint16_t id)
{
	uint32_t at;

	if (ids->cap == 0)
		return UINT32_MAX;
	for (at = home(ids, id); ids->keys[at] != 0; at = (at + 1) & (ids->cap - 1))
		if (ids->keys[at] == id)
			return at;
	return UINT32_MAX;
}

static void place(struct conn_ids *ids, uint16_t id, void *value)
{
	uint32_t at = home(ids, id);

	while (ids->keys[at] != 0)
		at = (at + 1) & (ids->cap - 1);
	ids->keys[at] = id;
	if (ids->values != NULL)
		ids->values[at] = value;
}

static int grow(struct conn *conn, struct conn_ids *ids, bool has_values)
{
	struct conn_ids old = *ids;
	uint32_t cap = old.cap ? old.cap * 2 : FIRST_CAP;
	size_t values = has_values ? cap * sizeof(void *) : 0;
	uint8_t *block =
		conn_alloc(conn->hub, conn->hub->params.mem_queue, values + cap * sizeof(uint16_t));

	if (block == NULL)
		return -1;
	ids->cap = cap;
	ids->values = has_values ? (void **)(void *)block : NULL;
	ids->keys = (uint16_t *)(void *)(block + values);
	memset(ids->keys, 0, cap * sizeof(uint16_t));
	for (uint32_t i = 0; i < old.cap; i++)
		if (old.keys[i] != 0)
			place(ids, old.keys[i], has_values ? old.values[i] : NULL);
	conn_ids_drop(conn, &old);
	return 0;
}

int conn_ids_put(struct conn *conn, struct conn_ids *ids, bool has_values, uint16_t id, void *value)
{
	uint32_t at = find(ids, id);

	if (at != UINT32_MAX) {
		if (has_values)
			ids->values[at] = value;
		return 0;
	}
	if (ids->len * 2 >= ids->cap && grow(conn, ids, has_values) != 0)
		return -1;
	place(ids, id, value);
	ids->len++;
	return 0;
}

bool conn_ids_has(const struct conn_ids *ids, uint16_t id)
{
	return find(ids, id) != UINT32_MAX;
}

void *conn_ids_get(const struct conn_ids *ids, uint16_t id)
{
	uint32_t at = find(ids, id);

	return at == UINT32_MAX ? NULL : ids->values[at];
}

bool conn_ids_del(struct conn_ids *ids, uint16_t id)
{
	uint32_t mask = ids->cap - 1;
	uint32_t hole = find(ids, id);

	if (hole == UINT32_MAX)
		return false;
	for (uint32_t at = (hole + 1) & mask; ids->keys[at] != 0; at = (at + 1) & mask) {
		/* What lies between its home and the hole may move into the hole. */
		if (((at - home(ids, ids->keys[at])) & mask) < ((at - hole) & mask))
			continue;
		ids->keys[hole] = ids->keys[at];
		if (ids->values != NULL)
			ids->values[hole] = ids->values[at];
		hole = at;
	}
	ids->keys[hole] = 0;
	ids->len--;
	return true;
}

void conn_ids_drop(struct conn *conn, struct conn_ids *ids)
{
	void *block = ids->values != NULL ? (void *)ids->values : (void *)ids->keys;

	conn_free(conn->hub, conn->hub->params.mem_queue, block);
	*ids = (struct conn_ids){0};
}
