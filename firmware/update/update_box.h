#ifndef UPDATE_BOX_H
#define UPDATE_BOX_H

#include <limits.h>
#include <stdint.h>

#include "board.h"
#include "update_fault.h"

/*
 * The box: which board it is, which slot it runs from, where its partitions are.
 *
 * Layer:     update (board)
 * Thread:    any; reads files
 * Ownership: the caller's struct; `root` must stay
 *
 * Every path is below `root`, which is "" on the box and a folder in tests.
 */

enum update_place { UPDATE_SLOT_A, UPDATE_SLOT_B, UPDATE_RECOVERY, UPDATE_NOWHERE };

struct update_box {
	const char *root;
	char board[CONFIG_NAME_MAX]; /* board.id */
	char disk[CONFIG_TEXT_MAX]; /* disk.device: patterns of the disk that the slots are on */
	enum update_place running; /* UPDATE_NOWHERE: booted without a slot */
};

/* Reads board.conf and /run/sluice/slot. Errors: the file's faults. */
int update_box_load(struct update_box *box, const char *root, struct update_fault *fault)
	__attribute__((warn_unused_result));

/* The path of a file of the box ("/cfg/tls/ca.pem"). */
void update_box_path(const struct update_box *box, const char *path, char out[PATH_MAX]);

/*
 * The device of the partition with this GPT name, on the board's disk. -ENODEV when there is none; -ENOTUNIQ when two
 * disks have it.
 */
int update_box_partition(const struct update_box *box, const char *name, char out[PATH_MAX],
	struct update_fault *fault) __attribute__((warn_unused_result));

/* "a", "b", "recovery", "none"; and the names of their partitions, NULL for none. */
const char *update_place_name(enum update_place place);
const char *update_place_partition(enum update_place place);

/*
 * A file that holds one sequence number and an end of line. -ENOENT when there is no such file, -EBADMSG when it holds
 * something else, and what the disk says; *out is 0 then.
 */
int update_box_number(const struct update_box *box, const char *path, uint64_t *out);

#endif
