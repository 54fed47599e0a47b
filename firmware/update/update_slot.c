#include "update_slot.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mbedtls/sha256.h>

#include "update_fat.h"

/* One file on its way to the partition. */
struct writing {
	struct update_slot_write *slot;
	uint64_t at, unflushed_bytes;
	uint64_t *done, total; /* over all files */
};

static uint64_t total_bytes(const struct update_bundle *bundle)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < bundle->manifest.file_len; i++)
		total += bundle->manifest.files[i].bytes;
	return total;
}

static int make_plan(const struct update_slot_write *slot, struct update_fat_plan *plan,
	struct update_fault *fault)
{
	const struct update_manifest *manifest = &slot->bundle->manifest;
	off_t bytes = lseek(slot->fd, 0, SEEK_END);
	int error = bytes < 0 ? -errno : update_fat_plan(plan, (uint64_t)bytes);

	for (unsigned i = 0; i < manifest->file_len && error == 0; i++)
		error = update_fat_plan_file(
			plan, manifest->files[i].name, manifest->files[i].bytes);
	if (error != 0)
		return update_fail(fault, error == -EINVAL ? -ENOSPC : error,
			"the firmware has %llu bytes, the slot %s has %lld: it does not fit; this "
			"bundle is for a disk with larger slots",
			(unsigned long long)total_bytes(slot->bundle), slot->path,
			(long long)bytes);
	return 0;
}

/* A disk that is set to be read-only can be opened for writing all the same. */
static bool is_read_only(int fd)
{
	struct stat facts;
	int read_only = 0;

	return fstat(fd, &facts) == 0 && S_ISBLK(facts.st_mode) &&
	       ioctl(fd, BLKROGET, &read_only) == 0 && read_only != 0;
}

int update_slot_open(struct update_slot_write *slot, struct update_fault *fault)
{
	struct update_fat_plan plan;
	int error;

	/* For a block device O_EXCL means: nobody has it mounted, or open like this. */
	slot->fd = open(slot->path, O_RDWR | O_EXCL | O_CLOEXEC);
	if (slot->fd < 0)
		return update_fail(fault, -errno, "cannot open the slot %s for writing: %s%s",
			slot->path, strerror(errno),
			errno == EBUSY ? "; another installation runs, or it is mounted" : "");
	error = 0;
	if (flock(slot->fd, LOCK_EX | LOCK_NB) != 0)
		error = update_fail(fault, -EBUSY,
			"another installation runs: wait until it has ended (slot %s)", slot->path);
	if (error == 0 && is_read_only(slot->fd))
		error = update_fail(fault, -EROFS,
			"the disk of slot %s is read-only: look for its write-protection, or "
			"replace it",
			slot->path);
	if (error == 0)
		error = make_plan(slot, &plan, fault);
	if (error != 0)
		update_slot_close(slot);
	return error;
}

void update_slot_close(struct update_slot_write *slot)
{
	if (slot->fd >= 0)
		close(slot->fd);
	slot->fd = -1;
}

static int write_failed(const struct update_slot_write *slot, int error, struct update_fault *fault)
{
	return update_fail(fault, error, "cannot write the slot %s: %s; the running firmware stays",
		slot->path, strerror(-error));
}

static int write_piece(void *arg, const uint8_t *data, size_t bytes, struct update_fault *fault)
{
	struct writing *writing = arg;
	struct update_slot_write *slot = writing->slot;

	for (size_t done = 0; done < bytes;) {
		ssize_t put =
			pwrite(slot->fd, data + done, bytes - done, (off_t)(writing->at + done));

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return write_failed(slot, put < 0 ? -errno : -EIO, fault);
		done += (size_t)put;
	}
	writing->at += bytes;
	writing->unflushed_bytes += bytes;
	if (writing->unflushed_bytes >= UPDATE_FLUSH_BYTES) {
		if (fdatasync(slot->fd) != 0)
			return write_failed(slot, -errno, fault);
		writing->unflushed_bytes = 0;
	}
	*writing->done += bytes;
	slot->progress(slot->arg, "write", *writing->done, writing->total);
	return 0;
}

