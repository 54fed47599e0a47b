#ifndef ABI_RING_H
#define ABI_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A ring of records of any size between one producer and one consumer, in shared memory.
 *
 * Layer:     abi (base only)
 * Thread:    one producer process and one consumer process; each has a handle of its own
 * Ownership: a reserved body is the producer's until it commits; a peeked body is the consumer's
 *            until it advances
 * Lifetime:  either side may die at any moment: what was committed stays and what was only reserved
 *            was never there; who comes next attaches and goes on where the shared cursors stand. A
 *            record that the consumer had peeked but not advanced over is seen once more.
 *
 * Cursors count bytes since the ring began and never wrap. A record is a head of 8 bytes and a body
 * padded to 8, in one piece; when one does not fit before the end of the buffer, a record of kind
 * ABI_RING_WRAP fills the rest. Nothing here makes a system call.
 */

enum {
	ABI_LINE_BYTES =
		128, /* two lines of 64: x86-64 fetches them in pairs, some arm64 have 128 */
	ABI_RING_WRAP = 0xffff, /* kind; never seen by the consumer */
	ABI_RING_MIN_BYTES = 4096,
	ABI_RING_MAX_BYTES = 1 << 30,
};

struct abi_ring_head {
	uint32_t bytes; /* of the body, without padding */
	uint16_t kind; /* enum abi_record_kind, or ABI_RING_WRAP */
	uint16_t flags; /* 0 so far */
};

/* What both processes see; the buffer (a power of two of bytes) follows. */
struct abi_ring_shared {
	_Alignas(ABI_LINE_BYTES) _Atomic uint64_t
		tail; /* bytes committed; written by the producer */
	_Alignas(
		ABI_LINE_BYTES) _Atomic uint64_t head; /* bytes consumed; written by the consumer */
};

/* One side's handle, private to its process. */
struct abi_ring {
	struct abi_ring_shared *shared;
	uint8_t *buffer;
	uint64_t size; /* bytes of the buffer */
	uint64_t
		at; /* own cursor: producer, behind what is reserved; consumer, behind what is passed */
	uint64_t peer; /* the other side's cursor when last looked at */
	uint64_t next; /* consumer: behind the peeked record; equal to `at` when none is */
};

struct abi_ring_record {
	const void *body; /* aligned to 8 */
	uint32_t bytes;
	uint16_t kind;
	uint16_t flags;
};

/*
 * Attach to the ring at `shared`, whose buffer has `size` bytes and follows it. Return 0, or
 * -EPROTO when the cursors cannot be: a ring was written to by something that is no ring.
 */
int abi_ring_attach_producer(struct abi_ring *ring, struct abi_ring_shared *shared, uint64_t size)
	__attribute__((warn_unused_result));
int abi_ring_attach_consumer(struct abi_ring *ring, struct abi_ring_shared *shared, uint64_t size)
	__attribute__((warn_unused_result));

/*
 * Room for a record of `kind` with `bytes` bytes of body (aligned to 8, not cleared), behind all
 * that was reserved before. NULL with errno EAGAIN when the ring is too full now, or EMSGSIZE when
 * the record is larger than abi_ring_body_max and will never fit. The consumer sees nothing before
 * the commit.
 */
void *abi_ring_reserve(struct abi_ring *ring, uint16_t kind, uint32_t bytes)
	__attribute__((warn_unused_result));

/* Hands all that was reserved to the consumer, at once. Then ring the doorbell (abi_doorbell.h). */
void abi_ring_commit(struct abi_ring *ring);

/* Forgets what was reserved since the last commit. */
void abi_ring_cancel(struct abi_ring *ring);

/* The largest body that a ring takes: half the ring, so that it fits wherever the cursors stand. */
uint32_t abi_ring_body_max(const struct abi_ring *ring);

/*
 * Producer: bytes free, heads and padding included; a record may need less or, at the wrap, twice
 * as much.
 */
uint64_t abi_ring_free_bytes(struct abi_ring *ring);

/*
 * The oldest record that was not passed. Returns 1 and fills `record`; 0 when there is none;
 * -EBADMSG when what lies there cannot be a record: then nothing was passed, and abi_ring_discard
 * is the only way on.
 */
int abi_ring_peek(struct abi_ring *ring, struct abi_ring_record *record)
	__attribute__((warn_unused_result));

/* Passes the record that was peeked last: its bytes are the producer's again. */
void abi_ring_advance(struct abi_ring *ring);

/* Passes all that is committed, unseen. */
void abi_ring_discard(struct abi_ring *ring);

/* Consumer: whether something is committed that was not passed. */
bool abi_ring_is_empty(const struct abi_ring *ring);

#endif
