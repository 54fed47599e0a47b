#include "abi_doorbell.h"

#include <errno.h>
#include <unistd.h>

#include "abi_priv.h"
#include "base_assert.h"

int abi_doorbell_fd(const struct abi_region *region)
{
	return region->bells[region->who];
}

static bool has_records(const struct abi_region *region)
{
	if (region->who != ABI_CONTROL)
		return !abi_ring_is_empty(&region->to_worker[region->who - ABI_WORKER(0)]);
	for (uint32_t i = 0; i < region->identity.workers; i++) {
		if (!abi_ring_is_empty(&region->to_control[i]))
			return true;
	}
	return false;
}

bool abi_doorbell_arm(struct abi_region *region)
{
	struct abi_presence *own = abi_region_presence(region, region->who);

	region->is_armed = true;
	atomic_store_explicit(&own->asleep, ++region->sleeps, memory_order_relaxed);
	/*
	 * Between the store to `asleep` and the loads of the tails here, and between the store to a
	 * tail and the load of `asleep` in abi_doorbell_ring: so that at least one of the two sees
	 * the other's store.
	 */
	atomic_thread_fence(memory_order_seq_cst);
	if (!has_records(region))
		return true;
	atomic_store_explicit(&own->asleep, 0, memory_order_relaxed);
	return false;
}

void abi_doorbell_disarm(struct abi_region *region)
{
	char taken[64];
	ssize_t bytes;

	if (!region->is_armed)
		return;
	region->is_armed = false;
	atomic_store_explicit(
		&abi_region_presence(region, region->who)->asleep, 0, memory_order_relaxed);
	do {
		bytes = read(abi_doorbell_fd(region), taken, sizeof(taken));
	} while (bytes == (ssize_t)sizeof(taken) || (bytes < 0 && errno == EINTR));
}

void abi_doorbell_ring(struct abi_region *region, unsigned who)
{
	uint64_t sleep;
	ssize_t written;

	BASE_ASSERT(who < ABI_ROLES_MAX && region->bells[who] >= 0 && who != region->who);
	atomic_thread_fence(memory_order_seq_cst);
	sleep = atomic_load_explicit(
		&abi_region_presence(region, who)->asleep, memory_order_relaxed);
	if (sleep == 0 || sleep == region->rung[who])
		return;
	do {
		written = write(region->bells[who], "", 1);
	} while (written < 0 && errno == EINTR);
	/* A full FIFO (EAGAIN) wakes its reader as well. */
	region->rung[who] = sleep;
}
