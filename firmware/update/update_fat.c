#include "update_fat.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "update_fat_priv.h"

const uint8_t update_fat_long_at[13] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};

uint8_t update_fat_checksum(const uint8_t name[UPDATE_FAT_SHORT])
{
	unsigned sum = 0;

	for (unsigned i = 0; i < UPDATE_FAT_SHORT; i++)
		sum = (((sum & 1) << 7) + (sum >> 1) + name[i]) & 0xff;
	return (uint8_t)sum;
}

int update_fat_get(int fd, uint64_t at, void *out, size_t bytes)
{
	for (size_t done = 0; done < bytes;) {
		ssize_t got = pread(fd, (char *)out + done, bytes - done, (off_t)(at + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EIO;
		done += (size_t)got;
	}
	return 0;
}

int update_fat_put(int fd, uint64_t at, const void *data, size_t bytes)
{
	for (size_t done = 0; done < bytes;) {
		ssize_t put =
			pwrite(fd, (const char *)data + done, bytes - done, (off_t)(at + done));

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return put < 0 ? -errno : -EIO;
		done += (size_t)put;
	}
	return 0;
}

static uint32_t le16(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8;
}

static uint32_t le32(const uint8_t *at)
{
	return le16(at) | le16(at + 2) << 16;
}

int update_fat_open(struct update_fat *fat, int fd)
{
	uint8_t boot[UPDATE_FAT_SECTOR];
	uint32_t per_cluster, reserved, tables, table, sectors, root, before;
	int error = update_fat_get(fd, 0, boot, sizeof(boot));

	if (error != 0)
		return error;
	per_cluster = boot[13];
	reserved = le16(boot + 14);
	tables = boot[16];
	root = le16(boot + 17) * UPDATE_FAT_ENTRY / UPDATE_FAT_SECTOR;
	sectors = le16(boot + 19) ? le16(boot + 19) : le32(boot + 32);
	table = le16(boot + 22) ? le16(boot + 22) : le32(boot + 36);
	if (le16(boot + 510) != 0xaa55 || le16(boot + 11) != UPDATE_FAT_SECTOR ||
		per_cluster == 0 || (per_cluster & (per_cluster - 1)) != 0 || reserved == 0 ||
		tables == 0 || tables > 2 || table == 0 || table > UINT32_MAX / 4)
		return -EBADMSG;
	before = reserved + tables * table + root;
	if (before >= sectors)
		return -EBADMSG;
	*fat = (struct update_fat){
		.fd = fd,
		.is_fat32 = le16(boot + 22) == 0,
		.cluster_bytes = per_cluster * UPDATE_FAT_SECTOR,
		.clusters = (sectors - before) / per_cluster,
		.table_at = (uint64_t)reserved * UPDATE_FAT_SECTOR,
		.root_at = (uint64_t)(before - root) * UPDATE_FAT_SECTOR,
		.data_at = (uint64_t)before * UPDATE_FAT_SECTOR,
		.root_bytes = root * UPDATE_FAT_SECTOR,
		.root_cluster = le32(boot + 44),
	};
	/* FAT12, or a table that is too short for its clusters. */
	if ((!fat->is_fat32 && fat->clusters < UPDATE_FAT16_FEWEST) ||
		(uint64_t)table * UPDATE_FAT_SECTOR / (fat->is_fat32 ? 4 : 2) < fat->clusters + 2)
		return -EBADMSG;
	return 0;
}

/* The cluster behind `cluster`. -EBADMSG at the chain's end: who asks wants to go on. */
static int next_cluster(const struct update_fat *fat, uint32_t cluster, uint32_t *out)
{
	uint32_t width = fat->is_fat32 ? 4 : 2;
	uint8_t entry[4];
	int error =
		update_fat_get(fat->fd, fat->table_at + (uint64_t)cluster * width, entry, width);

	if (error != 0)
		return error;
	*out = fat->is_fat32 ? le32(entry) & 0x0fffffff : le16(entry);
	return *out >= 2 && *out < fat->clusters + 2 ? 0 : -EBADMSG;
}

/* Moves the file's place to the cluster that holds byte `at`. A chain that runs in a circle ends with its size. */
static int seek(const struct update_fat *fat, struct update_fat_file *file, uint32_t at)
{
	uint32_t wanted = at / fat->cluster_bytes;
	int error;

	if (wanted < file->index || file->cluster == 0) {
		file->index = 0;
		file->cluster = file->first;
	}
	if (file->cluster < 2 || file->cluster >= fat->clusters + 2 || wanted >= fat->clusters)
		return -EBADMSG;
	while (file->index < wanted) {
		error = next_cluster(fat, file->cluster, &file->cluster);
		if (error != 0)
			return error;
		file->index++;
	}
	return 0;
}

/* Where byte `at` lies, and how many of `bytes` follow it there in one piece: *run. */
static int locate(const struct update_fat *fat, struct update_fat_file *file, uint32_t at,
	uint32_t bytes, uint64_t *place, uint32_t *run)
{
	uint32_t offset = at % fat->cluster_bytes, cluster, next;
	int error = seek(fat, file, at);

	if (error != 0)
		return error;
	cluster = file->cluster;
	*place = fat->data_at + (uint64_t)(cluster - 2) * fat->cluster_bytes + offset;
	*run = fat->cluster_bytes - offset;
	while (*run < bytes) {
		error = next_cluster(fat, cluster, &next);
		if (error != 0)
			return error;
		if (next != cluster + 1)
			break;
		cluster = next;
		*run += fat->cluster_bytes;
	}
	if (*run > bytes)
		*run = bytes;
	return 0;
}

int update_fat_read(const struct update_fat *fat, struct update_fat_file *file, uint32_t at,
	void *out, uint32_t bytes)
{
	for (uint32_t done = 0, run; done < bytes; done += run) {
		uint64_t place;
		int error = locate(fat, file, at + done, bytes - done, &place, &run);

		if (error == 0)
			error = update_fat_get(fat->fd, place, (uint8_t *)out + done, run);
		if (error != 0)
			return error;
	}
	return 0;
}

int update_fat_overwrite(const struct update_fat *fat, struct update_fat_file *file, uint32_t at,
	const void *data, uint32_t bytes)
{
	for (uint32_t done = 0, run; done < bytes; done += run) {
		uint64_t place;
		int error = locate(fat, file, at + done, bytes - done, &place, &run);

		if (error == 0)
			error = update_fat_put(fat->fd, place, (const uint8_t *)data + done, run);
		if (error != 0)
			return error;
	}
	return 0;
}
