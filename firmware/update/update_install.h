#ifndef UPDATE_INSTALL_H
#define UPDATE_INSTALL_H

#include "update_bootenv.h"
#include "update_box.h"
#include "update_slot.h"
#include "update_source.h"

/*
 * Installing a bundle into the slot that does not run, and what is decided about slots afterwards.
 *
 * Layer:     update
 * Thread:    one; blocks
 *
 * Order of an installation, each step on the disk before the next one begins: the slot may not boot (environment); no
 * file system in it; its files; its file system; read back; the slot may boot, first, three times (environment). So a
 * power cut leaves a box that boots the firmware that runs now, or, at the very end, the new one.
 */

typedef void update_say_fn(void *arg, const char *line);

struct update_install {
	const struct update_box *box;
	update_say_fn *say; /* what happens, a line at a time */
	update_progress_fn *progress;
	void *arg;
};

/*
 * Opens what a user calls a source: a file's path, http://..., https://..., "usb", "serial". What has to be said on the
 * way is said. Errors are those of the openers (update_source.h, update_fetch.h, update_media.h).
 */
int update_source_open(struct update_source *out, const char *from,
	const struct update_install *install, struct update_fault *fault)
	__attribute__((warn_unused_result));

/*
 * Nothing is written before the bundle's signature, board, sequence and size are known to be right: -EKEYREJECTED,
 * -EXDEV (another board), -ESTALE (below the minimum), -ENOSPC. -EBUSY while the running slot is on trial, -ENOTSUP on
 * a box that was booted without slots, and all errors of bundle, slot and boot environment.
 */
int update_install(const struct update_install *install, struct update_source *source,
	struct update_fault *fault) __attribute__((warn_unused_result));

/*
 * The lowest sequence that may be installed or gone back to: what the running firmware says, or what any that was marked
 * good here has said, whichever is higher. The latter is kept in two places, of which the higher one counts: one that is
 * lost or damaged lowers nothing.
 */
uint64_t update_floor(const struct update_box *box, const struct update_bootenv *env);

/* A firmware that was never marked good, while there is another one to go back to. */
bool update_is_on_trial(const struct update_bootenv *env, enum update_place place);

/*
 * Ends the trial of the running slot: three tries at the next start, first in order, and the floor rises. -ENOTSUP. On
 * success the fault has no text, or what is to be logged: a place that had lost the floor has it again.
 */
int update_mark_good(const struct update_box *box, struct update_fault *fault)
	__attribute__((warn_unused_result));

/* The running slot came up, healthy or not, and is not on trial: its tries are full again. */
int update_refill(const struct update_box *box, struct update_fault *fault)
	__attribute__((warn_unused_result));

/*
 * Makes the other slot the first. *to is set. -ENOENT when it cannot boot, -ESTALE when its firmware is below the floor;
 * while the running slot is on trial, what its own firmware says does not count.
 */
int update_rollback(const struct update_box *box, enum update_place *to, struct update_fault *fault)
	__attribute__((warn_unused_result));

/* Asks the first process to restart the box. */
int update_reboot(const struct update_box *box, struct update_fault *fault)
	__attribute__((warn_unused_result));

#endif
