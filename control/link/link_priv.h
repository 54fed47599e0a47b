#ifndef LINK_PRIV_H
#define LINK_PRIV_H

#include "abi_doorbell.h"
#include "abi_record.h"
#include "abi_region.h"
#include "kit_mem.h"
#include "link.h"

/*
 * What the files of link share: one worker's side of the region and the sending primitives.
 *
 * Layer:  link
 * Thread: control's loop
 */

enum link_phase {
	LINK_WAITING, /* our HELLO is sent; of the records up to the worker's, messages are stashed */
	LINK_UP,
};

/* A record that waits: for room in the ring, or in the stash. The body follows, aligned to 16. */
struct link_pending {
	_Alignas(16) struct link_pending *next;
	uint32_t bytes;
	uint16_t kind;
};

static inline size_t link_pending_bytes(size_t body_bytes)
{
	return sizeof(struct link_pending) + body_bytes;
}

struct link_worker {
	struct abi_ring *in, *out;
	struct link_pending *first, **last;
	size_t pending_bytes;
	struct link_pending *stash, **stash_last; /* from before our start: link_stash.c */
	enum link_phase phase;
	bool was_up; /* some life of this worker has been up before */
	bool is_resyncing; /* up, but its live connections have not all been told */
	bool is_alive; /* as the lock said last */
	bool is_rung; /* records were committed since the last ring of the bell */
	bool is_hanging; /* said so in the log */
	uint64_t settle_by_ms; /* after this nobody waits for its resync */
	uint64_t records_at_up; /* records_in when this life came up */
	uint64_t epoch, up_since_ms, restarts, records_in, records_out;
	uint32_t pid;
};

struct link {
	struct abi_region *region;
	const struct link_handler *handler;
	void *arg;
	struct link_worker *workers;
	unsigned worker_len;
	uint32_t pid;
	size_t pending_max;
	uint64_t now_ms, check_ms;
	struct abi_config limits;
	void *acl;
	size_t acl_bytes;
	struct link_filter *filters; /* scratch of the decoder */
	size_t filter_room;
	struct link_pending *open; /* between link_begin and link_end, when the ring was full */
};

/*
 * A body of `bytes` to fill, to be followed by link_end. NULL when the record can't be sent: the worker is not up
 * and the kind is not a HELLO, or it is larger than the ring takes (logged).
 */
void *link_begin(struct link *link, uint32_t worker, uint16_t kind, size_t bytes);
void link_end(struct link *link, uint32_t worker);

/* Moves pending records into the ring, as far as they fit. */
void link_pending_flush(struct link_worker *worker);
void link_pending_clear(struct link_worker *worker);

/* Keeps a copy of a record that is a message; handles all of them in order; forgets them. */
void link_stash_put(struct link_worker *worker, const struct abi_ring_record *record);
void link_stash_replay(struct link *link, uint32_t index);
void link_stash_clear(struct link_worker *worker);

void link_send_config(struct link *link, uint32_t worker);
void link_send_acl(struct link *link, uint32_t worker);

/* Turns one whole record into a call of the handler. */
void link_dispatch(struct link *link, uint32_t worker, const struct abi_ring_record *record);

#endif