/* Both flushes are there for their order: no first sector before all else. */
static int write_around(const struct update_slot_write *slot, const struct update_fat_plan *plan,
	struct update_fault *fault)
{
	int error = update_fat_write_tables(plan, slot->fd);

	if (error == 0 && fsync(slot->fd) != 0)
		error = -errno;
	if (error == 0)
		error = update_fat_write_begin(plan, slot->fd);
	if (error == 0 && fsync(slot->fd) != 0)
		error = -errno;
	return error == 0 ? 0 : write_failed(slot, error, fault);
}

static int write_all_files(struct update_slot_write *slot, const struct update_fat_plan *plan,
	struct update_fault *fault)
{
	uint64_t done = 0, total = total_bytes(slot->bundle);

	for (unsigned i = 0; i < plan->file_len; i++) {
		struct writing writing = {
			.slot = slot, .at = plan->files[i].at, .done = &done, .total = total};
		int error = update_bundle_unpack(slot->bundle, write_piece, &writing, fault);

		if (error != 0)
			return error;
	}
	return 0;
}

static int hash_file(struct update_slot_write *slot, const struct update_fat *fat,
	const struct update_file *file, uint64_t *done, uint8_t hash[UPDATE_SHA256_BYTES])
{
	uint8_t *piece = malloc(UPDATE_PIECE_BYTES);
	mbedtls_sha256_context context;
	struct update_fat_file place = {0};
	uint64_t total = total_bytes(slot->bundle);
	int error = piece ? update_fat_find(fat, file->name, &place) : -ENOMEM;

	if (error == 0 && place.bytes != file->bytes)
		error = -EBADMSG;
	mbedtls_sha256_init(&context);
	mbedtls_sha256_starts(&context, 0);
	for (uint32_t at = 0, bytes; error == 0 && at < place.bytes; at += bytes) {
		bytes = place.bytes - at < UPDATE_PIECE_BYTES ? place.bytes - at
							      : UPDATE_PIECE_BYTES;
		error = update_fat_read(fat, &place, at, piece, bytes);
		mbedtls_sha256_update(&context, piece, bytes);
		*done += bytes;
		slot->progress(slot->arg, "check", *done, total);
	}
	mbedtls_sha256_finish(&context, hash);
	mbedtls_sha256_free(&context);
	free(piece);
	return error;
}

/* What the kernel keeps in memory says nothing about the disk. */
static void drop_caches(int fd)
{
	struct stat facts;

	if (fstat(fd, &facts) == 0 && S_ISBLK(facts.st_mode))
		ioctl(fd, BLKFLSBUF, 0);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

static int read_back(struct update_slot_write *slot, struct update_fault *fault)
{
	const struct update_manifest *manifest = &slot->bundle->manifest;
	uint8_t hash[UPDATE_SHA256_BYTES];
	struct update_fat fat;
	uint64_t done = 0;
	int error;

	drop_caches(slot->fd);
	error = update_fat_open(&fat, slot->fd);
	for (unsigned i = 0; i < manifest->file_len && error == 0; i++) {
		error = hash_file(slot, &fat, &manifest->files[i], &done, hash);
		if (error == 0 && memcmp(hash, manifest->files[i].sha256, sizeof(hash)) != 0)
			error = -EBADMSG;
	}
	if (error == 0)
		return 0;
	return update_fail(fault, -EIO,
		"the slot %s does not return what was written to it (%s): the disk is worn out or "
		"damaged; the running firmware stays",
		slot->path, strerror(-error));
}

int update_slot_fill(struct update_slot_write *slot, struct update_fault *fault)
{
	struct update_fat_plan plan;
	int error = make_plan(slot, &plan, fault);

	if (error != 0)
		return error;
	error = update_fat_wipe(slot->fd);
	if (error == 0 && fsync(slot->fd) != 0)
		error = -errno;
	if (error != 0)
		return write_failed(slot, error, fault);
	if ((error = write_all_files(slot, &plan, fault)) != 0 ||
		(error = write_around(slot, &plan, fault)) != 0)
		return error;
	return read_back(slot, fault);
}
