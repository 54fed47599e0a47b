#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "update_fat.h"
#include "update_fat_priv.h"

enum {
	/* Reserved sectors, tables and folder are whole pieces of 4 KiB: so clusters lie where flash likes them. */
	ALIGN_SECTORS = 8,
	RESERVED_SECTORS = ALIGN_SECTORS,
	ROOT_ENTRIES = 512,
	ROOT_SECTORS = ROOT_ENTRIES * UPDATE_FAT_ENTRY / UPDATE_FAT_SECTOR,
	TABLES = 2,
	PER_CLUSTER_MAX = 64,
	MEDIA_FIXED = 0xf8,
	CHAIN_END = 0xffff,
};

#define PARTITION_BYTES_MIN (UINT64_C(4) << 20)
#define PARTITION_BYTES_MAX (UINT64_C(2000) << 20)
#define VOLUME_NUMBER 0x51c0e000u

static const char volume_name[UPDATE_FAT_SHORT + 1] = "SLUICE FW  ";

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value);
	put16(at + 2, value >> 16);
}

int update_fat_plan(struct update_fat_plan *plan, uint64_t partition_bytes)
{
	uint32_t table, data;

	*plan = (struct update_fat_plan){0};
	if (partition_bytes < PARTITION_BYTES_MIN || partition_bytes > PARTITION_BYTES_MAX)
		return -EINVAL;
	plan->sectors = (uint32_t)(partition_bytes / UPDATE_FAT_SECTOR);
	for (uint32_t per = 1; per <= PER_CLUSTER_MAX; per *= 2) {
		/* A table for all sectors is a little longer than one for the clusters that remain. */
		table = (plan->sectors / per + 2) * 2 / UPDATE_FAT_SECTOR + 1;
		table = (table + ALIGN_SECTORS - 1) / ALIGN_SECTORS * ALIGN_SECTORS;
		data = plan->sectors - RESERVED_SECTORS - TABLES * table - ROOT_SECTORS;
		plan->sectors_per_cluster = per;
		plan->table_sectors = table;
		plan->clusters = data / per;
		if (plan->clusters <= UPDATE_FAT16_MOST)
			return 0;
	}
	return -EINVAL;
}

int update_fat_plan_file(struct update_fat_plan *plan, const char *name, uint64_t bytes)
{
	uint64_t cluster_bytes = (uint64_t)plan->sectors_per_cluster * UPDATE_FAT_SECTOR;
	uint64_t needed = (bytes + cluster_bytes - 1) / cluster_bytes, used = 0;
	unsigned index = plan->file_len;

	if (index == UPDATE_FAT_FILES_MAX || strlen(name) > UPDATE_FAT_NAME_MAX)
		return -EINVAL;
	for (unsigned i = 0; i < index; i++)
		used += (plan->files[i].bytes + cluster_bytes - 1) / cluster_bytes;
	if (needed > plan->clusters - used)
		return -ENOSPC;
	snprintf(plan->files[index].name, sizeof(plan->files[index].name), "%s", name);
	plan->files[index].bytes = (uint32_t)bytes;
	plan->files[index].cluster = (uint32_t)used + 2;
	plan->files[index].at =
		(uint64_t)(RESERVED_SECTORS + TABLES * plan->table_sectors + ROOT_SECTORS) *
			UPDATE_FAT_SECTOR +
		used * cluster_bytes;
	plan->file_len++;
	return 0;
}

int update_fat_wipe(int fd)
{
	static const uint8_t nothing[RESERVED_SECTORS * UPDATE_FAT_SECTOR];

	return update_fat_put(fd, 0, nothing, sizeof(nothing));
}

static void fill_table(const struct update_fat_plan *plan, uint8_t *table)
{
	uint32_t cluster_bytes = plan->sectors_per_cluster * UPDATE_FAT_SECTOR;

	put16(table, 0xff00 | MEDIA_FIXED);
	put16(table + 2, CHAIN_END);
	for (unsigned i = 0; i < plan->file_len; i++) {
		uint32_t first = plan->files[i].cluster;
		uint32_t end = first + (plan->files[i].bytes + cluster_bytes - 1) / cluster_bytes;

		for (uint32_t at = first; at < end; at++)
			put16(table + (size_t)at * 2, at + 1 < end ? at + 1 : CHAIN_END);
	}
}

