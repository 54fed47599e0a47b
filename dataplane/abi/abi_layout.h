#ifndef ABI_LAYOUT_H
#define ABI_LAYOUT_H

#include <stdatomic.h>
#include <stdint.h>

#include "abi_counter.h"
#include "abi_region.h"
#include "abi_ring.h"

/*
 * What lies where in the region's file. Users of abi go through abi_region.h; this is for abi
 * itself and for the check that the layout is the same on all architectures.
 *
 * Layer:  abi (base only)
 * Thread: who writes a field stands beside it; all else is constant once the file is made
 *
 *     0                abi_head
 *     worker_offset    worker 0: abi_worker_block, ring to control, ring to the worker, each on a
 *     new page + worker_stride  worker 1, and so on
 *
 * Locks (open file description locks) on bytes of the file, whether or not the file is that long:
 *     role             held by the process that has the role, while it lives
 *     ABI_LOCK_OPEN    held while a process makes, checks, joins or removes the file
 */

enum {
	ABI_PAGE_BYTES = 4096,
	ABI_LOCK_OPEN = 4096,
};

#define ABI_MAGIC "SLUICE\r\n"

/* Compared as a whole: a file that differs in any of it is not ours. No padding. */
struct abi_identity {
	char magic[8];
	uint32_t version;
	uint32_t head_bytes;
	uint64_t total_bytes;
	uint32_t workers;
	uint32_t ring_bytes;
	uint64_t worker_offset;
	uint64_t worker_stride;
	uint64_t to_control_offset; /* in a worker's part */
	uint64_t to_worker_offset;
};

/* One for each role; written by the process that has it, read by the others. */
struct abi_presence {
	_Alignas(ABI_LINE_BYTES) _Atomic uint64_t beat_ms;
	_Atomic uint64_t epoch;
	/*
	 * A line of its own, as ringers look at it after each burst. 0 = awake, else the sleep's
	 * number.
	 */
	_Alignas(ABI_LINE_BYTES) _Atomic uint64_t asleep;
};

struct abi_head {
	struct abi_identity identity;
	struct abi_presence control;
};

struct abi_worker_block {
	struct abi_presence presence;
	_Alignas(ABI_LINE_BYTES) struct abi_counters counters;
};

_Static_assert(sizeof(struct abi_identity) == 64, "no padding: it is compared by bytes");
_Static_assert(sizeof(struct abi_head) <= ABI_PAGE_BYTES, "the head is one page");

/* The identity of a region with these (valid) parameters. */
struct abi_identity abi_layout_identity(const struct abi_region_params *params);

#endif
