#include <string.h>

#include "base_assert.h"
#include "base_log.h"
#include "link_priv.h"

void *link_begin(struct link *link, uint32_t worker_index, uint16_t kind, size_t bytes)
{
	struct link_worker *worker = &link->workers[worker_index];
	void *body = NULL;

	BASE_ASSERT(link->open == NULL);
	if (worker->phase != LINK_UP && kind != ABI_C_HELLO)
		return NULL;
	if (bytes > abi_ring_body_max(worker->out)) {
		base_log(BASE_LOG_ERROR,
			"worker %u: a record of %zu bytes (kind %u) is larger than "
			"its ring takes; raise region.ring_bytes",
			worker_index, bytes, kind);
		return NULL;
	}
	link_pending_flush(worker);
	if (worker->first == NULL)
		body = abi_ring_reserve(worker->out, kind, (uint32_t)bytes);
	if (body == NULL) {
		link->open = kit_mem_alloc(KIT_MEM_LINK, link_pending_bytes(bytes));
		BASE_ASSERT(link->open != NULL);
		link->open->bytes = (uint32_t)bytes;
		link->open->kind = kind;
		body = link->open + 1;
	}
	return body;
}

void link_end(struct link *link, uint32_t worker_index)
{
	struct link_worker *worker = &link->workers[worker_index];

	worker->records_out++;
	if (link->open == NULL) {
		abi_ring_commit(worker->out);
		worker->is_rung = true;
		return;
	}
	worker->pending_bytes += link_pending_bytes(link->open->bytes);
	*worker->last = link->open;
	worker->last = &link->open->next;
	link->open = NULL;
}

static void pop(struct link_worker *worker)
{
	struct link_pending *node = worker->first;

	worker->first = node->next;
	if (worker->first == NULL)
		worker->last = &worker->first;
	worker->pending_bytes -= link_pending_bytes(node->bytes);
	kit_mem_free(KIT_MEM_LINK, node, link_pending_bytes(node->bytes));
}

void link_pending_flush(struct link_worker *worker)
{
	while (worker->first != NULL) {
		struct link_pending *node = worker->first;
		void *body = abi_ring_reserve(worker->out, node->kind, node->bytes);

		if (body == NULL)
			return;
		if (node->bytes > 0)
			memcpy(body, node + 1, node->bytes);
		abi_ring_commit(worker->out);
		worker->is_rung = true;
		pop(worker);
	}
}

void link_pending_clear(struct link_worker *worker)
{
	while (worker->first != NULL)
		pop(worker);
}