/* "fw.efi" is FW.EFI, "fw.efi.sig" is FWEFI~1.SIG. */
static void short_name(const char *name, uint8_t out[UPDATE_FAT_SHORT])
{
	const char *last = strrchr(name, '.');
	size_t base = 0, extension = 8;
	bool is_cut = false;

	memset(out, ' ', UPDATE_FAT_SHORT);
	for (const char *at = name; *at != '\0' && at != last; at++) {
		if (*at == '.' || base == 8)
			is_cut = true;
		else
			out[base++] = (uint8_t)toupper((unsigned char)*at);
	}
	if (is_cut) {
		base = base < 6 ? base : 6;
		out[base] = '~';
		out[base + 1] = '1';
	}
	for (size_t i = 1; last != NULL && last[i] != '\0' && extension < UPDATE_FAT_SHORT; i++)
		out[extension++] = (uint8_t)toupper((unsigned char)last[i]);
}

static void fill_long(uint8_t *entry, const char *name, const uint8_t *short_entry)
{
	size_t len = strlen(name);

	entry[0] = UPDATE_FAT_LONG_ONLY;
	entry[UPDATE_FAT_ATTRIBUTE] = UPDATE_FAT_LONG;
	entry[UPDATE_FAT_CHECKSUM] = update_fat_checksum(short_entry);
	for (size_t i = 0; i < UPDATE_FAT_NAME_MAX; i++)
		put16(entry + update_fat_long_at[i],
			i < len ? (uint8_t)name[i] : (i == len ? 0 : 0xffff));
}

static void fill_folder(const struct update_fat_plan *plan, uint8_t *folder)
{
	memcpy(folder, volume_name, UPDATE_FAT_SHORT);
	folder[UPDATE_FAT_ATTRIBUTE] = UPDATE_FAT_LABEL;
	for (unsigned i = 0; i < plan->file_len; i++) {
		uint8_t *entry = folder + (2 * i + 2) * UPDATE_FAT_ENTRY;

		short_name(plan->files[i].name, entry);
		entry[UPDATE_FAT_ATTRIBUTE] = UPDATE_FAT_ARCHIVE;
		put16(entry + UPDATE_FAT_CLUSTER_LOW, plan->files[i].cluster);
		put32(entry + UPDATE_FAT_SIZE, plan->files[i].bytes);
		fill_long(entry - UPDATE_FAT_ENTRY, plan->files[i].name, entry);
	}
}

int update_fat_write_tables(const struct update_fat_plan *plan, int fd)
{
	size_t table_bytes = (size_t)plan->table_sectors * UPDATE_FAT_SECTOR;
	size_t bytes = TABLES * table_bytes + ROOT_SECTORS * UPDATE_FAT_SECTOR;
	uint8_t *all = calloc(1, bytes);
	int error;

	if (all == NULL)
		return -ENOMEM;
	fill_table(plan, all);
	memcpy(all + table_bytes, all, table_bytes);
	fill_folder(plan, all + TABLES * table_bytes);
	error = update_fat_put(fd, RESERVED_SECTORS * UPDATE_FAT_SECTOR, all, bytes);
	free(all);
	return error;
}

int update_fat_write_begin(const struct update_fat_plan *plan, int fd)
{
	static const uint8_t jump[] = {0xeb, 0x3c, 0x90};
	uint8_t boot[UPDATE_FAT_SECTOR] = {0};

	memcpy(boot, jump, sizeof(jump));
	memcpy(boot + 3, "SLUICE  ", 8);
	put16(boot + 11, UPDATE_FAT_SECTOR);
	boot[13] = (uint8_t)plan->sectors_per_cluster;
	put16(boot + 14, RESERVED_SECTORS);
	boot[16] = TABLES;
	put16(boot + 17, ROOT_ENTRIES);
	if (plan->sectors <= UINT16_MAX)
		put16(boot + 19, plan->sectors);
	else
		put32(boot + 32, plan->sectors);
	boot[21] = MEDIA_FIXED;
	put16(boot + 22, plan->table_sectors);
	put16(boot + 24, 63); /* sectors of a track, heads: of no use, but expected */
	put16(boot + 26, 255);
	boot[36] = 0x80;
	boot[38] = 0x29; /* number, name and kind follow */
	put32(boot + 39, VOLUME_NUMBER);
	memcpy(boot + 43, volume_name, UPDATE_FAT_SHORT);
	memcpy(boot + 54, "FAT16   ", 8);
	put16(boot + 510, 0xaa55);
	return update_fat_put(fd, 0, boot, sizeof(boot));
}
