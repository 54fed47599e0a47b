#ifndef ABI_PRIV_H
#define ABI_PRIV_H

#include "abi_layout.h"

/*
 * The handle of the region, private to its process, and the file work that open and unlink share.
 *
 * Layer:  abi (base only)
 */

struct abi_region {
	int fd; /* holds the role's lock */
	unsigned who;
	struct abi_head *head; /* the mapping's start */
	struct abi_identity identity; /* our own copy: the mapped one can be written to by others */
	uint64_t epoch;
	uint64_t
		sleeps; /* number of the last sleep; begins at the epoch, so that no two lives share one */
	bool is_armed;
	int bells[ABI_ROLES_MAX]; /* FIFOs of those that we ring, and our own; else -1 */
	uint64_t rung[ABI_ROLES_MAX]; /* the sleep that we rang last, by role */
	struct abi_ring to_control[ABI_WORKERS_MAX];
	struct abi_ring to_worker[ABI_WORKERS_MAX];
};

struct abi_presence *abi_region_presence(const struct abi_region *region, unsigned who);

/*
 * Opens the file at `path` (flags O_CREAT or 0), waits for its ABI_LOCK_OPEN, and sees to it that
 * the file is still the one at `path`. Returns the descriptor, or -EPERM, -ENOENT, ...
 */
int abi_file_open(const char *path, int flags);

/* Lets go of ABI_LOCK_OPEN. */
void abi_file_unlock(int fd);

/* Takes the lock of a role: 0, or -EBUSY when another process has it. */
int abi_file_claim(int fd, unsigned who);

/* Whether a descriptor other than `fd` holds the lock of any of the `len` roles from `first` on. */
bool abi_file_is_claimed(int fd, unsigned first, unsigned len);

/* Opens the doorbell of a role, making it when there is none. Returns the descriptor or -errno. */
int abi_file_open_bell(const char *path, unsigned who);

/* Removes all doorbells beside `path`. */
void abi_file_remove_bells(const char *path);

#endif
