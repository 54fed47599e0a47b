#ifndef UPDATE_MEDIA_H
#define UPDATE_MEDIA_H

#include "update_fault.h"
#include "update_install.h"
#include "update_source.h"

/*
 * Bundles from a stick, and over the serial line.
 *
 * Layer:     update
 * Thread:    one; blocks
 * Ownership: see update_source.h
 */

enum {
	UPDATE_STICK_FILES_MAX = 64, /* of *.bundle files that are looked at */
	UPDATE_SERIAL_MB = 256, /* most that is received */
	UPDATE_SPARE_MB = 8, /* left free on the data partition */
};

/*
 * Mounts each USB disk read-only (vfat, exfat, ext4) until one has bundles of this box's board by its release key in its
 * top folder; of these the one with the highest sequence is the source. -ENODEV without a stick, -ENOENT without such a
 * bundle.
 */
int update_source_usb(struct update_source *out, const struct update_install *install,
	struct update_fault *fault) __attribute__((warn_unused_result));

/*
 * Receives a file by ZMODEM (the program rz) from the terminal into /data/upload. -ENOTTY when standard input is none,
 * -ENOSPC when the data partition is full, -ECANCELED when nothing came.
 */
int update_source_serial(struct update_source *out, const struct update_install *install,
	struct update_fault *fault) __attribute__((warn_unused_result));

#endif
