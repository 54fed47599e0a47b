#ifndef UPDATE_FAT_PRIV_H
#define UPDATE_FAT_PRIV_H

#include <stddef.h>
#include <stdint.h>

/*
 * The layout of FAT on disk, for those who read it and those who make it (Microsoft's FAT specification 1.03).
 *
 * Layer:  update
 * Thread: any; pure
 */

enum {
	UPDATE_FAT_SECTOR = 512,
	UPDATE_FAT_ENTRY = 32, /* of a folder */
	UPDATE_FAT_SHORT = 11, /* 8 + 3 characters, no dot */
	UPDATE_FAT16_FEWEST = 4085, /* clusters: below it is FAT12 */
	UPDATE_FAT16_MOST = 65524, /* clusters: above it is FAT32 */

	UPDATE_FAT_ATTRIBUTE = 11, /* offsets in an entry */
	UPDATE_FAT_CHECKSUM = 13,
	UPDATE_FAT_CLUSTER_HIGH = 20,
	UPDATE_FAT_CLUSTER_LOW = 26,
	UPDATE_FAT_SIZE = 28,

	UPDATE_FAT_LABEL = 0x08,
	UPDATE_FAT_FOLDER = 0x10,
	UPDATE_FAT_ARCHIVE = 0x20,
	UPDATE_FAT_LONG = 0x0f,
	UPDATE_FAT_LONG_ONLY = 0x41, /* first and last entry of a long name */
};

/* Where the characters of a long name lie in its entry. */
extern const uint8_t update_fat_long_at[13];

/* The sum of a short name that its long name carries. */
uint8_t update_fat_checksum(const uint8_t name[UPDATE_FAT_SHORT]);

/* 0 or a negative errno; a short read is -EIO. */
int update_fat_get(int fd, uint64_t at, void *out, size_t bytes)
	__attribute__((warn_unused_result));
int update_fat_put(int fd, uint64_t at, const void *data, size_t bytes)
	__attribute__((warn_unused_result));

#endif
