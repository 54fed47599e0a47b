#ifndef UPDATE_FAT_H
#define UPDATE_FAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * FAT file systems without mounting them: reading files and overwriting bytes of them (FAT16 and FAT32), and making a
 * whole new file system (FAT16).
 *
 * Layer:     update (C library)
 * Thread:    one; blocks
 * Ownership: the caller opens and closes the partition
 *
 * The boot chain's file systems are only ever touched like this: what is written is known to the byte, and there is no
 * moment at which one is "dirty". A partition may be any file of the right size.
 */

enum {
	UPDATE_FAT_NAME_MAX = 13, /* one long-name entry */
	UPDATE_FAT_FILES_MAX = 2,
};

struct update_fat {
	int fd;
	bool is_fat32;
	uint32_t cluster_bytes, clusters;
	uint64_t table_at, root_at, data_at; /* bytes from the partition's begin */
	uint32_t root_bytes; /* FAT16 */
	uint32_t root_cluster; /* FAT32 */
};

struct update_fat_file {
	uint32_t first, bytes;
	uint32_t index, cluster; /* where the last access was in the chain */
};

/* -EBADMSG when there is no such file system, or what the system says. */
int update_fat_open(struct update_fat *fat, int fd) __attribute__((warn_unused_result));

/* A file by its path ("grub/grubenv"), in any case. -ENOENT; -EBADMSG when the file system is damaged. */
int update_fat_find(const struct update_fat *fat, const char *path, struct update_fat_file *out)
	__attribute__((warn_unused_result));

/* Exactly `bytes` at `at`, both within the file. 0; -EBADMSG when the file system is damaged; what the system says. */
int update_fat_read(const struct update_fat *fat, struct update_fat_file *file, uint32_t at,
	void *out, uint32_t bytes) __attribute__((warn_unused_result));
int update_fat_overwrite(const struct update_fat *fat, struct update_fat_file *file, uint32_t at,
	const void *data, uint32_t bytes) __attribute__((warn_unused_result));

/* A new file system of files whose names and sizes are known, each in one piece. */
struct update_fat_plan {
	uint32_t sectors, sectors_per_cluster, table_sectors, clusters;
	unsigned file_len;
	struct {
		char name[UPDATE_FAT_NAME_MAX + 1];
		uint32_t bytes, cluster;
		uint64_t at; /* where its bytes go */
	} files[UPDATE_FAT_FILES_MAX];
};

/* -EINVAL when the partition is too small or too large for FAT16 (4 to 2000 MiB). */
int update_fat_plan(struct update_fat_plan *plan, uint64_t partition_bytes)
	__attribute__((warn_unused_result));

/* Finds room for a file. -ENOSPC. Names are lower case with one or two dots. */
int update_fat_plan_file(struct update_fat_plan *plan, const char *name, uint64_t bytes)
	__attribute__((warn_unused_result));

/* From now on there is no file system: nothing boots from here. */
int update_fat_wipe(int fd) __attribute__((warn_unused_result));
/* The tables and the folder; then, as the last thing, the sector that makes it a file system. */
int update_fat_write_tables(const struct update_fat_plan *plan, int fd)
	__attribute__((warn_unused_result));
int update_fat_write_begin(const struct update_fat_plan *plan, int fd)
	__attribute__((warn_unused_result));

#endif
