#ifndef ABI_DOORBELL_H
#define ABI_DOORBELL_H

#include <stdbool.h>

#include "abi_region.h"

/*
 * Waking a process that sleeps in epoll or poll when there are records for it.
 *
 * Layer:  abi (base only)
 * Thread: that of the region's handle
 *
 * Each role has a FIFO beside the region's file and a word in the region that says whether it
 * sleeps. Who commits records looks at the word and writes a byte only when the other sleeps, once
 * a sleep: between busy processes no system call is made. A ringer that dies anywhere in between
 * loses no wake-up, as only the sleeper changes the word.
 *
 * The sleeper:  if (abi_doorbell_arm(region)) { wait for abi_doorbell_fd() or a timeout; }
 *               abi_doorbell_disarm(region);
 *               take records from the rings
 * The ringer:   abi_ring_commit(ring); abi_doorbell_ring(region, who);
 */

/* Readable when somebody rang; for poll or epoll. Not to be read or closed. */
int abi_doorbell_fd(const struct abi_region *region);

/* Says that we are about to sleep. False when a ring to us has records: don't. */
bool abi_doorbell_arm(struct abi_region *region) __attribute__((warn_unused_result));

/* Says that we are awake and takes the rings out of the FIFO. Harmless when not armed. */
void abi_doorbell_disarm(struct abi_region *region);

/*
 * Wakes `who` when it sleeps; one fence and one load when it doesn't. Call it after a burst of
 * commits.
 */
void abi_doorbell_ring(struct abi_region *region, unsigned who);

#endif
