#ifndef ABI_REGION_H
#define ABI_REGION_H

#include <stdbool.h>
#include <stdint.h>

#include "abi_counter.h"
#include "abi_ring.h"

/*
 * The region: the one file in shared memory through which control and the workers talk.
 *
 * Layer:     abi (base only)
 * Thread:    each process has one handle, used by one thread (abi_counter_* aside)
 * Ownership: the handle owns the mapping, the lock and the descriptors until abi_region_close
 * Lifetime:  made by whoever comes first; kept as long as one process that attached lives; whoever
 *            comes when none does replaces it, so that nothing of a dead installation is read
 *
 * Each process holds a lock (an open file description lock) on one byte of the file, that of its
 * role: the kernel lets go of it when the process dies, however it dies. One process may take each
 * role.
 */

enum {
	ABI_VERSION = 3, /* of all that lies in the region: layout, records, counters */
	ABI_WORKERS_MAX = 64,
	ABI_CONTROL = 0, /* role; worker k is ABI_WORKER(k) */
	ABI_ROLES_MAX = ABI_WORKERS_MAX + 1,
};
#define ABI_WORKER(index) (1u + (unsigned)(index))

struct abi_region;

/* Both processes take these from the same configuration; they are part of the contract. */
struct abi_region_params {
	uint32_t workers; /* 1 .. ABI_WORKERS_MAX */
	uint32_t
		ring_bytes; /* of each ring's buffer: a power of two, ABI_RING_MIN_BYTES .. _MAX_BYTES */
};

/*
 * Attaches to the region at `path` in role `who`, making the file (mode 0600, all pages taken) and
 * the doorbells beside it ("<path>.bell-0", ...) as needed. Returns 0 and the handle, or:
 *   -EBUSY   another live process has the role
 *   -EPROTO  live processes use a file of another version or size, or the file is damaged
 *   -EPERM   the file is not a plain file that only we may open
 *   -EINVAL  params or who are out of range
 *   -ENOSPC, -ENOMEM, -EACCES, ... from the system
 * A worker's counters are 0 after.
 */
int abi_region_open(const char *path, const struct abi_region_params *params, unsigned who,
	struct abi_region **region) __attribute__((warn_unused_result));

/* Gives the role up. The file stays: others use it, or the next to come replaces it. */
void abi_region_close(struct abi_region *region);

/*
 * Removes the file and the doorbells at `path` when no live process uses them; else returns -EBUSY.
 */
int abi_region_unlink(const char *path) __attribute__((warn_unused_result));

/* The rings of a worker: for control by index; a worker has only its own. */
struct abi_ring *abi_region_to_control(struct abi_region *region, uint32_t worker);
struct abi_ring *abi_region_to_worker(struct abi_region *region, uint32_t worker);

struct abi_counters *abi_region_counters(struct abi_region *region, uint32_t worker);

/*
 * Our own epoch, for HELLO: above that of all that had the role before since the machine started.
 */
uint64_t abi_region_epoch(const struct abi_region *region);

/*
 * Whether a process holds the role. Asks the kernel: for control's timer, not for the packet path.
 */
bool abi_region_is_alive(const struct abi_region *region, unsigned who);

/*
 * Heartbeats tell a process that hangs from one that works, without a system call: each stores the
 * time (base_time_ms) that it last came round its loop.
 */
void abi_heartbeat_beat(struct abi_region *region, uint64_t now_ms);

/* Milliseconds since the last beat of `who`; UINT64_MAX when there was none. */
uint64_t abi_heartbeat_age_ms(const struct abi_region *region, unsigned who, uint64_t now_ms);

#endif
