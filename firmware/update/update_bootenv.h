#ifndef UPDATE_BOOTENV_H
#define UPDATE_BOOTENV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "update_box.h"
#include "update_fault.h"

/*
 * What the boot loader goes by: the order of the slots, and for each whether it may boot and how many tries it has left.
 *
 * Layer:     update
 * Thread:    one; blocks
 * Ownership: update_bootenv_open to update_bootenv_close, which holds a lock: two programs never change it at once
 *
 * What a sequence must have at least is kept here too (update_trial.c): the boot loader has no use for it, but it is
 * another partition than the file's.
 *
 * The one selector so far is GRUB with its environment block, the file grub/grubenv of the ESP. It is rewritten in
 * place, 1024 bytes that all lie in its first sector as long as they are few, with one write and one flush: a power cut
 * leaves the old state or the new one.
 */

enum {
	UPDATE_SLOTS = 2, /* a and b: the numbers 0 and 1 */
	UPDATE_TRIES = 3,
	UPDATE_GRUBENV_BYTES = 1024,
};

struct update_slot_state {
	bool is_ok; /* it holds a whole firmware: the boot loader may start it */
	bool is_proven; /* it was marked good once: it is not on trial */
	unsigned tries; /* left; the boot loader takes one away before each start */
};

struct update_bootenv {
	int fd; /* the ESP; -1 = closed */
	char block[UPDATE_GRUBENV_BYTES];
	struct update_slot_state slots[UPDATE_SLOTS];
	unsigned first; /* slot that is tried first; the other follows */
	uint64_t minimum; /* of sequences, as it was kept here; 0 = not, or damaged */
};

/* On failure *env is closed, and says nothing: no slot may boot, nothing is kept. */
int update_bootenv_open(struct update_bootenv *env, const struct update_box *box,
	struct update_fault *fault) __attribute__((warn_unused_result));

/* Writes what was changed in `slots`, `first` and `minimum`, in one write. */
int update_bootenv_store(struct update_bootenv *env, struct update_fault *fault)
	__attribute__((warn_unused_result));

void update_bootenv_close(struct update_bootenv *env);

/*
 * GRUB's block, pure. get: false when there is no such key or its value does not fit. set: -ENOSPC when the block is
 * full. -EBADMSG from check when it is no such block. Keys that are not ours stay as they are.
 */
int update_grubenv_check(const char block[UPDATE_GRUBENV_BYTES])
	__attribute__((warn_unused_result));
bool update_grubenv_get(
	const char block[UPDATE_GRUBENV_BYTES], const char *key, char *out, size_t room);
int update_grubenv_set(char block[UPDATE_GRUBENV_BYTES], const char *key, const char *value)
	__attribute__((warn_unused_result));

#endif
