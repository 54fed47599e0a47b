#include <string.h>

#include "base_log.h"
#include "link_priv.h"

/*
 * Messages that a worker sent while no control lived. Nobody knows yet for which sessions they are, so they wait until
 * the worker has told its connections; then they are handled as if they came now. Other records of that time are void:
 * the worker tells their outcome.
 */

static bool is_message(uint16_t kind)
{
	return kind == ABI_W_RETAIN || kind == ABI_W_INTEREST || kind == ABI_W_SHARED;
}

/* The ring bounds what there can be. */
void link_stash_put(struct link_worker *worker, const struct abi_ring_record *record)
{
	struct link_pending *node;

	if (!is_message(record->kind))
		return;
	node = kit_mem_alloc(KIT_MEM_LINK, link_pending_bytes(record->bytes));
	if (node == NULL) {
		base_log(BASE_LOG_ERROR, "no memory for a message from before our start");
		return;
	}
	node->kind = record->kind;
	node->bytes = record->bytes;
	memcpy(node + 1, record->body, record->bytes);
	*worker->stash_last = node;
	worker->stash_last = &node->next;
}

static struct link_pending *pop(struct link_worker *worker)
{
	struct link_pending *node = worker->stash;

	worker->stash = node->next;
	if (worker->stash == NULL)
		worker->stash_last = &worker->stash;
	return node;
}

void link_stash_replay(struct link *link, uint32_t index)
{
	struct link_worker *worker = &link->workers[index];

	while (worker->stash != NULL) {
		struct link_pending *node = pop(worker);
		struct abi_ring_record record = {
			.body = node + 1,
			.bytes = node->bytes,
			.kind = node->kind,
		};

		link_dispatch(link, index, &record);
		kit_mem_free(KIT_MEM_LINK, node, link_pending_bytes(node->bytes));
	}
}

void link_stash_clear(struct link_worker *worker)
{
	while (worker->stash != NULL) {
		struct link_pending *node = pop(worker);

		kit_mem_free(KIT_MEM_LINK, node, link_pending_bytes(node->bytes));
	}
}
