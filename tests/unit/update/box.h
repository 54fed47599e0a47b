#ifndef TEST_UPDATE_BOX_H
#define TEST_UPDATE_BOX_H

#include <stddef.h>
#include <stdint.h>

#include "update_box.h"
#include "update_bundle.h"

/*
 * A box in a folder: its files, and its partitions as plain files. Also keys, firmware and bundles for it.
 *
 * Layer:     tests
 * Ownership: box_make to box_remove
 */

enum {
	BOX_SLOT_BYTES = 8 * 1024 * 1024,
	BOX_FIRMWARE_BYTES = 300 * 1024 + 123,
	BOX_PATH_MAX = 256,
};

struct box {
	char root[64];
};

/*
 * Runs from slot a, which is proven and holds firmware "old", sequence 1; slot b is empty. The ESP is FAT32 or FAT16; its grubenv
 * lies in two clusters that are not neighbours.
 */
void box_make(struct box *box, int is_fat32);
void box_remove(struct box *box);

/* A file below the root. */
void box_path(const struct box *box, const char *path, char out[BOX_PATH_MAX]);
void box_write(const struct box *box, const char *path, const void *data, size_t bytes);
void box_text(const struct box *box, const char *path, const char *text);

/* The box as update sees it. */
struct update_box box_load(const struct box *box);

/* A partition that the kernel shows: `device` ("vda3") on `disk` ("vda"); the file itself is not made. */
void box_partition(const struct box *box, const char *disk, const char *device, const char *name);

/* Firmware whose .osrel says version and sequence (0: no sequence), from malloc; its bytes depend on the version. */
uint8_t *box_firmware(const char *version, uint64_t sequence, size_t bytes);

/* Puts firmware into a partition. */
void box_fill_slot(
	const struct box *box, const char *device, const char *version, uint64_t sequence);

struct box_bundle {
	const char *board, *version; /* NULL: qemu-arm64, "new" */
	uint64_t sequence, minimum;
	const char *key; /* NULL: /release.key */
	int with_signature; /* a fw.efi.sig too */
	size_t bytes; /* of the firmware; 0 = BOX_FIRMWARE_BYTES */
};

/* Makes a bundle at `path` below the root. */
void box_bundle(const struct box *box, const char *path, const struct box_bundle *wish);

#endif
