#ifndef UPDATE_SLOT_H
#define UPDATE_SLOT_H

#include <stdbool.h>
#include <stdint.h>

#include "update_bundle.h"
#include "update_fault.h"

/*
 * A slot's contents: a FAT file system with fw.efi and, on boards that check it, fw.efi.sig.
 *
 * Layer:     update (mbedTLS)
 * Thread:    one; blocks
 *
 * Writing replaces the whole file system. It has no valid first sector until all else is on the disk, and what then
 * counts is what is read back.
 */

enum {
	UPDATE_FLUSH_BYTES = 4 * 1024 * 1024, /* written before a flush: bounds what is in memory */
	UPDATE_VERSION_MAX = 64, /* with the NUL */
};

/* Called with the bytes that are done, of `total`. `step` is "write" or "check". */
typedef void update_progress_fn(void *arg, const char *step, uint64_t done, uint64_t total);

struct update_slot_write {
	const char *path; /* the partition */
	struct update_bundle *bundle;
	update_progress_fn *progress;
	void *arg;
	int fd; /* -1 */
};

/*
 * Opens the partition and checks that the bundle fits; nothing is written. -EBUSY when it is mounted or another
 * installation is at it, -ENOSPC when it is too small, and what the system says.
 */
int update_slot_open(struct update_slot_write *slot, struct update_fault *fault)
	__attribute__((warn_unused_result));

/* Writes all files and reads them back. -EIO when the disk returns other bytes than were written. */
int update_slot_fill(struct update_slot_write *slot, struct update_fault *fault)
	__attribute__((warn_unused_result));

void update_slot_close(struct update_slot_write *slot);

/* What a firmware says of itself. */
struct update_release {
	char version[UPDATE_VERSION_MAX];
	uint64_t sequence; /* 0: it does not say */
};

/*
 * The firmware in a partition: VERSION_ID and SLUICE_SEQUENCE of the section .osrel of its fw.efi. -ENOENT when there is
 * no fw.efi, -EBADMSG when it does not say its version.
 */
int update_slot_release(const char *path, struct update_release *out)
	__attribute__((warn_unused_result));

#endif
