#include "abi_ring.h"

#include <errno.h>
#include <string.h>

#include "base_assert.h"

enum { ALIGN = 8, HEAD_BYTES = sizeof(struct abi_ring_head) };

_Static_assert(
	sizeof(struct abi_ring_head) == ALIGN, "a wrap record fits wherever a record may end");

/* Head, body and padding; 64 bits, as `bytes` may be anything that a broken peer wrote. */
static uint64_t record_bytes(uint32_t bytes)
{
	return HEAD_BYTES + (((uint64_t)bytes + ALIGN - 1) & ~(uint64_t)(ALIGN - 1));
}

static bool cursors_are_sane(uint64_t head, uint64_t tail, uint64_t size)
{
	return tail - head <= size && head % ALIGN == 0 && tail % ALIGN == 0;
}

static void attach(struct abi_ring *ring, struct abi_ring_shared *shared, uint64_t size)
{
	BASE_ASSERT(size >= ABI_RING_MIN_BYTES && size <= ABI_RING_MAX_BYTES &&
		    (size & (size - 1)) == 0);
	memset(ring, 0, sizeof(*ring));
	ring->shared = shared;
	ring->buffer = (uint8_t *)(shared + 1);
	ring->size = size;
}

/* In both: our own cursor stands still, so the other's is within a ring's length of it. */
int abi_ring_attach_producer(struct abi_ring *ring, struct abi_ring_shared *shared, uint64_t size)
{
	attach(ring, shared, size);
	ring->at = atomic_load_explicit(&shared->tail, memory_order_relaxed);
	ring->peer = atomic_load_explicit(&shared->head, memory_order_acquire);
	return cursors_are_sane(ring->peer, ring->at, size) ? 0 : -EPROTO;
}

int abi_ring_attach_consumer(struct abi_ring *ring, struct abi_ring_shared *shared, uint64_t size)
{
	attach(ring, shared, size);
	ring->at = atomic_load_explicit(&shared->head, memory_order_relaxed);
	ring->next = ring->at;
	ring->peer = atomic_load_explicit(&shared->tail, memory_order_acquire);
	return cursors_are_sane(ring->at, ring->peer, size) ? 0 : -EPROTO;
}

uint32_t abi_ring_body_max(const struct abi_ring *ring)
{
	return (uint32_t)(ring->size / 2 - HEAD_BYTES);
}

static bool has_room(struct abi_ring *ring, uint64_t bytes)
{
	uint64_t head;

	if (ring->at + bytes - ring->peer <= ring->size)
		return true;
	head = atomic_load_explicit(&ring->shared->head, memory_order_acquire);
	/*
	 * A head before ours or more than the ring behind is a broken consumer: it gets nothing
	 * more.
	 */
	if (!cursors_are_sane(head, ring->at, ring->size))
		return false;
	ring->peer = head;
	return ring->at + bytes - ring->peer <= ring->size;
}

static void write_head(struct abi_ring *ring, uint64_t at, uint16_t kind, uint32_t bytes)
{
	struct abi_ring_head head = {.bytes = bytes, .kind = kind};

	memcpy(ring->buffer + (at & (ring->size - 1)), &head, sizeof(head));
}

void *abi_ring_reserve(struct abi_ring *ring, uint16_t kind, uint32_t bytes)
{
	uint64_t need = record_bytes(bytes);
	uint64_t to_end = ring->size - (ring->at & (ring->size - 1));
	uint64_t skip = to_end < need ? to_end : 0;
	void *body;

	BASE_ASSERT(kind != ABI_RING_WRAP);
	if (bytes > abi_ring_body_max(ring)) {
		errno = EMSGSIZE;
		return NULL;
	}
	if (!has_room(ring, skip + need)) {
		errno = EAGAIN;
		return NULL;
	}
	if (skip > 0)
		write_head(ring, ring->at, ABI_RING_WRAP, (uint32_t)(skip - HEAD_BYTES));
	ring->at += skip;
	write_head(ring, ring->at, kind, bytes);
	body = ring->buffer + (ring->at & (ring->size - 1)) + HEAD_BYTES;
	ring->at += need;
	return body;
}

void abi_ring_commit(struct abi_ring *ring)
{
	atomic_store_explicit(&ring->shared->tail, ring->at, memory_order_release);
}

void abi_ring_cancel(struct abi_ring *ring)
{
	ring->at = atomic_load_explicit(&ring->shared->tail, memory_order_relaxed);
}

uint64_t abi_ring_free_bytes(struct abi_ring *ring)
{
	uint64_t used;

	ring->peer = atomic_load_explicit(&ring->shared->head, memory_order_acquire);
	used = ring->at - ring->peer;
	return used <= ring->size ? ring->size - used : 0;
}

/* The head at `at`, read once: what is checked is what is used. */
static struct abi_ring_head read_head(const struct abi_ring *ring, uint64_t at)
{
	struct abi_ring_head head;

	memcpy(&head, ring->buffer + (at & (ring->size - 1)), sizeof(head));
	__asm__ volatile("" ::: "memory"); /* no second load in place of the copy */
	return head;
}

/* Steps over a wrap record. One must fill the buffer exactly, and a record must follow it. */
static int skip_wrap(struct abi_ring *ring, uint64_t *at, struct abi_ring_head *head)
{
	uint64_t bytes = record_bytes(head->bytes);

	if (head->kind != ABI_RING_WRAP)
		return 0;
	if ((*at & (ring->size - 1)) + bytes != ring->size || ring->peer - *at <= bytes)
		return -EBADMSG;
	*at += bytes;
	*head = read_head(ring, *at);
	return head->kind == ABI_RING_WRAP ? -EBADMSG : 0;
}

int abi_ring_peek(struct abi_ring *ring, struct abi_ring_record *record)
{
	uint64_t at = ring->at;
	struct abi_ring_head head;
	uint64_t bytes;

	if (ring->peer == at) {
		ring->peer = atomic_load_explicit(&ring->shared->tail, memory_order_acquire);
		if (ring->peer == at)
			return 0;
	}
	if (!cursors_are_sane(at, ring->peer, ring->size))
		return -EBADMSG;
	head = read_head(ring, at);
	if (skip_wrap(ring, &at, &head) != 0)
		return -EBADMSG;
	bytes = record_bytes(head.bytes);
	if (head.bytes > abi_ring_body_max(ring) || bytes > ring->peer - at ||
		(at & (ring->size - 1)) + bytes > ring->size)
		return -EBADMSG;
	record->body = ring->buffer + (at & (ring->size - 1)) + HEAD_BYTES;
	record->bytes = head.bytes;
	record->kind = head.kind;
	record->flags = head.flags;
	ring->next = at + bytes;
	return 1;
}

void abi_ring_advance(struct abi_ring *ring)
{
	BASE_ASSERT(ring->next != ring->at); /* else nothing was peeked */
	ring->at = ring->next;
	atomic_store_explicit(&ring->shared->head, ring->at, memory_order_release);
}

void abi_ring_discard(struct abi_ring *ring)
{
	ring->peer = atomic_load_explicit(&ring->shared->tail, memory_order_acquire);
	ring->at = ring->peer;
	ring->next = ring->at;
	atomic_store_explicit(&ring->shared->head, ring->at, memory_order_release);
}

bool abi_ring_is_empty(const struct abi_ring *ring)
{
	return ring->at == atomic_load_explicit(&ring->shared->tail, memory_order_acquire);
}
